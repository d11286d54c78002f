import { PosternError } from '../errors.ts'
import type { Beginning, Dialect } from '../dialects/index.ts'
import type { Fact } from '../policy/index.ts'
import type { CipherSuite, ProtocolName } from '../registry/index.ts'
import { canSpeakSuite, ClientSession, type SessionEvent, type SessionOptions } from '../wire/index.ts'
import { OLD_GROUPS, SIGNATURE_SCHEMES, TLS13_GROUPS } from './candidates.ts'
import { exchange, type Answer } from './exchange.ts'
import { shareOf } from './key-shares.ts'
import { heardAtEnd, heardIn, type Heard } from './proof.ts'
import { encodeOffer, type HelloOffer, type HelloProtocol } from './hello.ts'
import { UNUSED, type Lanes } from './lanes.ts'
import type { Ending, Line } from './line.ts'
import type { Manners } from './manners.ts'
import { turnsAway } from './turned-away.ts'

/** What the inventory has found, before the probes ask. */
export interface Known {
  /** Newest first, SSLv2 left out: it has no handshake that a probe could use. */
  readonly protocols: readonly HelloProtocol[]
  /** Of which nobody knows whether they are offered. */
  readonly undecided?: readonly HelloProtocol[]
  /** The suites of a protocol, the server's best first. */
  readonly suites: (protocol: HelloProtocol) => readonly CipherSuite[]
  /** The groups of TLS 1.3 by code point, the server's best first. */
  readonly tls13Groups: readonly number[]
  readonly dialect: Dialect
  readonly beginning: Beginning
  readonly serverName: string | undefined
  /** Long hellos that were answered on the way: what is not known of them is asked. */
  readonly stands?: { readonly manySuites: Fact; readonly longHello: Fact } | undefined
  /** Who chooses the suite. */
  readonly order: (protocol: ProtocolName) => 'server' | 'client' | 'unknown'
}

/** The suites of a protocol that a whole handshake can be made with, the server's best first. */
export function sessionSuites(known: Known, protocol: HelloProtocol): readonly number[] {
  return known
    .suites(protocol)
    .filter((suite) => canSpeakSuite(suite))
    .map((suite) => suite.code)
}

/** A question that met silence is asked so many times. */
const TRIES_AT_SILENCE = 2
/** A question whose connection was taken away is asked so many times: every third one may meet the same fate, and two may do so in a row. */
const TRIES_AT_ENDS = 3

interface RawOptions {
  /** Milliseconds to wait for an answer. */
  readonly patience?: number
  readonly silence?: 'odd' | 'expected'
}

/** The server under audit, as far as a probe may see it. Each call is one connection (or one more, when there was no answer). */
export class Server {
  readonly known: Known
  /** Milliseconds to wait for an answer. */
  readonly patience: number
  readonly #lanes: Lanes
  readonly #manners: Manners | undefined
  readonly #heard: (offer: HelloOffer, answer: Answer) => void
  readonly #saw: (events: readonly SessionEvent[], options: Partial<SessionOptions>) => void
  readonly #answered: ((answer: Answer) => void) | undefined
  #silences = 0

  constructor(
    lanes: Lanes,
    known: Known,
    options: {
      patience: number
      /** Hellos are said in the form that the server has been found to stand, and noted there and not by `heard`. */
      manners?: Manners
      heard: (offer: HelloOffer, answer: Answer) => void
      saw: (events: readonly SessionEvent[], options: Partial<SessionOptions>) => void
      /** Told each answer to a hello or to bytes, as soon as it is there. */
      answered?: (answer: Answer) => void
    },
  ) {
    this.#lanes = lanes
    this.known = known
    this.patience = options.patience
    this.#manners = options.manners
    this.#heard = options.heard
    this.#saw = options.saw
    this.#answered = options.answered
  }

  /** How many questions were met with silence, or ended before anything was said. A server that serves one client after the other is silent to all but one. */
  get silences(): number {
    return this.#silences
  }

  /** Says a hello and hears the answer. Asks again when the connection was reset or nothing came. */
  hello(offer: HelloOffer): Promise<Answer> {
    return this.#insist((line, again) => this.#ask(line, offer, again))
  }

  /**
   * The answer to a hello whose refusal is a fact of its own. A refusal counts only when a harmless hello is served behind it, and when
   * it is refused once more behind that: else a server that turned everybody away for a while would be taken at its word. Undefined:
   * no answer that counts.
   */
  async sure(offer: HelloOffer): Promise<Answer | undefined> {
    const answer = await this.hello(offer)
    if (!isRefusal(answer)) return answer
    return (await this.serves()) ? this.hello(offer) : undefined
  }

  /** Whether a harmless hello is answered as ever. */
  async serves(): Promise<boolean> {
    return (await this.hello(harmless(this.known))).kind === 'server-hello'
  }

