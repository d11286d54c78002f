import type { Refusal, RelayMaker } from '../relay.ts'
import { isBound, withoutBound } from './channel-binding.ts'
import { LineRelay } from './line-relay.ts'
import { hasControls } from './lines.ts'

/** What is taken before TLS where it is required, RFC 2595 §4: nothing that logs in. */
const BEFORE_TLS = ['CAPA', 'NOOP', 'QUIT', 'STLS']

/** RFC 1939 §7 and RFC 5034 §4. */
const LOGINS = ['USER', 'PASS', 'APOP', 'AUTH']

/** Of these the last: with `+OK` to it the client is logged in. */
const LAST_OF_LOGIN = ['PASS', 'APOP', 'AUTH']

/** AUTH alone, with which clients ask for a list of mechanisms since before RFC 5034 §3, and nobody logs in. */
const MECHANISMS = 'AUTH?'

/** The timestamp in a greeting, with which a client logs in by APOP: RFC 1939 §7. */
const TIMESTAMP = / ?<[^<>\s]+>/g

/** The address of a client, which servers take from a gate that they trust: not from everybody through it. */
const OURS = /^XCLIENT\b/i

/** What becomes of a command: it is passed on, it was answered here, or it is refused in so many words. */
type Answer = 'pass' | 'ours' | { readonly refuse: string }

/** POP3 up to the login: RFC 1939 §4, RFC 2449 §5, RFC 2595 §4, RFC 5034 §4. */
class Pop3Relay extends LineRelay {
  /** The command that the server has not answered yet, in upper case, and whether it is in the middle of a list. */
  #pending: string | undefined
  #insideList = false
  /** A line of SASL is wanted of the client: RFC 5034 §4. */
  #wantsResponse = false

  protected get serverIsDue(): boolean {
    return !this.greeted || this.#pending !== undefined
  }

  protected begin(): void {
    this.#wantsResponse = false
  }

  /** RFC 3206 §4. */
  protected farewell({ words, temporary }: Refusal): string {
    return `${this.#insideList ? '.\r\n' : ''}-ERR [SYS/${temporary ? 'TEMP' : 'PERM'}] ${words}\r\n`
  }

  /** RFC 1939 §3: a client that is idle for too long gets no response, and any other would be one to a command. */
  override lastWords(): undefined {
    return undefined
  }

  protected readClient(): boolean {
    const text = this.#wantsResponse ? this.clientLine() : this.clientCommand()
    if (text === undefined) return false
    if (this.#wantsResponse) this.#response(text)
    else this.#command(text)
    return true
  }

  #response(text: string): void {
    if (hasControls(text)) {
      this.finish('not-the-protocol')
      return
    }
    this.#wantsResponse = false
    this.say.toServer(`${text}\r\n`)
  }

