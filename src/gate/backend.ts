import { connect, isIP, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { PosternError } from '../errors.ts'
import { dialectByName, introducing, introductionOf, questionOf, xclient, type Dialect, type Known } from '../dialects/index.ts'
import { policyOf, rulebookByName, type Policy } from '../policy/index.ts'
import { awaitGreeting, greets, hearGreeting, talk, type Names, type Patience } from './backend-talk.ts'
import type { ByteStream } from './byte-stream.ts'
import { lookUpClient } from './client-names.ts'
import { closeBehind, unhook } from './closing.ts'
import type { BackendConfig } from './config/config.ts'
import type { Streams } from './config/config-file.ts'
import { placeText, type Place } from './config/places.ts'
import { connectHandle } from './handles/connect.ts'
import { nodeHandles, type NodeHandles } from './handles/node-handles.ts'
import { TcpStream } from './handles/tcp-stream.ts'
import { Landing, landsIn } from './landing.ts'
import type { LinkPool } from './links/link-pool.ts'
import type { ClientFacts } from './facts.ts'
import { proxyHeaderFor } from './proxy-protocol.ts'
import type { BackendTrust } from './tls/backend-trust.ts'
import { clientContext, type ClientAttempt } from './tls/client-options.ts'
import { secureBackend } from './tls/secure-backend.ts'

/** Connects in the clear. `patience`: milliseconds. `landing`: where what the server says lands, in place of the stream. Rejects with a `PosternError` `GATE_BACKEND`, `world`. */
export function connectPlain(place: Place, patience: number, landing?: Landing): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: place.host,
      port: place.port,
      noDelay: true,
      ...(landing === undefined ? {} : { onread: landing.onread }),
    })
    if (landing !== undefined) landsIn(socket, landing)
    const fail = (cause: Error | undefined): void => {
      socket.destroy()
      reject(unreachable(place, cause))
    }
    const late = (): void => fail(undefined)
    const failed = (error: Error): void => fail(error)
    const timer = setTimeout(late, patience)
    socket.on('error', failed)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', failed)
      // Whoever gets it hears that it is closed; between two of them nobody may be there to hear why.
      socket.on('error', () => {})
      resolve(socket)
    })
    socket.once('close', () => {
      clearTimeout(timer)
      landing?.over()
      unhook(socket)
    })
  })
}

/** The same for an address, over a handle. */
function connectByHandle(node: NodeHandles, place: Place, patience: number, landing: Landing | undefined): Promise<TcpStream> {
  return new Promise((resolve, reject) => {
    connectHandle(node, place, { patience, landing }, (stream) => {
      if (!(stream instanceof TcpStream)) return reject(unreachable(place, stream))
      if (landing !== undefined) landsIn(stream, landing)
      stream.once('close', () => {
        landing?.over()
        unhook(stream)
      })
      resolve(stream)
    })
  })
}

/** `cause`: undefined where there was no answer in time. */
function unreachable(place: Place, cause: Error | undefined): PosternError {
  const why = cause?.message ?? 'no answer in time'
  return new PosternError('world', 'GATE_BACKEND', `Cannot reach the server behind at ${placeText(place)}: ${why}`, {
    remedy: 'Start it, or correct its address under backend.',
    cause,
  })
}

/** What a way is made for. */
export interface WaySettings {
  /** The name of the dialect of the service. */
  readonly dialect: string
  readonly streams: Streams
  /** The name that the gate goes by. */
  readonly gateName: string
  /** Somebody wants to know how the server introduces itself. */
  readonly introduces: boolean
  /** Milliseconds, for all of it up to the greeting. */
  readonly patience: number
  readonly now: Date
  /** Whether whoever connects there comes back to the service. */
  readonly leadsBack: (place: Place) => boolean
  /** For servers behind a link. */
  readonly pool: LinkPool
}

/**
 * How far a server is led: to its greeting, which is left to be read; behind it, where the client has heard that of another connection; or, behind a
 * request for TLS, to the go-ahead, where TLS is the client's and the server's.
 */
export type Until = 'greeting' | 'greeted' | 'go-ahead'

/** A way to a server behind, made once for all connections. */
export interface Way {
  /** Host and port. */
  readonly title: string
  /** What the server is told of a client changes when TLS with the client stands. */
  readonly tellsTls: boolean
  /** Connects on behalf of a client. Rejects with a `PosternError`. */
  readonly reach: (facts: ClientFacts, until: Until) => Promise<ByteStream>
  /**
   * Whether the server could be reached now: connects, hears its greeting and says good-bye. Gives how it introduces itself, where somebody wants to know and it
   * can be told to others. Rejects as `reach()` does.
   */
  readonly check: () => Promise<Known | undefined>
}

/** Throws `POLICY_UNSPEAKABLE`, and `NAME_UNSAFE` where the gate or the server has a name that cannot be said. */
export function wayTo(backend: BackendConfig, settings: WaySettings): Way {
  return new ServerWay(backend, settings)
}

