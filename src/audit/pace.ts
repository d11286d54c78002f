import { performance } from 'node:perf_hooks'

const FIRST_PAUSE_MS = 250
const MAX_PAUSE_MS = 20_000

/** How many connections a server is given at once, and how long it is left alone after it turned one away. */
export class Pace {
  readonly #firstPause: number
  #parallel: number
  #failures = 0
  #throttled = 0
  #resumeAt = 0

  constructor(parallel: number, firstPause: number = FIRST_PAUSE_MS) {
    this.#parallel = parallel
    this.#firstPause = firstPause
  }

  /** At most so many at once. */
  get parallel(): number {
    return this.#parallel
  }

  /** How often the server has turned somebody away. */
  get throttled(): number {
    return this.#throttled
  }

  /** So many times in a row. Those that are turned away together count once. */
  get failures(): number {
    return this.#failures
  }

  get pausing(): boolean {
    return performance.now() < this.#resumeAt
  }

  /** A question was answered. */
  succeeded(): void {
    this.#failures = 0
  }

  /** A connection was turned away. Those that are turned away together with another one say no more than that one. */
  failed(): void {
    if (!this.pausing) this.#failures++
  }

  /**
   * Fewer and slower from now on. `greeted`: how many connections are still open that the server has spoken on, which is as many as it
   * stands; undefined where it says nothing before TLS. `once`: the pause does not grow. Gives it in milliseconds.
   */
  slowDown(greeted: number | undefined, { once }: { readonly once: boolean }): number {
    this.#throttled++
    this.#failures = Math.max(1, this.#failures)
    if (greeted !== undefined) this.#parallel = Math.max(1, Math.min(greeted, this.pausing ? this.#parallel : this.#parallel - 1))
    else if (!this.pausing) this.#parallel = Math.max(1, Math.floor(this.#parallel / 2))
    const pause = Math.min(MAX_PAUSE_MS, this.#firstPause * 2 ** Math.min(10, once ? 0 : this.#failures - 1))
    this.#resumeAt = performance.now() + pause
    return pause
  }
}
