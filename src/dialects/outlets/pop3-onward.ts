import { Lines, textOf } from '../relays/lines.ts'
import { xoauth2, type Login } from './smtp-login.ts'

export type OnwardOutcome = { readonly kind: 'ready' } | { readonly kind: 'refused' | 'nonsense'; readonly words: string }

const LONGEST = 16 * 1024

/** Logs in at a POP3 server with a token: its greeting, AUTH XOAUTH2 (RFC 5034 §4), its answer. A script without a socket. */
export class Pop3Onward {
  readonly #login: Login
  readonly #lines = new Lines(LONGEST)
  #greeted = false
  #isSaid = false

  constructor(login: Login) {
    this.#login = login
  }

  push(bytes: Uint8Array): { readonly send: string; readonly outcome: OnwardOutcome | undefined } {
    this.#lines.push(bytes)
    for (;;) {
      const line = this.#lines.line()
      if (line === undefined) return { send: '', outcome: undefined }
      const text = line === 'too-long' ? '' : textOf(line)
      const words = text.replace(/^\S+ ?/, '')
      if (!this.#greeted) {
        if (!text.startsWith('+OK')) return { send: '', outcome: { kind: 'refused', words } }
        this.#greeted = true
        return { send: 'AUTH XOAUTH2\r\n', outcome: undefined }
      }
      if (/^\+(?: |$)/.test(text)) return { send: this.#answer(), outcome: undefined }
      if (text.startsWith('-ERR')) return { send: '', outcome: { kind: 'refused', words } }
      const isReady = text.startsWith('+OK') && this.#lines.left === 0
      return { send: '', outcome: isReady ? { kind: 'ready' } : { kind: 'nonsense', words } }
    }
  }

  /** A token would be too long for the line of the command, RFC 5034 §4. What is wrong with it is told to whoever answers with an empty line. */
  #answer(): string {
    const said = this.#isSaid ? '' : xoauth2(this.#login)
    this.#isSaid = true
    return `${said}\r\n`
  }
}
