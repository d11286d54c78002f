import { performance } from 'node:perf_hooks'
import { PosternError } from '../errors.ts'
import { groupByCode, knownPrime, protocolVersion, suiteByCode, suiteName, type ProtocolName } from '../registry/index.ts'
import type { Connected, SessionEvent, SessionOptions } from '../wire/index.ts'
import type { AuditDoor } from './audit.ts'
import { matchesName, parseCertificate } from './certificate.ts'
import { stapleStatus } from './ocsp.ts'
import { Lanes } from './lanes.ts'
import type { Line } from './line.ts'
import type { Ending } from './line.ts'
import type { Cost } from './result.ts'
import { Conversation, endsSession } from './server.ts'
import { findPath, type TrustStore } from './trust.ts'
import type { CertificatePosture } from '../policy/index.ts'

export interface HandshakeOptions {
  /** What the ClientHello offers, SNI included; what is left out is as in any client's hello. */
  readonly offer: Partial<SessionOptions>
  /** Milliseconds for all of it. */
  readonly timeout: number
  /** Milliseconds to wait for an answer. Default 10,000. */
  readonly patience?: number
  readonly trust: TrustStore
  readonly now: Date
}

/** Why a handshake did not come to its end. */
export type HandshakeFailure =
  | { readonly kind: 'alert'; readonly level: number; readonly description: number }
  /** The connection ended, or nothing came, where an answer was due. */
  | { readonly kind: Ending }
  /** The server chose what this client cannot do: it did not refuse. */
  | { readonly kind: 'unsupported'; readonly what: string; readonly detail: string }
  | { readonly kind: 'malformed'; readonly detail: string }
  /** The server went on with an older version than any that was offered, as a client of a range of versions may not (RFC 5246 §E.1). */
  | { readonly kind: 'not-offered'; readonly protocol: string }

/** The key exchange as `openssl s_client` counts it. */
export interface TemporaryKey {
  readonly kind: 'ECDH' | 'DH' | 'KEM'
  /** A group's registered name, or of a home-made one `custom`. */
  readonly name: string
  readonly bits: number
}

/** What the certificate is worth, in the numbers and words of X509_verify_cert_error_string(3). */
export interface Verification {
  readonly code: number
  readonly text: string
}

/** One handshake: what was negotiated, or why nothing was. Undefined is what the server did not get as far as. */
export interface Handshake {
  readonly target: string
  readonly address: string
  readonly connected: boolean
  readonly failure: HandshakeFailure | undefined
  readonly protocol: ProtocolName | `0x${string}` | undefined
  readonly suite: { readonly code: number; readonly iana: string; readonly openssl: string | undefined } | undefined
  readonly chain: readonly CertificatePosture[]
  readonly verification: Verification | undefined
  readonly temporaryKey: TemporaryKey | undefined
  readonly helloRetryRequest: boolean
  /** SignatureScheme; undefined up to TLS 1.1 and where nothing is signed. */
  readonly signature: { readonly scheme: number | undefined; readonly valid: boolean | 'unknown' } | undefined
  readonly secureRenegotiation: boolean | undefined
  readonly extendedMasterSecret: boolean | undefined
  readonly encryptThenMac: boolean | undefined
  /** CompressionMethod: 0 is none. */
  readonly compression: number | undefined
  readonly alpn: string | undefined
  /** Undefined where none was asked for. */
  readonly staple: 'none' | ReturnType<typeof stapleStatus> | undefined
  readonly clientCertificateWanted: boolean
  /** Each ticket, in the order of their coming; seconds. */
  readonly tickets: readonly { readonly lifetime: number; readonly maxEarlyData: number | undefined }[]
  readonly cost: Cost
}

const ANSWER_PATIENCE_MS = 10_000
/** After the handshake, tickets of TLS 1.3 follow at once or not at all. */
const TICKET_PATIENCE_MS = 400
const NEXT_TICKET_PATIENCE_MS = 50
const MOST_TICKETS = 16

