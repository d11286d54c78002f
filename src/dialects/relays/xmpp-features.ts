import type { XmlToken } from './xml-tokens.ts'

/** Octets of stream features. The longest there are have a few kB. */
const MAX_FEATURES = 64 * 1024

/** What is between the server and the gate, and no client's matter: its own STARTTLS, and ways to bind a login to a TLS that ends at the gate (XEP-0440 §2). */
const HIDDEN = ['starttls', 'sasl-channel-binding']

/** Those that nobody is shown who may not log in: RFC 6120 §6.3.3, XEP-0388 §2.2, XEP-0078 §3, XEP-0077 §8. */
const LOGINS = ['mechanisms', 'authentication', 'auth', 'register']

/** Stream features of a server without what a client must not see: RFC 6120 §4.3.2. */
export class FeaturesReader {
  readonly #hidesLogin: boolean
  readonly #pieces: string[] = []
  #length = 0
  /** Elements that are open, and from which depth on nothing is passed on. */
  #depth = 0
  #hiddenFrom: number | undefined
  /** Where the element of a mechanism begins among the pieces. */
  #mechanism: number | undefined

  constructor(hidesLogin: boolean) {
    this.#hidesLogin = hidesLogin
  }

  /** All of them, at their end; `more` has to come; or they are `too-long`. */
  push(token: XmlToken): { readonly whole: string } | 'more' | 'too-long' {
    this.#length += token.raw.length
    if (this.#length > MAX_FEATURES || token.kind === 'declaration') return 'too-long'
    if (token.kind === 'open') this.#depth += 1
    if ((token.kind === 'open' || token.kind === 'empty') && this.#depth === (token.kind === 'open' ? 2 : 1) && this.#hides(token.name))
      this.#hiddenFrom ??= this.#depth
    if (token.kind === 'open' && token.name === 'mechanism') this.#mechanism = this.#pieces.length
    if (this.#hiddenFrom === undefined) this.#pieces.push(token.raw)
    if (token.kind === 'empty' && this.#hiddenFrom === this.#depth && this.#depth === 1) this.#hiddenFrom = undefined
    if (token.kind === 'close') this.#close(token.name)
    return this.#depth === 0 ? { whole: this.#pieces.join('') } : 'more'
  }

  #hides(name: string): boolean {
    return HIDDEN.includes(name) || (this.#hidesLogin && LOGINS.includes(name))
  }

  #close(name: string): void {
    if (this.#hiddenFrom === this.#depth) this.#hiddenFrom = undefined
    this.#depth -= 1
    if (name !== 'mechanism' || this.#mechanism === undefined) return
    // RFC 5802 §4: bound to the TLS of the connection, which is another one at the server.
    if (/-PLUS\s*<[^<]*$/i.test(this.#pieces.slice(this.#mechanism).join(''))) this.#pieces.length = this.#mechanism
    this.#mechanism = undefined
  }
}
