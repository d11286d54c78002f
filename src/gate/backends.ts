import type { ByteStream } from './byte-stream.ts'
import { PosternError } from '../errors.ts'
import type { Known } from '../dialects/index.ts'
import type { Until, Way } from './backend.ts'
import type { ClientFacts } from './facts.ts'

/** How a server behind is doing, for whoever looks after it. */
export interface BackendState {
  /** Host and port. */
  readonly place: string
  /** Clients are led to it. It is taken to be up until it is known that it is not. */
  readonly up: boolean
  /** Since when that is so. */
  readonly since: Date
  /** Why it could not be reached the last time that it could not. */
  readonly lastError?: string
}

export interface HealthSettings {
  /** Milliseconds between two looks. Undefined: nobody looks at a server as long as it is up. */
  readonly interval: number | undefined
  readonly now: () => Date
  /** Milliseconds that only go forward; without it, those of the process. */
  readonly clock?: () => number
}

/** Servers that are down are looked at so often where nothing else is said, in milliseconds. */
const USUAL_INTERVAL = 10_000

/** No server is looked at twice within so many milliseconds, whoever wants to know. */
const SHORTEST_PAUSE = 500

/** What a server says of itself is told to others for so many milliseconds, and asked again after so many, while somebody wants to know it. */
const FRESH_MS = 60_000
const RENEW_MS = 30_000

/** A server that does not say it in a way that can be told is asked so often, in milliseconds. */
const RETRY_MS = 5000

/** What can only be the server's fault or the network's, whoever the client is. */
const OF_THE_SERVER = [
  'GATE_BACKEND',
  'GATE_BACKEND_TLS',
  'GATE_BACKEND_UNTRUSTED',
  'GATE_BACKEND_VERSION',
  'GATE_LINK',
  'STARTTLS_INJECTION',
]

/** The servers behind a service, the preferred one first. */
export class Backends {
  readonly #servers: readonly Server[]
  readonly #health: HealthSettings
  #timer: NodeJS.Timeout | undefined

  constructor(ways: readonly Way[], health: HealthSettings) {
    this.#servers = ways.map((way) => new Server(way, health))
    this.#health = health
  }

  get states(): readonly BackendState[] {
    return this.#servers.map(({ state }) => state)
  }

  /** What a server is told of a client changes when TLS with the client stands. */
  get tellTls(): boolean {
    return this.#servers.some(({ way }) => way.tellsTls)
  }

  /** Looks after the servers from now on. */
  watch(): void {
    this.#timer ??= setInterval(() => this.#look(), this.#health.interval ?? USUAL_INTERVAL).unref()
    this.#look()
  }

  leave(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /**
   * Connects to the first that is up and can be reached, see `Way.reach()`. Where none is up, they are looked at once for all clients that come in the
   * meantime, and nobody waits for one that was just found to be down. Rejects with the error of the last.
   */
  reach(facts: ClientFacts, until: Until): Promise<ByteStream> {
    const [first, ...others] = this.#servers
    // There is nobody else to go to: each step on the way would be one more promise for each connection.
    if (first !== undefined && others.length === 0 && first.isUp) return first.reach(facts, until)
    return this.#reachAny(facts, until)
  }

  async #reachAny(facts: ClientFacts, until: Until): Promise<ByteStream> {
    if (!this.#servers.some(({ isUp }) => isUp)) await Promise.all(this.#servers.map((server) => server.look()))
    let last: unknown
    for (const server of this.#servers) {
      if (!server.isUp) continue
      try {
        return await server.reach(facts, until)
      } catch (error) {
        last = error
      }
    }
    throw last ?? this.#servers.at(-1)?.lastError
  }

  /** How the server that a client would be led to introduces itself; undefined where that is not known, or no longer. */
  recall(): Known | undefined {
    return this.#servers.find(({ isUp }) => isUp)?.recall()
  }

  /** What is known of them is not true any more. */
  forget(): void {
    for (const server of this.#servers) server.forget()
  }

  #look(): void {
    for (const server of this.#servers) if (this.#health.interval !== undefined || !server.isUp) void server.look()
  }
}

class Server {
  readonly way: Way
  readonly #now: () => Date
  readonly #clock: () => number
  #since: Date
  #up = true
  #looking: Promise<void> | undefined
  #looked = -Infinity
  #known: Known | undefined
  /** When somebody wanted to know it for the last time. */
  #asked = -Infinity
  /** Several would have liked to know it: as soon as one of them is connected it is found out. */
  #wanted = false
  lastError: unknown

  constructor(way: Way, { now, clock = () => performance.now() }: HealthSettings) {
    this.way = way
    this.#now = now
    this.#clock = clock
    this.#since = now()
  }

  get isUp(): boolean {
    return this.#up
  }

  get state(): BackendState {
    const { lastError } = this
    const words = lastError instanceof Error ? lastError.message : undefined
    return { place: this.way.title, up: this.#up, since: this.#since, ...(words === undefined ? {} : { lastError: words }) }
  }

  async reach(facts: ClientFacts, until: Until): Promise<ByteStream> {
    try {
      const stream = await this.way.reach(facts, until)
      if (this.#wanted) void this.look()
      return stream
    } catch (error) {
      this.lastError = error
      if (error instanceof PosternError && OF_THE_SERVER.includes(error.code)) this.#become(false)
      // What a server says to one client, or does not say, may be meant for that one: others do not lose it for that.
      else void this.look()
      throw error
    }
  }

  recall(): Known | undefined {
    const now = this.#clock()
    const isBusy = now - this.#asked < FRESH_MS
    this.#asked = now
    const age = now - this.#looked
    if (this.#known !== undefined && age < FRESH_MS) {
      if (age > RENEW_MS) void this.look()
      return this.#known
    }
    // For one client in a while it is not worth a connection.
    this.#wanted = isBusy && age > RETRY_MS
    return undefined
  }

  forget(): void {
    this.#known = undefined
  }

  /** Finds out whether it is up. Never rejects. */
  look(): Promise<void> {
    if (this.#looking !== undefined) return this.#looking
    if (this.#clock() - this.#looked < SHORTEST_PAUSE) return Promise.resolve()
    this.#looking = this.#look()
    return this.#looking
  }

  async #look(): Promise<void> {
    try {
      this.#known = await this.way.check()
      this.#wanted = false
      this.#become(true)
    } catch (error) {
      this.lastError = error
      this.#known = undefined
      this.#become(false)
    }
    this.#looked = this.#clock()
    this.#looking = undefined
  }

  #become(up: boolean): void {
    if (this.#up === up) return
    this.#up = up
    this.#since = this.#now()
  }
}
