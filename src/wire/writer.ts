import { PosternError } from '../errors.ts'

/** Most messages fit; larger ones grow by doubling. */
const FIRST_CAPACITY = 512

/** Bytes to be sent. A length is a scope: it is patched when what it measures has been written. */
export class Writer {
  #bytes = new Uint8Array(FIRST_CAPACITY)
  #length = 0

  u8(value: number): this {
    this.#put(this.#grow(1), value, 1)
    return this
  }

  u16(value: number): this {
    this.#put(this.#grow(2), value, 2)
    return this
  }

  u24(value: number): this {
    this.#put(this.#grow(3), value, 3)
    return this
  }

  u32(value: number): this {
    this.#put(this.#grow(4), value, 4)
    return this
  }

  bytes(value: Uint8Array): this {
    const start = this.#grow(value.length)
    this.#bytes.set(value, start)
    return this
  }

  /** `opaque field<0..2^(8*width)-1>`: the length of whatever `body` writes, then that. */
  vector(width: 1 | 2 | 3, body: (inner: Writer) => void): this {
    const start = this.#grow(width)
    body(this)
    this.#put(start, this.#length - start - width, width)
    return this
  }

  /** A vector of these bytes. */
  opaque(width: 1 | 2 | 3, value: Uint8Array): this {
    return this.vector(width, (inner) => inner.bytes(value))
  }

  /** A vector of one-byte numbers. */
  u8s(width: 1 | 2 | 3, values: readonly number[]): this {
    return this.vector(width, (inner) => {
      for (const value of values) inner.u8(value)
    })
  }

  /** A vector of two-byte numbers. */
  u16s(width: 1 | 2 | 3, values: readonly number[]): this {
    return this.vector(width, (inner) => {
      for (const value of values) inner.u16(value)
    })
  }

  /** A copy of what was written. */
  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #grow(count: number): number {
    const start = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) {
      const wider = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2))
      wider.set(this.#bytes)
      this.#bytes = wider
    }
    return start
  }

  #put(at: number, value: number, width: number): void {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * width)) {
      throw new PosternError('bug', 'FIELD_OVERFLOW', `Cannot write ${value} into ${width} bytes`)
    }
    for (let index = 0; index < width; index++) this.#bytes[at + index] = value >>> (8 * (width - 1 - index))
  }
}
