/** TLS that is passed on as it is: what can be known of it without a key, and what can be done about it. */
import { performance } from 'node:perf_hooks'
import type { ByteStream } from './byte-stream.ts'
import type { Relay, RelayStep } from '../dialects/index.ts'
import type { Policy } from '../policy/index.ts'
import type { HandshakeCertificate, HandshakeServer, Refusal } from '../policy/negotiate/index.ts'
import { alertDescription, alertLevel, groupByCode, protocolVersion, suiteName, type AlertName } from '../registry/index.ts'
import {
  CONTENT_TYPE,
  decodeProtocolNameList,
  decodeServerHello,
  encodeAlert,
  encodeRecord,
  EXTENSION_TYPE,
  findExtension,
  FlightReader,
  HANDSHAKE_TYPE,
  MalformedError,
  selectedGroup,
  selectedVersion,
  type FlightItem,
  type Offer,
} from '../wire/index.ts'
import { HandshakeEnded, type Rules } from './front.ts'
import type { ConnectionRecord, Ended } from './record.ts'
import type { ServiceCounts } from './seen/counts.ts'
import { serverOf, type Verdict } from './verdict.ts'

/** What a server chose in its ServerHello, where all of that is said in the clear in every version. RFC 8446 §4.1.3. */
export type Chosen = NonNullable<ConnectionRecord['negotiated']>

/** What a server behind says to a hello. */
export type ServerAnswer =
  { readonly kind: 'chosen'; readonly chosen: Chosen } | { readonly kind: 'alert' } | { readonly kind: 'unreadable' }

/** The server behind may have any certificate, and finite fields of any size: a hello says nothing of them that a gate could know better. */
const CERTIFICATES: readonly HandshakeCertificate[] = [
  { keyType: 'RSA', keyBits: 3072 },
  { keyType: 'ECDSA', keyBits: 256, curve: 'secp256r1' },
]
const DH_BITS = 3072

/** A policy as the end of a handshake that is carried out elsewhere, by nobody knows what. */
export function passedServer(policy: Policy): HandshakeServer {
  return { ...serverOf(policy, CERTIFICATES, DH_BITS), stack: 'specification' }
}

/** In what the server has chosen against the policy; undefined where it has chosen well. */
function againstPolicy({ version, suite, group }: Chosen, { versions, suites, groups }: HandshakeServer): Refusal | undefined {
  const refused = (reason: Refusal['reason'], why: string): Refusal => ({
    agreed: false,
    by: 'server',
    alert: reason === 'version' ? 'protocol_version' : 'handshake_failure',
    reason,
    why,
  })
  if (!versions.some((name) => name === version)) return refused('version', `The server behind chose ${version}.`)
  if (!suites.includes(suite)) return refused('suites', `The server behind chose ${suite}.`)
  if (group !== undefined && groups?.includes(group) === false) return refused('groups', `The server behind chose ${group}.`)
  return undefined
}

/** The alert with which a client is refused before TLS: RFC 8446 §6.2. */
function refusalAlert({ by, alert }: Refusal): AlertName {
  return by === 'server' && alert === 'protocol_version' ? alert : 'handshake_failure'
}

/** A fatal alert as a record of its own. */
export function alertRecord(name: AlertName): Uint8Array {
  const fragment = encodeAlert({ level: alertLevel.code('fatal'), description: alertDescription.code(name) })
  return encodeRecord({ type: CONTENT_TYPE.alert, legacyRecordVersion: 0x0301, fragment })
}

/** What is found out of a connection on the way. */
interface Found {
  negotiated?: Chosen
  verdict?: NonNullable<ConnectionRecord['verdict']>
}

/** One client whose TLS is passed on. Inside of it nobody can be told anything: whoever would be, is refused by an alert. */
export class Passing {
  readonly #rules: Pick<Rules, 'stage' | 'server' | 'sslv2Hello'>
  readonly #seen: Pick<ServiceCounts, 'secured'>
  readonly #found: Found
  readonly #finish: (ended: Ended) => void
  readonly #clock = performance.now()

  constructor(
    rules: Pick<Rules, 'stage' | 'server' | 'sslv2Hello'>,
    seen: Pick<ServiceCounts, 'secured'>,
    found: Found,
    finish: (ended: Ended) => void,
  ) {
    this.#rules = rules
    this.#seen = seen
    this.#found = found
    this.#finish = finish
  }

