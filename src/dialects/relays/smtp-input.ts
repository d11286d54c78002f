import type { Ending, RelayOptions } from '../relay.ts'
import { beginsHello, hasControls, latin1, Lines, octets, textOf, type Line } from './lines.ts'
import { LOGINS, parseCommand, type Command } from './smtp-command.ts'
import { ContentScanner } from './smtp-content.ts'

/** RFC 4954 §4: lines of an exchange are as long as the mechanism makes them, and 12288 octets do for those there are. */
export const LONGEST_OF_LOGIN = 12_288

/** Octets that are kept while nobody can say yet whether they are commands or content; who heeds `isFull` never gets there. */
export const MAX_HELD: number = 256 * 1024

/** As much as a socket gives at once is enough. */
const ENOUGH_HELD = 32 * 1024

/** ContentType handshake, RFC 8446 §5.1. */
const HANDSHAKE = 0x16

/** Enough to know AUTH by. */
const LONGEST_VERB = 16

export const BEHIND_STARTTLS = '554 5.5.1 Nothing may follow STARTTLS but TLS'

/** What the client's next octets are. */
export type Reading =
  | { readonly kind: 'command' }
  /** A line of a mechanism that logs in, RFC 4954 §4: whatever it is, it is no command. */
  | { readonly kind: 'exchange' }
  /** A message up to its end, RFC 5321 §4.1.1.4. */
  | { readonly kind: 'content' }
  /** So many octets, whatever they are: RFC 3030 §2. No sign ends them, so that a bare line feed among them ends nothing. */
  | { readonly kind: 'chunk'; readonly left: number }
  /** A reply of the server decides. */
  | { readonly kind: 'wait' }
  /** STARTTLS was said, and replies before its own are still due. Nothing may come but TLS. */
  | { readonly kind: 'upgrade' }
  /** TLS, and whatever comes behind the end. */
  | { readonly kind: 'nothing' }

/** What the client has said. A line that goes to the server ends with CRLF: one that wants it would read on where we have read a whole line. */
export type Heard =
  | { readonly kind: 'command'; readonly command: Command; readonly line: Uint8Array }
  | { readonly kind: 'exchange'; readonly line: Uint8Array }
  /** Octets of a message or of a chunk; `isLast`: it ends with them. */
  | { readonly kind: 'octets'; readonly bytes: Uint8Array; readonly isLast: boolean }
  /** It cannot go on, and why. */
  | { readonly kind: 'broken'; readonly said: string; readonly ending: Ending }

/** Cuts what a client says into commands, lines of an exchange, and content, as the relay has found out that it is to be read. */
export class SmtpInput {
  readonly #options: RelayOptions
  readonly #lines: Lines
  #reading: Reading = { kind: 'wait' }
  #scanner: ContentScanner

  constructor(options: RelayOptions) {
    this.#options = options
    this.#lines = new Lines(Math.max(options.longestLine, LONGEST_OF_LOGIN))
    this.#scanner = new ContentScanner(options.bareLineFeeds === true)
  }

  push(bytes: Uint8Array): void {
    if (this.#reading.kind !== 'nothing') this.#lines.push(bytes)
  }

  get reading(): Reading['kind'] {
    return this.#reading.kind
  }

  /** From here on it is this. */
  read(reading: Reading): void {
    this.#reading = reading
    if (reading.kind === 'content') this.#scanner = new ContentScanner(this.#options.bareLineFeeds === true)
    if (reading.kind === 'nothing') this.#lines.take()
  }

  /** What has come and was not read; it is nobody else's any more. */
  take(): Uint8Array {
    return this.#lines.take()
  }

  get isFull(): boolean {
    return this.#lines.left >= ENOUGH_HELD
  }

  /** Something has come that is read when the server has replied. `isBusy`: no more commands for now. */
  isAhead(isBusy: boolean): boolean {
    return this.#lines.left > 0 && this.#waits(isBusy)
  }

  /** The next thing, or undefined when more has to come. `isBusy`: no more commands for now. */
  next(isBusy: boolean): Heard | undefined {
    if (this.#waits(isBusy) && this.#lines.left > MAX_HELD) return broken('421 4.7.0 Too much without waiting for a reply', 'too-far-ahead')
    switch (this.#reading.kind) {
      case 'command':
        return isBusy ? undefined : this.#command()
      case 'exchange':
        return this.#exchange()
      case 'content':
        return this.#content()
      case 'chunk':
        return this.#chunk(this.#reading.left)
      case 'upgrade':
        return this.#lines.left === 0 || beginsHello(this.#lines.peek(1)) ? undefined : broken(BEHIND_STARTTLS, 'starttls-injection')
      case 'wait':
      case 'nothing':
        return undefined
    }
  }

  #waits(isBusy: boolean): boolean {
    const { kind } = this.#reading
    return kind === 'wait' || kind === 'upgrade' || (kind === 'command' && isBusy)
  }

  #command(): Heard | undefined {
    // No command begins so, and no line may ever end.
    if (this.#lines.peek(1)[0] === HANDSHAKE) return broken('554 5.5.1 TLS does not begin here', 'not-the-protocol')
    const { verb } = parseCommand(latin1(this.#lines.peek(LONGEST_VERB)))
    const line = this.#line(LOGINS.includes(verb) ? LONGEST_OF_LOGIN : 0)
    if (line === undefined || 'kind' in line) return line
    return { kind: 'command', command: parseCommand(textOf(line)), line: withCrlf(line) }
  }

  #exchange(): Heard | undefined {
    const line = this.#line(LONGEST_OF_LOGIN)
    if (line === undefined || 'kind' in line) return line
    if (hasControls(textOf(line))) return broken('500 5.5.2 Syntax error', 'not-the-protocol')
    return { kind: 'exchange', line: withCrlf(line) }
  }

  /** The next line, or undefined where it has not come. RFC 5321 §4.5.3.1.9. */
  #line(longest: number): Line | Heard | undefined {
    const line = this.#lines.line()
    const length = line === undefined ? this.#lines.left + 1 : line === 'too-long' ? Infinity : line.bytes.length
    if (line === 'too-long' || length > Math.max(longest, this.#options.longestLine))
      return broken('500 5.5.2 Line too long', 'line-too-long')
    return line
  }

  #content(): Heard | undefined {
    const { length, found } = this.#scanner.scan(this.#lines.peek(Infinity))
    if (length > 0) return { kind: 'octets', bytes: this.#lines.take(length), isLast: found === 'end' }
    if (found === 'nul') return broken('550 5.5.2 NUL beside a dot at the beginning of a line of the message', 'smuggling')
    return found === 'bare' ? broken('550 5.5.2 Bare CR or LF in the message: lines end with CRLF', 'smuggling') : undefined
  }

  #chunk(size: number): Heard | undefined {
    if (this.#lines.left === 0 && size > 0) return undefined
    const bytes = this.#lines.take(size)
    this.#reading = { kind: 'chunk', left: size - bytes.length }
    return { kind: 'octets', bytes, isLast: size === bytes.length }
  }
}

function broken(said: string, ending: Ending): Heard {
  return { kind: 'broken', said, ending }
}

function withCrlf(line: Line): Uint8Array {
  return line.end === 'crlf' ? line.bytes : octets(`${textOf(line)}\r\n`)
}
