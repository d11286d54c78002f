/** One connection among others. */
export interface Place {
  /** Counts the connections to the server. */
  readonly number: number
  /** The numbers of those that were open when it was begun. */
  readonly beside: readonly number[]
}

/**
 * How many connections at once a server is known to serve: as many as were open side by side and all got an answer. A connection
 * that was ended in a larger crowd than that may have been one too many.
 */
export class Crowd {
  readonly #places: Place[] = []
  readonly #answered = new Set<number>()
  #served = 1

  /** A connection got an answer. */
  answered(place: Place): void {
    this.#answered.add(place.number)
    this.#places.push(place)
    for (const { number, beside } of this.#places) {
      if (number !== place.number && !beside.includes(place.number)) continue
      this.#served = Math.max(this.#served, 1 + beside.filter((one) => this.#answered.has(one)).length)
    }
  }

  /** Whether the server may have ended this connection only because there were too many. */
  isTooLarge({ beside }: Place): boolean {
    return 1 + beside.length > this.#served
  }
}
