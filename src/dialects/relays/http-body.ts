import { ambiguous, HeadReader, isFlaw, listOf, printFields, valuesOf, type Field, type Flaw } from './http-head.ts'
import { textOf, type Lines } from './lines.ts'

/** How the end of a body is known, RFC 9112 §6.3. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly octets: number }
  | { readonly kind: 'chunked' }
  /** Of a response alone. */
  | { readonly kind: 'until-close' }

/** Octets of the line before a chunk: the size, and what programs have put behind it, which is dropped. RFC 9112 §7.1.1. */
const MAX_CHUNK_LINE = 4096

/** Fewer than 2^53, and without a zero before it, which for some programs begins an octal number. */
const LENGTH = /^(?:0|[1-9]\d{0,14})$/

const CHUNK_LINE = /^([\da-fA-F]{1,13})(?:[ \t]*;.*)?$/

/**
 * How a message says that its body ends, undefined where it does not say. There is one way to say it, once: of two, one program heeds the first and another
 * the second, RFC 9112 §11.2.
 */
export function framingOf(fields: readonly Field[]): Framing | Flaw | undefined {
  const lengths = valuesOf(fields, 'content-length')
  const codings = valuesOf(fields, 'transfer-encoding')
  if (codings.length > 0) {
    if (lengths.length > 0) return ambiguous('it has both a Content-Length and a Transfer-Encoding')
    if (codings.length > 1 || listOf(fields, 'transfer-encoding').join(',') !== 'chunked' || codings[0]?.toLowerCase() !== 'chunked')
      return ambiguous('its Transfer-Encoding is not chunked, and nothing else')
    return { kind: 'chunked' }
  }
  const [length] = lengths
  if (length === undefined) return undefined
  if (lengths.length > 1) return ambiguous('it has several Content-Lengths')
  return LENGTH.test(length) ? { kind: 'length', octets: Number(length) } : ambiguous('its Content-Length is no number')
}

/** Where in a chunked body: RFC 9112 §7.1. */
type Place = 'size' | 'chunk' | 'chunk-end' | 'trailer'

/**
 * Passes a body on and knows where it ends. Chunks are passed on with sizes of our own writing: what stands behind a size is read in different ways by
 * different programs.
 */
export class BodyReader {
  readonly #chunked: boolean
  readonly #trailer = new HeadReader(true)
  readonly #isKept: (field: Field) => boolean
  #left: number
  #place: Place = 'size'

  /** `isKept`: fields of a trailer that are passed on. */
  constructor(framing: Framing, isKept: (field: Field) => boolean) {
    this.#chunked = framing.kind === 'chunked'
    this.#left = framing.kind === 'length' ? framing.octets : framing.kind === 'until-close' ? Infinity : 0
    this.#isKept = isKept
  }

  /** It has its end where the connection has it. */
  get isUntilClose(): boolean {
    return this.#left === Infinity
  }

  read(lines: Lines, pass: (bytes: Uint8Array | string) => void): 'more' | 'done' | Flaw {
    if (!this.#chunked) return this.#copy(lines, pass) ? 'done' : 'more'
    for (;;) {
      const next = this.#chunkedPart(lines, pass)
      if (next !== 'next') return next
    }
  }

  /** Whether all that was left has come. */
  #copy(lines: Lines, pass: (bytes: Uint8Array) => void): boolean {
    if (this.#left > 0 && lines.left > 0) {
      const bytes = lines.take(this.#left)
      this.#left -= bytes.length
      pass(bytes)
    }
    return this.#left === 0
  }

  #chunkedPart(lines: Lines, pass: (bytes: Uint8Array | string) => void): 'more' | 'done' | 'next' | Flaw {
    if (this.#place === 'size') return this.#size(lines, pass)
    if (this.#place === 'chunk') {
      if (!this.#copy(lines, pass)) return 'more'
      this.#place = 'chunk-end'
      return 'next'
    }
    if (this.#place === 'chunk-end') return this.#chunkEnd(lines, pass)
    const trailer = this.#trailer.read(lines)
    if (trailer === undefined) return 'more'
    if (isFlaw(trailer)) return trailer
    pass(printFields(trailer.fields.filter(this.#isKept)))
    return 'done'
  }

  #size(lines: Lines, pass: (bytes: string) => void): 'more' | 'next' | Flaw {
    const line = lines.line()
    if (line === undefined && lines.left < MAX_CHUNK_LINE) return 'more'
    if (line === undefined || line === 'too-long' || line.bytes.length > MAX_CHUNK_LINE)
      return ambiguous('a line before a chunk is too long')
    const [, size] = (line.end === 'crlf' && CHUNK_LINE.exec(textOf(line))) || []
    if (size === undefined) return ambiguous('the size of a chunk is no number')
    this.#left = Number.parseInt(size, 16)
    this.#place = this.#left === 0 ? 'trailer' : 'chunk'
    pass(`${this.#left.toString(16)}\r\n`)
    return 'next'
  }

  #chunkEnd(lines: Lines, pass: (bytes: string) => void): 'more' | 'next' | Flaw {
    const end = lines.peek(2)
    if (end.length > 0 && (end[0] !== 0x0d || (end.length > 1 && end[1] !== 0x0a))) return ambiguous('a chunk is longer than it says')
    if (end.length < 2) return 'more'
    lines.take(2)
    pass('\r\n')
    this.#place = 'size'
    return 'next'
  }
}