  /** Ends a client with an alert that may not come in for its hello alone, and throws `HandshakeEnded`. */
  admit(client: ByteStream, offer: Offer, verdict: Verdict): void {
    const refusal = this.#refusalOf(offer, verdict)
    if (refusal === undefined) return
    client.end(alertRecord(refusal.alert))
    throw new HandshakeEnded(refusal.reason)
  }

  #refusalOf(offer: Offer, verdict: Verdict): { readonly alert: AlertName; readonly reason: string } | undefined {
    if (this.#isWatched) return undefined
    if (verdict.kind === 'fails') return { alert: refusalAlert(verdict.refusal), reason: verdict.refusal.reason }
    return offer.sslv2Format && !this.#rules.sslv2Hello ? { alert: 'protocol_version', reason: 'sslv2-hello' } : undefined
  }

  relay(): Relay {
    return new PassingRelay((answer) => this.#answered(answer))
  }

  get #isWatched(): boolean {
    return this.#rules.stage === 'observe'
  }

  /** Gives an alert where the server has chosen what the policy refuses. */
  #answered(answer: ServerAnswer): AlertName | undefined {
    if (answer.kind === 'alert') return undefined
    if (answer.kind === 'unreadable') {
      if (this.#isWatched) return undefined
      this.#finish({ why: 'server-misbehaves' })
      return 'internal_error'
    }
    this.#seen.secured(answer.chosen, performance.now() - this.#clock)
    const refusal = againstPolicy(answer.chosen, this.#rules.server)
    this.#found.negotiated = answer.chosen
    if (refusal === undefined) return undefined
    this.#found.verdict = { meets: false, reason: refusal.reason, why: refusal.why }
    if (this.#isWatched) return undefined
    this.#finish({ why: 'handshake-failed', reason: refusal.reason })
    return refusalAlert(refusal)
  }
}

/** Passes TLS on, and holds back the first answer of the server until `judge` has seen it. Where that gives an alert, the client hears it in place of the answer. */
export class PassingRelay implements Relay {
  readonly #judge: (answer: ServerAnswer) => AlertName | undefined
  readonly #flight = new FlightReader()
  #held: Uint8Array[] = []

  constructor(judge: (answer: ServerAnswer) => AlertName | undefined) {
    this.#judge = judge
  }

  fromClient(bytes: Uint8Array): RelayStep {
    return { toServer: bytes }
  }

  fromServer(bytes: Uint8Array): RelayStep {
    this.#held.push(bytes)
    const answer = this.#answer(bytes)
    if (answer === undefined) return {}
    const alert = this.#judge(answer)
    if (alert !== undefined) return { toClient: alertRecord(alert), end: 'turned-away' }
    const toClient = Buffer.concat(this.#held)
    this.#held = []
    return { toClient, copy: true }
  }

  secured(): RelayStep {
    return {}
  }

  turnAway(): RelayStep {
    return {}
  }

  serverLost(): RelayStep {
    return { toClient: alertRecord('internal_error'), end: 'server-lost' }
  }

  #answer(bytes: Uint8Array): ServerAnswer | undefined {
    try {
      this.#flight.push(bytes)
      const item = this.#flight.next()
      return item && answerIn(item)
    } catch (error) {
      if (error instanceof MalformedError) return { kind: 'unreadable' }
      throw error
    }
  }
}

/** Throws `MalformedError`. */
function answerIn(item: FlightItem): ServerAnswer {
  if (item.kind === 'alert') return { kind: 'alert' }
  if (item.kind !== 'handshake' || item.type !== HANDSHAKE_TYPE.server_hello) return { kind: 'unreadable' }
  const hello = decodeServerHello(item.body)
  const group = selectedGroup(hello)
  const protocols = findExtension(hello.extensions, EXTENSION_TYPE.application_layer_protocol_negotiation)
  const [alpn] = protocols === undefined ? [] : decodeProtocolNameList(protocols)
  return {
    kind: 'chosen',
    chosen: {
      version: protocolVersion.name(selectedVersion(hello)),
      suite: suiteName(hello.cipherSuite),
      ...(group === undefined ? {} : { group: groupByCode(group)?.name ?? `0x${group.toString(16).padStart(4, '0')}` }),
      ...(alpn === undefined ? {} : { alpn }),
    },
  }
}
