const LF = 0x0a
const CR = 0x0d

const NOTHING = new Uint8Array()

/** A line as it came, its end with it. The octets are a view that stays as it is. */
export interface Line {
  readonly bytes: Uint8Array
  /** A line ends with a line feed, whether or not a carriage return stands before it as it should. */
  readonly end: 'crlf' | 'lf'
}

/**
 * Cuts octets into lines, however TCP has cut them before. What is longer than a line, such as the content of a message or a literal, is
 * taken in between without being looked at and without being copied.
 *
 * Holds what has come and was not taken: of a stream of lines that is less than one line. Who stops taking has to stop pushing, or to bound `left`.
 */
export class Lines {
  readonly #longest: number
  #buffer: Uint8Array = NOTHING
  /** What was pushed and not taken stands from `#at` to `#end`; up to `#scanned` there is no line feed in it. */
  #at = 0
  #end = 0
  #scanned = 0
  /** The buffer is ours, and behind `#end` there is room in it that nobody sees. */
  #owned = false

  /** `longest`: octets of a line with its end. */
  constructor(longest: number) {
    this.#longest = longest
  }

  /** Octets that were not taken yet. */
  get left(): number {
    return this.#end - this.#at
  }

  push(bytes: Uint8Array): void {
    if (this.left === 0) {
      this.#replace(bytes, bytes.length, false)
      return
    }
    if (!this.#owned || this.#buffer.length - this.#end < bytes.length) this.#grow(bytes.length)
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /**
   * The next line, undefined when its end has not come yet, `too-long` when it is longer than the limit, or cannot but become so: that is
   * known at the same octet however they come.
   */
  line(): Line | 'too-long' | undefined {
    const length = this.#lengthOfLine()
    if ((length ?? this.left + 1) > this.#longest) return 'too-long'
    if (length === undefined) return undefined
    const bytes = this.take(length)
    return { bytes, end: bytes.at(-2) === CR ? 'crlf' : 'lf' }
  }

  /** What has come, as it came, and at most so many octets of it. */
  take(most: number = Infinity): Uint8Array {
    const from = this.#at
    this.#at = Math.min(from + most, this.#end)
    const taken = this.#buffer.subarray(from, this.#at)
    if (this.left === 0) this.#replace(NOTHING, 0, false)
    else this.#scanned = Math.max(this.#scanned, this.#at)
    return taken
  }

  /** What `take()` would give, and it stays. */
  peek(most: number): Uint8Array {
    return this.#buffer.subarray(this.#at, Math.min(this.#at + most, this.#end))
  }

  /** Up to and with the line feed. */
  #lengthOfLine(): number | undefined {
    const found = this.#buffer.subarray(this.#scanned, this.#end).indexOf(LF)
    this.#scanned = found < 0 ? this.#end : this.#scanned + found
    return found < 0 ? undefined : this.#scanned + 1 - this.#at
  }

  /** Doubles, so that octets that come one by one are not copied each time; a view that was given is never written to. */
  #grow(by: number): void {
    const buffer = new Uint8Array(2 * (this.left + by))
    buffer.set(this.peek(this.left))
    const scanned = this.#scanned - this.#at
    this.#replace(buffer, this.left, true)
    this.#scanned = scanned
  }

  #replace(buffer: Uint8Array, end: number, owned: boolean): void {
    this.#buffer = buffer
    this.#at = 0
    this.#scanned = 0
    this.#end = end
    this.#owned = owned
  }
}

/** The text of a line without its end, a character for each octet. */
export function textOf({ bytes, end }: Line): string {
  return latin1(bytes.subarray(0, bytes.length - (end === 'crlf' ? 2 : 1)))
}

/** A character for each octet. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** An octet for each character. */
export function octets(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

/** What a text says in UTF-8 of which each character is an octet. */
export function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8')
}

/** Servers do not agree on what a control character in the middle of a line means: for some a command begins behind it. RFC 5321 §2.3.8. */
export function hasControls(text: string): boolean {
  return /[^\P{Cc}\t\x80-\x9f]/u.test(text)
}

/**
 * Whether octets may begin a ClientHello: a record of the type handshake (RFC 8446 §5.1), or an SSLv2 header, whose first bit is set (RFC 5246 §E.2).
 * No command of a protocol of lines begins so.
 */
export function beginsHello(bytes: Uint8Array): boolean {
  const [first = 0] = bytes
  return first === 0x16 || first >= 0x80
}
