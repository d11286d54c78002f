import { randomUUID } from 'node:crypto'
import type { LinkDoorConfig, LinksConfig } from '../config/config.ts'
import type { Place } from '../config/places.ts'
import { Dialler } from './dialler.ts'
import { LinkDoor } from './link-door.ts'
import { LinkPool } from './link-pool.ts'
import { Offers } from './offers.ts'

export interface LinksOptions {
  /** Processes of this gate. */
  readonly processes: number
  /** The others serve already: clients of this one wait for the first links for a moment. */
  readonly joins?: boolean
  readonly now: () => Date
  readonly random: () => number
  /** A sentence for whoever runs this; without it nothing is said. */
  readonly tell?: (sentence: string) => void
}

/** Links for which everything is ready. */
export interface PreparedLinks {
  /** Takes them up. Links that are no more take no new clients, and have so many milliseconds for those that are there. */
  readonly commit: (drain: number) => Promise<void>
  readonly abandon: () => void
}

/** An inside that hears of another process has a link to it in less, as a rule. */
const FIRST_LINKS_MS = 5000

interface Open<Config, Thing> {
  readonly config: Config
  readonly thing: Thing
}

/** All links of one process, in both directions: the door where insides come, and the gates that this one goes to as an inside. */
export class Links {
  readonly pool: LinkPool
  readonly offers: Offers = new Offers()
  readonly #options: LinksOptions
  readonly #id = randomUUID()
  #processes: number
  #door: Open<LinkDoorConfig, LinkDoor> | undefined
  /** Those that clients are left at. */
  readonly #leaving = new Set<LinkDoor>()
  #diallers: readonly Open<LinksConfig['gates'][number], Dialler>[] = []

  constructor(options: LinksOptions) {
    this.#options = options
    this.#processes = options.processes
    this.pool = new LinkPool(options.joins === true ? FIRST_LINKS_MS : 0)
  }

  /** Where insides come; undefined: nowhere. */
  get place(): Place | undefined {
    return this.#door?.thing.place
  }

  /** Makes ready for other links, and listens where that is new. Rejects as `LinkDoor.open()` does; then nothing has changed. */
  async prepare({ door, gates }: LinksConfig): Promise<PreparedLinks> {
    const before = this.#door
    const next = door === undefined ? undefined : isSame(before?.config, door) ? before : { config: door, thing: await this.#open(door) }
    return {
      commit: async (drain) => {
        this.#door = next
        if (next !== before && before !== undefined) void this.#leave(before.thing, drain)
        const gone = this.#diallers.filter(({ config }) => !gates.some((gate) => isSame(gate, config)))
        this.#diallers = gates.map(
          (gate) => this.#diallers.find(({ config }) => isSame(gate, config)) ?? { config: gate, thing: this.#dial(gate) },
        )
        await Promise.all(gone.map(({ thing }) => thing.close(drain)))
      },
      abandon: () => {
        if (next !== before) next?.thing.close()
      },
    }
  }

  /** From now on the gate is so many processes; 0: this one is leaving, and insides need no link to it. */
  setProcesses(count: number): void {
    this.#processes = count
    this.#door?.thing.setProcesses(count)
  }

  /** Takes no new clients over the links that this one has opened, and gives those that are there so many milliseconds. */
  async leaveGates(patience: number): Promise<void> {
    const all = this.#diallers
    this.#diallers = []
    await Promise.all(all.map(({ thing }) => thing.close(patience)))
  }

  /** Ends all that is left. */
  close(): void {
    for (const door of this.#leaving) door.close()
    this.#door?.thing.close()
    this.#door = undefined
  }

  async #leave(door: LinkDoor, drain: number): Promise<void> {
    this.#leaving.add(door)
    await door.leave(drain)
    this.#leaving.delete(door)
  }

  #open(config: LinkDoorConfig): Promise<LinkDoor> {
    const { now } = this.#options
    return LinkDoor.open(config, { process: { id: this.#id, count: this.#processes }, pool: this.pool, now })
  }

  #dial({ name, file }: LinksConfig['gates'][number]): Dialler {
    const { now, random, tell = () => undefined } = this.#options
    return new Dialler({ link: name, file, offers: this.offers, now, random, tell })
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
