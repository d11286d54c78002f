import { constants, publicEncrypt, randomBytes, X509Certificate, type KeyObject } from 'node:crypto'
import type { Fact } from '../../policy/index.ts'
import type { SessionProtocol } from '../../wire/index.ts'
import type { Heard, Proof } from '../proof.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import { sessionSuites, type Conversation, type Known, type Server } from '../server.ts'

/** How the server ended a handshake with each of the broken paddings; undefined where the handshake did not get so far. */
export type RobotRound = readonly (Heard | undefined)[]

export interface RobotAnswer {
  readonly rounds: readonly RobotRound[]
  /** The server asks for a client certificate and does not go on without: what it answers, it may answer to that. */
  readonly turnedAway: boolean
}

const PREMASTER_LENGTH = 48
const ROUNDS = 3
/** `00 02`, padding without zeros, `00`, secret: RFC 8017 §7.2.1. */
type Padding = (secret: Uint8Array, length: number) => Uint8Array

/** What a server must treat alike, RFC 5246 §7.4.7.1. The last four are those of "Return Of Bleichenbacher's Oracle Threat", 2018. */
const PADDINGS: readonly Padding[] = [
  (secret, length) => Buffer.concat([Buffer.from([0, 2]), nonZero(length - 3 - secret.length), Buffer.from([0]), secret]),
  (secret, length) => Buffer.concat([Buffer.from([0x41, 0x17]), nonZero(length - 2 - secret.length), secret]),
  (secret, length) => Buffer.concat([Buffer.from([0, 2]), nonZero(length - 3 - 1), Buffer.from([0]), secret.subarray(0, 1)]),
  (_secret, length) => Buffer.concat([Buffer.from([0, 2]), nonZero(length - 2)]),
  (secret, length) => Buffer.concat([Buffer.from([0, 2]), nonZero(length - 3 - secret.length), Buffer.from([0, 2, 2]), secret.subarray(2)]),
]

function rsaSuites(known: Known): { protocol: Known['protocols'][number]; cipherSuites: readonly number[] } | undefined {
  for (const protocol of known.protocols) {
    if (protocol === 'TLSv1.3') continue
    const rsa = new Set(
      known
        .suites(protocol)
        .filter((suite) => suite.kx === 'RSA' && !suite.exportGrade)
        .map((suite) => suite.code),
    )
    const cipherSuites = sessionSuites(known, protocol).filter((code) => rsa.has(code))
    if (cipherSuites.length > 0) return { protocol, cipherSuites }
  }
  return undefined
}

export const robotProbe: Probe<RobotAnswer> = {
  name: 'robot',
  question: "Does the server tell broken RSA paddings apart (Bleichenbacher's oracle)?",
  reference: 'CVE-2017-13099 and others (ROBOT), RFC 5246 §7.4.7.1',
  connections: 16,
  skip: (known) => (rsaSuites(known) === undefined ? { flaws: { robot: 'not-applicable' } } : undefined),

  ask: async (server) => {
    const first = await round(server)
    const turnedAway = first.some(({ requested }) => requested) && !(await connects(server))
    const rounds = [first.map(({ heard }) => heard)]
    // Differences may be chance: only what repeats itself is an oracle.
    const most = turnedAway ? 1 : ROUNDS
    while (!alike(rounds[0]) && rounds.length < most) rounds.push((await round(server)).map(({ heard }) => heard))
    return { rounds, turnedAway }
  },

  judge: (answer) => ({ flaws: { robot: robotFact(answer) }, proofs: [proofOf(answer)] }),
}

export const robot: AnyProbe = probe(robotProbe)

function robotFact({ rounds, turnedAway }: RobotAnswer): Fact {
  const [first] = rounds
  if (turnedAway || first === undefined || first.includes(undefined)) return 'unknown'
  // Who keeps still whatever comes may be slow, or wait for more: that is no equal treatment.
  if (alike(first)) return first[0]?.silent === true ? 'unknown' : false
  return rounds.every((one) => inWords(one) === inWords(first)) ? true : 'unknown'
}

