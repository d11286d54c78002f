import type { Ending, Refusal, Relay, RelayMaker, RelayOptions, RelayStep } from '../relay.ts'
import { BodyReader } from './http-body.ts'
import { forwarded, isClients, type Telling } from './http-forwarded.ts'
import { HeadReader, isFlaw, MAX_HEAD, printHead, type Field, type Flaw } from './http-head.ts'
import { flawPage, LATE_PAGE, lostPage, printPage, refusalPage } from './http-page.ts'
import { requestIn, type Request } from './http-request.ts'
import { responseIn } from './http-response.ts'
import { Lines } from './lines.ts'
import { Saying } from './saying.ts'

/** Requests that a client may say before the first is answered, RFC 9112 §9.3.2. */
const MAX_AHEAD = 32

/** As much as a socket gives at once is enough to keep of a client that has to wait. */
const ENOUGH_HELD = 32 * 1024

/** Octets that may still come when it is read no further. */
const ON_THE_WAY = 96 * 1024

/** A request that was passed on and is not answered to its end. */
interface Asked {
  readonly method: string
  readonly closes: boolean
  readonly upgrades: boolean
}

/** What stands instead of an answer of the server, when all that was asked before is answered. */
interface LastWords {
  readonly page: Parameters<typeof printPage>[0]
  readonly ending: Ending
}

/**
 * HTTP/1.1 and 1.0 between one client and one server, RFC 9112 §2.2: heads are read and written anew, bodies are counted and passed on. What two programs
 * could read in two ways is refused, and an answer that nobody asked for is not passed on. Nobody else's requests share a connection with those of a client.
 */
class HttpRelay implements Relay {
  readonly #telling: Telling
  readonly #say = new Saying()
  readonly #client = new Lines(MAX_HEAD)
  readonly #server = new Lines(MAX_HEAD)
  readonly #options: RelayOptions
  #stage: 'open' | 'copy' | 'over' = 'open'
  /** What the client is in the middle of; `ignored`: of what it says from here on, nothing counts. */
  #reading: HeadReader | BodyReader | 'switching' | 'ignored' = new HeadReader()
  #answering: HeadReader | BodyReader = new HeadReader()
  readonly #asked: Asked[] = []
  #current: Asked | undefined
  #count = 0
  #ignored = 0
  #refusal: Refusal | undefined
  #last: LastWords | undefined
  #unreachable = false

  constructor(options: RelayOptions) {
    this.#options = options
    this.#telling = { client: options.client, headers: options.headers ?? {} }
  }

