import { Alert, SSL3, TLS10, TLS11, TLS12 } from './numbers.ts'
import { tlsRow, type Row } from './row.ts'
import { SSLV2_KINDS } from './script.ts'
import { SSLV2_NO_CIPHER } from './sslv2.ts'

const refusals = { version: { alert: 70 }, suite: { alert: 40 }, group: { alert: 40 }, nonsense: 'close', sslv2: 'close' } as const
const habit = { kinds: SSLV2_KINDS, lists: 'all', certificate: true } as const
const versions = [SSL3, TLS10, TLS11, TLS12]
const no = { SSLv3: false, TLSv1: false, 'TLSv1.1': false, 'TLSv1.2': false, 'TLSv1.3': false } as const

/** SSL 2.0 itself, and the hello format that outlived it (RFC 5246 §E.2, RFC 6176 §3). */
export const SSLV2: readonly Row[] = [
  tlsRow(
    'sslv2-only',
    'speaks SSL 2.0 with all its kinds, closes on everything else',
    { versions: [], sslv2: habit, refusals: { ...refusals, version: 'close' } },
    {
      reach: 'whole',
      protocols: { ...no, SSLv2: true },
      suites: { SSLv2: SSLV2_KINDS },
    },
  ),
  tlsRow(
    'sslv2-shared-kinds',
    'lists only the kinds that the client has too',
    { versions, sslv2: { ...habit, lists: 'common', kinds: [0x010080, 0x0700c0] } },
    {
      reach: 'whole',
      protocols: { SSLv2: true, SSLv3: true, 'TLSv1.2': true },
      suites: { SSLv2: [0x010080, 0x0700c0] },
    },
  ),
  tlsRow(
    'sslv2-and-tls',
    'speaks SSL 2.0 to TLS 1.2 and takes SSLv2-format hellos for all of them',
    { versions, sslv2: habit, sslv2Hello: 'answers' },
    {
      reach: 'whole',
      protocols: { SSLv2: true, SSLv3: true, TLSv1: true, 'TLSv1.1': true, 'TLSv1.2': true },
      sslv2Hello: true,
    },
  ),
  tlsRow(
    'sslv2-without-kinds',
    'answers SSL 2.0 hellos with an empty list: the protocol is on, no suite is (CVE-2015-3197 makes that dangerous)',
    { versions, sslv2: { ...habit, kinds: [] } },
    {
      reach: 'whole',
      protocols: { SSLv2: [true, 'unknown'] },
      suites: { SSLv2: [] },
    },
  ),
  tlsRow(
    'sslv2-no-cipher',
    'answers SSL 2.0 with NO-CIPHER-ERROR and SSLv2-format hellos for TLS with TLS, as JSSE does',
    { versions, sslv2Hello: 'answers', refusals: { ...refusals, sslv2: { bytes: SSLV2_NO_CIPHER } } },
    {
      reach: 'whole',
      protocols: { SSLv2: false, SSLv3: true },
      sslv2Hello: true,
    },
  ),
  tlsRow(
    'sslv2-hello-ssl3',
    'answers SSLv2-format hellos with SSLv3, and speaks nothing newer',
    { versions: [SSL3], sslv2Hello: 'answers' },
    {
      reach: 'whole',
      protocols: { ...no, SSLv2: false, SSLv3: true },
      sslv2Hello: true,
    },
  ),
  tlsRow(
    'sslv2-hello-silent',
    'lets SSLv2-format hellos wait for ever, as NSS does',
    { versions, sslv2Hello: 'silence', refusals: { ...refusals, sslv2: 'silence' } },
    {
      reach: 'whole',
      protocols: { SSLv2: [false, 'unknown'], SSLv3: true },
      sslv2Hello: [false, 'unknown'],
    },
  ),
  tlsRow(
    'sslv2-hello-alerted',
    'refuses SSLv2-format hellos with a TLS alert',
    { versions, sslv2Hello: { alert: Alert.protocolVersion }, refusals: { ...refusals, sslv2: { alert: Alert.handshakeFailure } } },
    {
      reach: 'whole',
      protocols: { SSLv2: false },
      sslv2Hello: false,
    },
  ),
  tlsRow(
    'sslv2-hello-closed',
    'closes on SSLv2-format hellos',
    { versions },
    {
      reach: 'whole',
      protocols: { SSLv2: false },
      sslv2Hello: false,
    },
  ),
]
