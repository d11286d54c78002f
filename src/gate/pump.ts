import type { Duplex } from 'node:stream'
import type { Ending, Relay, RelayStep } from '../dialects/index.ts'

/** Why the two ends are parted. */
export type PumpEnd = Ending | 'client-left' | 'client-error' | 'server-left'

export interface PumpEvents {
  /** TLS with the client has to begin: nothing more is read from it here. `rest` belongs to TLS. */
  readonly tls: (rest: Uint8Array) => void
  /** It is over, and both streams are ended or on their way. */
  readonly ended: (why: PumpEnd) => void
}

/**
 * Carries bytes between a client and the server behind, through a relay, as fast as the slower of them takes them: whoever sends more is
 * read no further. The client's stream may be exchanged for one in TLS.
 */
export class Pump {
  readonly #relay: Relay
  readonly #server: Duplex
  readonly #events: PumpEvents
  #client: Duplex
  #ended = false
  /** The client is not read for now, see `#holdBack()`. */
  #held = false
  #copying = false
  #serverIsGone = false
  /** Between plain text and TLS nobody is read here. */
  #upgrading = false
  /** Octets from the client and from the server. */
  #in = 0
  #out = 0

  constructor(client: Duplex, server: Duplex, relay: Relay, events: PumpEvents) {
    this.#client = client
    this.#server = server
    this.#relay = relay
    this.#events = events
    server.on('data', this.#fromServer)
    server.on('close', this.#serverGone)
    server.on('error', this.#serverGone)
    this.#listen(client)
  }

  get bytes(): { readonly in: number; readonly out: number } {
    return { in: this.#in, out: this.#out }
  }

  /** TLS stands: from now on the client is in it. */
  secured(client: Duplex): void {
    this.#client = client
    this.#upgrading = false
    this.#held = false
    this.#listen(client)
    this.perform(this.#relay.secured())
  }

  perform(step: RelayStep): void {
    if (this.#ended) return
    if (step.toServer !== undefined && !this.#serverIsGone) this.#pass(step.toServer, this.#server, this.#client)
    if (step.toClient !== undefined) this.#pass(step.toClient, this.#client, this.#server)
    if (step.tls !== undefined) {
      this.#upgrading = true
      this.#leave(this.#client)
      this.#client.pause()
      this.#events.tls(step.tls.rest)
    } else if (step.end !== undefined) this.end(step.end)
    else if (step.copy === true) this.#copy()
  }

  /** Ends both, behind what is on its way to them. */
  end(why: PumpEnd): void {
    if (this.#ended) return
    this.#ended = true
    this.#server.off('data', this.#fromServer)
    this.#client.off('data', this.#fromClient)
    this.#server.end()
    this.#client.end()
    this.#client.resume()
    this.#server.resume()
    this.#events.ended(why)
  }

  #listen(client: Duplex): void {
    client.on('data', this.#fromClient)
    client.on('close', this.#clientGone)
    client.on('error', this.#clientError)
  }

  #leave(client: Duplex): void {
    client.off('data', this.#fromClient)
    client.off('close', this.#clientGone)
    client.off('error', this.#clientError)
  }

  readonly #fromClient = (bytes: Buffer): void => {
    this.#in += bytes.length
    this.perform(this.#relay.fromClient(bytes))
    this.#holdBack()
  }

  readonly #fromServer = (bytes: Buffer): void => {
    this.#out += bytes.length
    this.perform(this.#relay.fromServer(bytes))
    this.#holdBack()
  }

  /** A relay that has enough of a client that runs ahead is given no more until the server has answered. */
  #holdBack(): void {
    const full = this.#relay.isFull?.() === true
    if (full === this.#held || this.#ended || this.#upgrading) return
    this.#held = full
    if (full) this.#client.pause()
    else this.#client.resume()
  }

  /** No relay has anything to say any more: whole buffers go to and fro. */
  #copy(): void {
    this.#copying = true
    this.#client.off('data', this.#fromClient)
    this.#server.off('data', this.#fromServer)
    this.#client.on('data', (bytes: Buffer) => {
      this.#in += bytes.length
      this.#pass(bytes, this.#server, this.#client)
    })
    this.#server.on('data', (bytes: Buffer) => {
      this.#out += bytes.length
      this.#pass(bytes, this.#client, this.#server)
    })
  }

  readonly #clientGone = (): void => this.end('client-left')
  readonly #clientError = (): void => this.end('client-error')

  readonly #serverGone = (): void => {
    if (this.#ended) return
    if (this.#copying) return this.end('server-left')
    // It may have been said good-bye to, or the client hears of it later: that is for the relay to know.
    if (!this.#serverIsGone) {
      this.#serverIsGone = true
      this.perform(this.#relay.serverLost())
    }
  }

  /** Whoever sends is read no further until the other has taken what is on its way. */
  #pass(bytes: Uint8Array, to: Duplex, from: Duplex): void {
    if (to.write(bytes) || from.isPaused()) return
    from.pause()
    to.once('drain', () => {
      if (from !== this.#client || !this.#held) from.resume()
    })
  }
}
