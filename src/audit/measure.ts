import { performance } from 'node:perf_hooks'
import { PosternError } from '../errors.ts'
import { suiteByCode, type CipherSuite, type ProtocolName } from '../registry/index.ts'
import { keyExchangeSearches, type KeyExchangeSearches } from './details.ts'
import { assemble } from './assemble.ts'
import type { Door, LaneOptions } from './door.ts'
import { evidenceOf, inOrder } from './evidence.ts'
import type { Answer } from './exchange.ts'
import { encodeOffer, sniName, type HelloProtocol } from './hello.ts'
import { helloProofs, sslv2Proof } from './hello-proofs.ts'
import { Inventory } from './inventory.ts'
import { alwaysReset } from './lane-errors.ts'
import { Lanes, UNUSED } from './lanes.ts'
import { Notes } from './notes.ts'
import { settled, type AnyProbe, type ProbeFacts } from './probe.ts'
import { clientCertificate, olderGroups, PROBES } from './probes.ts'
import { libraryRankings } from './rankings.ts'
import { nameRefused, noHandshake, notTls } from './refusals.ts'
import type { Cost, Evidence } from './result.ts'
import { searchAll } from './search.ts'
import { Server, type Known } from './server.ts'
import { Manners } from './manners.ts'
import type { TrustStore } from './trust.ts'
import type { Posture } from '../policy/index.ts'

export interface MeasureOptions extends LaneOptions {
  /** Only protocols and suites: no groups, certificates, features and flaws. */
  readonly only?: 'suites' | undefined
  /** Whom certificates are believed by. Without it their trust is unknown. */
  readonly trust?: TrustStore | undefined
  readonly now: Date
  /** An answer is waited for so long, in milliseconds. Default 5,000. */
  readonly patience?: number
  /** Told how many questions are answered, and about how many there will be. */
  readonly progress?: ((done: number, total: number) => void) | undefined
}

/** What was found out about one door. */
export interface Measurement {
  readonly posture: Posture
  readonly evidence: readonly Evidence[]
  readonly cost: Cost
  /** Why the posture is not whole, when it is not. */
  readonly problem: PosternError | undefined
  /** Some connection got as far as a ClientHello. */
  readonly reachable: boolean
}

const ANSWER_PATIENCE_MS = 5000
/** A server that closes of its own accord has done so by then. */
const UNASKED_PATIENCE_MS = 1000
/** So many refusals at the very end may mean that nobody is served any more. */
const REFUSALS_TO_DOUBT = 2
/** For the estimate of what is left: questions of a usual probe, and those about key exchanges before they have begun. */
const QUESTIONS_OF_PROBE = 1.5
const QUESTIONS_OF_KEY_EXCHANGE = 15
const OLD_PROTOCOLS: readonly HelloProtocol[] = ['TLSv1.2', 'TLSv1.1', 'TLSv1', 'SSLv3']

/** Measures the TLS of one door. Never throws for what the server does: that is in `problem`. */
export async function measure(door: Door, options: MeasureOptions): Promise<Measurement> {
  const began = performance.now()
  const run = new Run(door, options)
  const problem = await run.all()
  return {
    posture: run.posture(),
    evidence: run.evidence(),
    cost: { connections: run.lanes.connections, milliseconds: Math.round(performance.now() - began) },
    problem,
    reachable: run.lanes.reached,
  }
}

class Run {
  readonly lanes: Lanes
  readonly notes: Notes
  readonly #door: Door
  readonly #options: MeasureOptions
  readonly #manners: Manners
  readonly #inventory: Inventory
  readonly #facts = new Map<string, ProbeFacts>()
  readonly #unheard: AnyProbe[] = []
  #keyExchange: KeyExchangeSearches | undefined
  #answered = 0
  /** The last answer, where none so far was TLS. */
  #strange: Answer | 'no' | undefined
  /** By the end nobody was served any more: what was refused before may have been refused for that. */
  #turnedLater = false
  #probesLeft: number

