/**
 * Bytes put together and taken apart by hand. Nothing here comes from `src/wire`: what the hostile servers
 * say must not share a mistake with the code that is tested against them.
 */

export function u8(value: number): Buffer {
  return Buffer.from([value & 0xff])
}

export function u16(value: number): Buffer {
  return Buffer.from([(value >>> 8) & 0xff, value & 0xff])
}

export function u24(value: number): Buffer {
  return Buffer.from([(value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff])
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}

/** A length of `width` bytes, then the parts. */
export function vector(width: 1 | 2 | 3, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const length = width === 1 ? u8(body.length) : width === 2 ? u16(body.length) : u24(body.length)
  return Buffer.concat([length, body])
}

/** `16 03 01 ...`: spaces are for the reader. */
export function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s+/g, ''), 'hex')
}

/** One TLS record, RFC 5246 §6.2.1. */
export function record(type: number, version: number, fragment: Buffer): Buffer {
  return Buffer.concat([u8(type), u16(version), u16(fragment.length), fragment])
}

/** One handshake message, RFC 5246 §7.4. */
export function handshake(type: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([u8(type), u24(body.length), body])
}

/** Fewer bytes than the structure needs. */
export class ShortError extends Error {}

/** Takes bytes from the front; throws `ShortError` where there are too few. */
export class Cursor {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#offset
  }

  take(count: number): Buffer {
    if (count > this.left) throw new ShortError(`${count} bytes wanted, ${this.left} left`)
    this.#offset += count
    return this.#bytes.subarray(this.#offset - count, this.#offset)
  }

  u8(): number {
    return this.take(1).readUInt8()
  }

  u16(): number {
    return this.take(2).readUInt16BE()
  }

  u24(): number {
    return this.take(3).readUIntBE(0, 3)
  }

  u32(): number {
    return this.take(4).readUInt32BE()
  }

  vector(width: 1 | 2 | 3): Buffer {
    return this.take(this.take(width).readUIntBE(0, width))
  }

  /** Every 16-bit number until the bytes run out. */
  u16s(): number[] {
    const values: number[] = []
    while (this.left >= 2) values.push(this.u16())
    return values
  }
}