class ServerWay implements Way {
  readonly title: string
  readonly tellsTls: boolean
  readonly #backend: BackendConfig
  readonly #pool: LinkPool
  readonly #leadsBack: (place: Place) => boolean
  readonly #patience: number
  readonly #dialect: Dialect | undefined
  readonly #greets: boolean
  readonly #introduces: boolean
  /** Nobody looks at what is said. */
  readonly #unread: boolean
  /** Nothing is said before the client's own words. */
  readonly #isPlain: boolean
  /** Undefined: it goes by Node's own streams. */
  readonly #node: NodeHandles | undefined
  readonly #names: Names
  readonly #attempts: readonly (ClientAttempt | undefined)[]
  readonly #trust: BackendTrust

  constructor(backend: BackendConfig, { dialect, streams, gateName, introduces, patience, now, leadsBack, pool }: WaySettings) {
    const { place, link, tls, policy, name, proxy } = backend
    this.title = link === undefined ? placeText(place) : `link ${link.insides.join(', ')}`
    this.#pool = pool
    this.#leadsBack = leadsBack
    this.tellsTls = proxy
    this.#backend = backend
    this.#patience = patience
    this.#dialect = dialectByName(dialect)
    this.#greets = greets(this.#dialect)
    this.#introduces = introduces
    this.#unread = dialect === 'tls'
    this.#node = streams === 'handles' ? nodeHandles : undefined
    this.#names = { clientName: gateName, serverName: name ?? (place.host === '' ? 'localhost' : place.host) }
    this.#attempts = tls === 'none' ? [undefined] : clientContext(policy ?? usual(now)).attempts
    this.#trust = trustIn(backend)
    this.#isPlain = tls === 'none' && !proxy && !backend.xclient && !this.#greets
  }

