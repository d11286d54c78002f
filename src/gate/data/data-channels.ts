import { connect, Socket, type Server } from 'node:net'
import type { DataPlace, DataRequest } from '../../dialects/index.ts'
import type { ByteStream } from '../byte-stream.ts'
import { reset } from '../closing.ts'
import type { DataConfig } from '../config/config.ts'
import { HandshakeEnded } from '../front.ts'
import { plainAddress, type ClientFacts } from '../facts.ts'
import { secureAlike } from '../tls/secure-backend.ts'
import { DataConnection, type DataEnd } from './data-connection.ts'
import { openPassive } from './passive-ports.ts'

export interface DataSettings extends DataConfig {
  /** Milliseconds for a client to come, or to be reached. */
  readonly patience: number
}

export interface DataHost {
  readonly client: ClientFacts
  /** The connection of the commands to the server behind: data goes to the same address, from the same one. */
  readonly server: () => ByteStream | undefined
  /** Puts a client's socket into TLS, or says that it need not be. */
  readonly secure: (socket: Socket, upload: boolean) => Promise<DataEnd>
  /** What became of `listen` and `connect`. */
  readonly ready: (place: DataPlace | undefined) => void
  readonly moved: () => void
}

/** Whoever takes little of what is sent may go on with the next transfer; so many stay open for it. */
const MAX_AT_ONCE = 4

type Transfer = Extract<DataRequest, { kind: 'transfer' }>

/** A data connection that is not in use yet. */
interface Opening {
  readonly serverPort: number
  readonly timer: NodeJS.Timeout
  listener?: Server
  client?: Socket
  server?: Socket
  transfer?: Transfer
}

/** The data connections of one client, RFC 959 §3.2: opened when its relay asks for them, and gone with the connection of its commands. */
export class DataChannels {
  readonly #settings: DataSettings
  readonly #host: DataHost
  readonly #carrying = new Set<DataConnection>()
  /** The server's ends of those whose clients are in the middle of a handshake. */
  readonly #securing = new Set<Socket>()
  #opening: Opening | undefined
  #isClosed = false
  #connections = 0
  readonly #octets = { in: 0, out: 0 }

  constructor(settings: DataSettings, host: DataHost) {
    this.#settings = settings
    this.#host = host
  }

