import assert from 'node:assert/strict'
import { checkRows, type Check } from './checked.ts'
import { extensionBytes } from './connection.ts'
import { vector, u16, u8 } from './bytes.ts'
import { Alert, Extension, Group, TLS10, TLS12 } from './numbers.ts'
import {
  COMMON_EXTENSIONS,
  groupsExtension,
  hello,
  hello13,
  keyShareExtension,
  schemesExtension,
  serverHelloOf,
  versionsExtension,
  type HelloFields,
} from './raw-client.ts'
import { INTOLERANCE } from './rows-intolerance.ts'
import { once, walkSuites } from './walk.ts'

const old = (fields: HelloFields = {}): Buffer => hello({ suites: [0xc02f, 0x002f], ...fields })
const extra = (...more: readonly Buffer[]): Buffer => old({ extensions: [...COMMON_EXTENSIONS, ...more] })
/** A hello of exactly this many bytes, its record header included. */
function sized(length: number): Buffer {
  const short = extra(extensionBytes(Extension.padding)).length
  const padded = extra(extensionBytes(Extension.padding, Buffer.alloc(length - short)))
  assert.equal(padded.length, length)
  return padded
}
const many = (count: number): Buffer =>
  old({ suites: Array.from({ length: count }, (_, index) => (index === 0 ? 0x002f : 0x8000 + index)) })
const named = (name: string): Buffer => extensionBytes(Extension.serverName, vector(2, u8(0), vector(2, Buffer.from(name))))

/** TLS 1.2 with 1.3 above it, and with a version above that. */
const modern = hello13()
const future = old({ extensions: [...COMMON_EXTENSIONS, versionsExtension(0x0305, 0x0304, TLS12), keyShareExtension()] })
const grease = extra(extensionBytes(0x2a2a))

type Outcome = 'answers' | 'partial' | 'fin' | 'silent' | number

async function outcome(port: number, bytes: Buffer, expected: Outcome): Promise<Outcome> {
  const answer = await once(port, bytes, expected === 'silent' ? 150 : 3000)
  if (answer.kind === 'messages') return 'answers'
  return answer.kind === 'alert' ? answer.alert : (answer.kind as Outcome)
}

const each =
  (...cases: readonly (readonly [bytes: Buffer, outcome: Outcome])[]): Check =>
  async (port) => {
    for (const [bytes, expected] of cases)
      assert.equal(await outcome(port, bytes, expected), expected, bytes.subarray(0, 80).toString('hex'))
  }

/** The three ways to refuse what `bad` says, where `good` is answered. */
const ways = (name: string, bad: Buffer, good: Buffer): Readonly<Record<string, Check>> => ({
  [`${name}-alerts`]: each([bad, Alert.handshakeFailure], [good, 'answers']),
  [`${name}-closes`]: each([bad, 'fin'], [good, 'answers']),
  [`${name}-hangs`]: each([bad, 'silent'], [good, 'answers']),
})

const chooses =
  (suite: number): Check =>
  async (port) =>
    assert.equal(serverHelloOf(await once(port, old())).suite, suite)

