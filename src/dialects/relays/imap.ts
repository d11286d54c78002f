import type { Refusal, RelayMaker } from '../relay.ts'
import { showResponse, type Showing } from './imap-capabilities.ts'
import { LineRelay } from './line-relay.ts'
import { hasControls } from './lines.ts'
import type { Framing } from './responses.ts'

/** What is taken before TLS where it is required: RFC 9051 §6.1 and §6.2.1, RFC 2971 §3.1. */
const BEFORE_TLS = ['CAPABILITY', 'NOOP', 'LOGOUT', 'STARTTLS', 'ID']

/** RFC 9051 §6.2.2 and §6.2.3. */
const LOGINS = ['AUTHENTICATE', 'LOGIN']

/** A literal at the end of a line, RFC 9051 §4.3; with `+` it comes without being asked for, RFC 7888 §3. */
const LITERAL = /\{(\d{1,15})(\+?)\}$/

/** Each response stands for itself, RFC 9051 §7; of those with text that is for people nothing is a literal, §7.1. */
const FRAMING: Framing = {
  answer: /^(?:\+[ \r]|\* (?:\d+ )?[A-Z][\w.=+-]*[ \r]|[^\s(){%*"\\+\x80-\xff]+ (?:OK|NO|BAD)[ \r])/i,
  part: /(?!)/,
  text: /^(?:\+|\* (?:OK|NO|BAD|BYE)[ \r]|[^\s*+]+ )/i,
}

/** What is answered to a client that is turned away. One that sees a SASL mechanism and no LOGIN asks before it shows its password. */
const OF_THE_GATE: ReadonlyMap<string, string> = new Map([
  ['CAPABILITY', '* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN\r\n'],
  ['ID', '* ID NIL\r\n'],
  ['NOOP', ''],
  ['LOGOUT', '* BYE Good-bye\r\n'],
])

/** Where the client is: before a command, behind a literal of one, in one, before a line of SASL, or waiting for the server. */
type Place = 'command' | 'rest' | 'literal' | 'response' | 'waiting'

/** A command that was passed on, and is not answered yet. */
interface Pending {
  readonly tag: string
  readonly name: string
  /** Octets of a literal that the client sends when the server asks for it. */
  readonly literal: number | undefined
}

/** What becomes of a command: it is passed on, it was answered here, or it is refused in so many words. */
type Answer = 'pass' | 'ours' | { readonly refuse: string }

interface Literal {
  readonly size: number
  readonly isAsked: boolean
}

/** IMAP up to the login: RFC 9051 §6.1 and §6.2, RFC 3501 §6.2.1, RFC 2595 §3. */
class ImapRelay extends LineRelay {
  protected override readonly framing: Framing = FRAMING
  #place: Place = 'command'
  #pending: Pending | undefined
  /** Octets of the client's literal that have not come yet, and whether its command is refused: then nobody gets them. */
  #literal = 0
  #swallows = false
  /** Octets of the server's literal that have not come yet, and whether the line behind it goes on with a response. */
  #serverLiteral = 0
  #insideResponse = false

  protected get serverIsDue(): boolean {
    return !this.greeted || this.#pending !== undefined || this.#insideResponse
  }

  protected begin(): void {
    this.#place = 'command'
  }

  /** RFC 9051 §7.1.5. In the middle of a response nothing can be said. */
  protected farewell({ words, temporary }: Refusal): string {
    if (this.#insideResponse) return ''
    return `* BYE ${temporary ? '[UNAVAILABLE] ' : ''}${words}\r\n`
  }

  protected readClient(): boolean {
    if (this.#place === 'waiting') return false
    if (this.#place === 'literal') return this.#readLiteral()
    const text = this.#place === 'command' ? this.clientCommand() : this.clientLine()
    if (text === undefined) return false
    if (this.#place === 'command') this.#command(text)
    else this.#goOn(text)
    return true
  }

  #readLiteral(): boolean {
    const bytes = this.client.take(this.#literal)
    this.#literal -= bytes.length
    if (!this.#swallows) this.say.toServer(bytes)
    if (this.#literal === 0) this.#place = 'rest'
    return bytes.length > 0 || this.#literal === 0
  }

  /** The rest of a command behind a literal, or a line of SASL: RFC 9051 §6.2.2. */
  #goOn(text: string): void {
    if (hasControls(text)) {
      this.finish('not-the-protocol')
      return
    }
    const literal = this.#place === 'rest' ? literalAt(text) : undefined
    if (!this.#swallows) this.say.toServer(`${text}\r\n`)
    this.#await(literal)
  }

  /** Behind a line: its literal, the server, or, when the server has made up its mind already, the next command. */
  #await(literal: Literal | undefined): void {
    if (literal !== undefined && !(literal.isAsked && this.#swallows)) {
      if (this.#swallows && !this.mayBeSwallowed(literal.size)) return
      this.#literal = literal.size
      if (!literal.isAsked) this.#place = 'literal'
      else if (this.#pending === undefined) this.#place = 'command'
      else {
        this.#pending = { ...this.#pending, literal: literal.size }
        this.#place = 'waiting'
      }
      return
    }
    this.#place = this.#pending === undefined ? 'command' : 'waiting'
    this.#swallows = false
  }

  #command(text: string): void {
    // Servers do not agree on what ends at a control character.
    const isPlain = !hasControls(text)
    const [, tag = '*', name = '', rest = ''] = /^([^\s(){%*"\\+\x80-\xff]+) ([A-Za-z][\w.=-]*)(?: (.*))?$/.exec(isPlain ? text : '') ?? []
    const literal = literalAt(text)
    const command = name.toUpperCase()
    const answer = this.#answer(tag, command, rest, literal)
    if (answer === 'ours') return
    this.#swallows = answer !== 'pass'
    if (answer === 'pass') {
      this.#pending = { tag, name: command, literal: undefined }
      this.say.toServer(`${command === 'ID' ? withoutForeignFields(tag, rest, text) : text}\r\n`)
    } else this.refuse(`${tag} ${answer.refuse}\r\n`)
    this.#await(literal)
  }

  #answer(tag: string, command: string, rest: string, literal: Literal | undefined): Answer {
    if (command === '') return bad('This is not a command')
    if (this.refusal !== undefined) return this.#turnedAway(this.refusal, tag, command)
    if (command === 'STARTTLS') return this.#starttls(tag, rest)
    // What comes behind it cannot be read here, and it is for those who are logged in, RFC 4978 §3.
    if (command === 'COMPRESS') return bad('Log in first')
    if (this.hidesLogin && LOGINS.includes(command)) return this.#first()
    if (this.needsTls && !BEFORE_TLS.includes(command)) return this.#first()
    // A server that does not know such literals would read one as commands, which nobody has judged; and fields of ID would hide in it.
    if (literal !== undefined && (this.hidesLogin || command === 'ID')) return bad('No literals here')
    if (command === 'LOGOUT') this.leaving = true
    return 'pass'
  }

  /** RFC 5530 §3. */
  #first(): Answer {
    return { refuse: `NO [PRIVACYREQUIRED] ${this.needsTlsWords('STARTTLS')}` }
  }

  #starttls(tag: string, rest: string): Answer {
    if (this.secure) return bad('TLS has begun already')
    if (!this.offersTls) return bad('STARTTLS is not offered')
    if (rest !== '') return bad('STARTTLS takes no arguments')
    this.upgrade(`${tag} OK Begin TLS negotiation now\r\n`)
    return 'ours'
  }

  /** The server has no part in this any more. */
  #turnedAway(refusal: Refusal, tag: string, command: string): Answer {
    const said = OF_THE_GATE.get(command)
    // RFC 5530 §3.
    if (said === undefined) return { refuse: `NO [${refusal.temporary ? 'UNAVAILABLE' : 'PRIVACYREQUIRED'}] ${refusal.words}` }
    this.say.toClient(`${said}${tag} OK Done\r\n`)
    if (command === 'LOGOUT') this.quit()
    return 'ours'
  }

  protected readServer(): boolean {
    if (this.#serverLiteral > 0) {
      const bytes = this.server.take(this.#serverLiteral)
      this.#serverLiteral -= bytes.length
      this.say.toClient(bytes)
      return bytes.length > 0
    }
    const text = this.serverLine()
    if (text === undefined) return false
    if (this.#insideResponse) this.#data(text)
    else if (this.greeted) this.#response(text)
    else this.#greeting(text)
    return true
  }

  /** RFC 9051 §7.1. */
  #greeting(text: string): void {
    const [, kind = ''] = /^\* (OK|PREAUTH|BYE)(?: |$)/i.exec(text) ?? []
    const isPreauth = kind.toUpperCase() === 'PREAUTH'
    // RFC 9051 §7.1.4: whoever is logged in already cannot say STARTTLS, so TLS can never begin.
    if (kind === '' || (isPreauth && this.needsTls)) {
      this.finish('server-misbehaves')
      return
    }
    this.greeted = true
    this.leaving = /^BYE$/i.test(kind)
    this.#show(text, isPreauth)
    if (isPreauth) this.copy()
  }

  #response(text: string): void {
    if (/^\+(?: |$)/.test(text)) {
      this.#show(text)
      this.#continue()
      return
    }
    const [, tag, kind = ''] = /^(\S+) (OK|NO|BAD|PREAUTH|BYE)(?: |$)/i.exec(text) ?? []
    if (tag !== undefined && tag === this.#pending?.tag && /^(?:OK|NO|BAD)$/i.test(kind))
      this.#answered(this.#pending, kind.toUpperCase(), text)
    else if (tag !== undefined || /^\* CAPABILITY(?: |$)/i.test(text)) {
      if (tag === '*' && /^BYE$/i.test(kind)) this.leaving = true
      this.#show(text)
    } else this.#data(text)
  }

  /** A response that may have literals. The text of a status response has none, whatever it ends with. */
  #data(text: string): void {
    this.say.toClient(`${text}\r\n`)
    const literal = literalAt(text)
    this.#insideResponse = literal !== undefined
    this.#serverLiteral = literal?.size ?? 0
  }

  /** The server wants the literal that was announced, or the next line of SASL: RFC 9051 §7.6. */
  #continue(): void {
    if (this.#place !== 'waiting' || this.#pending === undefined) return
    if (this.#pending.literal !== undefined) {
      this.#pending = { ...this.#pending, literal: undefined }
      this.#place = 'literal'
    } else if (this.#pending.name === 'AUTHENTICATE') this.#place = 'response'
  }

  #answered({ tag, name }: Pending, kind: string, text: string): void {
    this.#pending = undefined
    if (this.#place === 'waiting' || this.#place === 'response') this.#place = 'command'
    const isLoggedIn = kind === 'OK' && LOGINS.includes(name)
    if (isLoggedIn && this.refusal !== undefined) {
      this.say.toClient(`${tag} NO ${this.refusal.words}\r\n`)
      this.finish('turned-away')
      return
    }
    this.#show(text, isLoggedIn)
    if (isLoggedIn) this.copy()
    if (name === 'LOGOUT' && kind === 'OK') this.quit()
  }

  /** Once somebody is logged in STARTTLS is not to be had, RFC 9051 §6.2.1, and nothing of logging in has to be hidden. */
  #show(text: string, isLoggedIn: boolean = false): void {
    const showing: Showing = { starttls: this.offersTls && !isLoggedIn, hidesLogin: this.hidesLogin && !isLoggedIn }
    this.say.toClient(`${showResponse(text, showing)}\r\n`)
  }
}

function bad(words: string): Answer {
  return { refuse: `BAD ${words}` }
}

function literalAt(text: string): Literal | undefined {
  const [, size, plus] = LITERAL.exec(text) ?? []
  return size === undefined ? undefined : { size: Number(size), isAsked: plus === '' }
}

/**
 * ID without fields that only a gate may set: Dovecot takes the address of the client from `x-originating-ip` of a host that it trusts, in
 * quotes or without. No field of RFC 2971 §3.3 begins so.
 */
function withoutForeignFields(tag: string, rest: string, text: string): string {
  return /[\s("]x-/i.test(rest.replaceAll('\\', '')) ? `${tag} ID NIL` : text
}

export const imapRelay: RelayMaker = (options) => new ImapRelay(options)
