import { PosternError } from '../errors.ts'

/** The peer's bytes do not have the shape the protocol gives them. */
export class MalformedError extends PosternError {
  /** Such as `ClientHello.extensions.extension_data`. */
  readonly field: string
  readonly offset: number

  constructor(field: string, offset: number, why: string) {
    super('peer', 'MALFORMED', `Cannot decode ${field} at offset ${offset}: ${why}`)
    this.field = field
    this.offset = offset
  }
}

/** A cursor over bytes that came from the network. Every read is checked and named. */
export class Reader {
  readonly #bytes: Uint8Array
  readonly #path: string
  #offset = 0

  constructor(bytes: Uint8Array, path: string) {
    // A plain Uint8Array: Buffer.slice() shares memory, and sockets deliver Buffers.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#path = path
  }

  get left(): number {
    return this.#bytes.length - this.#offset
  }

  get offset(): number {
    return this.#offset
  }

  u8(field: string): number {
    return this.#number(1, field)
  }

  u16(field: string): number {
    return this.#number(2, field)
  }

  u24(field: string): number {
    return this.#number(3, field)
  }

  u32(field: string): number {
    return this.#number(4, field)
  }

  /** A copy: what the caller keeps does not change when the socket buffer is reused. */
  take(count: number, field: string): Uint8Array {
    return this.#view(count, field).slice()
  }

  /** Passes over what nobody asks for. */
  skip(count: number, field: string): void {
    this.#need(count, field)
    this.#offset += count
  }

  /** `opaque field<0..2^(8*width)-1>`: a length, then that many bytes, read by `body`. */
  vector<T>(width: 1 | 2 | 3, field: string, body: (inner: Reader) => T): T {
    return this.within(this.#number(width, `${field}.length`), field, body)
  }

  /** The next `length` bytes, all of which `body` must read. */
  within<T>(length: number, field: string, body: (inner: Reader) => T): T {
    const inner = new Reader(this.#view(length, field), `${this.#path}.${field}`)
    const value = body(inner)
    inner.end()
    return value
  }

  /** A vector of bytes that nobody looks into here. */
  opaque(width: 1 | 2 | 3, field: string): Uint8Array {
    return this.vector(width, field, (inner) => inner.rest())
  }

  /** A vector of one-byte numbers. */
  u8s(width: 1 | 2 | 3, field: string): readonly number[] {
    return this.vector(width, field, (inner) => inner.list((item) => item.u8('item')))
  }

  /** A vector of two-byte numbers. */
  u16s(width: 1 | 2 | 3, field: string): readonly number[] {
    return this.vector(width, field, (inner) => inner.list((item) => item.u16('item')))
  }

  /** Every item until the bytes run out. */
  list<T>(item: (reader: Reader) => T): T[] {
    const items: T[] = []
    while (this.left > 0) items.push(item(this))
    return items
  }

  rest(): Uint8Array {
    return this.take(this.left, 'rest')
  }

  /** Nothing may follow. A half-understood message is not a message. */
  end(): void {
    if (this.left > 0) throw new MalformedError(this.#path, this.#offset, `${this.left} bytes too many`)
  }

  /** Refuses what the bytes say, at the place that was last read. */
  refuse(field: string, why: string): never {
    throw new MalformedError(`${this.#path}.${field}`, this.#offset, why)
  }

  #number(width: number, field: string): number {
    this.#need(width, field)
    let value = 0
    for (const end = this.#offset + width; this.#offset < end; this.#offset++) value = value * 256 + (this.#bytes[this.#offset] ?? 0)
    return value
  }

  #view(count: number, field: string): Uint8Array {
    this.#need(count, field)
    this.#offset += count
    return this.#bytes.subarray(this.#offset - count, this.#offset)
  }

  #need(count: number, field: string): void {
    if (this.left < count) throw new MalformedError(`${this.#path}.${field}`, this.#offset, `${count - this.left} bytes short`)
  }
}
