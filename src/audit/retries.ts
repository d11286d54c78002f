import type { Offer } from './removal.ts'

/** Offers that wait to be made again, and how often each was. */
export class Retries {
  readonly #most: number
  readonly #waiting: Offer[] = []
  readonly #tries = new Map<Offer, number>()

  /** An offer is made so many times in all. */
  constructor(most: number) {
    this.#most = most
  }

  get length(): number {
    return this.#waiting.length
  }

  /** It was made before, to no avail. */
  has(offer: Offer): boolean {
    return this.#tries.has(offer)
  }

  /** To be made again, unless it was often enough. */
  onceMore(offer: Offer): boolean {
    const tries = (this.#tries.get(offer) ?? 1) + 1
    this.#tries.set(offer, tries)
    if (tries <= this.#most) this.push(offer)
    return tries <= this.#most
  }

  push(offer: Offer): void {
    this.#waiting.push(offer)
  }

  shift(): Offer | undefined {
    return this.#waiting.shift()
  }
}