  constructor(door: Door, options: MeasureOptions) {
    this.#door = door
    this.#options = options
    this.notes = new Notes(sniName(door.serverName))
    this.lanes = new Lanes(door, options)
    this.#probesLeft = options.only === undefined ? PROBES.length : 0
    this.#manners = new Manners({
      patience: options.patience ?? ANSWER_PATIENCE_MS,
      lanes: this.lanes,
      heard: (offer, answer) => {
        this.notes.heard(offer, answer)
        this.#strange = answer.kind === 'not-tls' && this.#strange !== 'no' ? answer : 'no'
        this.#told()
      },
    })
    this.#inventory = new Inventory({
      serverName: sniName(door.serverName),
      manners: this.#manners,
      rankings: libraryRankings(),
      groups: options.only === undefined,
    })
  }

  /** Asks everything. Gives what kept it from finishing. */
  async all(): Promise<PosternError | undefined> {
    try {
      await searchAll(this.lanes, this.#inventory.searches)
      this.#manners.settleRows()
      const turned = await this.#turnsEverybodyAway({ lists: true })
      if (turned !== undefined) return turned
      const refused = await this.#refusesEverything()
      if (refused !== undefined) return this.lanes.ended ?? refused
      if (this.#options.only === undefined) await this.#details()
      const doubtful = this.#manners.falters || this.#manners.refusalsInARow >= REFUSALS_TO_DOUBT
      const turnedLater = doubtful ? await this.#turnsEverybodyAway({ lists: false }) : undefined
      this.#turnedLater = turnedLater !== undefined
      return this.lanes.ended ?? turnedLater ?? this.#manners.problem
    } catch (error) {
      if (!(error instanceof PosternError) || error.fault === 'bug') throw error
      return error
    } finally {
      this.lanes.close()
    }
  }

  posture(): Posture {
    return assemble({
      inventory: this.#inventory,
      notes: this.notes,
      clear: this.lanes.implicit ? undefined : this.lanes.clear,
      groups: this.#keyExchange?.groups() ?? [],
      groupsComplete: this.#keyExchange?.groupsComplete() === true && !this.#turnedLater,
      groupOrder: this.#keyExchange?.searches.find((search) => search.first.found.length > 0)?.first.chooser ?? 'unknown',
      schemes: this.#keyExchange?.schemes() ?? [],
      facts: [...this.#facts.values()],
      host: this.#door.serverName,
      // Reading the roots takes longer than the audit, and nobody has asked for certificates.
      trust: this.#options.only === undefined ? this.#options.trust : undefined,
      now: this.#options.now,
    })
  }

  /** What proves the posture, in an order that does not depend on who was heard first. */
  evidence(): readonly Evidence[] {
    const proofs = [...this.#facts.values()].flatMap((facts) => facts.proofs ?? [])
    const sslv2 = sslv2Proof(this.#inventory.sslv2Answer)
    return inOrder([...this.notes.evidence, ...[...sslv2, ...proofs, ...helloProofs(this.notes.observations)].map(evidenceOf)])
  }

  /** How far it has come: what is left grows where more is found than was expected. */
  #told(): void {
    this.#answered++
    if (this.#options.progress === undefined) return
    const searches = [...this.#inventory.searches, ...(this.#keyExchange?.searches ?? [])]
    const searching = searches.reduce((sum, search) => sum + search.expected, 0)
    const details = this.#options.only !== undefined || this.#keyExchange !== undefined ? 0 : QUESTIONS_OF_KEY_EXCHANGE
    this.#options.progress(this.#answered, Math.ceil(this.#answered + searching + details + this.#probesLeft * QUESTIONS_OF_PROBE))
  }

  /**
   * Whether closes and alerts were refusals: not where the server closes before it is asked, or turns away what it answered before.
   * `lists`: nor did they end lists then.
   */
  async #turnsEverybodyAway({ lists }: { readonly lists: boolean }): Promise<PosternError | undefined> {
    const good = this.#inventory.accepted
    const doubtful = this.#inventory.heardCloses || this.#manners.falters || (good !== undefined && this.#manners.refusalsInARow > 0)
    if (!doubtful) return undefined
    const heard = await this.lanes.talk(async ({ line }) => {
      if (good !== undefined) return this.#manners.ask(line, good)
      const unasked = await line.receive(Math.min(UNASKED_PATIENCE_MS, this.#manners.patience))
      return typeof unasked === 'string' ? endedBy(unasked) : UNUSED
    })
    if (heard === UNUSED) return undefined
    const refused = heard.kind === 'alert' && good !== undefined
    if (heard.kind !== 'closed' && heard.kind !== 'reset' && !refused) return undefined
    this.#inventory.discredit(heard.kind === 'alert' ? heard : endedBy('closed'), { lists })
    if (good !== undefined) {
      const message = refused ? 'refuses hellos that it used to accept' : 'closes connections that it used to answer'
      return new PosternError('peer', 'THROTTLED', `Cannot finish the audit: the server ${message}`, {
        remedy: 'Try again later, or with --parallel 1.',
      })
    }
    if (this.lanes.alwaysReset) return alwaysReset()
    return new PosternError(
      'peer',
      'OPENING_CUT_SHORT',
      'Cannot get as far as TLS: the server closes every connection before it is asked',
      {
        remedy: 'Check that this port speaks TLS from the start, and whether the server limits connections or turns this address away.',
      },
    )
  }

  /** Why next to nothing is known of a door that has taken no hello. */
  async #refusesEverything(): Promise<PosternError | undefined> {
    if (this.lanes.alwaysReset) return alwaysReset()
    const { nameless } = this.#inventory
    if (nameless !== undefined) {
      return nameRefused(sniName(this.#door.serverName), { servesNameless: await this.#serves(encodeOffer(nameless)) })
    }
    const { SSLv2, ...others } = this.#inventory.posture([])
    if (this.#strange !== undefined && this.#strange !== 'no') return notTls(this.#strange)
    const refusals = new Set(Object.values(others).flatMap(({ refusal }) => refusal ?? []))
    if (SSLv2.offered === true || Object.values(others).some(({ offered }) => offered !== false)) return undefined
    return noHandshake([...refusals])
  }

  /** Asked beside the audit: what it is answered with is noted nowhere. */
  async #serves(hello: Uint8Array): Promise<boolean> {
    try {
      return (await this.lanes.talk(async ({ line }) => (await this.#manners.say(line, hello)).kind)) === 'server-hello'
    } catch (error) {
      if (!(error instanceof PosternError) || error.fault === 'bug') throw error
      return false
    }
  }

  async #details(): Promise<void> {
    const known = this.#known()
    if (known.protocols.length === 0) return
    const basis = known.protocols.find((protocol) => OLD_PROTOCOLS.includes(protocol))
    const work: Promise<unknown>[] = PROBES.map((probe) => this.#probe(probe, known))
    if (basis !== undefined) {
      this.#keyExchange = keyExchangeSearches({
        protocol: basis,
        suites: this.#inventory.suites(basis),
        base: { serverName: known.serverName },
        manners: this.#manners,
      })
      work.push(searchAll(this.lanes, this.#keyExchange.searches).then(() => this.#manners.settleRows()))
    }
    await Promise.all(work)
    await this.#probe(olderGroups(this.#keyExchange?.groups() ?? []), known)
    await this.#probe(clientCertificate(this.notes.certificateRequests.seen), known)
    // What was met with silence while others were asking too is asked again alone: some servers serve one client after the other.
    for (const probe of this.#unheard.splice(0)) await this.#probe(probe, known)
  }

  /** A probe that could not ask leaves its facts unknown; one that is wrong about its own code stops everything. */
  async #probe(probe: AnyProbe, known: Known): Promise<void> {
    const server = new Server(this.lanes, known, {
      patience: this.#manners.patience,
      manners: this.#manners,
      heard: () => undefined,
      saw: (events, options) => {
        this.notes.saw(events, options)
        this.#told()
      },
    })
    try {
      const facts = await probe.run(server)
      this.#facts.set(probe.name, settled(this.#facts.get(probe.name), facts))
      if (server.silences > 0 && JSON.stringify(facts).includes('"unknown"')) this.#unheard.push(probe)
    } catch (error) {
      if (!(error instanceof PosternError) || error.fault === 'bug') throw error
    } finally {
      this.#probesLeft = Math.max(0, this.#probesLeft - 1)
    }
  }

  #known(): Known {
    const inventory = this.#inventory
    const suites = (protocol: HelloProtocol): readonly CipherSuite[] =>
      inventory
        .suites(protocol)
        .map((code) => suiteByCode(code))
        .filter((suite) => suite !== undefined)
    const all = ['TLSv1.3', ...OLD_PROTOCOLS] as const
    const protocols = all.filter((protocol) => inventory.suites(protocol).length > 0)
    const posture = inventory.posture([])
    return {
      protocols,
      suites,
      tls13Groups: inventory.tls13Groups,
      dialect: this.#door.dialect,
      beginning: this.#door.beginning,
      serverName: sniName(this.#door.serverName),
      stands: { manySuites: inventory.manySuites, longHello: inventory.longHello(this.notes.observations) },
      undecided: all.filter((protocol) => posture[protocol].offered === 'unknown'),
      order: (protocol: ProtocolName) => posture[protocol].order,
    }
  }
}

function endedBy(kind: 'closed' | 'reset' | 'silent'): Answer {
  const bytes = new Uint8Array(0)
  return kind === 'silent' ? { kind, bytes, afterMs: UNASKED_PATIENCE_MS } : { kind, bytes }
}
