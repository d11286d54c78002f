import { performance } from 'node:perf_hooks'
import { PosternError } from '../errors.ts'
import { UNUSED, type Lanes, type ReadyLine } from './lanes.ts'

/** One question that a search wants to ask next. */
export interface Ask {
  /** Its answer may turn out to be known already: asked only when nothing better is there. */
  readonly speculative: boolean
  /** Asks, hears and tells the search. */
  readonly run: (ready: ReadyLine) => Promise<void>
}

/** Something that is found out by a series of questions, each of which depends on what is known by then. */
export interface Search {
  /** The next question, or undefined when there is none (now). With `speculative` false only what is needed in any case. */
  next(speculative: boolean): Ask | undefined
  /** About how many questions are left. */
  readonly expected: number
  readonly done: boolean
}

/**
 * Carries out searches side by side. A question is chosen at the last moment, when a connection stands ready for it, so that it
 * knows all answers that have come by then.
 */
export async function searchAll(lanes: Lanes, searches: readonly Search[]): Promise<void> {
  const run = new Run(lanes, searches)
  await Promise.all(Array.from({ length: lanes.parallel }, () => run.work()))
  lanes.expect(0)
}

class Run {
  readonly #lanes: Lanes
  readonly #searches: readonly Search[]
  #changed: () => void = () => undefined
  #change: Promise<void>
  #talking = 0
  /** How many wait for a connection to ask their question on: no more than there are questions left. */
  #queued = 0
  /** Mean milliseconds that a question takes on a connection that is ready, once one was asked. */
  #asking: number | undefined

  constructor(lanes: Lanes, searches: readonly Search[]) {
    this.#lanes = lanes
    this.#searches = searches
    this.#change = this.#renew()
  }

  async work(): Promise<void> {
    while (this.#searches.some((search) => !search.done)) {
      const waiting = this.#change
      if (this.#queued + this.#talking > 0 && this.#queued >= this.#left()) {
        await waiting
        continue
      }
      this.#queued++
      const result = await this.#lanes.talk((ready) => {
        this.#queued--
        return this.#talk(ready)
      })
      if (result === UNUSED) await waiting
    }
    this.#announce()
  }

  async #talk(ready: ReadyLine): Promise<typeof UNUSED | undefined> {
    const ask = this.#choose()
    if (ask === undefined) {
      if (this.#talking === 0 && this.#searches.some((search) => !search.done)) {
        throw new PosternError('bug', 'SEARCH_STUCK', 'Cannot go on with the search: nothing is asked and nothing is left to ask')
      }
      return UNUSED
    }
    this.#talking++
    this.#lanes.expect(Math.max(0, this.#left() - this.#queued))
    const began = performance.now()
    try {
      await ask.run(ready)
    } finally {
      this.#talking--
      this.#asking = mean(this.#asking, performance.now() - began)
      this.#announce()
    }
    return undefined
  }

  /** What is needed in any case first, and of that what takes longest; then what can be guessed, as far as the connections keep up. */
  #choose(): Ask | undefined {
    const searches = this.#searches.toSorted((one, other) => other.expected - one.expected)
    for (const search of searches) {
      const ask = search.next(false)
      if (ask !== undefined) return ask
    }
    if (this.#talking >= this.#width()) return undefined
    for (const search of searches) {
      const ask = search.next(true)
      if (ask !== undefined) return ask
    }
    return undefined
  }

  /** How many questions have to be under way so that no connection stands idle: the less, the fewer guesses. */
  #width(): number {
    if (this.#asking === undefined) return 1
    return Math.max(1, Math.ceil((this.#lanes.parallel * this.#asking) / (this.#lanes.opening + this.#asking)))
  }

  #left(): number {
    return Math.min(
      this.#lanes.parallel,
      this.#searches.reduce((sum, search) => sum + search.expected, 0),
    )
  }

  #announce(): void {
    const changed = this.#changed
    this.#change = this.#renew()
    changed()
  }

  #renew(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#changed = resolve
    return promise
  }
}

function mean(old: number | undefined, value: number): number {
  return old === undefined ? value : old * 0.7 + value * 0.3
}
