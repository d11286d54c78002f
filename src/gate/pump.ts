import { TLSSocket } from 'node:tls'
import type { ByteStream } from './byte-stream.ts'
import type { DataRequest, Ending, Parting, Relay, RelayStep } from '../dialects/index.ts'
import { closeBehind, reset } from './closing.ts'
import { carry } from './carry.ts'
import { TlsStream } from './handles/tls-stream.ts'
import { landingOf } from './landing.ts'

/** Why the two ends are parted. `error`: a relay threw, which is a bug of ours and harms nobody else's connection. */
export type PumpEnd = Ending | 'client-left' | 'client-error' | 'server-left' | 'error'

export interface PumpEvents {
  /** TLS with the client has to begin: nothing more is read from it here. `rest` belongs to TLS. */
  readonly tls: (rest: Uint8Array) => void
  /** Something has to be done about data connections. */
  readonly data?: (request: DataRequest) => void
  /** A server is needed: `reached()` or `unreached()` says what became of it. */
  readonly connect?: () => void
  /** Nothing of the protocol is looked at any more: where that has logins, there was one. */
  readonly copies?: () => void
  /** Something went on to the other side, or was said to it. */
  readonly moved: () => void
  /** What the client has begun and not said to its end: see `Relay.unfinished`. */
  readonly unfinished?: (what: number | undefined) => void
  /** It is over, and both streams are ended or on their way. */
  readonly ended: (why: PumpEnd, reason?: string) => void
}

/**
 * Carries bytes between a client and the server behind, through a relay, as fast as the slower of them takes them: whoever sends more is
 * read no further. The client's stream may be exchanged for one in TLS.
 */
export class Pump {
  #relay: Relay
  #server: ByteStream | undefined
  readonly #events: PumpEvents
  #client: ByteStream
  #ended = false
  #copying = false
  #serverIsGone = false
  /** The client says no more, and still listens. */
  #clientIsDone = false
  /** Between plain text and TLS nobody is read here. */
  #upgrading = false
  /** Octets from the client and from the server. */
  #in = 0
  #out = 0

  /** `server`: undefined where there is none, or none yet. */
  constructor(client: ByteStream, server: ByteStream | undefined, relay: Relay, events: PumpEvents) {
    this.#client = client
    this.#server = server
    this.#relay = relay
    this.#events = events
    this.#listen(client)
    if (server === undefined) return
    this.#listenToServer(server)
    this.#passEnd()
  }

  /** The connection to the server behind, as it is now; undefined where there is none. */
  get server(): ByteStream | undefined {
    return this.#server
  }

