import { PosternError } from '../errors.ts'

/** What a grammar needs next: the text up to and with one character, or a number of characters. */
export type Want = { readonly until: string } | { readonly count: number }

/**
 * How one thing that a peer says is cut out of its text: it wants a piece, is given exactly that piece, and wants
 * the next, until it has the whole. So a grammar never sees a segment of TCP, and never the same character twice.
 */
export type Grammar<T> = Generator<Want, T, string>

/**
 * RFC 5321 §4.5.3.1.5 allows 512 characters to a reply line and any number of lines; RFC 5804 §1.2 and RFC 9051 §4.3
 * allow literals of any size. The longest capability list of a real server is a few kB.
 */
export const MAX_REPLY_LENGTH: number = 64 * 1024

/**
 * Cuts the text of a peer by a grammar, however TCP has cut it before. Holds at most one unfinished piece, which the
 * limit bounds, and touches each character a constant number of times.
 */
export class Cutter<T> {
  readonly #title: string
  #grammar: Grammar<T> | undefined
  #want: Want | undefined
  /** Of the piece that is wanted, as far as it has come. */
  #held: string[] = []
  #heldLength = 0
  #chunk = ''
  #at = 0
  /** Of the present thing, the pieces that were given to the grammar. */
  #pieces: string[] = []
  #length = 0

  /** `title` names the protocol in errors: `SMTP`. */
  constructor(title: string) {
    this.#title = title
  }

  push(text: string): void {
    this.#chunk = this.#at < this.#chunk.length ? this.#chunk.slice(this.#at) + text : text
    this.#at = 0
  }

  /** Everything from here on is cut by this grammar, until it has its whole. */
  begin(grammar: Grammar<T>): void {
    this.#grammar = grammar
    this.#want = undefined
    this.#pieces = []
    this.#length = 0
  }

  /**
   * The whole that the grammar makes, or undefined when more must come.
   *
   * @throws PosternError `REPLY_TOO_LONG` beyond `MAX_REPLY_LENGTH`, and whatever the grammar throws.
   */
  cut(): T | undefined {
    if (this.#grammar === undefined) return undefined
    if (this.#want === undefined) {
      const first = this.#grammar.next('')
      if (first.done === true) return this.#end(first.value)
      this.#want = first.value
    }
    for (;;) {
      const piece = this.#take(this.#want)
      if (piece === undefined) return undefined
      const step = this.#grammar.next(piece)
      if (step.done === true) return this.#end(step.value)
      this.#want = step.value
    }
  }

  /** What was given to the present grammar, and as much of the unfinished line as has come. For messages, not for use. */
  get heard(): string {
    return (this.#pieces.join('') + this.rest).slice(0, MAX_REPLY_LENGTH)
  }

  /** What nothing has cut yet. */
  get rest(): string {
    return this.#held.join('') + this.#chunk.slice(this.#at)
  }

  #end(value: T): T {
    this.#grammar = undefined
    return value
  }

  #take(want: Want): string | undefined {
    const end = this.#endOf(want)
    const coming = (end ?? this.#chunk.length) - this.#at
    const least = 'count' in want ? want.count : this.#heldLength + coming
    if (this.#length + least > MAX_REPLY_LENGTH) {
      throw new PosternError(
        'peer',
        'REPLY_TOO_LONG',
        `Cannot read ${this.#title} reply: it does not end within ${MAX_REPLY_LENGTH} characters`,
        { remedy: `Check that the port speaks ${this.#title}.` },
      )
    }
    this.#held.push(this.#chunk.slice(this.#at, this.#at + coming))
    this.#heldLength += coming
    this.#at += coming
    if (end === undefined) return undefined
    const piece = this.#held.join('')
    this.#held = []
    this.#heldLength = 0
    this.#pieces.push(piece)
    this.#length += piece.length
    return piece
  }

  /** Where in the chunk the wanted piece ends, or undefined when it does not. */
  #endOf(want: Want): number | undefined {
    if ('until' in want) {
      const index = this.#chunk.indexOf(want.until, this.#at)
      return index < 0 ? undefined : index + want.until.length
    }
    const end = this.#at + want.count - this.#heldLength
    return end <= this.#chunk.length ? end : undefined
  }
}

/** One line without its end. CRLF is the rule (RFC 5321 §2.3.8); servers that send LF alone are understood too. */
export function* line(): Grammar<string> {
  const text = yield { until: '\n' }
  return text.endsWith('\r\n') ? text.slice(0, -2) : text.slice(0, -1)
}

/**
 * One line in which strings may stand as literals, `{5}` CRLF and then five characters: RFC 9051 §4.3, RFC 5804 §4.
 * Each literal stays where it stood; the line's own end is cut off.
 */
export function* lineWithLiterals(): Grammar<{ readonly text: string; readonly literals: readonly string[] }> {
  const literals: string[] = []
  const parts: string[] = []
  for (;;) {
    const part = yield* line()
    const size = /\{(\d{1,9})\+?\}$/.exec(part)?.[1]
    if (size === undefined) return { text: [...parts, part].join(''), literals }
    const literal = yield { count: Number(size) }
    literals.push(literal)
    parts.push(part, '\r\n', literal)
  }
}

/** A multi-line block up to a lone dot; a dot that was put before another is taken off again. RFC 1939 §3, RFC 3977 §3.1.1. */
export function* dotLines(): Grammar<string[]> {
  const lines: string[] = []
  for (;;) {
    const text = yield* line()
    if (text === '.') return lines
    lines.push(text.startsWith('.') ? text.slice(1) : text)
  }
}
