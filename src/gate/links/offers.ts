import type { Duplex } from 'node:stream'
import type { ClientFacts } from '../facts.ts'

/** Takes a client that has come over a link. */
export interface Offer {
  /**
   * `answer`: to be called once, before anything is said to the client: whether the client can be served. Until then the gate waits, and finds another inside
   * where it cannot.
   */
  readonly meet: (client: Duplex, facts: ClientFacts, answer: (served: boolean) => void) => void
}

/** The services that are offered over links, by link and name. */
export class Offers {
  readonly #offers = new Map<string, Offer>()

  add(link: string, service: string, offer: Offer): void {
    this.#offers.set(keyOf(link, service), offer)
  }

  /** Clients that come from now on find nobody; an offer that has taken its place stays. */
  remove(link: string, service: string, offer: Offer): void {
    if (this.#offers.get(keyOf(link, service)) === offer) this.#offers.delete(keyOf(link, service))
  }

  find(link: string, service: string): Offer | undefined {
    return this.#offers.get(keyOf(link, service))
  }
}

function keyOf(link: string, service: string): string {
  return JSON.stringify([link, service])
}