  get bytes(): { readonly in: number; readonly out: number } {
    return { in: this.#in, out: this.#out }
  }

  /** TLS stands: from now on the client is in it. `server`: another connection takes the place of the one before, or there is none any more. */
  secured(client: ByteStream, server: ByteStream | 'same' | 'lost' = 'same'): void {
    if (this.#ended || client.destroyed) {
      client.destroy()
      if (typeof server !== 'string') server.destroy()
      return this.end('client-left')
    }
    this.#client = client
    this.#upgrading = false
    this.#listen(client)
    if (typeof server !== 'string') this.#exchange(server)
    this.#obey(() => this.#relay.secured(typeof server === 'string' ? 'same' : 'another'))
    if (server === 'lost') this.#serverGone()
    this.#flow()
  }

  /** TLS goes on as it is, and another relay looks at it. `server`: in place of the one before. */
  passes(client: ByteStream, server: ByteStream | 'lost', relay: Relay): void {
    this.#relay = relay
    // It hears of it now, whatever has become of the one before.
    this.#serverIsGone = false
    this.secured(client, server)
  }

  /** The server that was needed is there. */
  reached(server: ByteStream): void {
    if (this.#ended) server.destroy()
    else {
      this.#exchange(server)
      this.#flow()
    }
  }

  /** It cannot be had. */
  unreached(): void {
    this.#serverGone()
  }

  /** Asks the relay what follows from something that was not said by either. */
  tell(ask: () => RelayStep): void {
    this.#obey(ask)
    this.#flow()
  }

  perform(step: RelayStep): void {
    if (this.#ended) return
    if (step.toServer !== undefined) this.#pass(step.toServer, this.#server)
    if (step.toClient !== undefined) this.#pass(step.toClient, this.#client)
    for (const request of step.data ?? []) this.#events.data?.(request)
    if (step.tls !== undefined) {
      this.#upgrading = true
      this.#leave(this.#client)
      this.#client.pause()
      this.#events.tls(step.tls.rest)
    } else if (step.end !== undefined) this.end(step.end)
    else if (step.connect === true) this.#events.connect?.()
    else if (step.copy === true) {
      this.#copying = true
      this.#events.copies?.()
    }
  }

  /** Ends both for reasons of the gate's own, behind a last word to the client. Gives false where none can be said, and does nothing. */
  part(why: Parting): boolean {
    if (this.#ended || this.#upgrading || !this.#client.writable || this.#client.writableLength > 0) return false
    const words = this.#relay.lastWords?.(why)
    if (words === undefined) return false
    this.#pass(words, this.#client)
    this.end('quit')
    return true
  }

  /** Ends both, behind what is on its way to them. */
  end(why: PumpEnd, reason?: string): void {
    if (this.#ended) return
    this.#ended = true
    this.#server?.off('data', this.#fromServer)
    this.#client.off('data', this.#fromClient)
    // A server that floods is not read to its end.
    if (why === 'server-misbehaves') this.#server?.destroy()
    else if (this.#server !== undefined) closeBehind(this.#server)
    closeBehind(this.#client)
    this.#events.ended(why, reason)
  }

  #exchange(server: ByteStream): void {
    const before = this.#server
    if (before !== undefined) {
      before.off('data', this.#fromServer)
      before.off('drain', this.#flow)
      before.off('close', this.#serverGone)
      before.off('error', this.#serverBroke)
      closeBehind(before)
    }
    this.#server = server
    this.#serverIsGone = false
    this.#listenToServer(server)
  }

  #listenToServer(server: ByteStream): void {
    const landing = landingOf(server)
    if (landing === undefined) server.on('data', this.#fromServer)
    server.on('drain', this.#flow)
    server.on('close', this.#serverGone)
    server.on('error', this.#serverBroke)
    // Over a link it may have broken before anybody listened here.
    if (server.destroyed) process.nextTick(this.#serverBroke)
    if (landing === undefined) return
    landing.give(this.#landed)
    server.resume()
  }

  #listen(client: ByteStream): void {
    client.on('data', this.#fromClient)
    client.on('drain', this.#flow)
    client.on('end', this.#clientDone)
    client.on('close', this.#clientGone)
    client.on('error', this.#clientError)
    // Who has looked at its hello has stopped it.
    client.resume()
    // It may have said its last before anybody listened here: while the way to the server was made.
    this.#clientIsDone ||= client.readableEnded
  }

  #leave(client: ByteStream): void {
    client.off('data', this.#fromClient)
    client.off('drain', this.#flow)
    client.off('end', this.#clientDone)
    client.off('close', this.#clientGone)
    client.off('error', this.#clientError)
  }

  readonly #fromClient = (bytes: Buffer): void => {
    this.#in += bytes.length
    if (this.#copying) this.#copy(bytes, this.#server)
    else this.#obey(() => this.#relay.fromClient(bytes))
    this.#flow()
  }

  readonly #fromServer = (bytes: Buffer): void => {
    this.#out += bytes.length
    if (this.#copying) {
      this.#relay.overheard?.(bytes)
      this.#copy(bytes, this.#client)
    } else this.#obey(() => this.#relay.fromServer(bytes))
    this.#flow()
  }

  /** What lies in memory that is used again has to become records before more is read, which it does at once where nothing waits before it. */
  readonly #landed = (bytes: Buffer): boolean => {
    const client = this.#client
    if (this.#ended || !client.writable) return true
    const goesAtOnce = this.#copying && (client instanceof TLSSocket || client instanceof TlsStream) && client.writableLength === 0
    if (!goesAtOnce) {
      this.#fromServer(Buffer.from(bytes))
      return !client.writableNeedDrain
    }
    this.#out += bytes.length
    client.write(bytes, this.#again)
    this.#events.moved()
    return false
  }

  /** It has been written: there is room for more. */
  readonly #again = (): void => {
    if (!this.#ended && this.#server?.destroyed === false) this.#server.resume()
  }

  #obey(ask: () => RelayStep): void {
    if (this.#ended) return
    try {
      this.perform(ask())
      if (this.#relay.unfinished !== undefined && !this.#ended)
        this.#events.unfinished?.(this.#copying ? undefined : this.#relay.unfinished())
    } catch (error) {
      this.end('error', placeOf(error))
    }
  }

  /**
   * Whoever sends is read no further until the other has taken what is on its way. A client is not read either as long as it does not take what the gate
   * or the server answers: it could ask for more and more. Where bytes are copied the two directions have nothing to do with each other. A relay that has
   * enough of a client that runs ahead is given no more until the server has answered.
   */
  readonly #flow = (): void => {
    if (this.#ended) return
    this.#passEnd()
    const clientWaits = this.#client.writableNeedDrain
    if (!this.#upgrading) {
      const full = !this.#copying && (clientWaits || this.#relay.isFull?.() === true)
      read(this.#client, !full && this.#server?.writableNeedDrain !== true)
    }
    if (this.#server !== undefined) read(this.#server, !clientWaits)
  }

  readonly #clientGone = (): void => this.end('client-left')
  readonly #clientError = (): void => {
    if (this.#server !== undefined && this.#relay.endsByClose?.() === true) reset(this.#server)
    this.end('client-error')
  }

  /** What it has said may be answered still: a message that the server takes now must not come again. */
  readonly #clientDone = (): void => {
    this.#clientIsDone = true
    this.#passEnd()
  }

  #passEnd(): void {
    if (!this.#clientIsDone || this.#ended || this.#serverIsGone || this.#server?.writable === false) return
    if (!this.#copying && this.#relay.isAhead?.() === true) return
    // Nobody is there who could have more to say.
    if (this.#server === undefined) this.end('client-left')
    else this.#server.end()
  }

  readonly #serverBroke = (): void => {
    if (this.#ended || this.#relay.endsByClose?.() !== true) return this.#serverGone()
    reset(this.#client)
    this.end('server-left')
  }

  readonly #serverGone = (): void => {
    if (this.#ended || this.#serverIsGone) return
    this.#serverIsGone = true
    if (this.#copying) return this.end(this.#clientIsDone ? 'client-left' : 'server-left')
    // It may have been said good-bye to, or the client hears of it later: that is for the relay to know.
    this.#obey(() => {
      const step = this.#relay.serverLost()
      if (!this.#clientIsDone || step.end === undefined) return step
      if (step.toClient !== undefined) this.#pass(step.toClient, this.#client)
      this.end('client-left')
      return {}
    })
    this.#flow()
  }

  #copy(bytes: Buffer, to: ByteStream | undefined): void {
    if (to?.writable !== true) return
    carry(bytes, to)
    this.#events.moved()
  }

  #pass(bytes: Uint8Array, to: ByteStream | undefined): void {
    if (to?.writable !== true) return
    to.write(bytes)
    this.#events.moved()
  }
}

function read(stream: ByteStream, wanted: boolean): void {
  if (stream.isPaused() === !wanted) return
  if (wanted) stream.resume()
  else stream.pause()
}

/** Where something was thrown, and nothing of what it says: that may be the client's content. */
export function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const [place = ''] = /\bat [^\n]*/.exec(error.stack ?? '') ?? []
  return `${error.name} ${place}`
}
