import { EventEmitter, once } from 'node:events'
import type { Duplex } from 'node:stream'
import type { ClientFacts } from '../facts.ts'
import { unreached, type GateLink } from './gate-link.ts'

/** The links that stand, for whoever has clients for an inside. */
export class LinkPool {
  readonly #links = new Set<GateLink>()
  readonly #arrived = new EventEmitter()
  readonly #waitsUntil: number

  /** For so many milliseconds clients wait for a link where none stands. */
  constructor(waits: number = 0) {
    this.#waitsUntil = performance.now() + waits
  }

  get links(): readonly GateLink[] {
    return [...this.#links]
  }

  add(link: GateLink): void {
    this.#links.add(link)
    this.#arrived.emit('link')
  }

  remove(link: GateLink): void {
    this.#links.delete(link)
  }

  /**
   * Connects a client to a service of one of these insides: to the one with the fewest clients, and to the others where that cannot. Rejects as
   * `GateLink.reach()` does, at once where no link stands. Milliseconds for each.
   */
  async reach(insides: readonly string[], service: string, facts: ClientFacts | undefined, patience: number): Promise<Duplex> {
    const until = performance.now() + patience
    const open = await this.#openOrNext(insides, Math.min(this.#waitsUntil, until))
    const left = until - performance.now()
    const failed = new Map<string, unknown>()
    for (const link of open.toSorted((one, other) => one.streams - other.streams)) {
      // What its server does not take over one link it does not take over another.
      if (failed.has(link.inside.name)) continue
      try {
        return await link.reach(service, facts, left)
      } catch (error) {
        failed.set(link.inside.name, error)
      }
    }
    throw [...failed.values()].at(-1) ?? unreached(insides.join(', '), 'no link stands')
  }

  /** Links to these insides; where none stands, one that comes in time. */
  async #openOrNext(insides: readonly string[], until: number): Promise<readonly GateLink[]> {
    const open = [...this.#links].filter((link) => link.isOpen && insides.includes(link.inside.name))
    const left = until - performance.now()
    if (open.length > 0 || left <= 0) return open
    await once(this.#arrived, 'link', { signal: AbortSignal.timeout(Math.ceil(left)) }).catch(() => undefined)
    return this.#openOrNext(insides, until)
  }
}
