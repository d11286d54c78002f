import type { Http2Session } from 'node:http2'

/** Octets that may be on their way in one stream: RFC 9113 §6.9. Few streams have much, so that a long line is filled; many have what they need. */
const LARGEST = 1024 * 1024
const SMALLEST = 64 * 1024
/** For all streams of a link together, as long as that is enough for the smallest. */
const BUDGET = 32 * 1024 * 1024

/** With how much a link begins. */
export const FIRST_WINDOW: number = LARGEST

/** A power of two, so that it seldom changes. */
export function windowFor(streams: number): number {
  let window = LARGEST
  while (window > SMALLEST && window * streams > BUDGET) window /= 2
  return window
}

/**
 * Keeps down what slow ends leave lying. Node takes what comes off the window of the link at once, and off that of a stream as it is read: whoever does
 * not read costs a window of memory, and stalls nobody else.
 */
export class Windows {
  readonly #session: Http2Session
  #current = FIRST_WINDOW

  constructor(session: Http2Session) {
    this.#session = session
  }

  /** There are so many streams now. */
  fit(streams: number): void {
    const wanted = windowFor(streams)
    // It grows again when there is room for twice as many: nobody who comes and goes makes it go up and down.
    const next = wanted < this.#current ? wanted : Math.max(this.#current, windowFor(2 * streams))
    if (next === this.#current || this.#session.closed || this.#session.destroyed) return
    this.#current = next
    this.#session.settings({ initialWindowSize: next })
  }
}
