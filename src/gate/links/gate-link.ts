import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { PosternError } from '../../errors.ts'
import { isOfLink } from './broken.ts'
import { unhook } from '../closing.ts'
import type { ClientFacts } from '../facts.ts'
import type { Inside } from './inside-list.ts'
import { encodeFacts, FACTS_FIELD } from './link-facts.ts'
import { watchLiveness, type LivenessTimes } from './liveness.ts'
import {
  authorityOf,
  GREETING_PATH,
  INSTANCE_FIELD,
  LINK_PATIENCE_MS,
  LINK_WINDOW,
  PROCESS_FIELD,
  PROCESSES_FIELD,
  PROCESSES_PATH,
  SESSION_LIMITS,
  SETTINGS,
} from './protocol.ts'
import { Windows } from './windows.ts'
import { noteStream } from './collecting.ts'

/** Which process of the gate an inside speaks to, and of how many. */
export interface GateProcess {
  readonly id: string
  readonly count: number
}

export interface GateLinkOptions {
  readonly process: GateProcess
  readonly liveness?: LivenessTimes
}

const OK = 200

/** A link as the gate has it: the inside has dialled, and the gate is the client of HTTP/2 on it. */
export class GateLink {
  readonly inside: Inside
  /** Another one for each start of the inside. */
  readonly instance: string
  /** Resolves when no stream can be opened any more. */
  readonly gone: Promise<void>
  /** Resolves when nothing goes over it any more. */
  readonly over: Promise<void>
  readonly #session: ClientHttp2Session
  readonly #socket: TLSSocket
  readonly #windows: Windows
  #streams = 0
  /** One for all streams: each has some 20 kB as it is. */
  readonly #left = (): void => this.#count(-1)

  private constructor(inside: Inside, instance: string, session: ClientHttp2Session, socket: TLSSocket) {
    this.inside = inside
    this.#socket = socket
    this.instance = instance
    this.#session = session
    this.#windows = new Windows(session)
    this.gone = new Promise((resolve) => {
      session.once('goaway', () => resolve())
      session.once('close', () => resolve())
      if (session.closed) resolve()
    })
    this.over = new Promise((resolve) => {
      session.once('close', () => resolve())
      if (session.destroyed) resolve()
    })
  }

  /** Greets the inside over a connection that is known to be its. Rejects where it does not answer. */
  static async open(socket: TLSSocket, inside: Inside, { process, liveness }: GateLinkOptions): Promise<GateLink> {
    const session = connect('https://link', { createConnection: () => socket, settings: SETTINGS, ...SESSION_LIMITS })
    // Streams break with their link, so that nobody takes half of something for the whole.
    socket.prependListener('close', () => session.destroy(lost(inside.name)))
    session.on('error', () => undefined)
    session.setLocalWindowSize(LINK_WINDOW)
    watchLiveness(session, socket, () => void socket.destroy(), liveness)
    return new GateLink(inside, await greeted(session, inside.name, process), session, socket)
  }

  /** Clients that go over it. */
  get streams(): number {
    return this.#streams
  }

  /** Another one may be opened. */
  get isOpen(): boolean {
    const { closed, destroyed, remoteSettings } = this.#session
    return !closed && !destroyed && this.#streams < (remoteSettings.maxConcurrentStreams ?? 0)
  }

  /**
   * Connects a client to a service of the inside: RFC 9113 §8.5. Milliseconds for the answer. Without facts, nobody stands behind it. Rejects with
   * `GATE_LINK`, `world`, and with `GATE_LINK_CLIENT`, `peer`, where that may be for this client alone.
   */
  reach(service: string, facts: ClientFacts | undefined, patience: number): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const stream = this.#request(service, facts)
      const fail = (error: PosternError): void => {
        clearTimeout(timer)
        stream.close(constants.NGHTTP2_CANCEL)
        reject(error)
      }
      const closed = (): void => fail(lost(this.inside.name))
      const timer = setTimeout(() => fail(unreached(this.inside.name, 'it does not answer in time')), patience)
      stream.once('close', closed)
      stream.once('response', ({ ':status': status }) => {
        stream.off('close', closed)
        if (status !== OK) return fail(refused(this.inside.name, status, service))
        clearTimeout(timer)
        resolve(stream)
      })
    })
  }

  /** It behaves as a socket to a server does: whoever is told the end says so too, and a reset is one. */
  #request(service: string, facts: ClientFacts | undefined): ClientHttp2Stream {
    const said = facts === undefined ? {} : { [FACTS_FIELD]: encodeFacts(facts) }
    const stream = this.#session.request({ ':method': 'CONNECT', ':authority': authorityOf(service), ...said }, { endStream: false })
    this.#count(1)
    noteStream()
    isOfLink(stream)
    stream.on('end', endToo)
    stream.on('close', this.#left)
    stream.on('close', unhookThis)
    return stream
  }

  /** Tells the inside of how many processes the gate is from now on; 0: this one is none of them. Whoever does not hear it has lost the link. */
  tellProcesses(count: number): void {
    if (this.#session.closed || this.#session.destroyed) return
    const stream = this.#session.request({ ':path': PROCESSES_PATH, [PROCESSES_FIELD]: String(count) })
    stream.on('error', () => undefined)
    stream.resume()
  }

  #count(by: 1 | -1): void {
    this.#streams += by
    this.#windows.fit(this.#streams)
  }

  /** Ends it, and all that goes over it. A session that is closing would wait for the other end. */
  end(): void {
    this.#socket.destroy()
  }

  /** Ends it when nobody is left on it. */
  close(): void {
    this.#session.close()
  }
}

function endToo(this: Duplex): void {
  this.end()
}

function unhookThis(this: Duplex): void {
  unhook(this)
}

/** Gives the instance. */
function greeted(session: ClientHttp2Session, name: string, { id, count }: GateProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer)
      session.destroy()
      reject(unreached(name, why))
    }
    const lost = (): void => fail('the link was lost')
    const timer = setTimeout(() => fail('it does not answer in time'), LINK_PATIENCE_MS)
    const stream = session.request({ ':path': GREETING_PATH, [PROCESS_FIELD]: id, [PROCESSES_FIELD]: String(count) })
    stream.on('error', () => undefined)
    stream.once('close', lost)
    stream.once('response', (headers) => {
      stream.off('close', lost)
      if (headers[':status'] !== OK) return fail('it does not want this link')
      clearTimeout(timer)
      resolve(String(headers[INSTANCE_FIELD]))
    })
    stream.resume()
  })
}

const NOT_FOUND = 404

/** A service that is not there is there for nobody. Of everything else nobody knows here: the client may be one too many, or its facts be none. */
function refused(name: string, status: number | undefined, service: string): PosternError {
  if (status === NOT_FOUND) return unreached(name, `it has no service ${JSON.stringify(service)} for this link`)
  return new PosternError(
    'peer',
    'GATE_LINK_CLIENT',
    `Cannot reach ${name} over its link: it does not take this client, or cannot reach its server`,
    {
      remedy: 'See what Postern says and logs there: limits, and whether the server behind it runs.',
    },
  )
}

function lost(name: string): PosternError {
  return unreached(name, 'the link was lost')
}

export function unreached(name: string, why: string): PosternError {
  return new PosternError('world', 'GATE_LINK', `Cannot reach ${name} over its link: ${why}`, {
    remedy: 'See whether Postern runs there, what it says on standard error, and `postern link list` here.',
  })
}
