import { performServerHandshake, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { factsOf, type ClientFacts } from '../facts.ts'
import { isOfLink } from './broken.ts'
import { decodeFacts, FACTS_FIELD } from './link-facts.ts'
import { watchLiveness, type LivenessTimes } from './liveness.ts'
import type { Offers } from './offers.ts'
import {
  GREETING_PATH,
  INSTANCE_FIELD,
  LINK_PATIENCE_MS,
  LINK_WINDOW,
  PROCESS_FIELD,
  PROCESSES_FIELD,
  PROCESSES_PATH,
  serviceIn,
  SESSION_LIMITS,
  SETTINGS,
} from './protocol.ts'
import { Windows } from './windows.ts'
import { noteStream } from './collecting.ts'

const STATUS = { ok: 200, badRequest: 400, notFound: 404, conflict: 409, unavailable: 503 } as const
const MOST_PROCESSES = 1024

/** What a gate says of itself when a link begins. */
export interface Greeting {
  readonly process: string
  readonly processes: number
}

export interface InsideLinkOptions {
  /** The name of the link. */
  readonly link: string
  readonly offers: Offers
  /** Another one for each start of this inside. */
  readonly instance: string
  /** Whether a link to this process of the gate is wanted. */
  readonly welcome: (greeting: Greeting) => boolean
  /** The gate is so many processes from now on; 0: the one that this link leads to is none of them any more. */
  readonly processes?: (count: number) => void
  readonly liveness?: LivenessTimes
}

/** A link as the inside has it: it has dialled, and is the server of HTTP/2 on it. */
export class InsideLink {
  readonly #session: ServerHttp2Session
  readonly #socket: TLSSocket
  readonly #options: InsideLinkOptions
  readonly #facts: ClientFacts
  readonly #greeted = Promise.withResolvers<Greeting | undefined>()
  /** Resolves when it is no more. */
  readonly gone: Promise<void>
  readonly #windows: Windows
  #streams = 0
  /** One for all streams: each has some 20 kB as it is. */
  readonly #left = (): void => this.#count(-1)

  /** Over a connection to a gate that is known to be the right one. */
  constructor(socket: TLSSocket, options: InsideLinkOptions) {
    this.#options = options
    this.#socket = socket
    this.#facts = factsOf(socket)
    const session = performServerHandshake(socket, { settings: SETTINGS, ...SESSION_LIMITS })
    this.#session = session
    this.#windows = new Windows(session)
    socket.prependListener('close', () => session.destroy(new Error('the link was lost')))
    session.on('error', () => undefined)
    session.on('stream', (stream, headers) => this.#meet(stream, headers))
    this.gone = new Promise((resolve) => void session.once('close', () => resolve()))
    const timer = setTimeout(() => this.end(), LINK_PATIENCE_MS)
    session.once('close', () => {
      clearTimeout(timer)
      this.#greeted.resolve(undefined)
    })
    void this.#greeted.promise.then(() => clearTimeout(timer))
    session.setLocalWindowSize(LINK_WINDOW)
    watchLiveness(session, socket, () => this.end(), options.liveness)
  }

  /** What the gate has said of itself; undefined where there is no link after all. */
  get greeted(): Promise<Greeting | undefined> {
    return this.#greeted.promise
  }

  get streams(): number {
    return this.#streams
  }

  /** Takes no new clients, and ends when those that are there are gone. */
  close(): void {
    this.#session.close()
  }

  /** Ends it, and all that goes over it. A session that is closing would wait for the other end. */
  end(): void {
    this.#socket.destroy()
  }

  #count(by: 1 | -1): void {
    this.#streams += by
    this.#windows.fit(this.#streams)
  }

  #meet(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    isOfLink(stream)
    if (headers[':method'] === 'CONNECT') return this.#connect(stream, headers)
    if (headers[':path'] === PROCESSES_PATH) return this.#processes(stream, headers)
    const greeting = headers[':path'] === GREETING_PATH ? greetingIn(headers) : undefined
    if (greeting === undefined) return refuse(stream, STATUS.badRequest)
    const isWelcome = this.#options.welcome(greeting)
    stream.respond({ ':status': isWelcome ? STATUS.ok : STATUS.conflict, [INSTANCE_FIELD]: this.#options.instance }, { endStream: true })
    this.#greeted.resolve(isWelcome ? greeting : undefined)
    if (!isWelcome) this.#session.close()
  }

  #processes(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const count = processesIn(headers)
    if (count === undefined) return refuse(stream, STATUS.badRequest)
    stream.respond({ ':status': STATUS.ok }, { endStream: true })
    this.#options.processes?.(count)
  }

  #connect(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const { link, offers } = this.#options
    const offer = offers.find(link, serviceIn(headers[':authority'] ?? ''))
    if (offer === undefined) return refuse(stream, STATUS.notFound)
    const said = headers[FACTS_FIELD]
    const facts = said === undefined ? this.#facts : typeof said === 'string' ? decodeFacts(said) : undefined
    if (facts === undefined) return refuse(stream, STATUS.badRequest)
    this.#count(1)
    noteStream()
    stream.on('close', this.#left)
    offer.meet(stream, facts, (served) => {
      if (stream.destroyed || stream.closed || stream.headersSent) return
      if (served) stream.respond({ ':status': STATUS.ok })
      else refuse(stream, STATUS.unavailable)
    })
  }
}

function refuse(stream: ServerHttp2Stream, status: number): void {
  stream.respond({ ':status': status }, { endStream: true })
  stream.resume()
  stream.close()
}

function greetingIn(headers: IncomingHttpHeaders): Greeting | undefined {
  const process = headers[PROCESS_FIELD]
  const processes = processesIn(headers)
  if (typeof process !== 'string' || processes === undefined || processes === 0) return undefined
  return { process, processes }
}

function processesIn(headers: IncomingHttpHeaders): number | undefined {
  const count = Number(headers[PROCESSES_FIELD])
  return Number.isInteger(count) && count >= 0 && count <= MOST_PROCESSES ? count : undefined
}
