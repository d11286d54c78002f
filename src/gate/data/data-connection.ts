import type { Socket } from 'node:net'
import type { ByteStream } from '../byte-stream.ts'
import { closeBehind, FLUSH_MS, reset } from '../closing.ts'
import { carry } from '../carry.ts'

export interface DataEvents {
  /** So many octets went on. */
  readonly moved: (way: 'in' | 'out', octets: number) => void
  readonly ended: () => void
}

/** A client's end of a data connection. */
export interface DataEnd {
  readonly stream: ByteStream
  /** Its end was an accident, or somebody's work: what came is not all. */
  readonly wasCut: () => boolean
}

/** The server's end. */
export interface ServerEnd {
  readonly stream: Socket
  /** What it runs over, itself where there is no TLS: a server that takes any end for an end understands a reset. */
  readonly socket: Socket
}

/**
 * Carries what is transferred between a client and the server behind, as fast as the slower of them takes it. An end is passed on as an end, and anything
 * else as a reset: neither side may take half of something for the whole, RFC 4217 §12.6.
 */
export class DataConnection {
  readonly #client: DataEnd
  readonly #server: Socket
  readonly #serverSocket: Socket
  /** Has said all that it had to say: what becomes of it now is of no interest to what it has said. */
  #clientIsDone = false
  #serverIsDone = false

  constructor(client: DataEnd, { stream: server, socket }: ServerEnd, events: DataEvents) {
    this.#client = client
    this.#server = server
    this.#serverSocket = socket
    const { stream } = client
    stream.once('end', () => this.#clientEnded())
    server.once('end', () => this.#serverEnded())
    stream.on('error', () => this.#clientFailed())
    server.on('error', () => this.#serverFailed())
    let open = 2
    const closed = (): void => {
      open -= 1
      if (open === 0) events.ended()
    }
    stream.once('close', () => {
      this.#clientFailed()
      closed()
    })
    server.once('close', () => {
      this.#serverFailed()
      closed()
    })
    flow(stream, server, (octets) => events.moved('in', octets))
    flow(server, stream, (octets) => events.moved('out', octets))
  }

  /** Ends both so that neither takes what it has for all. */
  abort(): void {
    this.#clientIsDone = true
    this.#serverIsDone = true
    reset(this.#serverSocket)
    reset(this.#client.stream)
  }

  /** The connection of the commands is gone: what was said to its end still goes on, for a while, and nothing else. */
  finish(): void {
    if (!this.#clientIsDone && !this.#serverIsDone) return this.abort()
    const timer = setTimeout(() => this.abort(), FLUSH_MS)
    const clear = (): void => clearTimeout(timer)
    this.#client.stream.once('close', clear)
    this.#server.once('close', clear)
  }

  #clientEnded(): void {
    if (this.#client.wasCut()) return this.abort()
    this.#clientIsDone = true
    this.#server.end()
  }

  #serverEnded(): void {
    this.#serverIsDone = true
    closeBehind(this.#client.stream)
    closeBehind(this.#server)
  }

  #clientFailed(): void {
    if (!this.#clientIsDone) this.abort()
  }

  #serverFailed(): void {
    if (!this.#serverIsDone) this.abort()
  }
}

/** Whoever is read is read no further until the other has taken what is on its way. What comes for one that has ended is dropped. */
function flow(from: ByteStream, to: ByteStream, moved: (octets: number) => void): void {
  from.on('data', (bytes: Buffer) => {
    moved(bytes.length)
    if (!to.writable) return
    carry(bytes, to)
    if (to.writableNeedDrain) from.pause()
  })
  to.on('drain', () => from.resume())
  from.resume()
}
