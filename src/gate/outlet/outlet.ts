import { isIP } from 'node:net'
import { duplexPair, type Duplex } from 'node:stream'
import type { ByteStream } from '../byte-stream.ts'
import { tlsOptionalOutlet, type Awaited, type HopAbilities } from '../../dialects/index.ts'
import type { BackendState } from '../backends.ts'
import { placeText, type Place } from '../config/places.ts'
import { clientKey } from '../client-key.ts'
import type { ClientFacts } from '../facts.ts'
import { isAmong } from '../networks.ts'
import { candidates, type CandidateSource } from './candidates.ts'
import { openNames } from '../names/open-names.ts'
import type { Names } from '../names/names.ts'
import { HopSessions } from './hop-sessions.ts'
import { KeptHops, type KeptForSender } from './kept-hops.ts'
import { legsOf } from './legs.ts'
import type { Onward } from './onward.ts'
import type { OutletConfig } from './outlet-config.ts'
import { OutletSession, type SessionSettings } from './outlet-session.ts'
import { Reaching, type Patience } from './reaching.ts'
import { Reports } from './reports.ts'
import type { TlsMemory } from './tls-memory.ts'

export interface OutletSettings {
  readonly gateName: string
  readonly lmtp: boolean
  /** Octets of a command line. */
  readonly longestLine: number
  readonly now: () => Date
  /** Milliseconds to connect. */
  readonly connect: number
  /** A sentence for whoever runs the gate. */
  readonly tell: (sentence: string) => void
  /** Outlives this outlet. */
  readonly memory: TlsMemory
  /** Whether whoever connects there comes back to it. */
  readonly leadsBack: (place: Place) => boolean
}

/** Milliseconds, RFC 5321 §4.5.3.2: what may be waited for at each place. */
const MINUTE = 60_000
const ANSWERS: Readonly<Record<Exclude<Awaited, 'nothing'>, number>> = {
  mail: 5 * MINUTE,
  rcpt: 5 * MINUTE,
  data: 2 * MINUTE,
  content: 3 * MINUTE,
  message: 10 * MINUTE,
}

/** Greeting, hello and STARTTLS of one next hop, and all next hops of a domain. */
const TALK = MINUTE
const REACH = 4 * MINUTE

/** The servers behind a service are those of the recipients. */
export class Outlets {
  readonly #config: OutletConfig
  readonly #settings: OutletSettings
  readonly #legs: CandidateSource['legs']
  readonly #sessions = new HopSessions()
  readonly #kept = new KeptHops()
  #names: Promise<Names> | undefined
  readonly #mayUse: (address: string) => boolean
  readonly #since: Date
  readonly #reports: Reports | undefined
  /** What the one next hop for all could do when it was reached last. */
  #abilities: HopAbilities = new Map()

  /** Throws `POLICY_UNSPEAKABLE`. */
  constructor(config: OutletConfig, settings: OutletSettings) {
    this.#config = config
    this.#settings = settings
    this.#legs = legsOf(config)
    this.#mayUse = isAmong(config.clients)
    this.#since = settings.now()
    const { reports, state } = config
    if (reports === undefined || state === undefined) return
    this.#reports = new Reports(reports, { ...settings, state, names: () => this.#opened() })
  }

