import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { ByteStream } from './byte-stream.ts'
import { RELAYS } from '../dialects/index.ts'
import { Proxies } from './announced.ts'
import type { BackendState } from './backends.ts'
import { withIdentities, type IdentityConfig, type ServiceConfig } from './config/config.ts'
import { placeText, type Place } from './config/places.ts'
import { part } from './closing.ts'
import { recordRefused, serve } from './connection.ts'
import { crowdedWords } from './crowded-words.ts'
import { Crowd } from './crowd.ts'
import { factsOf, type ClientFacts } from './facts.ts'
import type { Front } from './front.ts'
import type { CountingOptions } from './gate-options.ts'
import { answering } from './links/answering.ts'
import type { Offer, Offers } from './links/offers.ts'
import { acceptHandles, type Accepting } from './handles/accept.ts'
import { notListening } from './not-listening.ts'
import { isDeferred, Routes } from './routes.ts'
import { makeRules, type SharedTls } from './rules.ts'
import { isWanted } from './seen/log-level.ts'
import { TicketKeys } from './ticket-keys.ts'

/** A service that listens, or waits for clients over a link. */
export class RunningService {
  readonly #server: Server
  readonly #offers: Offers
  readonly #offer: Offer = { meet: (client, facts, answer) => this.#meetLinked(client, facts, answer) }
  #config: ServiceConfig
  #backends: Routes
  #front: Front
  #proxies: Proxies
  readonly #crowd: Crowd
  #place: Place

  private constructor(config: ServiceConfig, front: Front, crowd: Crowd, backends: Routes, offers: Offers) {
    this.#config = config
    this.#offers = offers
    this.#crowd = crowd
    this.#backends = backends
    this.#front = front
    this.#proxies = new Proxies(config.acceptProxy)
    this.#place = config.listen
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#meet(socket))
  }

  static async make(config: ServiceConfig, options: CountingOptions, ticketKeys: TicketKeys): Promise<RunningService> {
    const { log, name, now, refused, counts, staples } = options
    const crowd = new Crowd(options.elsewhere?.(placeName(config)))
    const rulesFor = await makeRules(config, { ticketKeys, staples }, now)
    const backends = new Routes(config, options)
    const front: Front = {
      name: config.name,
      dialect: config.dialect,
      tls: config.tls,
      relay: RELAYS[config.dialect],
      relayOptions: { hidesLogin: config.hideLogin, longestLine: config.limits.line, gateName: name, headers: config.headers },
      connect: (facts, serverName) => backends.reach(facts, serverName),
      connectForTls: (facts) => backends.reachForTls(facts),
      ...(config.data === undefined ? {} : { data: { ...config.data, patience: config.timeouts.handshake } }),
      // Data connections of FTP belong to the first connection.
      ...(backends.tellTls && config.dialect !== 'ftp' ? { reconnect: (facts) => backends.reachAgain(facts) } : {}),
      ...(isDeferred(config) ? { introduction: backends } : {}),
      rulesFor,
      plainAfterRefusal: config.plainAfterRefusal,
      refused,
      ipv6Prefix: config.limits.ipv6Prefix,
      timeouts: config.timeouts,
      log: (record) => {
        if (isWanted(record, config.log)) log(record)
      },
      seen: counts.of(config.name),
      now,
    }
    return new RunningService(config, front, crowd, backends, options.links.offers)
  }

  get name(): string {
    return this.#config.name
  }