checkRows('INTOLERANCE', INTOLERANCE, {
  ...ways('tls13-hello', modern, old()),
  ...ways('tls12-hello', old(), old({ version: TLS10 })),
  ...ways('future-version', future, modern),
  ...ways('grease', grease, modern),
  'unknown-extension': each([extra(extensionBytes(0x4242)), Alert.decodeError], [extra(extensionBytes(Extension.sct)), 'answers']),
  'any-extension': each([old({ version: TLS10 }), 'fin'], [old({ version: TLS10, extensions: undefined }), 'answers']),
  'over-255': each([sized(256), 'fin'], [sized(255), 'answers']),
  'f5-256-to-511': each([sized(256), 'silent'], [sized(511), 'silent'], [sized(255), 'answers'], [sized(512), 'answers']),
  'over-511': each([sized(512), 'fin'], [sized(511), 'answers']),
  'over-16k': each([split(sized(16385)), Alert.decodeError], [sized(16384), 'answers']),
  'wolfssl-150-suites': each([many(151), Alert.decodeError], [many(150), 'answers']),
  'over-127-suites-closes': each([many(128), 'fin'], [many(127), 'answers']),
  'over-100-suites-alerts': each([many(101), Alert.handshakeFailure], [many(100), 'answers']),
  'over-150-suites-alerts': each([many(151), Alert.handshakeFailure], [many(150), 'answers']),
  'over-512-alerts': each([sized(513), Alert.handshakeFailure], [sized(512), 'answers']),
  'hates-two-suites': each(
    [old({ suites: [0xc02f, 0xc05d] }), Alert.handshakeFailure],
    [old({ suites: [0xc02f, 0x0018] }), Alert.handshakeFailure],
    [old(), 'answers'],
  ),
  'needs-session-id': each([old({ sessionId: Buffer.alloc(0) }), Alert.handshakeFailure], [old(), 'answers']),
  'needs-no-session-id': each([old(), Alert.handshakeFailure], [old({ sessionId: Buffer.alloc(0) }), 'answers']),
  'knows-no-name': each([old(), Alert.unrecognizedName], [extra(named('hostile.example')), Alert.unrecognizedName]),
  'knows-another-name': each([extra(named('hostile.example')), Alert.unrecognizedName], [old(), 'answers']),
  // A warning and an end: no whole flight, and no alert that ends it.
  'warns-of-the-name': each([extra(named('hostile.example')), 'partial'], [old(), 'answers']),
  'needs-server-name': each([old(), Alert.unrecognizedName], [extra(named('hostile.example')), 'answers']),
  'hates-address-as-name': each(
    [extra(named('127.0.0.1')), Alert.illegalParameter],
    [extra(named('::1')), Alert.illegalParameter],
    [extra(named('hostile.example')), 'answers'],
    [old(), 'answers'],
  ),
  'hates-trailing-dot': each([extra(named('hostile.example.')), Alert.illegalParameter], [extra(named('hostile.example')), 'answers']),
  'hates-old-curves': each(
    [hello13({ groups: [Group.x25519, Group.secp192r1] }), Alert.illegalParameter],
    [hello13(), 'answers'],
    [old({ extensions: [groupsExtension(Group.secp192r1, Group.secp256r1), schemesExtension(0x0804)] }), 'answers'],
  ),
  'hates-empty-key-share': each(
    [modern, Alert.handshakeFailure],
    [hello13({ shares: [[Group.secp384r1, Buffer.alloc(97, 4)]], groups: [Group.x25519, Group.secp384r1] }), 'answers'],
  ),
  'needs-signature-algorithms': each(
    [old({ extensions: [groupsExtension(Group.x25519)] }), Alert.handshakeFailure],
    [old({ version: TLS10, suites: [0x002f], extensions: undefined }), 'answers'],
    [old(), 'answers'],
  ),
  'poison-suites': async (port) => {
    await each(
      [old({ suites: [0xc053, 0xc02f] }), 'fin'],
      [old({ suites: [0xc05d, 0x009c] }), 'fin'],
      [old({ suites: [0xc061, 0xc030] }), 'answers'],
    )(port, never)
    // A chain of removals ends at the first poisoned suite.
    assert.deepEqual(await walkSuites(port, TLS12), [])
  },
  'poison-alerts': async (port) => {
    await each([old({ suites: [0xc053, 0xc030] }), Alert.internalError])(port, never)
    assert.deepEqual(await walkSuites(port, TLS12), [0xc02f])
  },
  'picks-suite-not-offered': chooses(0x0005),
  'picks-scsv': chooses(0x00ff),
  'answers-above': async (port) => assert.equal(serverHelloOf(await once(port, old({ version: TLS10 }))).version, TLS12),
  'answers-unknown-version': async (port) => assert.equal(serverHelloOf(await once(port, old())).version, 0x0309),
  'answers-other-compression': async (port) => assert.equal(serverHelloOf(await once(port, old())).compression, 64),
})

/** Checks here look at the wire alone. */
const never = undefined as never

/** A handshake message of more than 2^14 bytes goes in two records, RFC 5246 §6.2.1. */
function split(bytes: Buffer): Buffer {
  const message = bytes.subarray(5)
  const head = bytes.subarray(0, 3)
  return Buffer.concat([head, u16(10_000), message.subarray(0, 10_000), head, u16(message.length - 10_000), message.subarray(10_000)])
}