  /** Says these bytes in place of a hello. Asks again when the connection was reset or, unless silence is to be expected, nothing came. */
  raw(bytes: Uint8Array, { patience = this.patience, silence = 'odd' }: RawOptions = {}): Promise<Answer> {
    return this.#insist((line) => this.#manners?.say(line, bytes, patience) ?? this.#exchange(line, bytes, patience), silence)
  }

  async #ask(line: Line, offer: HelloOffer, again: boolean): Promise<Answer> {
    if (this.#manners !== undefined) return this.#manners.ask(line, offer, { again })
    const answer = await this.#exchange(line, encodeOffer(offer), this.patience)
    this.#heard(offer, answer)
    return answer
  }

  async #exchange(line: Line, bytes: Uint8Array, patience: number): Promise<Answer> {
    const answer = await this.#lanes.insist(line, (one) => exchange(one, bytes, patience))
    this.#answered?.(answer)
    return answer
  }

  async #insist(ask: (line: Line, again: boolean) => Promise<Answer>, silence: 'odd' | 'expected' = 'odd'): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      const answer = used(await this.#lanes.talk((ready) => ask(ready.line, tries > 1)))
      if (answer.kind === 'silent') this.#silences++
      if (tries >= this.#tries(answer, silence)) return answer
    }
  }

  /** How often a question with such an answer is asked. */
  #tries(answer: Answer, silence: 'odd' | 'expected'): number {
    if (answer.kind === 'silent') return silence === 'odd' ? TRIES_AT_SILENCE : 1
    // A server that turns connections away may have closed this one for that.
    const overrun = answer.kind === 'closed' && this.#manners?.throttled === true
    return answer.kind === 'reset' || overrun ? TRIES_AT_ENDS : 1
  }

  /**
   * Talks on a connection of its own, from the ClientHello on; with `smuggle` after the dialect's harmless command was sent behind
   * STARTTLS. A connection that was taken away, or on which nothing came, before the server had said anything to go by is no answer:
   * `talk` is then called again with another one.
   */
  async session<T>(
    options: Partial<SessionOptions>,
    talk: (conversation: Conversation) => Promise<T>,
    { smuggle = false }: { smuggle?: boolean } = {},
  ): Promise<T> {
    let last: Conversed<T> | undefined
    for (let tries = 1; ; tries++) {
      // A server that has too many connections has them no more when this is the only one.
      const alone = last?.cut === 'end' && !smuggle
      last = await this.#converse(options, talk, { smuggle, alone }, last)
      if (last.cut === undefined || tries >= (last.cut === 'end' ? TRIES_AT_ENDS : TRIES_AT_SILENCE)) return last.result
    }
  }

  async #converse<T>(
    options: Partial<SessionOptions>,
    talk: (conversation: Conversation) => Promise<T>,
    how: { readonly smuggle: boolean; readonly alone: boolean },
    last: Conversed<T> | undefined,
  ): Promise<Conversed<T>> {
    const whole = { serverName: this.known.serverName, shareOf, ...options }
    try {
      const converse = async (line: Line): Promise<Conversed<T>> => {
        const conversation = new Conversation(line, whole, this.patience)
        try {
          return { result: await talk(conversation), cut: this.#cut(conversation) }
        } finally {
          if (!turnsAway(line.beginning)) this.#note(conversation, whole)
          conversation.leave(this.known.dialect.quit)
        }
      }
      return used(await this.#lanes.talk((ready) => this.#lanes.insist(ready.line, converse), how))
    } catch (error) {
      // It was answered once, if with an end: that it cannot be asked again does not take that away.
      if (last === undefined || !(error instanceof PosternError) || error.fault === 'bug' || this.#lanes.ended !== undefined) throw error
      return { result: last.result, cut: undefined }
    }
  }

  #note(conversation: Conversation, options: Partial<SessionOptions>): void {
    if (conversation.silent || conversation.events.length === 0) this.#silences++
    this.#manners?.met({ served: conversation.find('server-hello') !== undefined })
    this.#saw(conversation.events, options)
  }

  /** Why a session says nothing of what was asked: it came to an end, or to silence, before anything was heard that counts. */
  #cut(conversation: Conversation): Conversed<unknown>['cut'] {
    if (conversation.ended === 'reset') return conversation.events.some(counts) ? undefined : 'end'
    if (conversation.events.length > 0) return undefined
    if (conversation.ended === undefined) return conversation.silent ? 'silence' : undefined
    const manners = this.#manners
    return manners !== undefined && (manners.throttled || manners.doubts({ kind: 'closed', bytes: NOTHING })) ? 'end' : undefined
  }
}

function isRefusal({ kind }: Answer): boolean {
  return kind === 'alert' || kind === 'closed'
}

/** What the server is known to accept, and nothing else. */
function harmless({ protocols: [protocol = 'TLSv1.2'], suites, serverName }: Known): HelloOffer {
  const groups = protocol === 'TLSv1.3' ? TLS13_GROUPS : OLD_GROUPS
  return { protocol, suites: suites(protocol).map(({ code }) => code), groups, signatureSchemes: SIGNATURE_SCHEMES, serverName }
}