/**
 * Makes one whole handshake with a door and tells what came of it. What the server does to the handshake is in the result.
 * Errors of the way there: those of `Lanes`, such as `CONNECT_FAILED` and `STARTTLS_MISSING`.
 */
export async function handshake(door: AuditDoor, options: HandshakeOptions): Promise<Handshake> {
  const began = performance.now()
  const lanes = new Lanes(door, { parallel: 1, timeout: options.timeout })
  try {
    const talk = async (line: Line): Promise<Conversation> => {
      const conversation = new Conversation(line, options.offer, options.patience ?? ANSWER_PATIENCE_MS)
      await conversation.handshake()
      await tickets(conversation)
      conversation.leave(door.dialect.quit)
      return conversation
    }
    const seen = await lanes.talk(({ line }) => lanes.insist(line, talk))
    if (typeof seen === 'symbol') throw new PosternError('bug', 'LINE_UNUSED', 'Cannot make a handshake: the connection was given back')
    const cost = { connections: lanes.connections, milliseconds: Math.round(performance.now() - began) }
    return describe(door, options, seen, cost)
  } finally {
    lanes.close()
  }
}

/** Listens until no more tickets of TLS 1.3 come: servers send none, one, two, or many. */
async function tickets(conversation: Conversation): Promise<void> {
  if (conversation.find('connected')?.version !== protocolVersion.code('TLSv1.3')) return
  for (let count = 0; count < MOST_TICKETS; count++) {
    const patience = conversation.find('new-session-ticket') === undefined ? TICKET_PATIENCE_MS : NEXT_TICKET_PATIENCE_MS
    const heard = await conversation.until((event) => event.kind === 'new-session-ticket', patience)
    if (typeof heard === 'string' || endsSession(heard)) return
  }
}

function describe(door: AuditDoor, { offer, trust, now }: HandshakeOptions, talk: Conversation, cost: Cost): Handshake {
  const connected = talk.find('connected')
  const hello = talk.find('server-hello')
  const request = talk.find('certificate-request')
  const chain = (talk.find('certificate')?.chain ?? []).flatMap((der) => parseCertificate(der) ?? [])
  const old = hello !== undefined && hello.version < protocolVersion.code('TLSv1.3')
  const failure = connected === undefined ? failureOf(talk) : notOffered(offer, connected)
  return {
    target: door.url,
    address: door.address,
    connected: failure === undefined,
    failure,
    protocol: hello && protocolVersion.name(hello.version),
    suite: hello && suiteOf(hello.hello.cipherSuite),
    chain: chain.map(({ posture }) => posture),
    verification:
      chain.length === 0
        ? undefined
        : verify(
            chain.map(({ x509 }) => x509),
            offer.serverName ?? door.serverName,
            trust,
            now,
          ),
    temporaryKey: temporaryKeyOf(talk, connected),
    helloRetryRequest: talk.find('hello-retry-request') !== undefined,
    signature: signatureOf(talk),
    secureRenegotiation: old ? connected?.secureRenegotiation : undefined,
    extendedMasterSecret: old ? connected?.extendedMasterSecret : undefined,
    encryptThenMac: old ? connected?.encryptThenMac : undefined,
    compression: hello?.hello.legacyCompressionMethod,
    alpn: connected?.alpn,
    staple: offer.statusRequest === true && connected !== undefined ? stapleOf(talk, now) : undefined,
    clientCertificateWanted: request !== undefined,
    tickets: talk.events.flatMap((event) =>
      event.kind === 'new-session-ticket' ? [{ lifetime: event.lifetime, maxEarlyData: event.maxEarlyData }] : [],
    ),
    cost,
  }
}

/** Up to TLS 1.2 a hello names the newest version only, and the session goes on with any older one that is chosen. */
function notOffered({ protocols }: HandshakeOptions['offer'], { version }: Connected): HandshakeFailure | undefined {
  const protocol = protocolVersion.name(version)
  return protocols === undefined || protocols.some((one) => one === protocol) ? undefined : { kind: 'not-offered', protocol }
}