  fromClient(bytes: Uint8Array): RelayStep {
    if (this.#stage === 'over') return {}
    if (this.#stage === 'copy') return bytes.length === 0 ? {} : { toServer: bytes }
    if (this.#reading === 'ignored') this.#ignore(bytes.length)
    else {
      this.#client.push(bytes)
      this.#readClient()
    }
    if (this.#client.left > ON_THE_WAY) this.#over('too-far-ahead')
    return this.#say.step()
  }

  fromServer(bytes: Uint8Array): RelayStep {
    if (this.#stage === 'over') return {}
    if (this.#stage === 'copy') return bytes.length === 0 ? {} : { toClient: bytes }
    this.#server.push(bytes)
    while (this.#readServer());
    return { ...this.#say.step(), ...(this.#isCopying && { copy: true as const }) }
  }

  /** There is no way from plain text to TLS in a connection: RFC 2817 §3 was never taken up. */
  secured(): RelayStep {
    return {}
  }

  turnAway(refusal: Refusal): RelayStep {
    if (this.#stage !== 'open') return {}
    this.#refusal = refusal
    // Who was let in hears why in answer to its request; who was not, at once.
    if (this.#options.tls === 'none') this.#end({ page: refusalPage(refusal, undefined), ending: 'turned-away' })
    return this.#say.step()
  }

  unreachable(): RelayStep {
    this.#unreachable = true
    return {}
  }

  serverLost(): RelayStep {
    if (this.#stage === 'over' || this.#refusal !== undefined) return {}
    const isOver = this.#answering instanceof BodyReader && this.#answering.isUntilClose
    const isAnswering = this.#answering instanceof BodyReader && !isOver
    if (this.#stage === 'copy' || isAnswering) this.#over('server-lost')
    // A connection that nobody uses may be closed at any time, RFC 9112 §9.8.
    else if (isOver || this.#asked.length === 0) this.#over('quit')
    else this.#end({ page: lostPage(true), ending: 'server-lost' }, this.#asked[0]?.method)
    return this.#say.step()
  }

  isFull(): boolean {
    return this.#client.left > ENOUGH_HELD
  }

  isAhead(): boolean {
    return this.#stage === 'open' && this.#client.left > 0 && (this.#asked.length >= MAX_AHEAD || this.#reading === 'switching')
  }

  /** RFC 9112 §8: of such an answer nobody else knows that it is not whole. */
  endsByClose(): boolean {
    return this.#stage === 'open' && this.#answering instanceof BodyReader && this.#answering.isUntilClose
  }

  unfinished(): number | undefined {
    const begun = this.#reading instanceof HeadReader && (this.#reading.isBegun || this.#client.left > 0)
    return this.#stage === 'open' && begun && !this.#waits ? this.#count : undefined
  }

  tooSlow(): RelayStep {
    if (this.#stage === 'open') this.#finally({ page: LATE_PAGE, ending: 'too-slow' })
    return this.#say.step()
  }

  /** Behind the last request, RFC 9112 §9.6. Who says so much there is none that waits for an answer. */
  #ignore(count: number): void {
    this.#ignored += count
    if (this.#ignored > ENOUGH_HELD) this.#over('too-far-ahead')
  }

  get #waits(): boolean {
    return this.#last !== undefined || this.#asked.length >= MAX_AHEAD
  }

  get #isCopying(): boolean {
    return this.#stage === 'copy'
  }

  #readClient(): void {
    while (this.#stage === 'open' && !this.#waits) {
      const reading = this.#reading
      if (typeof reading === 'string') return
      const more = reading instanceof HeadReader ? this.#request(reading) : this.#requestBody(reading)
      if (!more) return
    }
  }

  #request(reader: HeadReader): boolean {
    const head = reader.read(this.#client)
    if (head === undefined) return false
    const request = isFlaw(head) ? head : requestIn(head)
    if (isFlaw(request)) this.#refuse(request)
    else if (this.#refusal !== undefined) {
      this.#end({ page: refusalPage(this.#refusal, this.#options.client), ending: 'turned-away' }, request.method)
    } else if (this.#unreachable) this.#end({ page: lostPage(false), ending: 'server-lost' }, request.method)
    else this.#pass(request)
    return true
  }

  #pass(request: Request): void {
    this.#count += 1
    this.#say.toServer(printHead(forwarded(request, this.#telling)))
    const { method, closes, upgrades } = request
    this.#current = { method, closes, upgrades }
    this.#asked.push(this.#current)
    if (upgrades) this.#reading = 'switching'
    else if (request.framing.kind === 'none') this.#nextRequest()
    else this.#reading = new BodyReader(request.framing, this.#isClients)
  }

  #requestBody(reader: BodyReader): boolean {
    const done = reader.read(this.#client, (bytes) => this.#say.toServer(bytes))
    if (done === 'more') return false
    if (done === 'done') this.#nextRequest()
    else {
      // The server cannot answer what has no end: what is said of it stands in its place, unless the server was faster.
      const index = this.#asked.findIndex((asked) => asked === this.#current)
      if (index < 0 || (index === 0 && this.#answering instanceof BodyReader)) this.#over(done.ending)
      else {
        this.#asked.pop()
        this.#refuse(done)
      }
    }
    return true
  }

  readonly #isClients = (field: Field): boolean => isClients(field, this.#telling) && isTrailing(field)

  #nextRequest(): void {
    this.#reading = this.#current?.closes === true ? 'ignored' : new HeadReader()
    if (this.#reading === 'ignored') this.#ignore(this.#client.take().length)
  }

  #refuse(flaw: Flaw): void {
    this.#finally({ page: flawPage(flaw), ending: flaw.ending })
  }

  /** Behind the answers that are still due. */
  #finally(words: LastWords): void {
    if (this.#asked.length === 0) this.#end(words)
    else this.#last = words
  }

  #readServer(): boolean {
    const asked = this.#asked[0]
    if (this.#stage !== 'open' || (this.#server.left === 0 && this.#answering instanceof HeadReader)) return false
    if (this.#refusal !== undefined) {
      this.#server.take()
      return false
    }
    if (asked === undefined) {
      this.#over('server-misbehaves')
      return false
    }
    return this.#answering instanceof HeadReader ? this.#response(this.#answering, asked) : this.#responseBody(this.#answering, asked)
  }

  #response(reader: HeadReader, asked: Asked): boolean {
    const head = reader.read(this.#server)
    if (head === undefined) return false
    const response = isFlaw(head) ? undefined : responseIn(head, asked.method)
    if (isFlaw(head) || response === undefined || (response.status === 101 && !asked.upgrades)) {
      this.#end({ page: lostPage(true), ending: 'server-misbehaves' }, asked.method)
      return false
    }
    this.#say.toClient(printHead(head))
    if (response.status === 101) {
      this.#switch()
      return false
    }
    this.#answering = response.status < 200 ? new HeadReader() : new BodyReader(response.framing, isTrailing)
    return true
  }

  #responseBody(reader: BodyReader, asked: Asked): boolean {
    const done = reader.read(this.#server, (bytes) => this.#say.toClient(bytes))
    if (done === 'more') return false
    if (done === 'done') this.#answered(asked)
    else this.#over('server-misbehaves')
    return true
  }

  #answered(asked: Asked): void {
    this.#asked.shift()
    this.#answering = new HeadReader()
    if (asked.closes && asked === this.#current) this.#over('quit')
    else if (this.#last !== undefined && this.#asked.length === 0) this.#end(this.#last)
    else {
      if (asked.upgrades) this.#nextRequest()
      this.#readClient()
    }
  }

  /** From here on it is no HTTP: RFC 9110 §7.8. */
  #switch(): void {
    this.#stage = 'copy'
    this.#say.toServer(this.#client.take())
    this.#say.toClient(this.#server.take())
  }

  #end({ page, ending }: LastWords, method?: string): void {
    this.#say.toClient(printPage(page, method === 'HEAD'))
    this.#over(ending)
  }

  #over(ending: Ending): void {
    this.#stage = 'over'
    this.#say.end(ending)
  }
}

/** RFC 9110 §6.5.1: what decides how a message is read is no matter for its end. */
function isTrailing({ name }: Field): boolean {
  return !['content-length', 'transfer-encoding', 'host', 'content-encoding', 'content-type', 'trailer'].includes(name.toLowerCase())
}

export const httpRelay: RelayMaker = (options) => new HttpRelay(options)
