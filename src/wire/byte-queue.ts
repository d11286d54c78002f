import { Reader } from './reader.ts'

/** What the queue of an alert never outgrows. */
const FIRST_CAPACITY = 64

/**
 * Bytes that arrived and have not been taken yet. Pushing and taking copy each byte a constant number of times,
 * however the bytes were cut on the way: a peer that sends one byte a segment costs no more than one that does not.
 */
export class ByteQueue {
  #bytes = new Uint8Array(0)
  #start = 0
  #end = 0

  get length(): number {
    return this.#end - this.#start
  }

  /** Copies: the caller may reuse its buffer. */
  push(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#bytes.length) this.#makeRoom(bytes.length)
    this.#bytes.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** A copy of up to `count` bytes from the front, which stay. */
  peek(count: number): Uint8Array {
    return this.#bytes.slice(this.#start, Math.min(this.#end, this.#start + count))
  }

  /** The first `count` bytes, as a cursor that names what is read. `count` is at most `length`. */
  take(count: number, path: string): Reader {
    const reader = new Reader(this.peek(count), path)
    this.#start += count
    if (this.#start >= this.#end) this.#start = this.#end = 0
    return reader
  }

  #makeRoom(count: number): void {
    const length = this.length
    // Moving to the front only when at least half is free keeps the moves fewer than the bytes taken.
    const fits = (length + count) * 2 <= this.#bytes.length
    const target = fits ? this.#bytes : new Uint8Array(Math.max(FIRST_CAPACITY, this.#bytes.length * 2, (length + count) * 2))
    target.set(this.#bytes.slice(this.#start, this.#end))
    this.#bytes = target
    this.#start = 0
    this.#end = length
  }
}
