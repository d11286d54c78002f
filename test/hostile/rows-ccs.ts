import { Alert, SSL3, TLS10, TLS11, TLS12, TLS13 } from './numbers.ts'
import { tlsRow, type Row, type Truth } from './row.ts'
import type { EarlyCcsHabit } from './script.ts'

const vulnerable: Truth = { reach: 'whole', flaws: { ccsInjection: true } }
const safe: Truth = { reach: 'whole', flaws: { ccsInjection: false } }
const quiet: Truth = { reach: 'whole', flaws: { ccsInjection: [false, 'unknown'] } }

const row = (name: string, does: string, earlyCcs: EarlyCcsHabit, truth: Truth): Row =>
  tlsRow(name, does, { versions: [TLS10, TLS11, TLS12], earlyCcs }, truth)

/** CVE-2014-0224 and its near misses. */
export const CCS: readonly Row[] = [
  row(
    'ccs-injection',
    'makes keys of an empty master secret when ChangeCipherSpec comes early; the next record fails its MAC',
    'accepts',
    vulnerable,
  ),
  tlsRow('ccs-injection-ssl3', 'the same in SSLv3, and nothing else', { versions: [SSL3], earlyCcs: 'accepts' }, vulnerable),
  tlsRow(
    'ccs-injection-gcm',
    'the same with AEAD suites only',
    { versions: [TLS12], suites: [0xc02f, 0xc030, 0x009c], earlyCcs: 'accepts' },
    vulnerable,
  ),
  tlsRow('ccs-injection-late', 'the same, 700 ms late', { versions: [TLS12], earlyCcs: 'accepts', delayMs: () => 700 }, vulnerable),
  row('ccs-refused', 'answers an early ChangeCipherSpec with unexpected_message', { instead: { alert: Alert.unexpectedMessage } }, safe),
  tlsRow('ccs-refused-tls13', 'the same, and speaks TLS 1.3 too', { versions: [TLS12, TLS13] }, safe),
  row('ccs-refused-late', 'keeps still at the first, and says unexpected_message when something more comes', 'alerts-late', safe),
  row('ccs-handshake-failure', 'answers with handshake_failure', { instead: { alert: Alert.handshakeFailure } }, safe),
  row('ccs-internal-error', 'answers with internal_error', { instead: { alert: Alert.internalError } }, safe),
  row(
    'ccs-bad-record-mac-at-once',
    'answers the first one with bad_record_mac, which is no sign of new keys',
    { instead: { alert: Alert.badRecordMac } },
    quiet,
  ),
  row('ccs-closes', 'closes without an alert', { instead: 'close' }, quiet),
  row('ccs-resets', 'resets', { instead: 'reset' }, quiet),
  row('ccs-ignored', 'drops it, and every later one, without a word', 'ignores', quiet),
  row('ccs-vsftpd', 'answers in plain text', { instead: { text: '500 OOPS: child died\r\n' } }, quiet),
]
