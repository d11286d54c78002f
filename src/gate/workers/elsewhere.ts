/** How many more or fewer connections there are: of which service, from which address, how many. */
export type CrowdChange = readonly [service: string, address: string, by: number]

/** Who is connected to one service in other processes of the same gate. */
export interface Elsewhere {
  readonly connections: number
  readonly of: (address: string) => number
  /** Here, a client has come (1) or gone (-1). */
  readonly changed: (address: string, by: 1 | -1) => void
}

/** Numbers by service and address. What came to nothing takes no memory. */
export class CrowdCount {
  readonly #services = new Map<string, Map<string, number>>()

  add([service, address, by]: CrowdChange): void {
    const addresses = this.#services.get(service) ?? new Map<string, number>()
    const sum = (addresses.get(address) ?? 0) + by
    if (sum === 0) addresses.delete(address)
    else addresses.set(address, sum)
    if (addresses.size === 0) this.#services.delete(service)
    else this.#services.set(service, addresses)
  }

  of(service: string, address: string): number {
    return this.#services.get(service)?.get(address) ?? 0
  }

  get changes(): readonly CrowdChange[] {
    return [...this.#services].flatMap(([service, addresses]) => [...addresses].map(([address, by]): CrowdChange => [service, address, by]))
  }
}

/** Changes go to the others together, so many milliseconds behind the first: a client that comes and goes meanwhile is none. */
const TELL_MS = 20

/**
 * What one process knows of the clients of all others, and what it has to tell them. Limits that hold for all processes are so exact as a fiftieth of a
 * second allows; in none of them more is let in than the whole limit.
 */
export class Neighbours {
  readonly #others = new CrowdCount()
  readonly #connections = new Map<string, number>()
  readonly #tell: (changes: readonly CrowdChange[]) => void
  #untold = new CrowdCount()
  #timer: NodeJS.Timeout | undefined

  constructor(tell: (changes: readonly CrowdChange[]) => void) {
    this.#tell = tell
  }

  /** Something has changed elsewhere. */
  hear(changes: readonly CrowdChange[]): void {
    for (const change of changes) {
      const [service, , by] = change
      this.#others.add(change)
      this.#connections.set(service, (this.#connections.get(service) ?? 0) + by)
    }
  }

  at(service: string): Elsewhere {
    const connections = (): number => this.#connections.get(service) ?? 0
    return {
      get connections(): number {
        return connections()
      },
      of: (address) => this.#others.of(service, address),
      changed: (address, by) => {
        this.#untold.add([service, address, by])
        if (this.#timer === undefined) this.#timer = setTimeout(() => this.#flush(), TELL_MS).unref()
      },
    }
  }

  #flush(): void {
    this.#timer = undefined
    const { changes } = this.#untold
    this.#untold = new CrowdCount()
    if (changes.length > 0) this.#tell(changes)
  }
}
