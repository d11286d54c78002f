import { Lines, latin1 } from '../relays/lines.ts'
import { hearLines, LONGEST_ANSWER, type OnwardScript, type OnwardStep } from './onward.ts'
import { saslWords, type Login } from './sasl.ts'

/** Lines of a list of capabilities. */
const MOST_LINES = 200

/** Logs in at a POP3 server: its greeting, CAPA (RFC 2449 §5), AUTH (RFC 5034 §4), or USER and PASS where there is none, its answer. */
export class Pop3Onward implements OnwardScript {
  readonly #login: Login
  readonly #lines = new Lines(LONGEST_ANSWER)
  #waits: 'greeting' | 'capa' | 'list' | 'login' = 'greeting'
  #listed = 0
  /** Whoever does not say what it has is asked for what those of today have. */
  #mechanisms: readonly string[] = ['XOAUTH2']
  #toSay: readonly string[] = []

  constructor(login: Login) {
    this.#login = login
  }

  push(bytes: Uint8Array): OnwardStep {
    return hearLines(this.#lines, bytes, (text) => this.#hear(text))
  }

  #hear(text: string): OnwardStep {
    const isOk = /^\+OK(?: |$)/i.test(text)
    switch (this.#waits) {
      case 'greeting':
        return isOk ? this.#say('capa', 'CAPA') : refused(text)
      case 'capa':
        return isOk ? this.#say('list') : this.#logIn()
      case 'list':
        return this.#capability(text)
      default:
        return this.#answered(text, isOk)
    }
  }

  /** RFC 5034 §3. */
  #capability(text: string): OnwardStep {
    this.#listed += 1
    if (text === '.') return this.#logIn()
    if (this.#listed > MOST_LINES) return { send: '', outcome: { kind: 'nonsense', words: text } }
    const [, offered] = /^SASL (.*)$/i.exec(text) ?? []
    if (offered !== undefined) this.#mechanisms = offered.toUpperCase().split(/ +/)
    return this.#say('list')
  }

  /** A token would be too long for the line of the command, RFC 5034 §4. */
  #logIn(): OnwardStep {
    const { user, kind, secret } = this.#login
    const found = saslWords(this.#login, this.#mechanisms)
    if (found === undefined && kind === 'token') return { send: '', outcome: { kind: 'no-way' } }
    this.#toSay = found?.says ?? [`PASS ${wire(secret)}`]
    return this.#say('login', found === undefined ? `USER ${wire(user)}` : `AUTH ${found.mechanism}`)
  }

  #answered(text: string, isOk: boolean): OnwardStep {
    const [next, ...more] = this.#toSay
    const goesOn = /^\+(?: |$)/.test(text) || (isOk && (next ?? '').startsWith('PASS '))
    if (goesOn && next !== undefined) {
      this.#toSay = more
      return this.#say('login', next)
    }
    if (/^-ERR(?: |$)/i.test(text)) return refused(text)
    const words = wordsOf(text)
    // Nobody has asked for more.
    const isReady = isOk && this.#lines.left === 0
    return { send: '', outcome: isReady ? { kind: 'ready', before: '', words, behind: '' } : { kind: 'nonsense', words } }
  }

  #say(next: 'capa' | 'list' | 'login', line?: string): OnwardStep {
    this.#waits = next
    return { send: line === undefined ? '' : `${line}\r\n`, outcome: undefined }
  }
}

function refused(text: string): OnwardStep {
  return { send: '', outcome: { kind: 'refused', words: wordsOf(text) } }
}

function wordsOf(text: string): string {
  return text.replace(/^\S+ ?/, '')
}

/** A character for each octet of UTF-8. */
function wire(text: string): string {
  return latin1(Buffer.from(text, 'utf8'))
}
