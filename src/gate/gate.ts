import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { RELAYS } from '../dialects/index.ts'
import { Proxies } from './announced.ts'
import type { BackendState } from './backends.ts'
import { withIdentities, type GateConfig, type IdentityConfig, type ServiceConfig } from './config/config.ts'
import { placeText, type Place } from './config/places.ts'
import { part } from './closing.ts'
import { recordRefused, serve } from './connection.ts'
import { crowdedWords } from './crowded-words.ts'
import { Crowd } from './crowd.ts'
import { factsOf, type ClientFacts } from './facts.ts'
import type { Front } from './front.ts'
import type { CountingOptions, GateOptions, OpenService, PreparedGate } from './gate-options.ts'
import type { GateLink } from './links/gate-link.ts'
import { answering } from './links/answering.ts'
import { Links, type PreparedLinks } from './links/links.ts'
import type { Offer, Offers } from './links/offers.ts'
import { notListening } from './not-listening.ts'
import { TlsMemory } from './outlet/tls-memory.ts'
import { isDeferred, Routes } from './routes.ts'
import { RefusedLately } from './refused-lately.ts'
import { makeRules, type SharedTls } from './rules.ts'
import { Counts } from './seen/counts.ts'
import { isWanted } from './seen/log-level.ts'
import { changingTicketKeys, newTicketKeys, TicketKeys } from './ticket-keys.ts'
import { Staples, type StapleList } from './tls/staples.ts'
import type { Seen } from './workers/messages.ts'

export type { GateOptions, OpenService, PreparedGate } from './gate-options.ts'

/** All services of a configuration, up and running. */
export class Gate {
  #services: readonly RunningService[]
  readonly #options: CountingOptions
  readonly #ticketKeys: TicketKeys
  readonly #release: () => void

  private constructor(services: readonly RunningService[], options: CountingOptions, ticketKeys: TicketKeys) {
    this.#services = services
    this.#options = options
    this.#ticketKeys = ticketKeys
    this.#release = options.ticketKeys === undefined ? changingTicketKeys((keys) => this.setTicketKeys(keys)) : () => undefined
  }

  /** Makes every context, and listens everywhere or nowhere. Rejects with a `PosternError`: `GATE_LISTEN` (`world`), or what is wrong with policies and keys. */
  static async open(config: GateConfig, given: GateOptions): Promise<Gate> {
    const options = {
      ...given,
      counts: given.counts ?? new Counts(),
      staples: given.staples ?? new Staples(),
      refused: given.refused ?? new RefusedLately(() => performance.now()),
      tlsMemory: new TlsMemory(),
      links: new Links({ ...given, processes: config.workers ?? 1, random: Math.random }),
    }
    const ticketKeys = new TicketKeys(options.ticketKeys ?? newTicketKeys())
    const services: RunningService[] = []
    try {
      for (const service of config.services) services.push(await RunningService.make(service, options, ticketKeys))
      for (const service of services) await service.listen()
      const links = await options.links.prepare(config.links)
      await links.commit(0)
    } catch (error) {
      for (const service of services) service.close()
      throw error
    }
    return new Gate(services, options, ticketKeys)
  }

  /** What was counted, and at most so many of those who are there. */
  look(connections: number): Promise<Seen> {
    const { counts } = this.#options
    return Promise.resolve({ snapshot: counts.snapshot(), connections: counts.connections(connections) })
  }

  get services(): readonly OpenService[] {
    return this.#services.map(({ name, place, link, backends }) => ({ name, place, backends, ...(link === undefined ? {} : { link }) }))
  }

  /** Those that insides have opened to this process. */
  get links(): readonly GateLink[] {
    return this.#options.links.pool.links
  }

  /** Where insides come to open links; undefined: nowhere. */
  get linkPlace(): Place | undefined {
    return this.#options.links.place
  }

  /**
   * Takes up another configuration with no connection dropped: who is there goes on under the old one, who comes meets the new one. Rejects as `open()`
   * does, and then nothing has changed. `drain`: milliseconds for the clients of services that are no more.
   */
  async reload(config: GateConfig, drain: number): Promise<void> {
    const prepared = await this.prepare(config)
    // Whoever is left of services that are no more goes on meanwhile.
    void prepared.commit(drain)
  }

  /** Makes everything that `reload()` needs, so that nothing can go wrong any more. Where something is already new, it listens. */
  async prepare(config: GateConfig): Promise<PreparedGate> {
    const next: RunningService[] = []
    for (const service of config.services) next.push(await RunningService.make(service, this.#options, this.#ticketKeys))
    const kept = new Map(this.#services.map((service) => [service.wanted, service]))
    const opened: RunningService[] = []
    let links: PreparedLinks
    try {
      for (const service of next) {
        if (kept.has(service.wanted)) continue
        await service.listen(this.#services)
        opened.push(service)
      }
      links = await this.#options.links.prepare(config.links)
    } catch (error) {
      for (const service of opened) service.close()
      throw error
    }
    return {
      commit: async (drain) => {
        const running = next.map((service) => kept.get(service.wanted)?.become(service) ?? service)
        const gone = this.#services.filter((service) => !running.includes(service))
        this.#services = running
        await Promise.all([links.commit(drain), ...gone.map((service) => service.drain(drain))])
      },
      abandon: () => {
        links.abandon()
        for (const service of opened) service.close()
      },
    }
  }

  /** From now on the gate is so many processes; 0: this one is none of them any more, and closes. */
  setProcesses(count: number): void {
    this.#options.links.setProcesses(count)
  }

  /** From now on tickets are sealed with these; those sealed with others lead to a full handshake. */
  setTicketKeys(keys: Uint8Array): void {
    this.#ticketKeys.change(keys)
  }

  /** Takes up other certificates for some identities, in all services that go by them, or in none. Rejects with what is wrong with them. */
  async renew(identities: readonly IdentityConfig[]): Promise<void> {
    const renewals = this.#services.map((service) =>
      service.renewal(identities, { ticketKeys: this.#ticketKeys, staples: this.#options.staples }),
    )
    for (const renew of await Promise.all(renewals)) renew()
  }

  /** From now on these are stapled, and no others. */
  staple(staples: StapleList): void {
    this.#options.staples.set(staples)
  }

  /** Takes no new clients, gives those that are there so many milliseconds, and then ends them. */
  async close(patience: number): Promise<void> {
    this.#release()
    const { links } = this.#options
    await Promise.all([links.leaveGates(patience), ...this.#services.map((service) => service.drain(patience))])
    links.close()
  }
}

class RunningService {
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

  #meetLinked(client: Duplex, facts: ClientFacts, answer: (served: boolean) => void): void {
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

  #admit(client: Duplex, facts: ClientFacts): void {
    const full = this.#crowd.enter(client, this.#config.limits, facts.address)
    if (full === undefined) serve(client, facts, this.#front)
    else this.#refuse(client, facts, full)
  }

  #refuse(client: Duplex, facts: ClientFacts, full: 'connections' | 'perClient'): void {
    this.#noteCrowded(client, facts, full)
    this.#crowd.sendAway(client, crowdedWords(this.#front))
  }

  #noteCrowded(client: Duplex, facts: ClientFacts, full: 'connections' | 'perClient'): void {
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
