import { constants, createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls'
import { PosternError } from '../../errors.ts'
import type { LinkDoorConfig } from '../config/config.ts'
import { placeText, type Place } from '../config/places.ts'
import { Enrolment } from './enrolment.ts'
import { GateLink, type GateLinkOptions } from './gate-link.ts'
import { InsideList, isValid } from './inside-list.ts'
import type { LinkPool } from './link-pool.ts'
import { ENROLMENT_PROTOCOL, LINK_CIPHERS, LINK_PATIENCE_MS, LINK_PROTOCOL } from './protocol.ts'
import { selfSigned } from './self-signed.ts'
import { Strangers } from './strangers.ts'

export interface LinkDoorOptions extends GateLinkOptions {
  readonly pool: LinkPool
  readonly now: () => Date
}

/** A change of who may come is seen so soon, in milliseconds. */
const LOOK_MS = 500

/** A day is enough: nobody looks at the dates of the gate's certificate, and each start makes another. */
const CERTIFICATE_MS = 400 * 24 * 60 * 60 * 1000
const BACKDATED_MS = 24 * 60 * 60 * 1000

/** Where insides come to open links. It opens no connection. */
export class LinkDoor {
  readonly #server: Server
  readonly #tls: TlsServer
  readonly #list: InsideList
  readonly #options: LinkDoorOptions
  readonly #links = new Set<GateLink>()
  readonly #strangers = new Strangers()
  #place: Place
  /** Processes of the gate; 0: this one is leaving. */
  #processes: number
  readonly #closing = new AbortController()
  readonly #timer: NodeJS.Timeout

  private constructor(config: LinkDoorConfig, list: InsideList, tls: TlsServer, options: LinkDoorOptions) {
    this.#place = config.place
    this.#list = list
    this.#tls = tls
    this.#options = options
    this.#processes = options.process.count
    const enrolment = new Enrolment(list, options.now)
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#meet(socket))
    tls.on('secureConnection', (socket) => {
      socket.on('error', () => undefined)
      if (socket.alpnProtocol === ENROLMENT_PROTOCOL) void enrolment.serve(socket)
      else void this.#link(socket)
    })
    tls.on('tlsClientError', (_error, socket) => socket.destroy())
    this.#timer = setInterval(() => void this.#look(), LOOK_MS).unref()
  }

  /** Listens. Rejects with `GATE_LISTEN`, `world`, and `LINK_FOLDER`, `input`. */
  static async open(config: LinkDoorConfig, options: LinkDoorOptions): Promise<LinkDoor> {
    const list = await InsideList.open(config.folder, options.now)
    const key = await list.key()
    const now = options.now().getTime()
    const own = selfSigned(key, createPublicKey(key), 'postern gate', new Date(now - BACKDATED_MS), new Date(now + CERTIFICATE_MS))
    const tls = createTlsServer({
      key: own.key,
      cert: own.certificate,
      minVersion: 'TLSv1.3',
      ciphers: LINK_CIPHERS,
      honorCipherOrder: true,
      ALPNProtocols: [LINK_PROTOCOL, ENROLMENT_PROTOCOL],
      requestCert: true,
      // Nobody vouches for them: who is known is looked up below, by the whole certificate.
      rejectUnauthorized: false,
      secureOptions: constants.SSL_OP_NO_TICKET,
      handshakeTimeout: LINK_PATIENCE_MS,
    })
    const door = new LinkDoor(config, list, tls, options)
    await door.#listen(config)
    return door
  }

  /** Where it listens. */
  get place(): Place {
    return this.#place
  }

  /** From now on the gate is so many processes; 0: this one takes no new links, and insides need none to it. */
  setProcesses(count: number): void {
    if (count === this.#processes) return
    this.#processes = count
    if (count === 0) this.#server.close()
    for (const link of this.#links) link.tellProcesses(count)
  }

  /** Takes no new links, and no new clients over those that stand when so many milliseconds are over. Ends when nobody is left on them. */
  async leave(patience: number): Promise<void> {
    this.setProcesses(0)
    await delay(patience, undefined, { signal: this.#closing.signal, ref: false }).catch(() => undefined)
    for (const link of this.#links) link.close()
    await Promise.all([...this.#links].map(({ over }) => over))
    this.close()
  }

  /** Takes no new links, and ends those that stand. */
  close(): void {
    this.#closing.abort()
    clearInterval(this.#timer)
    this.#server.close()
    for (const link of this.#links) link.end()
  }

  async #listen({ place: { host, port } }: LinkDoorConfig): Promise<void> {
    try {
      this.#server.listen({ port, ...(host === '' ? {} : { host }) })
      await once(this.#server, 'listening')
    } catch (cause) {
      clearInterval(this.#timer)
      throw new PosternError('world', 'GATE_LISTEN', `Cannot listen on ${placeText({ host, port })} for links`, {
        remedy: 'Stop whoever listens there, or choose another place.',
        cause,
      })
    }
    this.#server.on('error', () => {})
    const address = this.#server.address()
    if (typeof address === 'object' && address !== null) this.#place = { host: host === '' ? address.address : host, port: address.port }
  }

  #meet(socket: Socket): void {
    socket.on('error', () => undefined)
    if (this.#strangers.enter(socket)) this.#tls.emit('connection', socket)
    else socket.destroy()
  }

  async #link(socket: TLSSocket): Promise<void> {
    const shown = socket.getPeerX509Certificate()
    try {
      const inside = shown === undefined || socket.alpnProtocol !== LINK_PROTOCOL ? undefined : await this.#list.of(shown.fingerprint256)
      if (inside === undefined || shown === undefined) return void socket.destroy()
      this.#strangers.know(socket)
      await this.#list.settle(inside, shown.fingerprint256)
      const { process } = this.#options
      const count = this.#processes
      const link = await GateLink.open(socket, inside, { ...this.#options, process: { ...process, count } })
      this.#take(link)
      if (count !== this.#processes) link.tellProcesses(this.#processes)
    } catch {
      // It has closed, or does not want this link; or the list cannot be read, as where no descriptor is left: it comes again.
      socket.destroy()
    }
  }

  #take(link: GateLink): void {
    // Behind a door that is closed nobody looks any more who may come.
    if (this.#closing.signal.aborted || this.#processes === 0) return link.end()
    // It has come again before this end has seen that the link before is broken.
    for (const other of this.#links) if (other.inside.id === link.inside.id && other.instance === link.instance) other.end()
    this.#links.add(link)
    this.#options.pool.add(link)
    void link.gone.then(() => this.#options.pool.remove(link))
    // One that takes no more clients has those that are there, until it is revoked.
    void link.over.then(() => this.#links.delete(link))
  }

  /** Ends links of insides that may come no more. */
  async #look(): Promise<void> {
    const now = this.#options.now()
    const all = await this.#list.all().catch(() => undefined)
    if (all === undefined) return
    const valid = new Set(all.filter(({ certificates }) => certificates.some((one) => isValid(one, now))).map(({ id }) => id))
    for (const link of this.#links) if (!valid.has(link.inside.id)) link.end()
  }
}