  reach(facts: ClientFacts, until: Until): Promise<ByteStream> {
    if (!this.#isPlain) return this.#reachTalking(facts, until)
    const patience = this.#begin()
    return this.#connectByHandle(patience) ?? this.#connect(undefined, facts, patience)
  }

  async #reachTalking(facts: ClientFacts, until: Until): Promise<Duplex> {
    const patience = this.#begin()
    if (until === 'go-ahead') return this.#askForTls(facts, patience)
    const { stream, greeting } = await this.#prepare(facts, patience)
    if (greeting !== undefined) {
      if (until === 'greeting') stream.unshift(greeting)
    } else if (this.#greets && this.#dialect !== undefined) {
      await (until === 'greeted' ? hearGreeting : awaitGreeting)(stream, this.#dialect, this.#names, patience)
    }
    return stream
  }

  async check(): Promise<Known | undefined> {
    const patience = this.#begin()
    const { stream, greeting } = await this.#prepare(undefined, patience)
    const dialect = this.#greets ? this.#dialect : undefined
    const heard = greeting ?? (dialect && (await hearGreeting(stream, dialect, this.#names, patience)))
    const known = this.#introduces && dialect && heard ? await this.#ask(stream, dialect, heard, patience) : undefined
    const { quit } = this.#dialect ?? {}
    if (quit !== undefined) stream.write(quit, 'latin1')
    closeBehind(stream, patience.left())
    return known
  }

  /** How the server goes on to introduce itself. A server that cannot be asked is no worse for that. */
  async #ask(stream: Duplex, dialect: Dialect, greeting: Buffer, patience: Patience): Promise<Known | undefined> {
    const { proxy, xclient: tells } = this.#backend
    // What it says to the gate by name is not for others.
    const isPersonal = stream instanceof Socket && stream.localAddress !== undefined && greeting.includes(stream.localAddress)
    if (isPersonal) return undefined
    try {
      const question = questionOf(dialect, this.#names.clientName)
      const answer = question === '' ? undefined : (await talk(stream, introducing(dialect, question, true), this.#names, patience)).last
      const introduction = introductionOf(dialect, greeting.toString('latin1'), answer?.toString('latin1') ?? '')
      return introduction && { introduction, tellsApart: proxy || tells }
    } catch {
      return undefined
    }
  }

  #begin(): Patience {
    const until = performance.now() + this.#patience
    return { title: this.title, left: () => Math.max(1, until - performance.now()) }
  }

  /** Versions with gaps between them take several hellos, the newest first, each over a connection of its own. */
  async #prepare(facts: ClientFacts | undefined, patience: Patience): Promise<Prepared> {
    let last: unknown
    for (const attempt of this.#attempts) {
      try {
        return await this.#introduce(await this.#secure(attempt, facts, patience), facts, patience)
      } catch (error) {
        if (!mayDoBetter(error)) throw error
        last = error
      }
    }
    throw last
  }

  /** Up to TLS, where there is any. */
  async #secure(attempt: ClientAttempt | undefined, facts: ClientFacts | undefined, patience: Patience): Promise<Prepared> {
    const { proxy, tls } = this.#backend
    const socket = await this.#connect(attempt, facts, patience)
    if (proxy) socket.write(proxyHeaderFor(facts))
    if (attempt === undefined) return { stream: socket, greeting: undefined }
    const greeting = tls === 'starttls' ? await this.#startTls(socket, patience) : undefined
    const stream = await secureBackend(socket, {
      attempt,
      trust: this.#trust,
      title: this.title,
      ...this.#asked(),
      ...this.#agreedOn(facts),
      patience: patience.left(),
    })
    stream.on('error', () => {})
    return { stream, greeting }
  }

  /** Whoever speaks TLS with it goes on. */
  async #askForTls(facts: ClientFacts, patience: Patience): Promise<Duplex> {
    const stream = await this.#connect(undefined, facts, patience)
    if (this.#backend.proxy) stream.write(proxyHeaderFor(facts))
    if (this.#dialect !== undefined) await talk(stream, this.#dialect, this.#names, patience)
    return stream
  }

  /** Whose words nobody looks at needs no stream of Node's. */
  #connectByHandle(patience: Patience): Promise<ByteStream> | undefined {
    const { place, link } = this.#backend
    if (this.#node === undefined || link !== undefined || isIP(place.host) === 0) return undefined
    return connectByHandle(this.#node, place, patience.left(), this.#unread ? new Landing() : undefined)
  }

  async #connect(attempt: ClientAttempt | undefined, facts: ClientFacts | undefined, patience: Patience): Promise<Duplex> {
    const { place, link } = this.#backend
    if (link !== undefined) return this.#pool.reach(link.insides, link.service, facts, patience.left())
    const socket = await connectPlain(place, patience.left(), this.#unread && attempt === undefined ? new Landing() : undefined)
    this.#refuseItself(socket)
    return socket
  }

  /** What a name stands for may change: an address was looked at when the configuration was read. */
  #refuseItself(socket: Socket): void {
    const { place } = this.#backend
    const { remoteAddress: host = '' } = isIP(place.host) === 0 ? socket : {}
    if (host === '' || !this.#leadsBack({ host, port: place.port })) return
    socket.destroy()
    throw new PosternError('world', 'GATE_BACKEND', `Cannot reach the server behind at ${this.title}: that is the service itself`, {
      remedy: 'Name the server behind, at an address or a port of its own.',
    })
  }

  /** Gives of the greeting what a client may hear that comes in behind TLS. */
  async #startTls(socket: Duplex, patience: Patience): Promise<Buffer | undefined> {
    // Where nothing is said before TLS, it begins at once.
    if (this.#dialect === undefined) return undefined
    const { greeting } = await talk(socket, this.#dialect, this.#names, patience)
    const { greetingBehindTls = (text) => text } = this.#dialect
    const rest = Buffer.from(greetingBehindTls(greeting.toString('latin1')), 'latin1')
    return rest.length === 0 ? undefined : rest
  }

  /** Tells the server whom it speaks to, where it takes that. */
  async #introduce(prepared: Prepared, facts: ClientFacts | undefined, patience: Patience): Promise<Prepared> {
    if (!this.#backend.xclient || this.#dialect === undefined) return prepared
    const { stream, greeting } = prepared
    const { xclientNames } = this.#backend
    const names = facts === undefined || !xclientNames ? undefined : await lookUpClient(facts.address, patience.left())
    const introduced = facts === undefined || names === undefined ? facts : { ...facts, names }
    const heard = await talk(stream, xclient(this.#dialect, introduced, greeting !== undefined), this.#names, patience)
    // Who only looks hears no second greeting.
    return { stream, greeting: facts === undefined ? (greeting ?? heard.greeting) : heard.last }
  }

  /** Where nobody looks at what is said, both sides of the gate have to speak the same. */
  #agreedOn(facts: ClientFacts | undefined): { readonly alpn?: readonly string[] } {
    const alpn = facts?.tls?.alpn
    return alpn === undefined || !this.#unread ? {} : { alpn: [alpn] }
  }

  /** Whom to ask for where the certificate is believed for its key. */
  #asked(): { readonly serverName?: string } {
    const { name } = this.#backend
    return name === undefined ? {} : { serverName: name }
  }
}

interface Prepared {
  readonly stream: Duplex
  /** What was heard already, and the client has to hear. Undefined: the server has not greeted. */
  readonly greeting: Buffer | undefined
}

function mayDoBetter(error: unknown): boolean {
  return error instanceof PosternError && error.code === 'GATE_BACKEND_VERSION'
}

/** A certificate is looked at where it is said for whom it has to be, who vouches for it, or which key it has. */
function trustIn({ name, ca, pins }: BackendConfig): BackendTrust {
  if (pins.length > 0) return { kind: 'pin', pins }
  if (name === undefined && ca === undefined) return { kind: 'none' }
  return { kind: 'authority', ...(ca === undefined ? {} : { ca: [ca] }), ...(name === undefined ? {} : { name }) }
}

function usual(now: Date): Policy {
  const rulebook = rulebookByName(USUAL)
  if (rulebook === undefined) throw new PosternError('bug', 'GATE_USUAL', `Cannot find the rulebook ${USUAL}`)
  return policyOf(rulebook, { now })
}

const USUAL = 'mozilla-intermediate'
