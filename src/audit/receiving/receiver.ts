import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { PosternError } from '../../errors.ts'
import { alertDescription, protocolVersion } from '../../registry/index.ts'
import {
  CONTENT_TYPE,
  decodeClientHello,
  encodeAlert,
  encodeHandshake,
  encodeRecord,
  encodeServerHello,
  EXTENSION_TYPE,
  FlightReader,
  HANDSHAKE_TYPE,
  MalformedError,
  offerOf,
  offerOfSslv2,
  RANDOM_LENGTH,
  type FlightItem,
  type Offer,
} from '../../wire/index.ts'
import type { Question, Taken } from './offer.ts'

/** A client that minds a version says so at once. */
const REACTION_MS = 1500
/** Whoever connects and says nothing holds nobody up for longer. */
const IDLE_MS = 20_000
/** RFC 5321 §4.5.3.1.4; what has no end within is not read on. */
const LONGEST_LINE = 512

/** What one connection has shown. */
export interface Heard {
  readonly offer: Offer
  /** Undefined where it was asked nothing. */
  readonly taken: Taken | undefined
}

interface Waiting {
  readonly question: Question | undefined
  readonly resolve: (heard: Heard) => void
}

/** Listens for clients that want TLS, looks at their hello, and never completes a handshake. No mail is taken. */
export class Receiver {
  readonly #server: Server
  readonly #starttls: boolean
  readonly #sockets = new Set<Socket>()
  #waiting: Waiting | undefined

  private constructor(starttls: boolean) {
    this.#starttls = starttls
    this.#server = createServer((socket) => this.#meet(socket))
  }

  /** `starttls`: as an SMTP server would, RFC 3207 §4. Errors: `RECEIVE_LISTEN`, `world`. */
  static async listen(host: string, port: number, starttls: boolean): Promise<Receiver> {
    const receiver = new Receiver(starttls)
    try {
      receiver.#server.listen(port, host)
      await once(receiver.#server, 'listening')
    } catch (cause) {
      throw new PosternError('world', 'RECEIVE_LISTEN', `Cannot listen on ${host}:${port}`, {
        remedy: 'Choose an address of this machine and a port that nobody uses.',
        cause,
      })
    }
    return receiver
  }

  /**
   * The next hello, and what its sender makes of an answer; undefined when nobody has come in time, or is waited for any more. `patience`
   * in milliseconds.
   */
  async hear(question: Question | undefined, patience: number, signal?: AbortSignal): Promise<Heard | undefined> {
    const { promise, resolve } = Promise.withResolvers<Heard | undefined>()
    const end = (): void => resolve(undefined)
    const timer = setTimeout(end, signal?.aborted === true ? 0 : patience)
    signal?.addEventListener('abort', end)
    this.#waiting = { question, resolve }
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      this.#waiting = undefined
    }
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #meet(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
    socket.setTimeout(IDLE_MS, () => socket.destroy())
    if (this.#starttls) converse(socket, () => this.#look(socket))
    else this.#look(socket)
  }

  #look(socket: Socket): void {
    const flight = new FlightReader()
    const read = (chunk: Buffer): void => {
      const item = nextOf(flight, chunk)
      if (item === undefined) return
      socket.off('data', read)
      const offer = item === 'nonsense' ? undefined : offerIn(item)
      const waiting = this.#waiting
      if (offer === undefined || waiting === undefined) return void socket.destroy()
      this.#waiting = undefined
      void answer(socket, flight, offer, waiting.question).then((taken) => {
        socket.destroy()
        waiting.resolve({ offer, taken })
      })
    }
    socket.on('data', read)
  }
}

function nextOf(flight: FlightReader, chunk: Buffer): FlightItem | 'nonsense' | undefined {
  try {
    flight.push(chunk)
    return flight.next()
  } catch (error) {
    if (error instanceof PosternError) return 'nonsense'
    throw error
  }
}

