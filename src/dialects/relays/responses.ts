import { latin1 } from './lines.ts'

const LF = 0x0a

/** Octets of the beginning of a response, and of the end of a line, that tell what it is. */
const LONGEST_HEAD = 128
const LONGEST_TAIL = 32

/** A literal at the end of a line: RFC 9051 §4.3, RFC 5804 §4. */
const LITERAL = /\{(\d{1,15})\+?\}\r\n$/

/** What a server says, by how each response begins. */
export interface Framing {
  /** One behind which nothing is due. */
  readonly answer: RegExp
  /** One that another has to follow. */
  readonly part: RegExp
  /** One that is text up to its end, whatever that looks like: it has no literal. */
  readonly text: RegExp
}

/**
 * Follows what a server says that nobody looks at any more, as far as it takes to know whether a response may be put behind it. Literals, which are nearly
 * all of it, are counted and not read. Keeps a few octets of a line; once something is no response, as behind COMPRESS (RFC 4978 §3), it knows nothing any more.
 */
export class Responses {
  readonly #framing: Framing
  /** Octets of a literal that have not come yet. */
  #literal = 0
  /** A line goes on with the response before it: a literal stood between. */
  #goesOn = false
  #head = ''
  #tail = ''
  #isAnswer = true
  #isReady = true
  #isLost = false

  constructor(framing: Framing) {
    this.#framing = framing
  }

  /** Whether the last of what came is the end of an answer. */
  get isReady(): boolean {
    return this.#isReady
  }

  push(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length && !this.#isLost) {
      const length = this.#literal > 0 ? Math.min(this.#literal, bytes.length - at) : lineLength(bytes, at)
      if (this.#literal > 0) this.#literal -= length
      else this.#read(bytes.subarray(at, at + length))
      at += length
    }
  }

  /** A line, or a piece of one. */
  #read(piece: Uint8Array): void {
    this.#isReady = false
    if (this.#head.length < LONGEST_HEAD) this.#head += latin1(piece.subarray(0, LONGEST_HEAD - this.#head.length))
    this.#tail = (this.#tail + latin1(piece.subarray(-LONGEST_TAIL))).slice(-LONGEST_TAIL)
    if (piece.at(-1) === LF) this.#endLine()
  }

  #endLine(): void {
    const { answer, part, text } = this.#framing
    if (!this.#goesOn) this.#isAnswer = answer.test(this.#head)
    this.#isLost = !this.#tail.endsWith('\r\n') || !(this.#goesOn || this.#isAnswer || part.test(this.#head))
    const [, size] = (!this.#goesOn && text.test(this.#head) ? null : LITERAL.exec(this.#tail)) ?? []
    this.#goesOn = size !== undefined
    this.#literal = Number(size ?? 0)
    this.#isReady = !this.#isLost && !this.#goesOn && this.#isAnswer
    this.#head = ''
    this.#tail = ''
  }
}

/** Octets of a line up to its end, or of what there is of it. */
function lineLength(bytes: Uint8Array, from: number): number {
  const end = bytes.indexOf(LF, from)
  return (end === -1 ? bytes.length : end + 1) - from
}