  #command(text: string): void {
    const [, name = '', rest = ''] = /^([A-Za-z][\w-]*)(?: (.*))?$/.exec(hasControls(text) ? '' : text) ?? []
    const command = name.toUpperCase()
    const answer = this.#answer(command, rest)
    if (answer === 'ours') return
    if (answer !== 'pass') {
      this.refuse(`-ERR ${answer.refuse}\r\n`)
      return
    }
    this.#pending = command === 'AUTH' && rest.trim() === '' ? MECHANISMS : command
    if (command === 'QUIT') this.leaving = true
    this.say.toServer(`${text}\r\n`)
  }

  #answer(command: string, rest: string): Answer {
    if (command === '') return { refuse: 'This is not a command' }
    if (this.refusal !== undefined) return this.#turnedAway(this.refusal, command)
    if (command === 'STLS') return this.#stls(rest)
    if (OURS.test(command)) return { refuse: 'Unknown command' }
    const isRefused = (this.hidesLogin && LOGINS.includes(command)) || (this.needsTls && !BEFORE_TLS.includes(command))
    if (!isRefused) return 'pass'
    // RFC 3206 §4: this stays so until somebody changes the settings.
    return { refuse: `[SYS/PERM] ${this.needsTlsWords('STLS')}` }
  }

  #stls(rest: string): Answer {
    if (this.secure) return { refuse: 'TLS has begun already' }
    if (!this.offersTls) return { refuse: 'STLS is not offered' }
    if (rest.trim() !== '') return { refuse: 'STLS takes no arguments' }
    this.upgrade('+OK Begin TLS negotiation now\r\n')
    return 'ours'
  }

  /** The server has no part in this any more. A client that sees USER is told why before it shows its password. */
  #turnedAway(refusal: Refusal, command: string): Answer {
    if (command === 'CAPA') this.say.toClient('+OK\r\nUSER\r\nRESP-CODES\r\n.\r\n')
    else if (command === 'QUIT') {
      this.say.toClient('+OK Good-bye\r\n')
      this.quit()
    } else return { refuse: `[SYS/${refusal.temporary ? 'TEMP' : 'PERM'}] ${refusal.words}` }
    return 'ours'
  }

  protected readServer(): boolean {
    const text = this.serverLine()
    if (text === undefined) return false
    if (this.#insideList) this.#capability(text)
    else if (!this.greeted) this.#greeting(text)
    else this.#reply(text)
    return true
  }

  /** RFC 1939 §4. */
  #greeting(text: string): void {
    if (!/^(?:\+OK|-ERR)(?: |$)/i.test(text)) {
      this.finish('server-misbehaves')
      return
    }
    this.greeted = true
    this.leaving = text.startsWith('-')
    this.say.toClient(`${this.hidesLogin ? text.replaceAll(TIMESTAMP, '') : text}\r\n`)
  }

  #reply(text: string): void {
    const command = this.#pending
    const isOk = /^\+OK(?: |$)/i.test(text)
    if (command === 'AUTH' && /^\+(?: |$)/.test(text)) this.#wantsResponse = true
    else if (isOk || /^-ERR(?: |$)/i.test(text)) {
      this.#answered(command, isOk, text)
      return
    }
    this.say.toClient(`${text}\r\n`)
  }

  #answered(command: string | undefined, isOk: boolean, text: string): void {
    this.#wantsResponse = false
    if (command === 'CAPA' && !isOk && this.offersTls) {
      this.#announce()
      return
    }
    this.#insideList = isOk && (command === 'CAPA' || command === MECHANISMS)
    if (!this.#insideList) this.#pending = undefined
    const isLoggedIn = isOk && command !== undefined && LAST_OF_LOGIN.includes(command)
    if (isLoggedIn && this.refusal !== undefined) {
      this.finish('turned-away')
      return
    }
    this.say.toClient(`${text}\r\n`)
    if (isLoggedIn) this.copy()
    if (isOk && command === 'QUIT') this.quit()
  }

  /** RFC 2449 §5. Of a server that does not know CAPA no client would learn of STLS. */
  #announce(): void {
    this.#pending = undefined
    this.say.toClient(`+OK\r\n${this.hidesLogin ? '' : 'USER\r\n'}STLS\r\n.\r\n`)
  }

  /** A line of the list: STLS is the gate's to announce, USER and SASL (RFC 2449 §6.2, RFC 5034 §3) where logging in is possible. */
  #capability(text: string): void {
    if (text === '.') {
      this.say.toClient(this.offersTls && this.#pending === 'CAPA' ? 'STLS\r\n.\r\n' : '.\r\n')
      this.#insideList = false
      this.#pending = undefined
      return
    }
    if (/^STLS\b/i.test(text) || OURS.test(text) || (this.hidesLogin && /^(?:USER|SASL)\b/i.test(text))) return
    if (this.#pending === MECHANISMS && isBound(text)) return
    const shown = /^SASL /i.test(text) ? withoutBound(text) : text
    if (shown === text || shown.includes(' ')) this.say.toClient(`${shown}\r\n`)
  }
}

export const pop3Relay: RelayMaker = (options) => new Pop3Relay(options)
