const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e
const NUL = 0

/** How far content may be passed on, and why no further. */
export interface Scanned {
  /** So many octets may go to the server. */
  readonly length: number
  /**
   * `end`: they end the message; `bare`: what follows is a line feed or a carriage return alone; `nul`: it makes of NUL and a dot what may be a lone dot;
   * `more`: nothing is known of the rest.
   */
  readonly found: 'end' | 'bare' | 'nul' | 'more'
}

/**
 * Finds the end of a message in content of DATA, CRLF.CRLF and nothing else (RFC 5321 §4.1.1.4), and what other servers take for one.
 *
 * Servers differ in what they read at `\n.\n`, `\n.\r\n`, `\r.\r`, `\r\n.\r` or `\r\n.\n`: an end of the message, and behind it commands, or
 * content. Whoever writes the content chooses, and so lets one server speak in the name of the other: CVE-2023-51764, CVE-2023-51765,
 * CVE-2023-51766. All such ends have a CR without its LF or an LF without its CR in them. So neither ever goes to the server alone: a CR waits for
 * what follows it. All that the server has by then are whole lines that end with CRLF, of which none is a lone dot, and the beginning of another;
 * there is no reading in which that ends a message, so that the server drops it when the connection closes (RFC 5321 §4.1.1.10).
 *
 * NUL, which no message needs, is dropped by some servers and ends a line in others, so that a dot with one beside it may be alone for them.
 */
export class ContentScanner {
  readonly #bareLineFeeds: boolean
  /** What there is of the present line. It begins behind DATA's own CRLF, so that a dot may come at once. */
  #line: 'nothing' | 'nul' | 'dot' | 'text' = 'nothing'

  /** `bareLineFeeds`: they are passed on, and end nothing. */
  constructor(bareLineFeeds: boolean) {
    this.#bareLineFeeds = bareLineFeeds
  }

  /** What is passed on must not be given again; what is not must be given again, with what follows it. */
  scan(bytes: Uint8Array): Scanned {
    let at = 0
    while (at < bytes.length) {
      const octet = bytes[at]
      if (octet === CR && at + 1 === bytes.length) return { length: at, found: 'more' }
      if (octet === CR && bytes[at + 1] === LF) {
        at += 2
        if (this.#line === 'dot') return { length: at, found: 'end' }
        this.#line = 'nothing'
      } else if ((octet === CR || octet === LF) && !this.#bareLineFeeds) {
        return { length: at, found: 'bare' }
      } else if ((octet === DOT && this.#line === 'nul') || (octet === NUL && this.#line === 'dot')) {
        return { length: at, found: 'nul' }
      } else if (octet === NUL && this.#line !== 'text') {
        this.#line = 'nul'
        at += 1
      } else if (octet === DOT && this.#line === 'nothing') {
        this.#line = 'dot'
        at += 1
      } else {
        this.#line = 'text'
        at = endOfText(bytes, at + 1)
      }
    }
    return { length: at, found: 'more' }
  }
}

function endOfText(bytes: Uint8Array, from: number): number {
  const { length } = bytes
  let at = from
  for (; at < length; at += 1) {
    const octet = bytes[at]
    if (octet === CR || octet === LF) break
  }
  return at
}
