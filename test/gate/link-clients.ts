import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Octets } from './sent-message.ts'

/** How clients of a link speak: much at once, a little after each answer, without reading for a while, or nothing between the first word and the last. */
const MANNERS = ['bulk', 'chat', 'slow', 'idle'] as const
type Manner = (typeof MANNERS)[number]

const LENGTHS: Readonly<Record<Manner, number>> = { bulk: 1_000_000, chat: 4000, slow: 300_000, idle: 200 }
const CHAT_OCTETS = 200
const BULK_OCTETS = 32_768
const SLOW_MS = 50
/** The server has to hear that somebody is there, and says it back. */
const FIRST_OCTETS = 100

/** What became of it. `ended`: it was parted from the server, and knows it. */
export type Became = 'served' | 'ended'

/** A client of an echo server that knows each octet which it has to hear. */
export class EchoClient {
  readonly name: string
  readonly manner: Manner
  /** Resolves when the server has answered the first octets, or the client is parted from it. */
  readonly begun: Promise<void>
  readonly over: Promise<Became>
  readonly #socket: Socket
  readonly #said: Octets
  readonly #due: Octets
  readonly #length: number
  readonly #wrong: string[]
  readonly #begun = Promise.withResolvers<void>()
  readonly #over = Promise.withResolvers<Became>()
  #written = 0
  #heard = 0
  #hasEnded = false

  /** `at`: its number, which says how it speaks and from which address of loopback. What must not be is added to `wrong`. */
  constructor(port: number, name: string, at: number, wrong: string[]) {
    this.name = name
    this.manner = MANNERS[at % MANNERS.length] ?? 'chat'
    const lengths = new Octets(`length of ${name}`)
    this.#length = FIRST_OCTETS + 1 + lengths.below(LENGTHS[this.manner])
    ;[this.#said, this.#due] = [new Octets(name), new Octets(name)]
    this.#wrong = wrong
    this.begun = this.#begun.promise
    this.over = this.#over.promise
    this.#socket = connect({ port, host: '127.0.0.1', localAddress: addressOf(at), noDelay: true, allowHalfOpen: true })
    this.#socket.on('error', () => undefined)
    this.#socket.on('data', (bytes) => this.#hear(bytes))
    this.#socket.on('end', () => this.#ends())
    this.#socket.on('close', () => this.#closed())
    this.#say(FIRST_OCTETS)
  }

  /** It has a server now. */
  get isServed(): boolean {
    return this.#heard >= FIRST_OCTETS && !this.#hasEnded
  }

  get isOver(): boolean {
    return this.#hasEnded
  }

  /** Says all that it has to say, and waits for the answer. */
  goOn(): void {
    if (this.manner === 'bulk') this.#pour()
    else if (this.manner === 'chat') this.#say(CHAT_OCTETS)
    else this.#say(this.#length)
  }

  break(): void {
    this.#socket.resetAndDestroy()
  }

  #say(most: number): void {
    const count = Math.min(most, this.#length - this.#written)
    this.#written += count
    if (count > 0) this.#socket.write(this.#said.take(count))
  }

  #pour(): void {
    while (this.#written < this.#length && !this.#socket.destroyed) {
      this.#say(BULK_OCTETS)
      if (this.#socket.writableNeedDrain) return void this.#socket.once('drain', () => this.#pour())
    }
  }

  #hear(bytes: Buffer): void {
    this.#heard += bytes.length
    if (this.#heard > this.#written) this.#wrong.push(`${this.name} heard more than it has said`)
    else if (!bytes.equals(this.#due.take(bytes.length))) this.#wrong.push(`${this.name} heard other octets than its own`)
    if (this.#heard >= FIRST_OCTETS) this.#begun.resolve()
    if (this.#heard === this.#length) this.#socket.end()
    else if (this.manner === 'chat' && this.#heard > FIRST_OCTETS && this.#heard === this.#written) this.#say(CHAT_OCTETS)
    else if (this.manner === 'slow') {
      this.#socket.pause()
      setTimeout(() => this.#socket.resume(), SLOW_MS)
    }
  }

  #ends(): void {
    this.#socket.end()
  }

  #closed(): void {
    this.#hasEnded = true
    this.#begun.resolve()
    this.#over.resolve(this.#heard === this.#length ? 'served' : 'ended')
  }
}

const CLIENTS_EACH = 100

/** Clients come from many addresses, as those of life do. */
function addressOf(at: number): string {
  const number = Math.floor(at / CLIENTS_EACH)
  return `127.0.${1 + Math.floor(number / 200)}.${1 + (number % 200)}`
}

/** Servers inside: one says everything back, one greets as a server of IMAP does. */
export interface Servers {
  readonly echo: string
  readonly imap: string
  /** Connections to the echo server now. */
  readonly connections: () => number
  readonly close: () => void
}

export async function startServers(): Promise<Servers> {
  const open = new Set<Socket>()
  const echo = createServer({ noDelay: true }, (socket) => {
    open.add(socket.on('close', () => open.delete(socket)))
    socket.on('error', () => undefined)
    socket.pipe(socket)
  })
  const imap = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.end('* OK inside\r\n')
  })
  const servers = [echo, imap].map((server) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const [first = '', second = ''] = servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`)
  return {
    echo: first,
    imap: second,
    connections: () => open.size,
    close: () => {
      for (const server of servers) server.close()
      for (const socket of open) socket.destroy()
    },
  }
}

/** The first line that a server of IMAP says to whoever comes, and after how many milliseconds; empty: it closes, or says nothing for so long. */
export async function greeting(port: number, patience: number): Promise<{ readonly words: string; readonly after: number }> {
  const begun = performance.now()
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => undefined)
  let words = ''
  socket.on('data', (bytes) => void (words += bytes.toString('latin1')))
  const closed = new Promise<true>((resolve) => void socket.once('close', () => resolve(true)))
  while (!words.includes('\n') && performance.now() - begun < patience) {
    if (await Promise.race([closed, delay(5).then(() => false)])) break
  }
  socket.destroy()
  return { words: words.split('\r\n')[0] ?? '', after: performance.now() - begun }
}
