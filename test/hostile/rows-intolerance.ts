import { extension, groups, keyShares, serverName, signatureSchemes, supportedVersions, type ClientHello } from './client-hello.ts'
import { Alert, Extension, isGrease, TLS10, TLS11, TLS12, TLS13 } from './numbers.ts'
import { tlsRow, type Row, type Truth } from './row.ts'
import type { Reaction, Script } from './script.ts'

const old = [TLS10, TLS11, TLS12]
const all = [TLS10, TLS11, TLS12, TLS13]
const handshakeFailure: Reaction = { alert: Alert.handshakeFailure }
const decodeError: Reaction = { alert: Alert.decodeError }

type Test = (hello: ClientHello) => boolean

const balks =
  (test: Test, reaction: Reaction): Script['balks'] =>
  (hello) =>
    test(hello) ? reaction : undefined

const row = (name: string, does: string, versions: readonly number[], test: Test, reaction: Reaction, truth: Omit<Truth, 'reach'>): Row =>
  tlsRow(name, does, { versions, balks: balks(test, reaction) }, { reach: 'whole', ...truth })

const UNRECOGNIZED = { alert: Alert.unrecognizedName } as const
const named: Test = (hello) => serverName(hello) !== undefined

/** RFC 6066 §3: what it refuses is the name, and of what it would speak under another one it says nothing. */
const nameless = (name: string, does: string, test: Test, reaction: Reaction): Row =>
  tlsRow(name, does, { versions: all, balks: balks(test, reaction) }, { reach: 'none', problem: 'NAME_NOT_SERVED' })

/** With its record header, as F5's hang counted it. */
const length = (hello: ClientHello): number => hello.raw.length + (hello.format === 'tls' ? 5 : 2)

const mentions13: Test = (hello) => hello.version > TLS12 || (supportedVersions(hello) ?? []).some((one) => one >= TLS13 && !isGrease(one))
const mentionsFuture: Test = (hello) =>
  hello.version > TLS13 || (supportedVersions(hello) ?? []).some((one) => one > TLS13 && !isGrease(one))
const greases: Test = (hello) =>
  [
    ...hello.suites,
    ...(hello.extensions ?? []).map(([type]) => type),
    ...(groups(hello) ?? []),
    ...(supportedVersions(hello) ?? []),
    ...(signatureSchemes(hello) ?? []),
  ].some(isGrease)
const known: ReadonlySet<number> = new Set(Object.values(Extension))
const unknownExtension: Test = (hello) => (hello.extensions ?? []).some(([type]) => !known.has(type))

/** Three ways to say no, of which only the first says so. */
const WAYS: readonly (readonly [word: string, does: string, reaction: Reaction, seen: Truth['tolerance']])[] = [
  ['alerts', 'with handshake_failure', handshakeFailure, undefined],
  ['closes', 'by closing', 'close', undefined],
  ['hangs', 'with silence', 'silence', undefined],
]

const inWays = (name: string, does: string, versions: readonly number[], test: Test, tolerance: (word: string) => Truth): readonly Row[] =>
  WAYS.map(([word, how, reaction]) =>
    tlsRow(`${name}-${word}`, `${does} ${how}`, { versions, balks: balks(test, reaction) }, tolerance(word)),
  )

const old12: Truth['protocols'] = { 'TLSv1.2': true, 'TLSv1.1': true, TLSv1: true }

