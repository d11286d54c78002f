import type { Duplex } from 'node:stream'
import type { ClientFacts } from '../facts.ts'
import { unreached, type GateLink } from './gate-link.ts'

/** The links that stand, for whoever has clients for an inside. */
export class LinkPool {
  readonly #links = new Set<GateLink>()

  get links(): readonly GateLink[] {
    return [...this.#links]
  }

  add(link: GateLink): void {
    this.#links.add(link)
  }

  remove(link: GateLink): void {
    this.#links.delete(link)
  }

  /**
   * Connects a client to a service of one of these insides: to the one with the fewest clients, and to the others where that cannot. Rejects as
   * `GateLink.reach()` does, at once where no link stands. Milliseconds for each.
   */
  async reach(insides: readonly string[], service: string, facts: ClientFacts | undefined, patience: number): Promise<Duplex> {
    const open = [...this.#links].filter((link) => link.isOpen && insides.includes(link.inside.name))
    const failed = new Map<string, unknown>()
    for (const link of open.toSorted((one, other) => one.streams - other.streams)) {
      // What its server does not take over one link it does not take over another.
      if (failed.has(link.inside.name)) continue
      try {
        return await link.reach(service, facts, patience)
      } catch (error) {
        failed.set(link.inside.name, error)
      }
    }
    throw [...failed.values()].at(-1) ?? unreached(insides.join(', '), 'no link stands')
  }
}