function proofOf({ rounds, turnedAway }: RobotAnswer): Proof {
  const control = turnedAway ? ', where no handshake succeeds without a client certificate' : ''
  return {
    fact: 'flaws.robot',
    asked: `${PADDINGS.length} broken RSA paddings${control}: ${rounds.map(inWords).join('; again: ')}`,
    answer: Buffer.concat((rounds[0] ?? []).map((heard) => heard?.bytes ?? new Uint8Array(0))),
  }
}

function inWords(one: RobotRound): string {
  return one.map((heard) => heard?.how ?? 'no handshake').join(' | ')
}

function alike(one: RobotRound | undefined): boolean {
  return new Set(one?.map((heard) => heard?.how)).size === 1
}

/** One of the broken paddings: what it was answered with, and whether a client certificate was asked for before. */
interface Attempt {
  readonly heard: Heard | undefined
  readonly requested: boolean
}

/** An ordinary handshake with these suites comes to its end. */
function connects(server: Server): Promise<boolean> {
  return server.session(optionsFor(server.known), (conversation) => conversation.handshake())
}

function optionsFor(known: Known): { protocols: [SessionProtocol]; cipherSuites: readonly number[] } {
  const { protocol, cipherSuites } = rsaSuites(known) ?? { protocol: 'TLSv1.2' as const, cipherSuites: [] }
  return { protocols: [protocol], cipherSuites }
}

function round(server: Server): Promise<readonly Attempt[]> {
  return Promise.all(PADDINGS.map((padding) => askOne(server, padding)))
}

/** Our keys come from another secret, so that no server can read our Finished, whatever it thought of the padding. */
function askOne(server: Server, padding: Padding): Promise<Attempt> {
  const options = optionsFor(server.known)
  return server.session({ ...options, pauseAfterServerHelloDone: true }, async (conversation): Promise<Attempt> => {
    conversation.send(conversation.session.start())
    await conversation.until((event) => event.kind === 'server-hello-done')
    const requested = conversation.find('certificate-request') !== undefined
    const key = keyOf(conversation)
    if (key === undefined) return { heard: undefined, requested }
    const secret = Buffer.concat([Buffer.from(versionBytes(options.protocols[0])), randomBytes(PREMASTER_LENGTH - 2)])
    const exchangeKeys = encryptRaw(key, padding(secret, modulusLength(key)))
    const { send } = conversation.session.sendClientKeyExchange({ exchangeKeys, preMasterSecret: randomBytes(PREMASTER_LENGTH) })
    if (send !== undefined) conversation.send(send)
    conversation.send(conversation.session.sendChangeCipherSpec())
    conversation.send(conversation.session.sendFinished(randomBytes(12)))
    const ending = await conversation.until((event) => event.kind === 'alert')
    return { heard: conversation.heard(ending), requested }
  })
}

function keyOf(conversation: Conversation): KeyObject | undefined {
  const [der] = conversation.find('certificate')?.chain ?? []
  if (der === undefined || conversation.find('server-hello-done') === undefined) return undefined
  try {
    const { publicKey } = new X509Certificate(der)
    return publicKey.asymmetricKeyType === 'rsa' ? publicKey : undefined
  } catch {
    return undefined
  }
}

function encryptRaw(key: KeyObject, block: Uint8Array): Uint8Array {
  return publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, block)
}

function modulusLength(key: KeyObject): number {
  return Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
}

function nonZero(length: number): Buffer {
  return Buffer.from(randomBytes(Math.max(0, length)).map((byte) => byte || 1))
}

function versionBytes(protocol: string): readonly [number, number] {
  const minor: Readonly<Record<string, number>> = { SSLv3: 0, TLSv1: 1, 'TLSv1.1': 2, 'TLSv1.2': 3 }
  return [3, minor[protocol] ?? 3]
}