/** What came of a talk, and what cut it short. */
interface Conversed<T> {
  readonly result: T
  readonly cut: 'end' | 'silence' | undefined
}

const NOTHING: Uint8Array = new Uint8Array(0)

/** Whoever resets a connection behind these answers what was said there; before, it has only been lost. */
function counts({ kind }: SessionEvent): boolean {
  return kind === 'server-hello-done' || kind === 'finished' || kind === 'alert'
}

function used<T>(result: T | typeof UNUSED): T {
  if (result === UNUSED) throw new PosternError('bug', 'LINE_UNUSED', 'Cannot ask the server: the connection was given back')
  return result
}

/** No probe needs more than a handshake and a few lines; a server that never stops talking is heard no further. */
const MAX_HEARD = 512 * 1024
/** So much of it is kept. */
const MAX_KEPT = 64 * 1024
/** A server that lets bytes dribble is listened to for so many times the patience in all. */
const LONGEST_WAITS = 3

/** A TLS session on one connection: what was seen on it, and what may be done next. */
export class Conversation {
  readonly session: ClientSession
  /** Everything seen so far. */
  readonly events: SessionEvent[] = []
  /** What came, as it came, as far as it may belong to the first flight. */
  readonly pieces: Uint8Array[] = []
  readonly #line: Line
  readonly #patience: number
  #ended: Ending | undefined
  #silent = false
  #bytes = 0
  #last: Uint8Array = NOTHING
  #waited = 0

  constructor(line: Line, options: Partial<SessionOptions>, patience: number) {
    this.#line = line
    this.#patience = patience
    this.session = new ClientSession(options)
  }

  /** The last wait was in vain. */
  get silent(): boolean {
    return this.#silent
  }

  /** Why nothing more comes, when nothing more comes. */
  get ended(): Ending | undefined {
    return this.#ended
  }

  /** The bytes that came last, as they came. */
  get last(): Uint8Array {
    return this.#last
  }

  /** What `until` gave, as proof. */
  heard(what: SessionEvent | Ending): Heard {
    return typeof what === 'string' ? heardAtEnd(what, this.#waited) : heardIn(what, this.#last)
  }

  /** Carries out the handshake. True when it came to `connected`. */
  async handshake(): Promise<boolean> {
    this.send(this.session.start())
    await this.until((event) => event.kind === 'connected')
    return this.find('connected') !== undefined
  }

  send(bytes: Uint8Array): void {
    this.#line.send(bytes)
  }

  /**
   * Listens until an event fits, something ends the session, or nothing comes for `patience` milliseconds.
   * Looks at what comes from now on, not at what was seen before. Gives the event, or why there is none.
   */
  async until(fits: (event: SessionEvent) => boolean, patience: number = this.#patience): Promise<SessionEvent | Ending> {
    const end = this.#line.waited + patience * LONGEST_WAITS
    this.#waited = patience
    for (;;) {
      const heard = this.#bytes > MAX_HEARD ? 'silent' : await this.#line.receive(Math.min(patience, end - this.#line.waited))
      if (typeof heard !== 'string') {
        if (this.#bytes < MAX_KEPT) this.pieces.push(heard)
        this.#bytes += heard.length
        this.#last = heard
      }
      this.#silent = heard === 'silent'
      if (typeof heard === 'string') {
        if (heard !== 'silent') this.#ended = heard
        return heard
      }
      const { send, events } = this.session.push(heard)
      if (send !== undefined) this.send(send)
      this.events.push(...events)
      const found = events.find(fits) ?? events.find(endsSession)
      if (found !== undefined) return found
    }
  }

  /** Goes on with a handshake that was held at ServerHelloDone. True when it came to `connected`. */
  async finish(): Promise<boolean> {
    const { send } = this.session.sendClientKeyExchange()
    if (send !== undefined) this.send(send)
    this.send(this.session.sendChangeCipherSpec())
    this.send(this.session.sendFinished())
    await this.until((event) => event.kind === 'connected')
    return this.find('connected') !== undefined
  }

  /** The last event of a kind. */
  find<K extends SessionEvent['kind']>(kind: K): Extract<SessionEvent, { kind: K }> | undefined {
    return this.events.findLast((event): event is Extract<SessionEvent, { kind: K }> => event.kind === kind)
  }

  /** Says good-bye in the dialect and in TLS where a session stands. */
  leave(quit: string | undefined): void {
    if (this.#ended !== undefined || this.find('connected') === undefined) return
    if (this.events.some(endsSession)) return
    if (quit !== undefined) this.send(this.session.write(Buffer.from(quit, 'latin1')))
    this.send(this.session.close())
  }
}

/** Nothing useful follows these. */
export function endsSession(event: SessionEvent): boolean {
  return ['closed', 'unsupported', 'malformed', 'bad-record'].includes(event.kind) || (event.kind === 'alert' && event.level === FATAL)
}

const FATAL = 2
