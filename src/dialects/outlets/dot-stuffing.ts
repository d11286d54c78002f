import { ContentScanner } from '../relays/smtp-content.ts'

const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e

const LINE_END = Buffer.from('\r\n')
const LINE_END_AND_DOT = Buffer.from('\r\n.')
const ONE_DOT = Buffer.from('.')

/** The end of content, behind the end of its last line: RFC 5321 §4.1.1.4. */
export const END_OF_CONTENT = '.\r\n'

/**
 * Makes of octets that came by number (RFC 3030 §2) content of DATA, which a sign ends: a dot is put before each dot at the beginning of a line
 * (RFC 5321 §4.5.2), and nothing else is changed. What cannot go so, since servers would read it in different ways, is refused: what goes out is
 * scanned as all content is.
 */
export class DotStuffing {
  readonly #scanner = new ContentScanner(false)
  /** What came last. A carriage return waits for what follows it. */
  #behind: 'line' | 'cr' | 'text' = 'line'

  /** Octets cut anywhere. `give`: takes what goes out, views of them among it. Gives why it cannot go, as a reply without its end. */
  write(bytes: Uint8Array, give: (piece: Uint8Array) => void): string | undefined {
    const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (const piece of this.#pieces(content)) {
      const { found, length } = this.#scanner.scan(piece)
      if (found !== 'more' || length < piece.length)
        return found === 'nul'
          ? '554 5.6.3 NUL beside a dot at the beginning of a line, and the next hop takes no CHUNKING'
          : '554 5.6.3 Bare CR or LF in the message, and the next hop takes no CHUNKING: lines end with CRLF'
      give(piece)
    }
    return undefined
  }

  /** Nothing follows. Gives why it cannot end here, as a reply without its end: whatever comes in place of the missing end of a line is no part of the message. */
  end(): string | undefined {
    return this.#behind === 'line'
      ? undefined
      : '554 5.6.3 The last line of the message does not end with CRLF, and the next hop takes no CHUNKING'
  }

  *#pieces(content: Buffer): Generator<Uint8Array, void, undefined> {
    if (content.length === 0) return
    const isHeld = this.#behind === 'cr'
    const hasFeed = isHeld && content[0] === LF
    // Without its line feed it is found to be bare.
    if (isHeld) yield hasFeed ? LINE_END : Buffer.of(CR, content[0] ?? CR)
    let at = isHeld ? 1 : 0
    if ((hasFeed || this.#behind === 'line') && content[at] === DOT) yield ONE_DOT
    for (let found = content.indexOf(LINE_END_AND_DOT, at); found >= 0; found = content.indexOf(LINE_END_AND_DOT, at)) {
      yield content.subarray(at, found + LINE_END_AND_DOT.length)
      yield ONE_DOT
      at = found + LINE_END_AND_DOT.length
    }
    const isCut = content.at(-1) === CR
    const end = isCut ? content.length - 1 : content.length
    if (at < end) yield content.subarray(at, end)
    const endsLine = content.at(-1) === LF && (content.at(-2) === CR || (hasFeed && content.length === 1))
    this.#behind = isCut ? 'cr' : endsLine ? 'line' : 'text'
  }
}