  /** Nobody is asked before somebody sends, so that nobody is known to be down. */
  get states(): readonly BackendState[] {
    const { to } = this.#config.leg
    return [{ place: to === undefined ? 'recipients' : placeText(to), up: true, since: this.#since }]
  }

  /** Says at once what will be missed. */
  watch(): void {
    this.#reports?.start()
    const { leg, destinations } = this.#config
    const asksNames = [leg, ...destinations.map((one) => one.leg)].some(({ to }) => to === undefined || isIP(to.host) === 0)
    if (asksNames) void this.#warn()
  }

  /** What was counted is written down, and nobody waits for messages any more. */
  leave(): void {
    this.#kept.leave()
    this.#reports?.leave()
  }

  /** A connection for one client, as if to a server. Never rejects. */
  reach({ address }: ClientFacts): Promise<Duplex> {
    const [outside, inside] = duplexPair()
    // As a connection to a server does: what the other end has ended is over.
    outside.once('end', () => outside.end())
    if (this.#mayUse(address)) this.#serve(inside, outside, this.#kept.of(clientKey(address)))
    else {
      inside.end(`554 5.7.1 ${this.#settings.gateName} sends for its own network alone: see clients of the outlet\r\n`)
      inside.resume()
    }
    return Promise.resolve(outside)
  }

  #serve(client: Duplex, outside: Duplex, kept: KeptForSender): void {
    const { gateName, lmtp, longestLine, now, connect, memory, leadsBack } = this.#settings
    const patience: Patience = { connect, talk: TALK, reach: REACH }
    const onward: Onward[] = []
    ONWARD.set(outside, onward)
    const tried = (one: Onward): void => {
      if (onward.length < MOST_ONWARD) onward.push(one)
    }
    const count = this.#reports?.count
    const { mailHostsHere } = this.#config
    const source = { legs: this.#legs, names: this.#lateNames, memory, count, leadsBack, mailHostsHere }
    const settings = {
      clientName: gateName,
      lmtp,
      now,
      patience,
      memory,
      sessions: this.#sessions,
      kept,
      tried,
      count,
      reached: this.#learn,
    }
    const oneHop = this.#config.leg.to !== undefined && this.#config.destinations.length === 0
    const options = { name: gateName, lmtp, oneHop, dsn: oneHop && this.#abilities.has('DSN'), longestLine }
    const session = { ...options, patience: ANSWERS, keep: kept.keep }
    const tlsOptional = (domain: string, said: string): Duplex => {
      const [hop, inside] = duplexPair()
      // What is reported are the demands of the domain, and nobody has those here.
      const optional = { ...source, count: undefined, tlsOptional: true }
      const reaching = (): Reaching => new Reaching(candidates(domain, optional), { ...settings, count: undefined })
      new OutletSession(inside, { ...session, script: tlsOptionalOutlet(options, said), reaching }).start()
      return hop
    }
    const reaching: SessionSettings['reaching'] = ({ domain, requiresTls }) =>
      new Reaching(candidates(domain, { ...source, requiresTls }), settings)
    new OutletSession(client, { ...session, tlsOptional, reaching }).start()
  }

  readonly #learn = ({ abilities }: { readonly abilities: HopAbilities }): void => {
    this.#abilities = abilities
  }

  /** The resolver is asked when somebody sends, or when the gate says what it misses. */
  readonly #lateNames: CandidateSource['names'] = {
    mailRoute: async (domain) => (await this.#opened()).mailRoute(domain),
    host: async (host, port) => (await this.#opened()).host(host, port),
    sts: async (domain) => (await this.#opened()).sts(domain),
  }

  #opened(): Promise<Names> {
    const { resolver, state } = this.#config
    const { now, tell } = this.#settings
    this.#names ??= openNames({
      resolvers: resolver === undefined ? undefined : [resolver],
      now: () => now().getTime(),
      random: Math.random,
      state,
      tell,
    })
    return this.#names
  }

  async #warn(): Promise<void> {
    const { warning } = await this.#opened()
    if (warning !== undefined) this.#settings.tell(warning)
  }
}

/** Which next hops were tried, by the connection that was given for a client. */
const ONWARD = new WeakMap<ByteStream, readonly Onward[]>()

/** As many as are written down of one connection. */
const MOST_ONWARD = 20

/** Those that an outlet has tried, where one is at the other end. */
export function onwardBehind(stream: ByteStream | undefined): { readonly onward?: readonly Onward[] } {
  const onward = stream === undefined ? [] : (ONWARD.get(stream) ?? [])
  return onward.length === 0 ? {} : { onward: [...onward] }
}
