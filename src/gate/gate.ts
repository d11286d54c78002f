import type { GateConfig, IdentityConfig } from './config/config.ts'
import type { Place } from './config/places.ts'
import type { CountingOptions, GateOptions, OpenService, PreparedGate } from './gate-options.ts'
import type { GateLink } from './links/gate-link.ts'
import { Links, type PreparedLinks } from './links/links.ts'
import { TlsMemory } from './outlet/tls-memory.ts'
import { RefusedLately } from './refused-lately.ts'
import { Counts } from './seen/counts.ts'
import { changingTicketKeys, newTicketKeys, TicketKeys } from './ticket-keys.ts'
import { Staples, type StapleList } from './tls/staples.ts'
import type { Seen } from './workers/messages.ts'
import { RunningService } from './running-service.ts'

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
