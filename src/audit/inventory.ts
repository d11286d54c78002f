import { forEachProtocol, refusedProtocol, UNKNOWN_PROTOCOL, type Fact, type ProtocolPosture } from '../policy/index.ts'
import { alertDescription, protocolVersion, sslv2CipherKind, suiteByCode, suiteName, type ProtocolName } from '../registry/index.ts'
import {
  COMMON_OLD_SUITES,
  HARMLESS_TLS13_SUITES,
  OLD_GROUPS,
  OLD_SUITES,
  SIGNATURE_SCHEMES,
  SHORT_GROUPS,
  TLS13_GROUPS,
  TLS13_SUITES,
} from './candidates.ts'
import { describeAnswer, type Answer } from './exchange.ts'
import { suiteGuess, type Ranking } from './guess-suite.ts'
import { encodeOffer, type HelloOffer, type HelloProtocol } from './hello.ts'
import type { ReadyLine } from './lanes.ts'
import { groupName, observedGroup, type Observation } from './observation.ts'
import { OnceSearch } from './once-search.ts'
import { PairSearch, type PairAnswer } from './pair-search.ts'
import { NAME_REFUSAL, refusesName } from './refusals.ts'
import type { Removal } from './removal.ts'
import type { Search } from './search.ts'
import { SecondLook } from './second-look.ts'
import { encodeSslv2Offer, SSLV2_PATIENCE_MS } from './sslv2-hello.ts'
import type { Manners } from './manners.ts'
import { SuiteSearch } from './suite-search.ts'

/** Protocols that are searched by removing suite after suite. */
const OLD_PROTOCOLS: readonly HelloProtocol[] = ['TLSv1.2', 'TLSv1.1', 'TLSv1', 'SSLv3']
const PROTOCOL_VERSION = alertDescription.code('protocol_version')
const TLS13 = protocolVersion.code('TLSv1.3')

const RECORD_HEADER_LENGTH = 5
/** Some middle boxes hang on hellos of 256 to 511 bytes, and some servers on longer ones, RFC 7685 §1. */
const LONG_HELLO = 512

/** How a hello that offers nothing acceptable may be answered so that it counts. */
const REFUSALS: ReadonlySet<string> = new Set(['alert', 'closed', 'sslv2-error'])

const CLOSE_NOTIFY = alertDescription.code('close_notify')
const CLOSED = describeAnswer({ kind: 'closed', bytes: new Uint8Array(0) })

export interface InventoryOptions {
  readonly serverName: string | undefined
  readonly manners: Manners
  /** Library orders to guess with. */
  readonly rankings: readonly Ranking[]
  /** Whether the groups of TLS 1.3 are searched for, or only its suites. */
  readonly groups: boolean
}

/** The searches that find out protocols, suites and TLS 1.3 groups, and what they have found. */
export class Inventory {
  readonly #old: ReadonlyMap<HelloProtocol, SuiteSearch>
  readonly #tls13: PairSearch
  readonly #sslv2: OnceSearch
  readonly #options: InventoryOptions
  /** The words of refusals that are none after all. */
  #discredited: string | undefined
  #listsDiscredited = false
  #askedWithShares = false

  constructor(options: InventoryOptions) {
    this.#options = options
    const old = new Map<HelloProtocol, SuiteSearch>()
    for (const protocol of OLD_PROTOCOLS) {
      old.set(protocol, this.#suiteSearch(protocol, [...old.values()]))
    }
    this.#old = old
    this.#tls13 = this.#tls13Search()
    this.#sslv2 = new OnceSearch(
      (ready) => options.manners.say(ready.line, encodeSslv2Offer('SSLv2'), Math.min(SSLV2_PATIENCE_MS, options.manners.patience)),
      () => options.manners.throttled,
    )
  }