  get counted(): { readonly connections: number; readonly in: number; readonly out: number } {
    return { connections: this.#connections, ...this.#octets }
  }

  ask(request: DataRequest): void {
    if (this.#isClosed) return
    if (request.kind === 'listen') void this.#listen(request.serverPort)
    else if (request.kind === 'connect') this.#connect(request.port, request.serverPort)
    else if (request.kind === 'abort') this.#abort()
    else if (this.#opening !== undefined) {
      this.#opening.transfer = request
      this.#begin(this.#opening)
    }
  }

  /** What one side has said to its end still goes to the other; everything else is aborted. */
  close(): void {
    this.#isClosed = true
    this.#drop()
    for (const server of this.#securing) reset(server)
    for (const one of this.#carrying) one.finish()
  }

  #abort(): void {
    this.#drop()
    // The clients' ends go when their handshakes do.
    for (const server of this.#securing) reset(server)
    for (const one of this.#carrying) one.abort()
  }

  /** What was opened and not used gives way. */
  #open(serverPort: number): Opening | undefined {
    this.#drop()
    if (this.#carrying.size + this.#securing.size >= MAX_AT_ONCE) return undefined
    const opening: Opening = { serverPort, timer: setTimeout(() => this.#fail(opening), this.#settings.patience) }
    this.#opening = opening
    return opening
  }

  #drop(): void {
    if (this.#opening !== undefined) this.#fail(this.#opening)
  }

  #fail(opening: Opening): void {
    clearTimeout(opening.timer)
    opening.listener?.close()
    if (opening.client !== undefined) reset(opening.client)
    if (opening.server !== undefined) reset(opening.server)
    if (this.#opening === opening) this.#opening = undefined
  }

  async #listen(serverPort: number): Promise<void> {
    const { localAddress } = this.#host.client
    const opening = this.#open(serverPort)
    const listener = opening === undefined ? undefined : await openPassive(localAddress, this.#settings.ports)
    const bound = listener?.address()
    if (opening === undefined || listener === undefined || typeof bound !== 'object' || bound === null) return this.#host.ready(undefined)
    if (this.#opening !== opening) {
      listener.close()
      return this.#host.ready(undefined)
    }
    opening.listener = listener
    listener.on('error', () => {})
    listener.on('connection', (socket) => this.#came(opening, socket))
    this.#host.ready({ address: localAddress.includes(':') ? localAddress : (this.#settings.announce ?? localAddress), port: bound.port })
  }

  /** RFC 2577 §6: whoever guesses the port must not have what is meant for somebody else. */
  #came(opening: Opening, socket: Socket): void {
    if (this.#opening !== opening || opening.client !== undefined || plainAddress(socket.remoteAddress ?? '') !== this.#host.client.address)
      return reset(socket)
    opening.listener?.close()
    this.#joined(opening, socket)
  }

  #connect(port: number, serverPort: number): void {
    const opening = this.#open(serverPort)
    if (opening === undefined) return this.#host.ready(undefined)
    const { address, localAddress } = this.#host.client
    const socket = connect({ host: address, port, localAddress, noDelay: true, allowHalfOpen: true })
    socket.pause()
    let isTold = false
    const told = (place: DataPlace | undefined): void => {
      if (isTold) return
      isTold = true
      if (place === undefined) this.#fail(opening)
      this.#host.ready(place)
    }
    opening.client = socket
    socket.once('connect', () => {
      this.#joined(opening, socket)
      told({ address, port })
    })
    socket.once('close', () => told(undefined))
    socket.on('error', () => told(undefined))
  }

  /** The client is there. A server says that it begins only when somebody has come to it, and the client waits for that. */
  #joined(opening: Opening, client: Socket): void {
    const commands = this.#host.server()
    const { remoteAddress = '', localAddress } = commands instanceof Socket ? commands : {}
    opening.client = client
    const failed = (): void => {
      if (this.#opening === opening) this.#fail(opening)
    }
    client.on('error', failed)
    const server = connect({
      host: remoteAddress,
      port: opening.serverPort,
      noDelay: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    })
    server.pause()
    opening.server = server
    server.on('error', failed)
    this.#begin(opening)
  }

  /** With the client there, and something to carry: TLS, and the transfer. */
  #begin(opening: Opening): void {
    const { client, server, transfer } = opening
    if (client === undefined || server === undefined || transfer === undefined) return
    clearTimeout(opening.timer)
    this.#opening = undefined
    void this.#carry(client, server, transfer)
  }

  async #carry(client: Socket, socket: Socket, { secure, serverSecure, upload }: Transfer): Promise<void> {
    let end: DataEnd
    let server: Socket
    const securing = secure ? this.#host.secure(client, upload) : Promise.resolve({ stream: client, wasCut: () => false })
    this.#securing.add(socket)
    try {
      ;[end, server] = await Promise.all([securing, serverSecure ? this.#secureServer(socket) : socket])
    } catch {
      void securing.then(({ stream }) => reset(stream)).catch(() => {})
      return reset(socket)
    } finally {
      this.#securing.delete(socket)
    }
    this.#connections += 1
    const connection: DataConnection = new DataConnection(
      end,
      { stream: server, socket },
      {
        moved: (way, octets) => {
          this.#octets[way] += octets
          this.#host.moved()
        },
        ended: () => this.#carrying.delete(connection),
      },
    )
    this.#carrying.add(connection)
    if (server.destroyed || end.stream.destroyed) connection.abort()
  }

  async #secureServer(socket: Socket): Promise<Socket> {
    const commands = this.#host.server()
    const secure = commands === undefined ? undefined : secureAlike(commands)
    if (secure === undefined) throw new HandshakeEnded('the server behind is not in TLS any more')
    const secured = await secure(socket, this.#settings.patience)
    secured.on('error', () => {})
    return secured
  }
}
