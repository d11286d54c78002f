import { PosternError } from '../errors.ts'
import { Cutter } from './cutter.ts'
import {
  printable,
  said,
  type Clear,
  type ClientOptions,
  type ClientScript,
  type Dialect,
  type Outcome,
  type Reply,
  type Seen,
} from './dialect.ts'

/** No script asks more than six questions; the rest is for untagged IMAP responses and the chatter of IRC servers. */
export const MAX_REPLIES: number = 100

/** Host names, address literals and nothing that could end a line, an attribute or an element. */
const SAFE_NAME = /^[A-Za-z0-9._:%[\]-]{1,255}$/

/** What an outcome quotes of the server: the longest greeting or refusal that a person would read. */
const LONGEST_HEARD = 1000

const NOTHING: Reply = { code: '', lines: [] }

const NOTHING_SEEN: Required<Seen> = { banner: '', capabilities: [], starttls: 'unknown', authBeforeTls: [], authComplete: false }

export interface OpeningOptions extends ClientOptions {
  /**
   * Plain text that follows the go-ahead: `refuse` throws, `record` only notes it. It is handed on in neither case.
   * Default: `refuse`.
   */
  readonly textAfterGoAhead?: 'refuse' | 'record'
  /**
   * Refuses a server that answers before it is asked: whoever keeps what it said first, to hand it on behind TLS, would keep another's answers with it. Default: false.
   */
  readonly lockstep?: boolean
  /** Sends the dialect's `injection` in one piece with the first request for TLS, CVE-2011-0411. Default: false. */
  readonly smuggle?: boolean
}

/**
 * Leads one dialect's client script from connect to ClientHello, without a socket: say what `start()` and `push()`
 * give, push what comes, stop when there is an `outcome`. One runner for all dialects, so that none can forget the rules:
 * replies have bounded length and number, nobody's plain text outlives the go-ahead, and what a stranger said is escaped.
 *
 *     const opening = new Opening(smtp, { clientName: 'client.example', serverName: 'mail.example' })
 *     let send = opening.start() // write it as latin1 where it is not empty
 *     send = opening.push(bytes).send // for whatever comes
 *     opening.outcome // { kind: 'ready' }: the ClientHello is next
 */
export class Opening {
  readonly #dialect: Dialect
  readonly #options: OpeningOptions
  readonly #script: ClientScript
  readonly #cutter: Cutter<Reply>
  #seen: Required<Seen> = NOTHING_SEEN
  #outcome: Outcome | undefined
  #failure: PosternError | undefined
  #textAfterGoAhead: Clear['textAfterGoAhead'] = 'unknown'
  #asked = false
  #replies = 0
  #first = ''

  constructor(dialect: Dialect, options: OpeningOptions) {
    for (const name of [options.clientName, options.serverName]) {
      if (SAFE_NAME.test(name)) continue
      throw new PosternError(
        'input',
        'NAME_UNSAFE',
        `Cannot speak ${dialect.title} with the name ${JSON.stringify(name)}: it is not a host name`,
        {
          remedy: 'Use a host name in ASCII or an IP address.',
        },
      )
    }
    this.#dialect = dialect
    this.#options = options
    this.#script = dialect.client(options, (seen) => this.#note(seen))
    this.#cutter = new Cutter(dialect.title)
  }

  /** What to send at once: empty where the server speaks first. */
  start(): string {
    return this.#resume(NOTHING)
  }

