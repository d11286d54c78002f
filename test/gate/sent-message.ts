import { createCipheriv, createHash, type Cipheriv } from 'node:crypto'

/** How a message is said. */
export interface SentMessage {
  readonly id: string
  readonly way: 'data' | 'bdat'
  /** As it has to arrive. */
  readonly content: Buffer
}

/** A stream of octets that comes out of a name: whoever checks makes the same message again. */
export class Octets {
  readonly #cipher: Cipheriv

  constructor(name: string) {
    const key = createHash('sha256').update(name).digest()
    this.#cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16))
  }

  take(count: number): Buffer {
    return this.#cipher.update(Buffer.alloc(count))
  }

  /** From 0 to `below`, not included. */
  below(below: number): number {
    return this.take(4).readUInt32BE() % below
  }
}

const LINE_BREAKS = /[\r\n]/g
const NOT_TEXT = /[\0\r\n]/g
/** RFC 5321 §4.5.3.1.6, without CRLF and dots. */
const LONGEST_LINE = 996

/** `text`: lines of 8-bit octets without NUL, none of them too long. */
export type ContentOctets = 'any' | 'text'

/** A message of random octets and size: up to some hundred kB, most of them a few kB. */
export function sentMessage(id: string, kind: ContentOctets): SentMessage {
  const octets = new Octets(id)
  const head = Buffer.from(`Message-ID: <${id}@client.example>\r\n\r\n`)
  const size = octets.below([100, 3000, 20_000, 300_000][octets.below(4)] ?? 1)
  const way = octets.below(3) === 0 ? 'bdat' : 'data'
  if (kind === 'any' && way === 'bdat') return { id, way, content: Buffer.concat([head, octets.take(size)]) }
  const lines = [head]
  for (let left = size; left > 0;) {
    const length = Math.min(left, octets.below(octets.below(20) === 0 ? (kind === 'any' ? 3000 : LONGEST_LINE) : 120))
    const dots = octets.below(5) === 0 ? '.'.repeat(octets.below(3)) : ''
    const text = octets
      .take(length)
      .toString('latin1')
      .replaceAll(kind === 'any' ? LINE_BREAKS : NOT_TEXT, '.')
    lines.push(Buffer.from(`${dots}${text}\r\n`, 'latin1'))
    left -= length + 2
  }
  return { id, way, content: Buffer.concat(lines) }
}

/** A dot more at the beginning of lines, RFC 5321 §4.5.2. */
export function stuffed(content: Buffer): Buffer {
  return Buffer.from(content.toString('latin1').replaceAll(/(^|\r\n)\./g, '$1..'), 'latin1')
}
