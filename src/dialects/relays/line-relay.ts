import type { Ending, Parting, Refusal, Relay, RelayOptions, RelayStep } from '../relay.ts'
import { Lines, beginsHello, octets, textOf } from './lines.ts'
import { PARTINGS } from './parting.ts'
import { Responses, type Framing } from './responses.ts'
import { Saying } from './saying.ts'

/** Octets that are kept of a client that does not wait for answers: a few commands. */
const ENOUGH_AHEAD = 32 * 1024

/** Octets that may still come when it is read no further. */
const ON_THE_WAY = 96 * 1024

/** Octets of a line of a server before the login. The longest are lists of capabilities. */
const MAX_SERVER_LINE = 16 * 1024

/** Commands that are not passed on, of a client that does not give up. */
const MAX_ERRORS = 20

/** Octets of a literal whose command is refused already, and which has to be read past. RFC 7888 §4. */
const MAX_SWALLOWED = 64 * 1024

/** Where the connection stands: before TLS, between the go-ahead and its end, within TLS, past all that is looked at, over. */
type Stage = 'clear' | 'handshake' | 'secure' | 'copy' | 'over'

/** What the gate says of its own accord before it ends a connection. */
const WORDS: Readonly<Record<Exclude<Ending, 'quit' | 'smuggling' | 'too-slow' | 'turned-away'>, string>> = {
  'starttls-injection': 'Nothing may follow the request for TLS before TLS',
  'line-too-long': 'The line is too long',
  'too-far-ahead': 'Too much came before an answer',
  'not-the-protocol': 'This is another protocol',
  'server-misbehaves': 'The server cannot be understood, try again later',
  'server-lost': 'The server cannot be reached, try again later',
  'too-many-errors': 'Too many errors',
}

/**
 * What the relays of IMAP, POP3 and ManageSieve share. A client's command is read when the one before it is answered: so answers of the gate stand
 * in their place, TLS begins between two commands, and what is SASL is never taken for a command. As soon as the client is logged in nothing is
 * looked at any more: TLS can begin only before that (RFC 9051 §6.2.1, RFC 2595 §4, RFC 5804 §2.2), and nothing that counts for it is said later.
 */
export abstract class LineRelay implements Relay {
  protected readonly options: RelayOptions
  protected readonly say: Saying = new Saying()
  protected readonly server: Lines = new Lines(MAX_SERVER_LINE)
  protected client: Lines
  protected refusal: Refusal | undefined
  /** The client has heard the first word of this server. */
  protected greeted: boolean = false
  /** The server has said good-bye, or was told it. */
  protected leaving: boolean = false
  /** How responses are told from each other once nothing is looked at any more; undefined where nobody wants to know. */
  protected readonly framing: Framing | undefined
  /** Whoever is parted from may come again at once, and there is a word for it that means nothing else. */
  protected readonly partsForNow: boolean = false
  #stage: Stage
  #errors = 0
  #helloBegun = false
  #lost = false
  #copied: Responses | undefined

  constructor(options: RelayOptions) {
    this.options = options
    this.client = new Lines(options.longestLine)
    this.#stage = options.tls === 'begun' ? 'secure' : 'clear'
  }

  /** Takes one thing that the server has said, and gives false when there is none. */
  protected abstract readServer(): boolean
  /** Takes one thing that the client has said, and gives false when there is none, or when it is not its turn. */
  protected abstract readClient(): boolean
  /** The server has to speak before the client is read. */
  protected abstract get serverIsDue(): boolean
  /** What is said last, as a line or lines. Empty where the server stopped in the middle of something. */
  protected abstract farewell(refusal: Refusal): string
  /** TLS stands, and the client was told of it before. */
  protected abstract begin(): void

