import { Alert, Group, SSL3, TLS10, TLS11, TLS12, TLS13 } from './numbers.ts'
import { tlsRow, type Row, type Truth } from './row.ts'
import { ALL_VERSIONS, type Reaction, type Script } from './script.ts'
import { truthOf } from './truth.ts'

type Given = NonNullable<Parameters<typeof truthOf>[0]>

/** A row whose truth is read off its script, with more on top. */
const row = (name: string, does: string, given: Given, more: Omit<Truth, 'reach'> = {}): Row =>
  tlsRow(name, does, given, { ...truthOf(given), ...more })

const dh = (prime: Script['dh']['prime'], more: Partial<Script['dh']> = {}): Script['dh'] => ({
  prime,
  withFfdheGroups: 'same',
  withoutFfdheGroups: 'same',
  exportPrime: 'custom512',
  ...more,
})
const dhe = [0xc02f, 0x009e, 0x009f, 0x0033, 0x0039]
const old = [TLS10, TLS11, TLS12]

/** What no stack on today's machines speaks any more, and what they rarely do. */
export const POSTURES: readonly Row[] = [
  row('ssl3-only', 'speaks SSLv3 with RC4 and 3DES', { versions: [SSL3], suites: [0x0005, 0x0004, 0x000a] }),
  row('ssl3-to-tls12', 'an old server with everything on: SSLv3, RC4, 3DES, 1024-bit DH of RFC 2409 §6.2, DEFLATE, no RFC 5746 §3.6', {
    versions: [SSL3, TLS10, TLS11, TLS12],
    suites: [0x0039, 0x0035, 0x0016, 0x000a, 0x0033, 0x002f, 0x0005, 0x0004, 0x0009, 0x003d],
    dh: dh('oakley1024'),
    compressions: [1, 0],
    renegotiationInfo: false,
    extendedMasterSecret: false,
    fallbackScsv: false,
  }),
  row('tls10-only', 'speaks TLS 1.0 only', { versions: [TLS10], suites: [0x002f, 0x0035, 0x000a] }),
  row('tls11-only', 'speaks TLS 1.1 only', { versions: [TLS11], suites: [0x002f, 0x0035] }),
  row('tls13-only', 'speaks TLS 1.3 only', { versions: [TLS13] }),
  row('tls10-and-tls12', 'leaves TLS 1.1 out', { versions: [TLS10, TLS12] }),
  row('tls10-and-tls13', 'leaves out what is between TLS 1.0 and TLS 1.3', { versions: [TLS10, TLS13], suites: [0xc013, 0x002f] }),
  row('suites-per-version', 'has other suites in every version', {
    versions: ALL_VERSIONS,
    suites: { [SSL3]: [0x000a], [TLS10]: [0x0035, 0x002f], [TLS11]: [0x002f, 0x0035], [TLS12]: [0xc030, 0xc02f, 0x0016] },
  }),
  row('export', 'has EXPORT suites: 512-bit RSA keys and a 512-bit prime', {
    versions: [SSL3, TLS10],
    suites: [0x0014, 0x0003, 0x0006, 0x0008, 0x0011, 0x0062, 0x0064, 0x0035],
  }),
  row('export-only', 'has nothing but EXPORT suites', { versions: [SSL3, TLS10], suites: [0x0003, 0x0008, 0x0014, 0x0019] }),
  row('null-and-anonymous', 'has suites without encryption and without certificates', {
    versions: old,
    suites: [0x0002, 0x0001, 0x003b, 0xc010, 0x0018, 0x001b, 0x0034, 0xc018, 0x00a6],
  }),
  row('des-idea-rc2-seed', 'has the block ciphers of the nineties', {
    versions: [SSL3, TLS10],
    suites: [0x0009, 0x0015, 0x0007, 0x0096, 0x009a, 0x0041, 0x0012],
  }),
  row('kerberos-and-psk', 'has suites whose handshakes need no certificate', {
    versions: old,
    suites: [0x001f, 0x001e, 0x008c, 0x0090, 0x00a8],
  }),
  row('fips-suites', 'has the suites that Netscape numbered for FIPS', { versions: [SSL3, TLS10], suites: [0xfeff, 0xfefe, 0x002f] }),
  row(
    'private-suites',
    'has suites under numbers that nobody registered, which no audit has to guess',
    { versions: old, suites: [0x1234, 0xff85, 0x002f] },
    { suites: {} },
  ),
  row('static-dh', 'has suites whose key exchange is in the certificate', {
    versions: old,
    suites: [0xc004, 0xc00e, 0x0031, 0x0030, 0x002f],
  }),
  row('dss', 'signs with a 1024-bit DSA key', { versions: old, suites: [0x0032, 0x0038, 0x0013, 0x00a2] }),
  row('rsa-1024', 'has a 1024-bit RSA key', { versions: old, rsaKey: 'rsa1024' }),
  row('rsa-512', 'has a 512-bit RSA key, which EXPORT suites use as it is', {
    versions: [TLS10],
    suites: [0x0003, 0x0035, 0x0033],
    rsaKey: 'rsa512',
    signatureSchemes: [0x0201],
  }),
  row('dh-512', 'a prime of 512 bits of its own', { versions: old, suites: dhe, dh: dh('custom512') }),
  row('dh-768', 'the prime of RFC 2409 §6.1', { versions: old, suites: dhe, dh: dh('oakley768') }),
  row('dh-1024-known', 'the prime of RFC 2409 §6.2', { versions: old, suites: dhe, dh: dh('oakley1024') }),
  row('dh-1024-custom', 'a prime of 1024 bits of its own', { versions: old, suites: dhe, dh: dh('custom1024') }),
  row('dh-2048-custom', 'a prime of 2048 bits of its own', { versions: old, suites: dhe, dh: dh('custom2048') }),
  row(
    'dh-reused',
    'the same public value in every connection',
    { versions: old, suites: dhe, reuses: { dh: true, ecdh: false } },
    {
      dh: { bits: 2048, prime: 'known', reused: true },
      features: { ecdhReuse: false },
    },
  ),
  row(
    'ecdh-reused',
    'the same point in every connection',
    { versions: old, reuses: { dh: false, ecdh: true } },
    { features: { ecdhReuse: true } },
  ),
  row(
    'gnutls-dhe-with-groups-only',
    'has DHE only for hellos with FFDHE groups',
    { versions: old, suites: dhe, dh: dh('modp2048', { withFfdheGroups: 'ffdhe2048', withoutFfdheGroups: 'none' }) },
    {
      dh: { bits: 2048, prime: 'known' },
    },
  ),
  row(
    'gnutls-dhe-two-sizes',
    'has a 1024-bit prime of its own, and ffdhe2048 for hellos with FFDHE groups',
    { versions: old, suites: dhe, dh: dh('custom1024', { withFfdheGroups: 'ffdhe2048' }) },
    {
      dh: { bits: 1024, prime: 'custom' },
    },
  ),
  row('dhe-without-groups-only', 'has DHE only for hellos without FFDHE groups', {
    versions: old,
    suites: dhe,
    dh: dh('oakley1024', { withFfdheGroups: 'none' }),
  }),
  row('client-order', 'takes the first suite that the client names', { versions: old, order: 'client', groupOrder: 'client' }),
  row('chacha-for-phones', 'moves ChaCha20 up for clients that put it first', {
    versions: [TLS12],
    suites: [0xc030, 0xc02f, 0xcca8, 0x009d],
    order: 'server-but-chacha-by-client',
  }),
  row('crime', 'compresses with DEFLATE', { versions: old, compressions: [1, 0] }),
  row(
    'no-downgrade-sentinel',
    'speaks TLS 1.3 and says nothing of downgrades, against RFC 8446 §4.1.3',
    { versions: ALL_VERSIONS, sentinel: false },
    { features: { downgradeSentinel: false } },
  ),
  row('no-fallback-scsv', 'takes TLS_FALLBACK_SCSV for any unknown suite', { versions: old, fallbackScsv: false }),
  row('every-extension', 'answers EMS, EtM, ALPN, SCT, status_request and truncated_hmac', {
    versions: [TLS10, TLS12],
    suites: [0xc027, 0xc013, 0x002f],
    encryptThenMac: true,
    truncatedHmac: true,
    alpn: ['http/1.1', 'smtp'],
    statusRequest: true,
    sct: true,
  }),
  row('unsolicited-extension', 'answers with an extension that nobody asked for', {
    versions: old,
    unsolicited: [[0x1234, Buffer.from('00', 'hex')]],
  }),
  row('many-groups', 'has ten groups', {
    versions: [TLS12, TLS13],
    groups: [
      Group.secp521r1,
      Group.x25519,
      Group.x448,
      Group.brainpoolP256r1,
      Group.secp224r1,
      Group.secp256k1,
      Group.secp192r1,
      Group.sect283k1,
    ],
    tls13: { groups: [Group.x448, Group.secp521r1, Group.ffdhe2048, Group.x25519] },
  }),
  row('hybrid-groups', 'has ML-KEM groups', {
    versions: [TLS13],
    tls13: { groups: [Group.x25519mlkem768, Group.secp256r1mlkem768, Group.x25519] },
  }),
  row('tls13-server-groups', 'insists on its own order of groups in TLS 1.3, for another round trip', {
    versions: [TLS13],
    tls13: { groupOrder: 'server', groups: [Group.secp384r1, Group.x25519], cookie: true },
  }),
  row('tls13-client-suites', 'takes the first TLS 1.3 suite that the client names', {
    versions: [TLS13],
    tls13: { suiteOrder: 'client', suites: [0x1301, 0x1302, 0x1303] },
  }),
  row('tls13-ccm', 'has the CCM suites of TLS 1.3', { versions: [TLS13], tls13: { suites: [0x1305, 0x1304, 0x1301] } }),
  row('client-certificates-tls13', 'demands a client certificate in TLS 1.3, and says certificate_required without one', {
    versions: [TLS13],
    certificateRequest: { authorities: 0, required: true },
  }),
  row('client-certificates', 'demands a client certificate and gives up without one', {
    versions: old,
    certificateRequest: { authorities: 2, required: true },
  }),
  row('refuses-with-close', 'closes where others send an alert', {
    versions: [TLS12],
    refusals: { version: 'close', suite: 'close', group: 'close', nonsense: 'close', sslv2: 'close' },
  }),
  row('refuses-with-insufficient-security', 'says insufficient_security where suites do not meet', {
    versions: [TLS12],
    refusals: {
      version: { alert: 70 },
      suite: { alert: Alert.insufficientSecurity },
      group: { alert: Alert.handshakeFailure },
      nonsense: 'close',
      sslv2: 'close',
    },
  }),
  mute('refuses-with-silence', 'keeps still where others send an alert', 'silence'),
  mute('refuses-with-reset', 'resets where others send an alert', 'reset'),
]

/** What is refused without a word may as well be lost: only what is spoken is sure. */
function mute(name: string, does: string, reaction: Reaction): Row {
  const given: Given = {
    versions: [TLS12],
    refusals: { version: reaction, suite: reaction, group: reaction, nonsense: reaction, sslv2: reaction },
  }
  const doubtful = [false, 'unknown'] as const
  return tlsRow(name, does, given, {
    reach: 'part',
    protocols: { 'TLSv1.2': true, 'TLSv1.1': doubtful, TLSv1: doubtful, SSLv3: doubtful, 'TLSv1.3': doubtful, SSLv2: doubtful },
    suites: truthOf(given).suites ?? {},
    order: 'server',
    sslv2Hello: doubtful,
  })
}