  get searches(): readonly Search[] {
    return [...this.#old.values(), this.#tls13, this.#sslv2]
  }

  /** The suites of a protocol by code point, best first. */
  suites(protocol: HelloProtocol): readonly number[] {
    return protocol === 'TLSv1.3' ? this.#tls13.first.ordered : (this.#old.get(protocol)?.removal.ordered ?? [])
  }

  get tls13Groups(): readonly number[] {
    return this.#tls13.second.ordered
  }

  /** A close has been taken for a refusal. */
  get heardCloses(): boolean {
    const closed = [...this.#old.values(), this.#tls13].some((search) => search.refusal === CLOSED || search.endedByClose)
    return closed && !(this.#sslv2.answer?.kind === 'sslv2-server-hello' && this.accepted === undefined)
  }

  /** A hello that was answered, when one was. */
  get accepted(): HelloOffer | undefined {
    for (const [protocol, search] of this.#old) {
      const [suite] = search.removal.ordered
      if (suite !== undefined) return { ...this.#base(), protocol, suites: [suite] }
    }
    const suites = this.#tls13.first.ordered
    return suites.length === 0 ? undefined : { ...this.#base(), protocol: 'TLSv1.3', suites, groups: TLS13_GROUPS, keyShares: [] }
  }

  /**
   * Where the server has taken no hello, and some not because of the name in them: one without a name, for the newest version of
   * which it said so.
   */
  get nameless(): HelloOffer | undefined {
    if (this.accepted !== undefined) return undefined
    const usual = { ...this.#base(), serverName: undefined }
    if (this.#tls13.refusal === NAME_REFUSAL)
      return { ...usual, protocol: 'TLSv1.3', suites: TLS13_SUITES, groups: TLS13_GROUPS, keyShares: [] }
    const protocol = OLD_PROTOCOLS.find((one) => this.#old.get(one)?.refusal === NAME_REFUSAL)
    return protocol === undefined ? undefined : { ...usual, protocol, suites: COMMON_OLD_SUITES }
  }

  /** Refusals like this one are none after all; with `lists` those that ended a list of suites neither. */
  discredit(answer: Answer, { lists }: { readonly lists: boolean }): void {
    this.#discredited = describeAnswer(answer)
    this.#listsDiscredited = lists
  }

  /** Longer hellos than 150 suites were answered; wolfSSL is known not to. */
  get manySuites(): Fact {
    const found = [...this.#old.values()].filter((search) => search.removal.found.length > 0)
    if (found.length === 0) return this.#tls13.first.found.length > 0 ? 'not-applicable' : 'unknown'
    return found.some((search) => search.removal.facts.some((fact) => fact.items.length > 150)) ? true : 'unknown'
  }

  /** A hello of more than 512 bytes was answered. */
  longHello(observations: readonly Observation[]): Fact {
    const answered = observations.some(({ offer }) => encodeOffer(offer).length - RECORD_HEADER_LENGTH > LONG_HELLO)
    return answered ? true : 'unknown'
  }

  /** What came back for an SSLv2 CLIENT-HELLO, for DROWN and for the report. */
  get sslv2Answer(): Answer | undefined {
    return this.#sslv2.answer
  }

  /** What is known of each protocol now. */
  posture(observations: readonly Observation[]): Record<ProtocolName, ProtocolPosture> {
    const nobody = this.nameless !== undefined || this.#options.manners.problem !== undefined
    return forEachProtocol((protocol) => {
      const found = this.#protocol(protocol, observations)
      // Who is not served by this name may be by another: to whom nothing was said but that, nothing was refused. Nor is a
      // version by who says otherwise the next time.
      if (found.offered === false && (nobody || found.refusal === NAME_REFUSAL)) return unknownFor(found.refusal)
      if (this.#discredited !== undefined && found.offered === false && found.refusal === this.#discredited)
        return unknownFor(found.refusal)
      return this.#listsDiscredited ? { ...found, complete: found.offered === false } : found
    })
  }

  #protocol(protocol: ProtocolName, observations: readonly Observation[]): ProtocolPosture {
    if (protocol === 'SSLv2') return this.#sslv2Posture()
    if (protocol === 'TLSv1.3') {
      const { first, second, refusal, complete } = this.#tls13
      const posture = withSuites(first, second.ordered.map(groupName), refusal, complete)
      if (second.found.length === 0) return { ...posture, groupsComplete: false }
      // A share is taken before a group that the server likes better, and there is one for few groups only.
      return this.#options.manners.needsKeyShares
        ? { ...posture, groupOrder: 'unknown', groupsComplete: false }
        : { ...posture, groupOrder: second.chooser, groupsComplete: complete }
    }
    const search = this.#old.get(protocol)
    if (search === undefined) return UNKNOWN_PROTOCOL
    const groups = new Set(observations.filter((one) => one.protocol === protocol).map(observedGroup))
    const names = [...groups].filter((group) => group !== undefined).map(groupName)
    const posture = withSuites(search.removal, names, search.refusal, search.complete)
    // Nobody asked for more than these: which curve is used is known only where it was searched for.
    const exchanges = search.removal.found.some((suite) => suiteByCode(suite)?.kx.includes('DHE') === true)
    return names.length === 0 && !exchanges ? posture : { ...posture, groupsComplete: false }
  }

  #sslv2Posture(): ProtocolPosture {
    const { answer } = this.#sslv2
    if (answer === undefined) return UNKNOWN_PROTOCOL
    if (answer.kind === 'sslv2-server-hello') {
      const suites = answer.hello.cipherSpecs.map((kind) => sslv2CipherKind.name(kind))
      return { ...UNKNOWN_PROTOCOL, offered: true, suites, order: 'client', prefersClientChaCha: 'not-applicable', complete: true }
    }
    if (REFUSALS.has(answer.kind) || answer.kind === 'server-hello')
      return refusedProtocol(isGoodBye(answer) ? CLOSED : describeAnswer(answer))
    return { ...UNKNOWN_PROTOCOL, refusal: describeAnswer(answer) }
  }

  #base(): Omit<HelloOffer, 'protocol' | 'suites'> {
    return { groups: OLD_GROUPS, signatureSchemes: SIGNATURE_SCHEMES, serverName: this.#options.serverName }
  }

  #suiteSearch(protocol: HelloProtocol, newer: readonly SuiteSearch[]): SuiteSearch {
    const { manners, rankings } = this.#options
    return new SuiteSearch({
      protocol,
      candidates: OLD_SUITES,
      base: this.#base(),
      guess: suiteGuess(rankings, {
        protocol,
        newer: newer.map((search) => search.removal),
        all: () => [...this.#old.values()].map((search) => search.removal),
      }),
      manners,
      common: COMMON_OLD_SUITES,
      newer,
      fields: this.#options.groups,
    })
  }

  #tls13Search(): PairSearch {
    return new PairSearch({
      first: TLS13_SUITES,
      second: this.#options.groups ? TLS13_GROUPS : [],
      neverFirst: (suite) => suite === 0x1303,
      harmless: { first: HARMLESS_TLS13_SUITES, second: this.#options.groups ? SHORT_GROUPS : [] },
      looks: { first: new SecondLook(this.#options.manners), second: new SecondLook(this.#options.manners) },
      ask: (ready, suites, groups) => this.#askTls13(ready, suites, groups),
    })
  }

  /** Without a key share the server must name a group itself; neither end computes anything. RFC 8446 §4.1.4. */
  async #askTls13(ready: ReadyLine, suites: readonly number[], groups: readonly number[]): Promise<PairAnswer> {
    const offer: HelloOffer = {
      ...this.#base(),
      protocol: 'TLSv1.3',
      suites,
      groups: groups.length > 0 ? groups : TLS13_GROUPS,
      keyShares: [],
    }
    const answer = await this.#options.manners.ask(ready.line, offer)
    return this.#needsShares(answer) ?? this.#judgeTls13(answer)
  }

  /** Not every server answers hellos without key shares; before TLS 1.3 is refused, one with shares was. */
  #needsShares(answer: Answer): PairAnswer | undefined {
    const { manners } = this.#options
    const clear =
      answer.kind === 'server-hello' || (answer.kind === 'alert' && answer.description === PROTOCOL_VERSION) || refusesName(answer)
    if (this.#tls13.first.found.length > 0 || answer.kind === 'silent' || answer.kind === 'reset') return undefined
    if (this.#askedWithShares || clear) {
      // Where they made no difference, hellos stay as they were.
      manners.needsKeyShares &&= answer.kind === 'server-hello' && answer.version === TLS13
      return undefined
    }
    this.#askedWithShares = true
    manners.needsKeyShares = true
    return { kind: 'unclear', how: describeAnswer(answer) }
  }

  #judgeTls13(answer: Answer): PairAnswer {
    const how = describeAnswer(answer)
    if (answer.kind === 'server-hello') {
      if (answer.version !== TLS13) return { kind: 'unsupported', how: `answered with ${protocolVersion.name(answer.version)}` }
      // wolfSSL asks for another hello without naming a group when it has none of these.
      return { kind: 'chosen', first: answer.hello.cipherSuite, second: answer.group ?? (answer.retry ? 'none' : undefined) }
    }
    if (answer.kind === 'alert' && answer.description === PROTOCOL_VERSION) return { kind: 'unsupported', how }
    if (answer.kind === 'closed') return { kind: 'closed', how, doubtful: this.#options.manners.doubts(answer) }
    return { kind: answer.kind === 'alert' ? 'refused' : 'unclear', how }
  }
}

function unknownFor(refusal: string | undefined): ProtocolPosture {
  return refusal === undefined ? UNKNOWN_PROTOCOL : { ...UNKNOWN_PROTOCOL, refusal }
}

function withSuites(removal: Removal, groups: readonly string[], refusal: string | undefined, complete: boolean): ProtocolPosture {
  if (removal.found.length === 0) {
    return refusal !== undefined && complete && removal.foreign.length === 0 ? refusedProtocol(refusal) : unknownFor(refusal)
  }
  return {
    offered: true,
    suites: removal.ordered.map(suiteName),
    order: removal.chooser,
    prefersClientChaCha: 'unknown',
    groups,
    complete,
  }
}

/** Says no more than a close, RFC 8446 §6.1, and some servers close before it is on its way. */
function isGoodBye(answer: Answer): boolean {
  return answer.kind === 'alert' && answer.description === CLOSE_NOTIFY
}