  /** Where it shall listen, in words. */
  get wanted(): string {
    return placeName(this.#config)
  }

  get place(): Place {
    return this.#place
  }

  get link(): string | undefined {
    return this.#config.link
  }

  get backends(): readonly BackendState[] {
    return this.#backends.states
  }

  /** Serves whoever comes from now on as the other would. */
  become(other: RunningService): this {
    this.#config = other.#config
    this.#backends.leave()
    this.#backends = other.#backends
    this.#backends.watch()
    this.#front = other.#front
    this.#proxies = other.#proxies
    return this
  }

  /** Makes ready for some identities as they are now, and gives what takes them up. Rejects as `make()` does. */
  async renewal(renewed: readonly IdentityConfig[], shared: SharedTls): Promise<() => void> {
    const before = this.#config
    const config = withIdentities(before, renewed)
    if (config === before) return () => undefined
    const rulesFor = await makeRules(config, shared, this.#front.now)
    return () => {
      // Another configuration was taken up meanwhile, and is looked at by itself.
      if (this.#config !== before) return
      this.#config = config
      this.#front = { ...this.#front, rulesFor }
    }
  }

  /** `own`: services of before, which are there until this one is. */
  async listen(own: readonly RunningService[] = []): Promise<void> {
    const { listen, fd, link } = this.#config
    if (link !== undefined) return this.#listenToLink(link)
    const { host, port } = listen
    try {
      this.#server.listen(fd === undefined ? { port, ...(host === '' ? {} : { host }) } : { fd })
      await once(this.#server, 'listening')
    } catch (cause) {
      const before = own.find(({ place }) => place.port === port)
      throw notListening(this.#config, before, cause)
    }
    this.#backends.watch()
    const now = (): Accepting => ({ config: this.#config, place: this.#place })
    acceptHandles(this.#server, now, (client, facts) => this.#admit(client, facts))
    // A connection that could not be accepted, for want of descriptors, is lost; who is there stays.
    this.#server.on('error', () => {})
    const address = this.#server.address()
    if (typeof address === 'object' && address !== null)
      this.#place = { host: host === '' || fd !== undefined ? address.address : host, port: address.port }
  }

  #listenToLink(link: string): void {
    this.#offers.add(link, this.name, this.#offer)
    this.#backends.watch()
  }

  close(): void {
    this.#withdraw()
    this.#backends.leave()
    this.#server.close()
    this.#proxies.close()
    for (const client of this.#crowd.clients) part(client)
  }

  async drain(patience: number): Promise<void> {
    this.#withdraw()
    this.#backends.leave()
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()))
    const timer = setTimeout(() => this.close(), patience)
    await Promise.all([closed, this.#crowd.emptied()])
    clearTimeout(timer)
  }

  #withdraw(): void {
    const { link, name } = this.#config
    if (link !== undefined) this.#offers.remove(link, name, this.#offer)
  }

  #meetLinked(client: ByteStream, facts: ClientFacts, answer: (served: boolean) => void): void {
    const full = this.#crowd.enter(client, this.#config.limits, facts.address)
    if (full !== undefined) {
      // The gate has the words for it, or another inside.
      answer(false)
      return this.#noteCrowded(client, facts, full)
    }
    serve(client, facts, answering(this.#front, answer))
  }

  #meet(client: Socket): void {
    if (this.#proxies.has(client)) void this.#meetThrough(client)
    else this.#admit(client, factsOf(client))
  }

  /** Through a proxy in front: it says whose the connection is before anybody is let in. */
  async #meetThrough(proxy: Socket): Promise<void> {
    const { limits, timeouts } = this.#config
    const own = factsOf(proxy)
    if (this.#proxies.waiting >= limits.connections) return this.#refuse(proxy, own, 'connections')
    const origin = await this.#proxies.originOf(proxy, timeouts.hello)
    if (proxy.destroyed) return
    if (origin.kind === 'known') return this.#admit(proxy, origin.facts)
    proxy.destroy()
    if (origin.kind === 'unknown') recordRefused(proxy, own, this.#front, { why: 'no-proxy-header', reason: origin.why })
  }

  #admit(client: ByteStream, facts: ClientFacts): void {
    const full = this.#crowd.enter(client, this.#config.limits, facts.address)
    if (full === undefined) serve(client, facts, this.#front)
    else this.#refuse(client, facts, full)
  }

  #refuse(client: ByteStream, facts: ClientFacts, full: 'connections' | 'perClient'): void {
    this.#noteCrowded(client, facts, full)
    this.#crowd.sendAway(client, crowdedWords(this.#front))
  }

  #noteCrowded(client: ByteStream, facts: ClientFacts, full: 'connections' | 'perClient'): void {
    this.#front.seen.crowded(full)
    const others = this.#crowd.recordable()
    const reason = others === 0 ? full : `${full}, ${others} more since the last record`
    if (others !== undefined) recordRefused(client, facts, this.#front, { why: 'crowded', reason })
  }
}

/** What a place is called in every process, whatever happens to its service. Port 0 is another one each time; a socket that was handed over is where it is. */
function placeName({ name, listen, link, fd }: ServiceConfig): string {
  if (link !== undefined) return `${name} over ${link}`
  if (fd !== undefined) return `descriptor ${fd}`
  return listen.port === 0 ? name : placeText(listen)
}