  fromClient(bytes: Uint8Array): RelayStep {
    if (this.#stage === 'over') return {}
    if (this.#stage === 'copy') return bytes.length === 0 ? {} : { toServer: bytes }
    if (this.#stage === 'handshake') return this.#hurry(bytes)
    this.client.push(bytes)
    return this.pump()
  }

  fromServer(bytes: Uint8Array): RelayStep {
    if (this.#stage === 'over') return {}
    if (this.#stage === 'copy') return bytes.length === 0 ? {} : { toClient: bytes }
    this.server.push(bytes)
    if (this.#stage !== 'handshake') return this.pump()
    // What is said in the meantime is heard behind the handshake. There is a line of it at most, unless somebody floods.
    if (this.server.left <= MAX_SERVER_LINE) return {}
    this.#over('server-misbehaves')
    return this.say.step()
  }

  secured(server: 'same' | 'another' = 'same'): RelayStep {
    if (this.#stage !== 'handshake') return {}
    if (server === 'another') {
      this.server.take()
      this.#lost = false
    }
    this.#stage = 'secure'
    this.client = new Lines(this.options.longestLine)
    this.begin()
    if (this.#lost) return this.serverLost()
    return this.refusal === undefined ? this.pump() : this.turnAway(this.refusal)
  }

  turnAway(refusal: Refusal): RelayStep {
    if (this.#stage === 'over' || this.#stage === 'copy') return {}
    this.refusal = { ...refusal, words: refusal.words.replaceAll(/[^\x20-\x7e]+/g, ' ') }
    if (this.#stage === 'handshake') return {}
    if (!this.greeted) this.finish('turned-away')
    return this.pump()
  }

  serverLost(): RelayStep {
    this.#lost = true
    if (this.#stage === 'over' || this.#stage === 'handshake') return {}
    if (this.leaving) this.#over('quit')
    else if (this.#stage === 'copy') this.#over('server-lost')
    else if (this.refusal === undefined) this.finish('server-lost')
    else if (this.serverIsDue) this.finish('turned-away')
    return this.say.step()
  }

  lastWords(why: Parting): Uint8Array | undefined {
    if (this.#stage === 'over' || this.#stage === 'handshake') return undefined
    if (this.#stage === 'copy' && this.#copied?.isReady !== true) return undefined
    const words = this.farewell({ ...PARTINGS[why], ...(this.partsForNow && { temporary: true }) })
    return words === '' ? undefined : octets(words)
  }

  overheard(bytes: Uint8Array): void {
    this.#copied?.push(bytes)
  }

  isFull(): boolean {
    return this.client.left > this.#enough
  }

  isAhead(): boolean {
    return this.client.left > 0 && this.serverIsDue
  }

  protected get secure(): boolean {
    return this.#stage === 'secure'
  }

  /** TLS is to be had, and has not begun. */
  protected get offersTls(): boolean {
    return !this.secure && (this.options.tls === 'offered' || this.options.tls === 'required')
  }

  /** Nothing but what leads to TLS is taken. */
  protected get needsTls(): boolean {
    return !this.secure && this.options.tls === 'required'
  }

  /** What whoever needs TLS is told; `command` begins it. */
  protected needsTlsWords(command: string): string {
    const { whyTls } = this.options
    if (whyTls !== undefined) return whyTls.words
    return this.offersTls ? `Say ${command} first` : 'Nobody can log in here without TLS'
  }

  /** Ways to log in are neither shown nor taken. */
  protected get hidesLogin(): boolean {
    return !this.secure && (this.options.hidesLogin || this.options.tls === 'required')
  }

  /** Whether so many octets may be swallowed of a command that is refused already. Where not, it is over. */
  protected mayBeSwallowed(count: number): boolean {
    if (count <= MAX_SWALLOWED) return true
    this.finish('line-too-long')
    return false
  }

  /** The next line of the client without its end, or undefined when there is none, or what came ends the connection. */
  protected clientLine(): string | undefined {
    const line = this.client.line()
    if (line !== 'too-long') return line === undefined ? undefined : textOf(line)
    this.finish('line-too-long')
    return undefined
  }

  /** The first line of something that the client wants. What a stranger to the protocol says ends the connection: nobody reads on for it. */
  protected clientCommand(): string | undefined {
    // An answer that is due to what was said before is given first: how both came does not matter.
    if (!(this.greeted && this.serverIsDue) && this.isHello(this.client.peek(1))) {
      // Whoever begins TLS here would take words for a broken record.
      this.#over('not-the-protocol')
      return undefined
    }
    const text = this.serverIsDue ? undefined : this.clientLine()
    // A browser that was led here says what the author of a page wanted it to say.
    if (text === undefined || !/^[A-Z]+ \S+ HTTP\/\d/.test(text)) return text
    this.finish('not-the-protocol')
    return undefined
  }

  /** Whether the first octet of a command is that of a hello. */
  protected isHello(first: Uint8Array): boolean {
    return beginsHello(first)
  }

  /** The next line of the server without its end. */
  protected serverLine(): string | undefined {
    const line = this.server.line()
    if (line !== 'too-long') return line === undefined ? undefined : textOf(line)
    this.finish('server-misbehaves')
    return undefined
  }

  /** Says so instead of passing a command on. */
  protected refuse(text: string): void {
    this.say.toClient(text)
    this.#errors++
    if (this.#errors >= MAX_ERRORS) this.finish(this.refusal === undefined ? 'too-many-errors' : 'turned-away')
  }

  /** The answer to a request for TLS; or the end, when plain text follows the request: CVE-2011-0411. */
  protected upgrade(goAhead: string): void {
    const rest = this.client.take()
    if (rest.length > 0 && !beginsHello(rest)) {
      this.finish('starttls-injection')
      return
    }
    this.say.toClient(goAhead)
    this.say.tls(rest)
    this.#helloBegun = rest.length > 0
    this.#stage = 'handshake'
  }

  /** The last words, and the end. */
  protected finish(ending: Exclude<Ending, 'quit' | 'smuggling' | 'too-slow'>): void {
    const temporary = ending === 'server-lost' || ending === 'server-misbehaves'
    const refusal = ending === 'turned-away' ? this.refusal : { words: WORDS[ending], temporary }
    if (refusal !== undefined) this.say.toClient(this.farewell(refusal))
    this.#over(ending)
  }

  /** Both have said good-bye. */
  protected quit(): void {
    this.#over(this.refusal === undefined ? 'quit' : 'turned-away')
  }

  /** Nothing is left to look at. */
  protected copy(): void {
    this.say.toServer(this.client.take())
    const rest = this.server.take()
    this.say.toClient(rest)
    this.#stage = 'copy'
    if (this.framing !== undefined) this.#copied = new Responses(this.framing)
    this.overheard(rest)
  }

  #over(ending: Ending): void {
    this.client.take()
    this.server.take()
    this.say.end(ending)
    this.#stage = 'over'
  }

  /** All that can be done with what has come. After each thing that the server said the client is read as far as it may be: so it does not matter how either came. */
  protected pump(): RelayStep {
    while (this.looks && this.readClient());
    while (this.looks && this.#readServer()) while (this.looks && this.readClient());
    if (this.looks && this.client.left > this.#enough + ON_THE_WAY) this.finish('too-far-ahead')
    const step = this.say.step()
    return this.#stage === 'copy' ? { ...step, copy: true } : step
  }

  /** More than one line, so that a line can always come to its end. */
  get #enough(): number {
    return Math.max(ENOUGH_AHEAD, this.options.longestLine)
  }

  /** What is said is looked at here, and may be answered. */
  protected get looks(): boolean {
    return this.#stage === 'clear' || this.#stage === 'secure'
  }

  /** A server that nobody asks any more is not heard any more. */
  #readServer(): boolean {
    if (this.refusal === undefined || this.serverIsDue) return this.readServer()
    this.server.take()
    return false
  }

  /** Behind the go-ahead, before TLS: more of a hello, or its beginning, and never anything else. */
  #hurry(bytes: Uint8Array): RelayStep {
    if (bytes.length === 0) return {}
    if (!this.#helloBegun && !beginsHello(bytes)) {
      this.#over('starttls-injection')
      return this.say.step()
    }
    this.#helloBegun = true
    return { tls: { rest: bytes } }
  }
}
