import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ByteQueue } from '../../wire/index.ts'
import type { Failed } from './answer.ts'
import { codeOf, TIMED_OUT, unreachable } from './ask-udp.ts'
import { answers, type Query } from './dns-message.ts'
import type { ResolverPlace } from './resolver-place.ts'

/** Left open for the next question (RFC 7766 §6.2.3), in milliseconds. */
const IDLE_MS = 10_000

interface Waiting {
  readonly query: Query
  readonly settle: (outcome: Uint8Array | Failed) => void
}

/** One connection, with all questions that are under way on it. */
class Line {
  readonly #socket: Socket
  readonly #waiting = new Map<number, Waiting>()
  readonly #bytes = new ByteQueue()
  readonly #ready: Promise<unknown>
  #failed: Failed | undefined

  constructor(place: ResolverPlace, ca: string | undefined) {
    this.#socket = open(place, ca)
    this.#ready = new Promise((resolve) => this.#socket.once(place.tls === undefined ? 'connect' : 'secureConnect', resolve))
    this.#socket.setNoDelay(true)
    this.#socket.setTimeout(IDLE_MS, () => this.end(unreachable('closed')))
    this.#socket.on('data', (bytes: Uint8Array) => this.#read(bytes))
    this.#socket.on('error', (error) => this.end(unreachable(codeOf(error))))
    this.#socket.on('close', () => this.end(unreachable('closed')))
  }

  get open(): boolean {
    return this.#failed === undefined
  }

  ask(query: Query, patience: number): Promise<Uint8Array | Failed> {
    return new Promise((resolve) => {
      // Two questions of one id cannot be told apart: whoever asks again draws another.
      if (this.#failed !== undefined || this.#waiting.has(query.id)) return resolve(this.#failed ?? TIMED_OUT)
      const timer = setTimeout(() => settle(TIMED_OUT), patience)
      const settle = (outcome: Uint8Array | Failed): void => {
        clearTimeout(timer)
        this.#waiting.delete(query.id)
        resolve(outcome)
      }
      this.#waiting.set(query.id, { query, settle })
      // Nobody is asked before it is known who it is. RFC 7766 §8: length and message in one segment.
      void this.#ready.then(() =>
        this.#socket.write(Buffer.concat([Buffer.of(query.bytes.length >> 8, query.bytes.length & 0xff), query.bytes])),
      )
    })
  }

  /** Ends the connection, and every question on it with `why`. */
  end(why: Failed): void {
    if (this.#failed !== undefined) return
    this.#failed = why
    this.#socket.destroy()
    for (const { settle } of this.#waiting.values()) settle(why)
  }

  #read(bytes: Uint8Array): void {
    this.#bytes.push(bytes)
    for (;;) {
      const message = takeMessage(this.#bytes)
      if (message === undefined) return
      const waiting = this.#waiting.get((message[0] ?? 0) * 256 + (message[1] ?? 0))
      if (waiting !== undefined && answers(waiting.query, message)) waiting.settle(message)
    }
  }
}

function open({ address, port, tls }: ResolverPlace, ca: string | undefined): Socket {
  if (tls === undefined) return connect({ host: address, port })
  const name = tls.name === undefined ? {} : { servername: tls.name }
  return connectTls({ host: address, port, minVersion: 'TLSv1.2', ...name, ...(ca === undefined ? {} : { ca }) })
}

function takeMessage(bytes: ByteQueue): Uint8Array | undefined {
  const [high = 0, low = 0] = bytes.peek(2)
  if (bytes.length < 2 || bytes.length < 2 + high * 256 + low) return undefined
  return bytes.take(2 + high * 256 + low, 'DnsStream').opaque(2, 'message')
}

/** Asks one resolver over TCP or TLS, on one connection as long as it stands. */
export class DnsStream {
  readonly #place: ResolverPlace
  readonly #ca: string | undefined
  #line: Line | undefined

  /** `ca`: authorities in PEM in place of those that Node knows. */
  constructor(place: ResolverPlace, ca?: string) {
    this.#place = place
    this.#ca = ca
  }

  /** `patience`: milliseconds. Never rejects. */
  async ask(query: Query, patience: number): Promise<Uint8Array | Failed> {
    const old = this.#line
    if (old?.open === true) {
      const outcome = await old.ask(query, patience)
      // Resolvers close what is idle, maybe just when the next question comes: that is no answer to it.
      if (!('why' in outcome) || outcome.why !== 'unreachable') return outcome
    }
    if (this.#line?.open !== true) this.#line = new Line(this.#place, this.#ca)
    return this.#line.ask(query, patience)
  }

  close(): void {
    this.#line?.end(unreachable('closed'))
  }
}
