import { connect, type Socket } from 'node:net'
import { PosternError } from '../errors.ts'
import { connectFailed } from './connect-failed.ts'
import { whileListening } from './listening.ts'
import { MOST_BEGINNING } from './turned-away.ts'

/** What ends a wait for bytes. Silence and endings are answers, never exceptions. */
export type Ending = 'closed' | 'reset' | 'silent'

/** A server that sends more than this without being asked is not read any further until what is there has been taken. */
const MAX_UNREAD = 64 * 1024

/** How long a connection that we have ended may take to go away before it is torn down, and how much may still come on it. */
const LINGER_MS = 500
const MAX_LINGERING = 32 * 1024

/** One TCP connection, read by whoever holds it. */
export class Line {
  readonly #socket: Socket
  #chunks: Uint8Array[] = []
  #unread = 0
  #ended: Ending | undefined
  #wake: (() => void) | undefined
  #closing: Promise<void> | undefined
  #heard = false
  #waited = 0
  #beginning: Uint8Array = new Uint8Array(0)

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Uint8Array) => {
      this.#heard = true
      if (this.#beginning.length < MOST_BEGINNING) this.#beginning = Buffer.concat([this.#beginning, chunk]).slice(0, MOST_BEGINNING)
      this.#chunks.push(chunk)
      this.#unread += chunk.length
      if (this.#unread > MAX_UNREAD) socket.pause()
      this.#wake?.()
    })
    socket.on('end', () => this.#end('closed'))
    socket.on('close', () => this.#end('closed'))
    socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code === 'EPIPE' ? 'closed' : 'reset'))
  }

  /** Connects within `patience` milliseconds. Errors: `CONNECT_FAILED`, `CONNECT_TIMEOUT`, both `world`. */
  static open(address: string, port: number, patience: number): Promise<Line> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: address, port, noDelay: true })
      const at = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
      const endWait = whileListening(patience, () => {
        socket.destroy()
        reject(
          new PosternError('world', 'CONNECT_TIMEOUT', `Cannot connect to ${at}: no answer within ${Math.round(patience / 100) / 10} s`, {
            remedy: 'Check the address, and whether a firewall drops the connection.',
          }),
        )
      })
      const failed = (cause: NodeJS.ErrnoException): void => {
        endWait()
        reject(connectFailed(at, cause))
      }
      socket.once('error', failed)
      socket.once('connect', () => {
        endWait()
        socket.off('error', failed)
        resolve(new Line(socket))
      })
    })
  }

  /** The other end has closed or reset the connection, and everything it sent has been read. */
  get over(): boolean {
    return this.#ended !== undefined && this.#chunks.length === 0
  }

  /** Some byte has come. */
  get heard(): boolean {
    return this.#heard
  }

  /** Milliseconds of all its waits for bytes, as they count against a patience. */
  get waited(): number {
    return this.#waited
  }

  /** The first bytes that came, read or not: up to eight. */
  get beginning(): Uint8Array {
    return this.#beginning
  }

  /** The other end has reset the connection before we ended it. */
  get reset(): boolean {
    return this.#ended === 'reset'
  }

  get remotePort(): number | undefined {
    return this.#socket.localPort
  }

  send(bytes: Uint8Array | string): void {
    if (bytes.length > 0 && this.#ended === undefined) this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** What has come in; else what comes within `patience` milliseconds during which this process listens; else why nothing does. */
  async receive(patience: number): Promise<Uint8Array | Ending> {
    if (this.#chunks.length === 0 && this.#ended === undefined) await this.#wait(patience)
    if (this.#chunks.length === 0) return this.#ended ?? 'silent'
    const [only] = this.#chunks
    const bytes = this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks)
    this.#chunks = []
    this.#unread = 0
    if (this.#socket.isPaused()) this.#socket.resume()
    return bytes
  }

  /** Ends the connection in order, after `farewell`. It counts as over from now on; settles when the other end has closed it too. */
  close(farewell?: Uint8Array | string): Promise<void> {
    if (farewell !== undefined) this.send(farewell)
    this.#ended ??= 'closed'
    this.#chunks = []
    this.#wake?.()
    this.#closing ??= this.#leave()
    return this.#closing
  }

  #leave(): Promise<void> {
    const socket = this.#socket
    if (socket.closed) return Promise.resolve()
    // The program need not stay for the other end's good-bye.
    socket.unref()
    return new Promise((resolve) => {
      const timer = setTimeout(() => socket.destroy(), LINGER_MS)
      timer.unref()
      socket.once('close', () => {
        clearTimeout(timer)
        resolve()
      })
      socket.removeAllListeners('data')
      let lingering = 0
      socket.on('data', (chunk: Uint8Array) => {
        lingering += chunk.length
        if (lingering > MAX_LINGERING) socket.destroy()
      })
      socket.resume()
      socket.end()
    })
  }

  #end(how: Ending): void {
    this.#ended ??= how
    this.#wake?.()
  }

  #wait(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waited += endWait()
        this.#wake = undefined
        resolve()
      }
      const endWait = whileListening(patience, done)
      this.#wake = done
    })
  }
}
