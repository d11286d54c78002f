import type { HelloOffer } from './hello.ts'

/** What hellos that were answered with a ServerHello have shown to be harmless: whatever else is refused, it is not for that. */
export class Stood {
  readonly #suites = new Set<number>()
  #most = 0
  #longest = 0

  /** A hello of so many bytes was answered with a ServerHello, of whatever version. */
  answered({ suites }: HelloOffer, bytes: number): void {
    for (const suite of suites) this.#suites.add(suite)
    this.#most = Math.max(this.#most, suites.length)
    this.#longest = Math.max(this.#longest, bytes)
  }

  /** A hello that was no shorter was answered. */
  length({ suites }: HelloOffer, bytes: number): boolean {
    return suites.length <= this.#most && bytes <= this.#longest
  }

  /** Each suite was in some hello that was answered, and one that was no shorter was answered. */
  whole(offer: HelloOffer, bytes: number): boolean {
    return this.length(offer, bytes) && offer.suites.every((suite) => this.#suites.has(suite))
  }
}
