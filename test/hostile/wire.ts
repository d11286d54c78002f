import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientHello } from './client-hello.ts'

/** What one client did on one connection. */
export interface Seen {
  /** The first 64 kB that it sent. */
  readonly bytes: Buffer
  /** How many bytes it sent in all, as far as they were read. */
  readonly count: number
  readonly hellos: readonly ClientHello[]
  /** Lines of text, in clear and inside TLS, without their ends. */
  readonly lines: readonly string[]
  /** How the client left: still there, by FIN, or by RST; `server` where the server was first. */
  readonly left: 'open' | 'fin' | 'reset' | 'server'
}

/** More of what a client sent is only counted. */
export const MAX_SEEN: number = 64 * 1024

/** One accepted connection, read as a stream of bytes. Nothing here throws when the client goes: reads give undefined. */
export class Wire {
  readonly socket: Socket
  readonly hellos: ClientHello[] = []
  readonly lines: string[] = []
  /** Everything is sent in pieces of so many bytes, with a pause behind each. */
  pace: { readonly bytes: number; readonly ms: number } | undefined
  /** Plain text that came with the STARTTLS command and was kept for the time after the handshake. */
  injected: Buffer = Buffer.alloc(0)
  #buffer: Buffer = Buffer.alloc(0)
  #kept: Buffer[] = []
  #keptLength = 0
  #count = 0
  #ended = false
  #wake: (() => void) | undefined
  #left: Seen['left'] = 'open'

  constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('end', () => this.#finish('fin'))
    socket.on('error', () => this.#finish('reset'))
    socket.on('close', () => this.#finish('server'))
  }

  get ended(): boolean {
    return this.#ended
  }

  get seen(): Seen {
    return { bytes: Buffer.concat(this.#kept), count: this.#count, hellos: this.hellos, lines: this.lines, left: this.#left }
  }

  #take(chunk: Buffer): void {
    this.#count += chunk.length
    if (this.#keptLength < MAX_SEEN) {
      const kept = chunk.subarray(0, MAX_SEEN - this.#keptLength)
      this.#kept.push(kept)
      this.#keptLength += kept.length
    }
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk])
    // A client that sends without end must not fill the memory of the test.
    if (this.#buffer.length > 1024 * 1024) this.socket.pause()
    this.#wake?.()
  }

  #finish(how: Seen['left']): void {
    if (this.#left === 'open') this.#left = how
    this.#ended = true
    this.#wake?.()
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false
    if (this.socket.isPaused()) this.socket.resume()
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
    return true
  }

  /** Exactly `count` bytes, or undefined when the client has gone before. */
  async read(count: number): Promise<Buffer | undefined> {
    while (this.#buffer.length < count) if (!(await this.#more())) return undefined
    const bytes = this.#buffer.subarray(0, count)
    this.#buffer = this.#buffer.subarray(count)
    return bytes
  }

  /** The next bytes without taking them. */
  async peek(count: number): Promise<Buffer | undefined> {
    while (this.#buffer.length < count) if (!(await this.#more())) return undefined
    return this.#buffer.subarray(0, count)
  }

  /** A line without its end. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#buffer.indexOf(0x0a)
      if (end >= 0) {
        const line = this.#buffer.subarray(0, end).toString('latin1').replace(/\r$/, '')
        this.#buffer = this.#buffer.subarray(end + 1)
        this.lines.push(line)
        return line
      }
      if (!(await this.#more())) return undefined
    }
  }

  /** Whatever has come and was not read: the bytes that a careless server takes along into TLS. */
  takeBuffered(): Buffer {
    const bytes = this.#buffer
    this.#buffer = Buffer.alloc(0)
    return bytes
  }

  /** Puts bytes back in front. */
  unread(bytes: Buffer): void {
    this.#buffer = Buffer.concat([bytes, this.#buffer])
  }

  /** Sends, and waits while the client does not take it. False when the client has gone. */
  async write(data: Buffer | string): Promise<boolean> {
    if (!this.pace) return this.#send(data)
    const bytes = Buffer.from(data)
    for (let offset = 0; offset < bytes.length; offset += this.pace.bytes) {
      if (!(await this.#send(bytes.subarray(offset, offset + this.pace.bytes))) || !(await this.pause(this.pace.ms))) return false
    }
    return !this.#ended
  }

  /** Waits, but not longer than the client stays. False when it has gone. */
  async pause(ms: number): Promise<boolean> {
    if (this.#ended) return false
    const gone = new AbortController()
    const leave = (): void => gone.abort()
    this.socket.once('close', leave)
    this.socket.once('end', leave)
    await sleep(ms, undefined, { signal: gone.signal }).catch(() => undefined)
    this.socket.off('close', leave)
    this.socket.off('end', leave)
    return !this.#ended
  }

  async #send(bytes: Buffer | string): Promise<boolean> {
    if (this.#ended || this.socket.destroyed || this.socket.writableEnded) return false
    if (this.socket.write(bytes)) return true
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.socket.off('drain', done)
        this.socket.off('close', done)
        this.socket.off('end', done)
        resolve()
      }
      this.socket.on('drain', done)
      this.socket.on('close', done)
      this.socket.on('end', done)
    })
    return !this.#ended
  }

  /** FIN. */
  end(): void {
    if (!this.socket.destroyed) this.socket.end()
  }

  /** RST. */
  reset(): void {
    if (this.#left === 'open') this.#left = 'server'
    this.socket.resetAndDestroy()
    this.#finish('server')
  }

  /** Keeps still until the client goes. What it sends is read and thrown away. */
  async hang(): Promise<void> {
    while (await this.#more()) this.#buffer = Buffer.alloc(0)
  }
}
