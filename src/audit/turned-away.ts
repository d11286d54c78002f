import type { Line } from './line.ts'

/** A door that says this to everybody is given up after so many tries, none of which was made in the pause after another one. */
const TRIES = 5

/**
 * What a server says in plain text, where TLS was to begin, to whom it has no room for now: SMTP and FTP (RFC 5321 §3.8, RFC 959 §4.2)
 * and NNTP (RFC 3977 §3.2.1), IMAP (RFC 9051 §7.1.5), POP3 (RFC 1939 §3), ManageSieve (RFC 5804 §1.3), IRC (RFC 2812 §3.7.4).
 */
const WORDS = /^(?:4\d\d[ -]|\* BYE\b|-ERR\b|BYE\b|ERROR :)/i

/** Of what a line begins with, no more is looked at. */
export const MOST_BEGINNING = 8

/** Whether the first bytes of a connection are the plain words with which a server turns somebody away. */
export function turnsAway(beginning: Uint8Array): boolean {
  return WORDS.test(Buffer.from(beginning).toString('latin1'))
}

/**
 * A server with TLS from the start may be too busy for it, and say so in plain text. It is asked again, unless that is all that it has
 * ever said: then it speaks no TLS.
 */
export class TurnedAway {
  #served = false
  #tries = 0

  /**
   * To be told of each line that was asked. True where its question is to be asked again on another one. `pausing`: somebody else was
   * turned away just before, so that this one says no more.
   */
  asksAgain({ beginning }: Pick<Line, 'beginning'>, { pausing }: { readonly pausing: boolean }): boolean {
    if (!turnsAway(beginning)) {
      this.#served ||= beginning.length > 0
      return false
    }
    if (!pausing) this.#tries++
    return this.#served || this.#tries < TRIES
  }
}
