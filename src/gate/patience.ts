/** Waits so many milliseconds for what a client has begun to come to its end, however slowly it drips in. */
export class Patience {
  readonly #milliseconds: number
  readonly #late: () => void
  #what: number | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(milliseconds: number, late: () => void) {
    this.#milliseconds = milliseconds
    this.#late = late
  }

  /** A number for each thing that is begun; undefined: nothing is. Another number is another thing, for which the time begins anew. */
  heed(what: number | undefined): void {
    if (what === this.#what) return
    this.#what = what
    clearTimeout(this.#timer)
    if (what !== undefined) this.#timer = setTimeout(this.#late, this.#milliseconds)
  }
}