function failureOf(talk: Conversation): HandshakeFailure {
  const unsupported = talk.find('unsupported')
  if (unsupported !== undefined) return { kind: 'unsupported', what: unsupported.what, detail: unsupported.detail }
  const malformed = talk.find('malformed')
  if (malformed !== undefined) return { kind: 'malformed', detail: malformed.error.message }
  if (talk.find('bad-record') !== undefined)
    return { kind: 'malformed', detail: 'a record does not open with the keys that were agreed on' }
  const alert = talk.find('alert')
  if (alert !== undefined && talk.ended !== 'reset') return { kind: 'alert', level: alert.level, description: alert.description }
  return { kind: talk.ended ?? 'silent' }
}

function suiteOf(code: number): NonNullable<Handshake['suite']> {
  return { code, iana: suiteName(code), openssl: suiteByCode(code)?.openssl }
}

/** X509_V_ERR numbers of OpenSSL 3.0 and later, by the words of `findPath()`. */
const VERIFY_CODES: ReadonlyMap<string, number> = new Map([
  ['certificate signature failure', 7],
  ['certificate is not yet valid', 9],
  ['certificate has expired', 10],
  ['self-signed certificate', 18],
  ['self-signed certificate in certificate chain', 19],
  ['unable to get local issuer certificate', 20],
  ['certificate chain too long', 22],
  ['path length constraint exceeded', 25],
  ['unsuitable certificate purpose', 26],
  ['unhandled critical extension', 34],
  ['invalid or inconsistent certificate extension', 41],
  ['permitted subtree violation', 47],
  ['excluded subtree violation', 48],
  ['invalid CA certificate', 79],
])
const UNSPECIFIED = 1
const HOSTNAME_MISMATCH = 62

function verify(chain: Parameters<typeof findPath>[0], host: string, trust: TrustStore, now: Date): Verification {
  const { trusted, error = 'unspecified certificate verification error' } = findPath(chain, trust, now)
  if (!trusted) return { code: VERIFY_CODES.get(error) ?? UNSPECIFIED, text: error }
  const [leaf] = chain
  if (leaf !== undefined && !matchesName(leaf, host)) return { code: HOSTNAME_MISMATCH, text: `hostname mismatch: it is not for ${host}` }
  return { code: 0, text: 'ok' }
}

function temporaryKeyOf(talk: Conversation, connected: Connected | undefined): TemporaryKey | undefined {
  const params = talk.find('server-key-exchange')?.params
  if (params?.kind === 'DHE') return { kind: 'DH', name: knownPrime(params.dhP)?.name ?? 'custom', bits: bitLength(params.dhP) }
  const named = params?.kind === 'ECDHE' && params.curveParams.kind === 'named_curve' ? params.curveParams.namedCurve : undefined
  const code = named ?? connected?.group
  const group = code === undefined ? undefined : groupByCode(code)
  if (group === undefined) return undefined
  const kind = group.kind === 'ffdhe' ? 'DH' : group.kind === 'ecdhe' ? 'ECDH' : 'KEM'
  return { kind, name: group.openssl ?? group.name, bits: group.bits }
}

function bitLength(number: Uint8Array): number {
  const start = number.findIndex((byte) => byte !== 0)
  return start < 0 ? 0 : (number.length - start) * 8 - Math.clz32(number[start] ?? 0) + 24
}

function signatureOf(talk: Conversation): Handshake['signature'] {
  const signed: Extract<SessionEvent, { kind: 'server-key-exchange' | 'certificate-verify' }> | undefined =
    talk.find('certificate-verify') ?? talk.find('server-key-exchange')
  if (signed === undefined || signed.signatureValid === 'not-signed') return undefined
  return { scheme: signed.scheme, valid: signed.signatureValid }
}

function stapleOf(talk: Conversation, now: Date): NonNullable<Handshake['staple']> {
  const status = talk.find('certificate-status')?.status
  return status?.kind === 'ocsp' ? stapleStatus(status.ocspResponse, now) : 'none'
}
