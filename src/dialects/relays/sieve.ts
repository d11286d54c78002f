import type { Refusal, RelayMaker } from '../relay.ts'
import { withoutBound } from './channel-binding.ts'
import { LineRelay } from './line-relay.ts'
import { hasControls } from './lines.ts'
import type { Framing } from './responses.ts'

/** What is taken before TLS where it is required, RFC 5804 §2.2. */
const BEFORE_TLS = ['CAPABILITY', 'NOOP', 'LOGOUT', 'STARTTLS']

/** A literal at the end of a line, RFC 5804 §4. Nobody waits before it: clients write it with `+`, servers without. */
const LITERAL = /\{(\d{1,15})\+?\}$/

/** What is asked for stands before the answer, and all text may be a literal: RFC 5804 §1.2 and §4. */
const FRAMING: Framing = { answer: /^(?:OK|NO)[ (\r]/i, part: /^["{]/, text: /(?!)/ }

/** Octets of a list of mechanisms that the client does not see. */
const MAX_HIDDEN = 16 * 1024

/** The address of a client, which servers take from a gate that they trust: not from everybody through it. */
const OURS = 'XCLIENT'

/** What a server's answer is to, or the greeting, or the list that follows TLS. */
type Subject = 'greeting' | 'announcement' | 'CAPABILITY' | 'AUTHENTICATE' | 'LOGOUT' | 'another'

/** Where the client is: before a command, behind a literal of one, in one, before a string of SASL, or waiting for the server. */
type Place = 'command' | 'rest' | 'literal' | 'response' | 'waiting'

/** What becomes of a command: it is passed on, it was answered here, or it is refused in so many words. */
type Answer = 'pass' | 'ours' | { readonly refuse: string }

/** A line of the server with its literals: data, or one of the three words that end an answer, RFC 5804 §1.2. */
interface Response {
  readonly kind: 'data' | 'OK' | 'NO' | 'BYE'
  /** The client does not get it. */
  readonly isHidden: boolean
}

/** ManageSieve up to the login: RFC 5804 §2.1, §2.2 and §2.4. */
class SieveRelay extends LineRelay {
  protected override readonly framing: Framing = FRAMING
  #place: Place = 'command'
  /** What the server has not answered yet. */
  #subject: Subject | undefined = 'greeting'
  /** Octets of the client's literal that have not come yet, and whether its command is refused: then nobody gets them. */
  #literal = 0
  #swallows = false
  /** What the server is in the middle of, and octets of its literal that have not come yet. */
  #response: Response | undefined
  #serverLiteral = 0

  protected get serverIsDue(): boolean {
    return this.#subject !== undefined || this.#response !== undefined
  }

  /** RFC 5804 §2.2: the capabilities are said anew. The server behind knows nothing of this TLS, so it is asked for them. */
  protected begin(): void {
    this.#place = 'command'
    this.#subject = 'announcement'
    this.greeted = false
    if (this.refusal === undefined) this.say.toServer('CAPABILITY\r\n')
  }

  /** RFC 5804 §1.2 and §1.3. In the middle of a literal nothing can be said. */
  protected farewell({ words, temporary }: Refusal): string {
    return this.#response === undefined ? `BYE ${temporary ? '(TRYLATER) ' : ''}${quoted(words)}\r\n` : ''
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

  /** The rest of a command behind a literal, or a string of SASL: RFC 5804 §2.1. */
  #goOn(text: string): void {
    if (hasControls(text)) {
      this.finish('not-the-protocol')
      return
    }
    if (!this.#swallows) this.say.toServer(`${text}\r\n`)
    this.#await(text)
  }

  /** Behind a line: its literal, the server, or, when the server has made up its mind already, the next command. */
  #await(text: string): void {
    const size = literalAt(text)
    if (size === undefined) {
      this.#place = this.#subject === undefined ? 'command' : 'waiting'
      this.#swallows = false
    } else if (!this.#swallows || this.mayBeSwallowed(size)) {
      this.#literal = size
      this.#place = 'literal'
    }
  }

  #command(text: string): void {
    const [, name = '', rest = ''] = /^([A-Za-z]+)(?: (.*))?$/.exec(hasControls(text) ? '' : text) ?? []
    const command = name.toUpperCase()
    const answer = this.#answer(command, rest)
    if (answer === 'ours') return
    this.#swallows = answer !== 'pass'
    if (answer === 'pass') {
      this.#subject = command === 'CAPABILITY' || command === 'AUTHENTICATE' || command === 'LOGOUT' ? command : 'another'
      if (command === 'LOGOUT') this.leaving = true
      this.say.toServer(`${text}\r\n`)
    } else this.refuse(`NO ${answer.refuse}\r\n`)
    this.#await(text)
  }

  #answer(command: string, rest: string): Answer {
    if (command === '') return no('This is not a command')
    if (this.refusal !== undefined) return this.#turnedAway(this.refusal, command, rest)
    if (command === 'STARTTLS') return this.#starttls(rest)
    if (command === OURS) return no('Unknown command')
    // RFC 5804 §1.3.
    if (this.hidesLogin && command === 'AUTHENTICATE') return { refuse: `(ENCRYPT-NEEDED) ${quoted(this.#remedy)}` }
    if (this.needsTls && !BEFORE_TLS.includes(command)) return no(this.#remedy)
    // A server that reads such a command in another way would find others in the literal, which nobody has judged.
    if (this.hidesLogin && literalAt(rest) !== undefined) return no('No literals here')
    return 'pass'
  }

  get #remedy(): string {
    return this.needsTlsWords('STARTTLS')
  }

  #starttls(rest: string): Answer {
    if (this.secure) return no('TLS has begun already')
    if (!this.offersTls) return no('STARTTLS is not offered')
    if (rest !== '') return no('STARTTLS takes no arguments')
    this.upgrade('OK "Begin TLS negotiation now"\r\n')
    return 'ours'
  }

  /** The server has no part in this any more. */
  #turnedAway(refusal: Refusal, command: string, rest: string): Answer {
    const [tag] = /^"(?:[^"\\]|\\.)*"$/.exec(rest) ?? []
    if (command === 'CAPABILITY') {
      this.say.toClient('"IMPLEMENTATION" "Postern"\r\n"SASL" "PLAIN"\r\n"SIEVE" ""\r\n"VERSION" "1.0"\r\nOK\r\n')
    } else if (command === 'NOOP') {
      this.say.toClient(tag === undefined ? 'OK\r\n' : `OK (TAG ${tag}) "Done"\r\n`)
    } else if (command === 'LOGOUT') {
      this.say.toClient('OK\r\n')
      this.quit()
    } else return { refuse: `${refusal.temporary ? '(TRYLATER) ' : ''}${quoted(refusal.words)}` }
    return 'ours'
  }

  protected readServer(): boolean {
    if (this.#serverLiteral > 0) {
      const bytes = this.server.take(this.#serverLiteral)
      this.#serverLiteral -= bytes.length
      if (this.#response?.isHidden === false) this.say.toClient(bytes)
      return bytes.length > 0
    }
    const text = this.serverLine()
    if (text === undefined) return false
    this.#response ??= this.#hear(text)
    if (this.#response === undefined) return false
    if (!this.#response.isHidden) this.say.toClient(`${text}\r\n`)
    const size = literalAt(text)
    if (size === undefined) this.#heard(this.#response)
    else if (this.#response.isHidden && size > MAX_HIDDEN) this.finish('server-misbehaves')
    else this.#serverLiteral = size
    return true
  }

  /** The beginning of a line of the server. Undefined when it ends the connection. */
  #hear(text: string): Response | undefined {
    const kind = kindOf(text)
    const isList = this.#subject === 'greeting' || this.#subject === 'announcement' || this.#subject === 'CAPABILITY'
    const isWrong = kind === undefined || (kind === 'NO' && this.#subject === 'announcement')
    if (kind === undefined || isWrong) {
      this.finish('server-misbehaves')
      return undefined
    }
    if (kind === 'OK' && this.#subject === 'AUTHENTICATE' && this.refusal !== undefined) {
      this.finish('turned-away')
      return undefined
    }
    this.greeted = true
    if (!isList) return { kind, isHidden: false }
    if (kind === 'OK' && this.offersTls) this.say.toClient('"STARTTLS"\r\n')
    return { kind, isHidden: kind === 'data' && this.#hides(text) }
  }

  /** RFC 5804 §1.7: STARTTLS is the gate's to announce; the list of SASL is empty where one has to say STARTTLS first. */
  #hides(text: string): boolean {
    const [, name = ''] = /^"([^"]*)"/.exec(text) ?? []
    const capability = name.toUpperCase()
    if (capability !== 'SASL') return capability === 'STARTTLS' || capability === OURS
    const [, mechanisms] = /^"[^"]*" "([^"\\]*)"$/.exec(text) ?? []
    if (mechanisms === undefined && !this.hidesLogin) return false
    this.say.toClient(`"SASL" "${this.hidesLogin ? '' : withoutBound(mechanisms ?? '')}"\r\n`)
    return true
  }

  /** The end of a line of the server. */
  #heard({ kind }: Response): void {
    const subject = this.#subject
    this.#response = undefined
    if (kind === 'data') {
      if (subject === 'AUTHENTICATE' && this.#place === 'waiting') this.#place = 'response'
      return
    }
    this.#subject = undefined
    if (this.#place === 'waiting' || this.#place === 'response') this.#place = 'command'
    if (kind === 'BYE' || (kind === 'NO' && subject === 'greeting')) this.leaving = true
    if (kind === 'OK' && subject === 'AUTHENTICATE') this.copy()
    if (subject === 'LOGOUT') this.quit()
  }
}

function kindOf(text: string): Response['kind'] | undefined {
  if (/^OK(?=[ (]|$)/i.test(text)) return 'OK'
  if (/^NO(?=[ (]|$)/i.test(text)) return 'NO'
  if (/^BYE(?=[ (]|$)/i.test(text)) return 'BYE'
  return /^["{]/.test(text) ? 'data' : undefined
}

function literalAt(text: string): number | undefined {
  const [, size] = LITERAL.exec(text) ?? []
  return size === undefined ? undefined : Number(size)
}

function no(words: string): Answer {
  return { refuse: quoted(words) }
}

/** RFC 5804 §4: a string in quotes. */
function quoted(words: string): string {
  return `"${words.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}

export const sieveRelay: RelayMaker = (options) => new SieveRelay(options)
