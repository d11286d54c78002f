/**
 * Those who are there at the moment. In place of a `Set`, which is a chain: V8 makes a new table for one whose members come and go, the one before leads to the
 * next, and as soon as one of them is old, all that ever was a member survives until a large collection of garbage. A connection that is over is some 20 kB that
 * each small collection would copy.
 */
export class Present<T> implements Iterable<T> {
  readonly #seats: (T | undefined)[] = []
  readonly #free: number[] = []

  get size(): number {
    return this.#seats.length - this.#free.length
  }

  /** Gives the seat, for `leave()`. */
  enter(one: T & {}): number {
    const seat = this.#free.pop() ?? this.#seats.length
    this.#seats[seat] = one
    return seat
  }

  /** Once for each who has entered. */
  leave(seat: number): void {
    this.#seats[seat] = undefined
    this.#free.push(seat)
  }

  /** In no order. */
  *[Symbol.iterator](): Iterator<T> {
    for (const one of this.#seats) if (one !== undefined) yield one
  }
}
