import { MAX_REPLY_LENGTH } from '../cutter.ts'
import { latin1, Lines } from './lines.ts'

/** A reply of the server, or a part of one. */
export interface SmtpReply {
  readonly code: string
  /** Latin1, with their ends, as they came. */
  readonly lines: readonly string[]
  /** The last line is among them. */
  readonly whole: boolean
}

/** Cuts what the server says into replies, RFC 5321 §4.2.1. */
export class Replies {
  readonly #lines = new Lines(MAX_REPLY_LENGTH)
  #reply: string[] = []
  #length = 0

  /** Octets that are in no reply yet. */
  get left(): number {
    return this.#lines.left
  }

  /** A part of a reply was given, and not its end. */
  get begun(): boolean {
    return this.#length > 0 && this.#reply.length === 0
  }

  push(bytes: Uint8Array): void {
    this.#lines.push(bytes)
  }

  /**
   * The next reply, or with `inParts` the next line of it; undefined when it has not come. `nonsense` is what is none, or does not end within
   * `MAX_REPLY_LENGTH`.
   */
  next(inParts: boolean): SmtpReply | 'nonsense' | undefined {
    for (;;) {
      const line = this.#lines.line()
      if (line === undefined) return undefined
      const text = line === 'too-long' ? '' : latin1(line.bytes)
      const [, code, sign] = /^([2-5]\d\d)([ -]|\r?\n$)/.exec(text) ?? []
      this.#length += text.length
      if (code === undefined || this.#length > MAX_REPLY_LENGTH) return 'nonsense'
      this.#reply.push(text)
      if (sign === '-' && !inParts) continue
      return this.#give(code, sign !== '-')
    }
  }

  #give(code: string, whole: boolean): SmtpReply {
    const lines = this.#reply
    this.#reply = []
    if (whole) this.#length = 0
    return { code, lines, whole }
  }
}