function offerIn(item: FlightItem): Offer | undefined {
  if (item.kind === 'sslv2-client-hello') return offerOfSslv2(item.hello)
  if (item.kind !== 'handshake' || item.type !== HANDSHAKE_TYPE.client_hello) return undefined
  try {
    return offerOf(decodeClientHello(item.body))
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}

/** Refuses at once where nothing is asked; else begins a handshake that ends there. */
async function answer(socket: Socket, flight: FlightReader, offer: Offer, question: Question | undefined): Promise<Taken | undefined> {
  if (question === undefined) {
    const fragment = encodeAlert({ level: 2, description: alertDescription.code('handshake_failure') })
    const legacyRecordVersion = Math.min(offer.newest, protocolVersion.code('TLSv1.2'))
    await new Promise<void>(
      (resolve) => void socket.end(encodeRecord({ type: CONTENT_TYPE.alert, legacyRecordVersion, fragment }), resolve),
    )
    return undefined
  }
  socket.write(serverHello(offer, question))
  return reaction(socket, flight)
}

/** Without secure renegotiation many clients refuse for another reason, RFC 5746 §4.1. */
function serverHello({ secureRenegotiation }: Offer, { protocol, suite }: Question): Uint8Array {
  const version = protocolVersion.code(protocol)
  const body = encodeServerHello({
    legacyVersion: version,
    random: randomBytes(RANDOM_LENGTH),
    legacySessionIdEcho: new Uint8Array(0),
    cipherSuite: suite,
    legacyCompressionMethod: 0,
    extensions: secureRenegotiation ? [{ type: EXTENSION_TYPE.renegotiation_info, data: new Uint8Array([0]) }] : undefined,
  })
  const fragment = encodeHandshake({ type: HANDSHAKE_TYPE.server_hello, body })
  return encodeRecord({ type: CONTENT_TYPE.handshake, legacyRecordVersion: version, fragment })
}

/** Who waits for the certificate has taken the version; who minds it says `protocol_version`, RFC 8446 §6.2. */
function reaction(socket: Socket, flight: FlightReader): Promise<Taken> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('yes'), REACTION_MS)
    const settle = (taken: Taken): void => {
      clearTimeout(timer)
      resolve(taken)
    }
    socket.on('data', (chunk: Buffer) => {
      const item = nextOf(flight, chunk)
      if (item === undefined) return
      const minds = item !== 'nonsense' && item.kind === 'alert' && item.description === alertDescription.code('protocol_version')
      settle(minds ? 'no' : 'unknown')
    })
    socket.on('close', () => settle('unknown'))
  })
}

/** Whoever goes on in plain text gets an answer to each message, and not to the host, which many then leave alone for minutes. */
function replyTo(line: string): string {
  if (line.startsWith('EHLO')) return '250-localhost\r\n250 STARTTLS\r\n'
  if (/^(?:HELO|NOOP|RSET)/.test(line)) return '250 localhost\r\n'
  return line === 'QUIT' ? '221 2.0.0 Bye\r\n' : '450 4.3.2 This looks at TLS and takes no mail\r\n'
}

/** An SMTP server that knows STARTTLS and takes no mail. */
function converse(socket: Socket, secured: () => void): void {
  let heard = ''
  socket.write('220 localhost ESMTP Postern\r\n')
  const listen = (chunk: Buffer): void => {
    heard += chunk.toString('latin1')
    for (let end = heard.indexOf('\n'); end >= 0; end = heard.indexOf('\n')) {
      const line = heard.slice(0, end).trim().toUpperCase()
      heard = heard.slice(end + 1)
      if (line === 'STARTTLS') {
        socket.off('data', listen)
        secured()
        return void socket.write('220 2.0.0 Ready to start TLS\r\n')
      }
      socket.write(replyTo(line))
    }
    if (heard.length > LONGEST_LINE) socket.destroy()
  }
  socket.on('data', listen)
}
