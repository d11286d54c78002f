import { hasControls, latin1, textOf, utf8 } from '../relays/lines.ts'
import { LoginDoor, LONGEST_LOGIN, type LoginStep, type NoLogin } from './login-door.ts'
import type { LoggedIn } from './onward.ts'
import { SaslClaim, type Claimed } from './sasl-claim.ts'

/** What works before the login, RFC 9051 §7.2.2. What works behind it the server behind says. */
const CAPABILITIES = 'CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN'

/** A literal at the end of a line, RFC 9051 §4.3; with `+` it comes without being asked for, RFC 7888 §3. */
const LITERAL = /\{(\d{1,15})(\+?)\}$/

/** Two strings, RFC 9051 §4.1.1 and §4.3; literals have become quoted. Who has no need of quotes and writes `*` or `%` is understood. */
const TWO_STRINGS = /^("(?:[^"\\]|\\["\\])*"|[^\s"\\(){]+) ("(?:[^"\\]|\\["\\])*"|[^\s"\\(){]+)$/

/** An IMAP server up to the login, RFC 9051 §6.2: LOGIN with strings of every kind, and AUTHENTICATE with PLAIN and LOGIN (RFC 4959 §3). */
export class ImapLogin extends LoginDoor {
  readonly #name: string
  readonly #sasl = new SaslClaim()
  #tag = '*'
  /** Of a command that has literals: what has come of it, and octets of the literal that are due. */
  #begun = ''
  #due: number | undefined

  /** `name`: the one that the gate goes by. */
  constructor(name: string) {
    super()
    this.#name = name
  }

  start(): string {
    return `* OK [${CAPABILITIES}] ${this.#name} ready\r\n`
  }

  welcome({ before, words }: LoggedIn): string {
    return `${before}${this.#tag} OK ${words}\r\n`
  }

  /** RFC 5530 §3. The password is the right one where the server behind is why. */
  protected refusal(why: string, kind: NoLogin): string {
    return `${this.#tag} NO [${kind === 'wrong' ? 'AUTHENTICATIONFAILED' : 'UNAVAILABLE'}] ${why}\r\n`
  }

  protected farewell(why: string): string {
    return `* BYE ${why}\r\n`
  }

  protected read(): LoginStep | undefined {
    if (this.#due !== undefined) return this.#readLiteral(this.#due)
    const read = this.lines.line()
    if (read === undefined) return undefined
    if (read === 'too-long') return this.#tooLong()
    const line = textOf(read)
    if (this.#sasl.isRunning) return this.#answered(this.#sasl.answer(line))
    const literal = LITERAL.exec(line)
    if (literal === null) return this.#command(this.#begun + line)
    const [announced, size = '', plus] = literal
    this.#begun += line.slice(0, -announced.length)
    this.#due = Number(size)
    if (this.#due + this.#begun.length > LONGEST_LOGIN) return this.#tooLong()
    return { toClient: plus === '' ? '+ go on\r\n' : '' }
  }

  /** RFC 7888 §4: who cannot take a literal that comes unasked may end the connection. */
  #tooLong(): LoginStep {
    return { toClient: this.farewell('the line is too long'), end: true }
  }

  /** It goes on as a string in quotes, which can say the same. */
  #readLiteral(size: number): LoginStep | undefined {
    if (this.lines.left < size) return undefined
    this.#begun += `"${latin1(this.lines.take(size)).replaceAll(/["\\]/g, '\\$&')}"`
    this.#due = undefined
    return { toClient: '' }
  }

  #command(text: string): LoginStep {
    this.#begun = ''
    const [, tag = '*', name = '', rest = ''] = /^([^\s(){%*"\\+\x80-\xff]+) ([A-Za-z]+)(?: (.*))?$/s.exec(text) ?? []
    this.#tag = hasControls(tag) ? '*' : tag
    switch (hasControls(text) ? '' : name.toUpperCase()) {
      case 'CAPABILITY':
        return { toClient: `* ${CAPABILITIES}\r\n${tag} OK done\r\n` }
      case 'NOOP':
        return { toClient: `${tag} OK done\r\n` }
      case 'ID':
        return { toClient: `* ID NIL\r\n${tag} OK done\r\n` }
      case 'LOGOUT':
        return { toClient: `* BYE ${this.#name} closes\r\n${tag} OK done\r\n`, end: true }
      case 'LOGIN':
        return this.#login(rest)
      case 'AUTHENTICATE': {
        const [mechanism = '', initial] = rest.split(/ +/)
        return this.#answered(this.#sasl.begin(mechanism, initial))
      }
      default:
        return this.#bad('log in first')
    }
  }

  #login(rest: string): LoginStep {
    const [, user, password] = TWO_STRINGS.exec(rest) ?? []
    if (user === undefined || password === undefined) return this.#bad('a user and a password come here')
    return { toClient: '', claim: { user: utf8(unquoted(user)), password: utf8(unquoted(password)) } }
  }

  #answered(claimed: Claimed): LoginStep {
    if ('claim' in claimed) return { toClient: '', claim: claimed.claim }
    return 'ask' in claimed ? { toClient: `+ ${claimed.ask}\r\n` } : this.#bad(claimed.fault)
  }

  #bad(why: string): LoginStep {
    return this.fault(`${this.#tag} BAD ${why}\r\n`)
  }
}

function unquoted(string: string): string {
  return string.startsWith('"') ? string.slice(1, -1).replaceAll(/\\(["\\])/g, '$1') : string
}
