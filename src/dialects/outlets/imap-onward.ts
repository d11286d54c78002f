import { Lines, latin1 } from '../relays/lines.ts'
import { hearLines, LONGEST_ANSWER, SAYS_TOO_MUCH, type OnwardOutcome, type OnwardScript, type OnwardStep } from './onward.ts'
import { saslWords, type Login } from './sasl.ts'

/** Lines that a server says of its own accord before it answers. */
const MOST_LINES = 100

/** What is of no use to whoever is logged in, and what would lead back to a login that the server behind does not take: RFC 8437 §2. */
const NOT_FOR_CLIENTS = /^(?:AUTH=.*|SASL-IR|STARTTLS|LOGINDISABLED|LOGIN-REFERRALS|UNAUTHENTICATE)$/i

/** Logs in at an IMAP server: its greeting, CAPABILITY, AUTHENTICATE (RFC 9051 §6.2.2), or LOGIN for a password where there is nothing better, its answer. */
export class ImapOnward implements OnwardScript {
  readonly #login: Login
  readonly #lines = new Lines(LONGEST_ANSWER)
  /** The command that is not answered yet. */
  #tag: '' | 'P1' | 'P2' = ''
  #capabilities: readonly string[] = []
  #toSay: readonly string[] = []
  #before = ''
  #heard = 0

  constructor(login: Login) {
    this.#login = login
  }

  push(bytes: Uint8Array): OnwardStep {
    return hearLines(this.#lines, bytes, (text) => {
      this.#heard += 1
      return this.#heard > MOST_LINES ? ends(SAYS_TOO_MUCH) : this.#hear(text)
    })
  }

  #hear(text: string): OnwardStep {
    if (this.#tag === '') return /^\* OK(?: |$)/i.test(text) ? this.#ask('P1', 'CAPABILITY') : ends(refusedBy(text))
    const [, tag, kind = '', words = ''] = /^(\S+) (OK|NO|BAD|BYE)(?: (.*))?$/i.exec(text) ?? []
    if (tag === this.#tag) return kind.toUpperCase() === 'OK' ? this.#done(words) : ends({ kind: 'refused', words })
    if (/^\+(?: |$)/.test(text)) return this.#goOn()
    if (kind.toUpperCase() === 'BYE') return ends({ kind: 'refused', words })
    // A literal cannot be followed here, and nothing that has one is said before anybody is logged in.
    if (!text.startsWith('* ') || /\{\d+\+?\}$/.test(text)) return ends({ kind: 'nonsense', words: text })
    this.#untagged(text)
    return NOTHING
  }

  #untagged(text: string): void {
    const [, list] = /^\* CAPABILITY (.*)$/i.exec(text) ?? []
    if (this.#tag === 'P1' && list !== undefined) this.#capabilities = list.toUpperCase().split(' ')
    // What is said before the login is for the gate, but for what everybody has to see: RFC 9051 §7.1.
    else if (this.#tag === 'P2' || /^\* \w+ \[ALERT\]/i.test(text)) this.#before += `${shown(text)}\r\n`
  }

  #done(words: string): OnwardStep {
    if (this.#tag === 'P1') return this.#logIn()
    return ends({ kind: 'ready', before: this.#before, words: shown(words), behind: latin1(this.#lines.take()) })
  }

  #logIn(): OnwardStep {
    const { user, kind, secret } = this.#login
    const offered = this.#capabilities.flatMap((name) => (name.startsWith('AUTH=') ? [name.slice('AUTH='.length)] : []))
    const found = saslWords(this.#login, offered)
    if (found === undefined)
      return kind === 'token' || this.#capabilities.includes('LOGINDISABLED')
        ? ends({ kind: 'no-way' })
        : this.#ask('P2', `LOGIN ${quoted(user)} ${quoted(secret)}`)
    const { mechanism, says, mayBeginAtOnce } = found
    const [first, ...more] = says
    // RFC 4959 §3.
    const atOnce = mayBeginAtOnce && this.#capabilities.includes('SASL-IR')
    this.#toSay = atOnce ? more : says
    return this.#ask('P2', `AUTHENTICATE ${mechanism}${atOnce ? ` ${first}` : ''}`)
  }

  /** What is said on a go-ahead; when there is no more of it, that it is given up: RFC 9051 §6.2.2. */
  #goOn(): OnwardStep {
    const [next = '*', ...more] = this.#toSay
    this.#toSay = more
    return { send: `${next}\r\n`, outcome: undefined }
  }

  #ask(tag: 'P1' | 'P2', command: string): OnwardStep {
    this.#tag = tag
    return { send: `${tag} ${command}\r\n`, outcome: undefined }
  }
}

const NOTHING: OnwardStep = { send: '', outcome: undefined }

function ends(outcome: OnwardOutcome): OnwardStep {
  return { send: '', outcome }
}

/** A greeting that lets nobody go on; one that has let in somebody already may have let in anybody: RFC 9051 §7.1.4. */
function refusedBy(greeting: string): OnwardOutcome {
  const [, words] = /^\* BYE(?: (.*))?$/i.exec(greeting) ?? []
  return words === undefined ? { kind: 'nonsense', words: greeting } : { kind: 'refused', words }
}

/** A response with a list of capabilities in it as somebody may see it who is logged in. */
function shown(text: string): string {
  const left = (list: string): string =>
    list
      .split(' ')
      .filter((name) => !NOT_FOR_CLIENTS.test(name))
      .join(' ')
  return text
    .replace(/^\* CAPABILITY .*$/i, left)
    .replace(/^((?:\* OK )?\[CAPABILITY )([^\]]*)/i, (_all, before: string, list: string) => before + left(list))
}

/** RFC 9051 §4.3. A character for each octet of UTF-8. */
function quoted(text: string): string {
  return `"${latin1(Buffer.from(text, 'utf8')).replaceAll(/["\\]/g, '\\$&')}"`
}
