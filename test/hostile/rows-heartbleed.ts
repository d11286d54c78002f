import { Alert, SSL3, TLS10, TLS11, TLS12 } from './numbers.ts'
import { tlsRow, type Row, type Truth } from './row.ts'

const vulnerable: Truth = { reach: 'whole', flaws: { heartbleed: true }, features: { heartbeat: true } }
const safe: Truth = { reach: 'whole', flaws: { heartbleed: false }, features: { heartbeat: true } }
/** Nothing came back: that is how a repaired server looks, and how a broken line looks. */
const quiet: Truth = { reach: 'whole', flaws: { heartbleed: [false, 'unknown'] }, features: { heartbeat: true } }

const versions = [SSL3, TLS10, TLS11, TLS12]

/** CVE-2014-0160 and everything that has been mistaken for it. */
export const HEARTBLEED: readonly Row[] = [
  tlsRow(
    'heartbleed',
    'answers a heartbeat with as many bytes of memory as it claims to hold',
    { versions, heartbeat: 'bleeds' },
    vulnerable,
  ),
  tlsRow('heartbleed-tls10', 'leaks, and speaks TLS 1.0 only', { versions: [TLS10], heartbeat: 'bleeds' }, vulnerable),
  tlsRow(
    'heartbleed-late',
    'leaks 700 ms after it was asked',
    { versions, heartbeat: 'bleeds', delayMs: () => 700 },
    {
      ...vulnerable,
      flaws: { heartbleed: [true, 'unknown'] },
    },
  ),
  tlsRow(
    'heartbeat-correct',
    'drops requests that claim too much, RFC 6520 §4, and answers the others',
    { versions, heartbeat: 'correct' },
    quiet,
  ),
  tlsRow('heartbeat-clips', 'answers with what came and no more', { versions, heartbeat: 'clips' }, safe),
  tlsRow('heartbeat-silent', 'offers the extension and never answers', { versions, heartbeat: 'silent' }, quiet),
  tlsRow(
    'heartbeat-alerts',
    'answers a heartbeat with a fatal alert',
    { versions, heartbeat: { instead: { alert: Alert.unexpectedMessage } } },
    safe,
  ),
  tlsRow(
    'heartbeat-warns',
    'answers a heartbeat with a warning',
    { versions, heartbeat: { instead: { alert: Alert.illegalParameter, level: 1 } } },
    safe,
  ),
  tlsRow('heartbeat-closes', 'closes when a heartbeat comes', { versions, heartbeat: { instead: 'close' } }, quiet),
  tlsRow('heartbeat-resets', 'resets when a heartbeat comes', { versions, heartbeat: { instead: 'reset' } }, quiet),
  tlsRow(
    'heartbeat-vsftpd',
    'answers a heartbeat in plain text, as vsftpd does when its child dies',
    { versions, heartbeat: { instead: { text: '500 OOPS: vsf_sysutil_recv_peek: no data\r\n'.padEnd(600, ' ') } } },
    quiet,
  ),
  tlsRow(
    'heartbeat-large-ca-list',
    'is repaired; its flight is 60 kB long for the many authorities of its CertificateRequest',
    { versions, heartbeat: 'correct', certificateRequest: { authorities: 600, required: false } },
    quiet,
  ),
  tlsRow(
    'heartbeat-absent',
    'does not know heartbeats',
    { versions },
    {
      reach: 'whole',
      flaws: { heartbleed: [false, 'not-applicable'] },
      features: { heartbeat: false },
    },
  ),
]
