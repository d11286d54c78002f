import type { Place } from './crowd.ts'
import type { Line } from './line.ts'

type Heard = Pick<Line, 'heard' | 'reset'>

/** A door that never said a word is given up after so many tries in a row. */
const TRIES = 3

/** Whether a door has ever said a word, and how its connections ended as long as it has not. */
export class FirstWord {
  readonly #open = new Set<Heard>()
  #came = false
  #all = 0
  #resets = 0
  #alone = 0

  opened(line: Heard): void {
    this.#open.add(line)
    this.#all++
  }

  /** To be told before we end it ourselves. */
  ended(line: Heard): void {
    this.#open.delete(line)
    this.#came ||= line.heard
    if (line.reset) this.#resets++
  }

  /** A connection came to nothing before anything was asked on it. True where that says enough of the door: no other one was to blame. */
  failed({ beside }: Pick<Place, 'beside'>): boolean {
    if (beside.length === 0) this.#alone++
    return this.#alone >= TRIES && !this.came
  }

  get came(): boolean {
    return this.#came || [...this.#open].some((line) => line.heard)
  }

  /** Nothing says that the door is only too busy. */
  get isUnlikely(): boolean {
    return this.#alone > 0 && !this.came
  }

  /** Those that nobody waited on may have gone otherwise. */
  get alwaysReset(): boolean {
    return this.#resets * 2 > this.#all && !this.came
  }
}