/** Servers that cannot stand something that a correct server must. */
export const INTOLERANCE: readonly Row[] = [
  ...inWays('tls13-hello', 'answers TLS 1.2 hellos and refuses those that mention TLS 1.3,', old, mentions13, (word) => ({
    reach: 'whole',
    protocols: { ...old12, 'TLSv1.3': word === 'alerts' ? false : [false, 'unknown'] },
  })),
  ...inWays(
    'tls12-hello',
    'speaks TLS 1.0 and refuses every hello for more,',
    [TLS10],
    (hello) => hello.version > TLS10,
    () => ({
      reach: 'whole',
      protocols: { TLSv1: true },
    }),
  ),
  ...inWays('future-version', 'refuses hellos for versions that do not exist yet,', all, mentionsFuture, (word) => ({
    reach: 'whole',
    protocols: { ...old12, 'TLSv1.3': true },
    tolerance: { futureVersion: word === 'hangs' ? [false, 'unknown'] : false },
  })),
  ...inWays('grease', 'refuses hellos with GREASE values,', all, greases, (word) => ({
    reach: 'whole',
    protocols: { ...old12, 'TLSv1.3': true },
    tolerance: { grease: word === 'hangs' ? [false, 'unknown'] : false },
  })),
  row('unknown-extension', 'refuses extensions that it does not know', all, unknownExtension, decodeError, {}),
  row('any-extension', 'refuses every hello that has extensions', [TLS10], (hello) => hello.extensions !== undefined, 'close', {
    protocols: { TLSv1: true },
  }),
  row('over-255', 'closes on hellos of more than 255 bytes', old, (hello) => length(hello) > 255, 'close', {
    protocols: old12,
    tolerance: { longHello: [false, 'unknown'] },
  }),
  row(
    'f5-256-to-511',
    'hangs on hellos of 256 to 511 bytes, as some F5 devices did (RFC 7685 §1)',
    old,
    (hello) => length(hello) > 255 && length(hello) < 512,
    'silence',
    { protocols: old12 },
  ),
  row('over-511', 'closes on hellos of more than 511 bytes', old, (hello) => length(hello) > 511, 'close', {
    protocols: old12,
    tolerance: { longHello: [false, 'unknown'] },
  }),
  row('over-16k', 'refuses hellos of more than 16,384 bytes', all, (hello) => length(hello) > 16384, decodeError, {
    protocols: old12,
    tolerance: { longHello: true },
  }),
  row(
    'wolfssl-150-suites',
    'refuses hellos of more than 150 suites with decode_error',
    old,
    (hello) => hello.suites.length > 150,
    decodeError,
    { protocols: old12, tolerance: { manySuites: false } },
  ),
  row('over-127-suites-closes', 'closes on hellos of more than 127 suites', old, (hello) => hello.suites.length > 127, 'close', {
    protocols: old12,
    tolerance: { manySuites: [false, 'unknown'] },
  }),
  ...[150, 100].map((most) =>
    row(
      `over-${most}-suites-alerts`,
      `refuses hellos of more than ${most} suites as if it had none of them`,
      all,
      (hello) => hello.suites.length > most,
      handshakeFailure,
      { protocols: { ...old12, 'TLSv1.3': true }, tolerance: { manySuites: false } },
    ),
  ),
  row(
    'over-512-alerts',
    'refuses hellos of more than 512 bytes as if it had nothing of what they offer',
    all,
    (hello) => length(hello) > 512,
    handshakeFailure,
    { protocols: { ...old12, 'TLSv1.3': true }, tolerance: { longHello: false } },
  ),
  row(
    'hates-two-suites',
    'refuses hellos that list ARIA or anonymous RC4, whatever else they list',
    all,
    (hello) => hello.suites.some((suite) => suite === 0xc05d || suite === 0x0018),
    handshakeFailure,
    { protocols: { ...old12, 'TLSv1.3': true }, tolerance: { manySuites: true } },
  ),
  row('needs-session-id', 'refuses hellos without a 32-byte session id', all, (hello) => hello.sessionId.length !== 32, handshakeFailure, {
    protocols: { ...old12, 'TLSv1.3': true },
  }),
  tlsRow(
    'needs-no-session-id',
    'refuses hellos with a session id that it never gave',
    { versions: old, balks: balks((hello) => hello.sessionId.length > 0, handshakeFailure) },
    { reach: 'part', problem: 'NO_HANDSHAKE', protocols: { 'TLSv1.2': false } },
  ),
  row(
    'needs-server-name',
    'refuses hellos without server_name',
    all,
    (hello) => serverName(hello) === undefined,
    { alert: Alert.unrecognizedName },
    {},
  ),
  nameless('knows-no-name', 'refuses every hello because of its name, or because it has none', () => true, UNRECOGNIZED),
  nameless('knows-another-name', 'refuses every name, and serves clients without one', named, UNRECOGNIZED),
  nameless('warns-of-the-name', 'warns of the name in every hello, and closes', named, { ...UNRECOGNIZED, level: 1 }),
  row(
    'hates-address-as-name',
    'refuses an IP address in server_name, RFC 6066 §3',
    all,
    (hello) => /^[\d.]+$|:/.test(serverName(hello) ?? ''),
    { alert: Alert.illegalParameter },
    { protocols: { ...old12, 'TLSv1.3': true } },
  ),
  row(
    'hates-trailing-dot',
    'refuses a server_name that ends with a dot',
    all,
    (hello) => (serverName(hello) ?? '').endsWith('.'),
    { alert: Alert.illegalParameter },
    { protocols: { ...old12, 'TLSv1.3': true } },
  ),
  row(
    'hates-old-curves',
    'refuses TLS 1.3 hellos that list curves of the time before it, as tlslite-ng does',
    all,
    (hello) => mentions13(hello) && (groups(hello) ?? []).some((group) => group < 23),
    { alert: Alert.illegalParameter },
    { protocols: { ...old12, 'TLSv1.3': true } },
  ),
  row(
    'hates-empty-key-share',
    'refuses TLS 1.3 hellos whose key_share is empty',
    all,
    (hello) => extension(hello, Extension.keyShare) !== undefined && keyShares(hello).length === 0,
    handshakeFailure,
    { protocols: { ...old12, 'TLSv1.3': true } },
  ),
  row(
    'needs-signature-algorithms',
    'refuses TLS 1.2 hellos without signature_algorithms',
    old,
    (hello) => hello.version >= TLS12 && !signatureSchemes(hello),
    handshakeFailure,
    { protocols: old12 },
  ),
  tlsRow(
    'poison-suites',
    'chooses ARIA-GCM when it is offered, cannot do it, and closes, as mbedTLS 2.28 does',
    {
      versions: [TLS12],
      suites: [0xc053, 0xc02f, 0xc05d, 0xc030, 0xc061, 0xc027, 0x009c],
      poison: { suites: [0xc053, 0xc05d, 0xc061], reaction: 'close' },
    },
    {
      reach: 'whole',
      protocols: { 'TLSv1.2': true },
      suites: { 'TLSv1.2': [0xc02f, 0xc030, 0xc027, 0x009c] },
    },
  ),
  tlsRow(
    'poison-alerts',
    'the same with internal_error',
    { versions: [TLS12], suites: [0xc02f, 0xc053, 0xc030], poison: { suites: [0xc053], reaction: { alert: Alert.internalError } } },
    {
      reach: 'whole',
      suites: { 'TLSv1.2': [0xc02f, 0xc030] },
    },
  ),
  tlsRow(
    'picks-suite-not-offered',
    'answers with a suite that nobody offered',
    { versions: old, lies: { suite: () => 0x0005 } },
    { reach: 'part', protocols: {} },
  ),
  tlsRow(
    'picks-scsv',
    'answers with TLS_EMPTY_RENEGOTIATION_INFO_SCSV',
    { versions: old, lies: { suite: () => 0x00ff } },
    { reach: 'part' },
  ),
  tlsRow(
    'answers-above',
    'answers TLS 1.0 hellos with TLS 1.2',
    {
      versions: [TLS12],
      refusals: { version: 'answers-with-best', suite: handshakeFailure, group: handshakeFailure, nonsense: 'close', sslv2: 'close' },
    },
    {
      reach: 'whole',
      protocols: { 'TLSv1.2': true, 'TLSv1.1': [false, 'unknown'], TLSv1: [false, 'unknown'] },
    },
  ),
  tlsRow('answers-unknown-version', 'answers with version 3.9', { versions: old, lies: { version: () => 0x0309 } }, { reach: 'part' }),
  tlsRow(
    'answers-other-compression',
    'chooses a compression that nobody offered',
    { versions: old, lies: { compression: 64 } },
    { reach: 'part', features: { compression: [false, 'unknown'] } },
  ),
]