  /**
   * Takes what came, in whatever pieces, and gives what to send (latin1, perhaps empty). Once there is an outcome, bytes belong to others.
   *
   * @throws PosternError of the peer: `REPLY_MALFORMED`, `REPLY_TOO_LONG`, `TOO_MANY_REPLIES`, `STARTTLS_INJECTION`; again at every later push.
   */
  push(bytes: Uint8Array): { readonly send: string } {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#outcome !== undefined) {
      throw new PosternError('bug', 'OPENING_OVER', `Cannot take ${bytes.length} bytes of ${this.#dialect.title}: the way to TLS has ended`)
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    this.#cutter.push(text)
    if (this.#isTls(text)) return { send: '' }
    try {
      return { send: this.#converse() }
    } catch (error) {
      if (!(error instanceof PosternError)) throw error
      if (this.#replies > 0 || error.code !== 'REPLY_MALFORMED') {
        this.#failure = error
        throw error
      }
      this.#outcome = { kind: 'wrong-protocol', heard: quote(this.#cutter.heard.split('\n', 1)[0] ?? '') }
      return { send: '' }
    }
  }

  /** The peer has closed: nothing more will come. Half a reply, or none, says nothing about its TLS. */
  end(): Outcome {
    this.#outcome ??= { kind: 'refused', heard: quote(this.#cutter.heard), temporary: true }
    return this.#outcome
  }

  get outcome(): Outcome | undefined {
    return this.#outcome
  }

  /** What was seen so far. */
  get clear(): Clear {
    return { ...this.#seen, starttls: this.#starttls(), textAfterGoAhead: this.#textAfterGoAhead }
  }

  #converse(): string {
    let send = ''
    for (;;) {
      const reply = this.#cutter.cut()
      if (reply === undefined) return send
      this.#replies += 1
      if (this.#replies > MAX_REPLIES) {
        throw new PosternError(
          'peer',
          'TOO_MANY_REPLIES',
          `Cannot start TLS with ${this.#dialect.title}: more than ${MAX_REPLIES} replies and no go-ahead`,
          {
            remedy: `Check that the port speaks ${this.#dialect.title}.`,
          },
        )
      }
      send += this.#resume(reply)
      if (this.#outcome !== undefined) return send
      if (this.#options.lockstep === true && send !== '' && this.#cutter.rest !== '')
        throw injection(this.#dialect, 'an answer came before the question')
    }
  }

  /** Gives the script the reply, and collects what it says until it listens. */
  #resume(reply: Reply): string {
    let send = ''
    for (let heard = reply; ; heard = NOTHING) {
      const step = this.#script.next(heard)
      if (step.done === true) {
        this.#finish(step.value)
        return send
      }
      if (step.value.starttls === true && this.#asked && this.#options.smuggle === true) {
        // The smuggled command has an answer of its own, which a second request for TLS would take for its answer.
        this.#finish({ kind: 'refused', heard: said(heard), temporary: false })
        return send
      }
      send += step.value.send
      if (step.value.starttls === true) send += this.#ask()
      if (step.value.unanswered === true) continue
      this.#cutter.begin(this.#dialect.reply(step.value.send))
      return send
    }
  }

  #ask(): string {
    this.#asked = true
    return this.#options.smuggle === true ? (this.#dialect.injection?.command ?? '') : ''
  }

  #finish(outcome: Outcome): void {
    if (outcome.kind !== 'ready') {
      this.#outcome = { ...outcome, heard: quote(outcome.heard) }
      if (outcome.kind === 'not-offered') this.#textAfterGoAhead = 'not-applicable'
      return
    }
    const rest = this.#cutter.rest.length
    this.#textAfterGoAhead = rest > 0
    if (rest === 0 || this.#options.textAfterGoAhead === 'record') {
      this.#outcome = outcome
      return
    }
    throw injection(this.#dialect, `${rest} characters of plain text follow the go-ahead`)
  }

  /** A server that speaks TLS where we expect its greeting sends an alert of seven bytes: no line will ever end. */
  #isTls(text: string): boolean {
    if (this.#replies > 0 || this.#first.length >= 3) return false
    this.#first += text.slice(0, 3)
    if (!isTlsRecord(this.#first)) return false
    this.#outcome = { kind: 'wrong-protocol', heard: quote(this.#first.slice(0, 3)) }
    return true
  }

  #note(seen: Seen): void {
    this.#seen = {
      starttls: seen.starttls ?? this.#seen.starttls,
      authComplete: seen.authComplete ?? this.#seen.authComplete,
      banner: seen.banner === undefined ? this.#seen.banner : printable(seen.banner),
      capabilities: seen.capabilities?.map(printable) ?? this.#seen.capabilities,
      authBeforeTls: seen.authBeforeTls?.map(printable) ?? this.#seen.authBeforeTls,
    }
  }

  #starttls(): Clear['starttls'] {
    if (this.#outcome?.kind === 'ready') return 'offered'
    if (this.#outcome?.kind === 'not-offered') return 'missing'
    if (this.#outcome?.kind === 'refused' && this.#asked && !this.#outcome.temporary) return 'refused'
    return this.#seen.starttls
  }
}

function injection({ title }: Dialect, why: string): PosternError {
  return new PosternError('peer', 'STARTTLS_INJECTION', `Cannot start TLS with ${title}: ${why}`, {
    remedy: 'Check for a filter or an attacker between you and the server, then audit again.',
  })
}

function quote(heard: string): string {
  return printable(heard.trimEnd().slice(0, LONGEST_HEARD))
}

/** ContentType and version of a TLS record, SSLv3 to TLS 1.3, RFC 8446 §5.1. */
function isTlsRecord(text: string): boolean {
  const [type = 0, major, minor = Infinity] = Array.from(text, (character) => character.charCodeAt(0))
  return type >= 20 && type <= 23 && major === 3 && minor <= 4
}
