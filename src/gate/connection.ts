import { performance } from 'node:perf_hooks'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { RelayMaker, RelayOptions, Relay } from '../dialects/index.ts'
import { readHello, type FirstWords } from './hello.ts'
import { Pump, type PumpEnd } from './pump.ts'
import type { ConnectionRecord, Ended } from './record.ts'
import { hintFor, refusalWords } from './words.ts'
import { verdictOn, type Stage, type Verdict } from './verdict.ts'
import type { HandshakeServer } from '../policy/negotiate/index.ts'

/** TLS of one policy. The hello lies in the socket. Rejects with `HandshakeEnded`. */
export type Secure = (socket: Socket, serverName: string | undefined) => Promise<Secured>

export interface Secured {
  readonly stream: TLSSocket
  readonly negotiated: NonNullable<ConnectionRecord['negotiated']>
}

/** A handshake that did not come about, in one of few words and in more. */
export class HandshakeEnded extends Error {
  readonly reason: string

  constructor(reason: string, words: string = reason) {
    super(words)
    this.reason = reason
  }
}

/** What is in force for one client. */
export interface Rules {
  readonly policy: string
  readonly stage: Stage
  /** What a client has to come to terms with, as far as it can be foretold. */
  readonly server: HandshakeServer
  readonly sslv2Hello: boolean
  /** TLS as the policy wants it. */
  readonly strict: Secure
  /** TLS for whoever cannot do that, and is let in to be watched, or to be told so. */
  readonly lenient: Secure
}

/** A service as one connection sees it. */
export interface Front {
  readonly name: string
  readonly tls: 'starttls' | 'required' | 'implicit' | 'none'
  /** Undefined: bytes are copied. */
  readonly relay: RelayMaker | undefined
  readonly relayOptions: Omit<RelayOptions, 'tls'>
  /** Connects to the server behind. Rejects where there is none. */
  readonly connect: () => Promise<Duplex>
  readonly rulesFor: (address: string) => Rules
  readonly timeouts: { readonly hello: number; readonly idle: number }
  readonly log: (record: ConnectionRecord) => void
  readonly now: () => Date
}

/** Serves one client from its first byte to its last. Never rejects: what became of it is in the record. */
export async function serve(client: Socket, front: Front): Promise<void> {
  const connection = new Connection(client, front)
  try {
    await connection.run()
  } catch (error) {
    connection.finish(
      error instanceof HandshakeEnded ? { why: 'handshake-failed', reason: error.reason } : { why: 'error', reason: String(error) },
    )
    client.destroy()
  }
}

class Connection {
  readonly #client: Socket
  readonly #front: Front
  readonly #rules: Rules
  readonly #began: Date
  readonly #clock = performance.now()
  readonly #address: string
  readonly #port: number
  #record: Partial<ConnectionRecord> = {}
  #pump: Pump | undefined
  #finished = false

  constructor(client: Socket, front: Front) {
    this.#client = client
    this.#front = front
    // Node forgets both when the client has gone.
    this.#address = client.remoteAddress ?? ''
    this.#port = client.remotePort ?? 0
    this.#rules = front.rulesFor(this.#address)
    this.#began = front.now()
    client.on('error', () => client.destroy())
    client.setTimeout(front.timeouts.idle, () => {
      this.finish({ why: 'idle' })
      client.destroy()
    })
  }

  async run(): Promise<void> {
    const { tls } = this.#front
    if (tls !== 'implicit') return this.#relayed(this.#client, tls === 'starttls' ? 'offered' : tls === 'required' ? 'required' : 'none')
    const { stream, turnAway } = await this.#secure()
    await this.#relayed(stream, 'begun', turnAway)
  }

  finish(ended: Ended): void {
    if (this.#finished) return
    this.#finished = true
    const { name, log } = this.#front
    const { policy, stage } = this.#rules
    log({
      time: this.#began.toISOString(),
      service: name,
      client: { address: this.#address, port: this.#port },
      policy,
      stage,
      ...this.#record,
      bytes: this.#pump?.bytes ?? { in: 0, out: 0 },
      milliseconds: Math.round(performance.now() - this.#clock),
      ended,
    })
  }

  /** From the hello to TLS. */
  async #secure(): Promise<{ readonly stream: TLSSocket; readonly turnAway: Verdict | undefined }> {
    const { timeouts } = this.#front
    const words = await readHello(this.#client, timeouts.hello)
    if (words.kind !== 'hello') throw new HandshakeEnded(whyNot(words))
    const { offer, ja4 } = words
    this.#record = { ...this.#record, hello: { ...hintFor(offer), ...(ja4 === undefined ? {} : { ja4 }) } }
    const { server, strict, lenient, stage, sslv2Hello } = this.#rules
    const verdict = verdictOn(offer, server, stage)
    this.#record = {
      ...this.#record,
      verdict: verdict.kind === 'meets' ? { meets: true } : { meets: false, reason: verdict.refusal.reason, why: verdict.refusal.why },
    }
    if (offer.sslv2Format && !sslv2Hello && !(verdict.kind === 'fails' && verdict.served)) {
      this.#client.end(PROTOCOL_VERSION)
      throw new HandshakeEnded('sslv2-hello')
    }
    const { stream, negotiated } = await (verdict.kind === 'fails' && verdict.served ? lenient : strict)(this.#client, offer.serverName)
    this.#record = { ...this.#record, negotiated }
    return { stream, turnAway: verdict.kind === 'fails' && stage === 'explain' ? verdict : undefined }
  }

  async #relayed(client: Duplex, tls: RelayOptions['tls'], turnAway?: Verdict): Promise<void> {
    const { relay: make = copying, relayOptions, connect } = this.#front
    const relay = make({ ...relayOptions, tls })
    let server: Duplex
    try {
      server = await connect()
    } catch (error) {
      const { toClient } = relay.serverLost()
      client.end(toClient)
      return this.finish({ why: 'server-lost', reason: error instanceof Error ? error.message : String(error) })
    }
    if (client.destroyed) {
      server.destroy()
      return this.finish({ why: 'client-left' })
    }
    const pump = new Pump(client, server, relay, {
      tls: (rest) => void this.#upgrade(pump, relay, rest),
      ended: (why: PumpEnd) => this.finish({ why }),
    })
    this.#pump = pump
    this.#turnAway(pump, relay, turnAway)
  }

  async #upgrade(pump: Pump, relay: Relay, rest: Uint8Array): Promise<void> {
    try {
      if (rest.length > 0) this.#client.unshift(rest)
      const { stream, turnAway } = await this.#secure()
      pump.secured(stream)
      this.#turnAway(pump, relay, turnAway)
    } catch (error) {
      this.finish({ why: 'handshake-failed', reason: error instanceof HandshakeEnded ? error.reason : String(error) })
      pump.end('client-error')
      this.#client.destroySoon()
    }
  }

  #turnAway(pump: Pump, relay: Relay, verdict: Verdict | undefined): void {
    if (verdict?.kind === 'fails')
      pump.perform(relay.turnAway({ words: refusalWords(verdict.refusal, this.#rules.policy), temporary: false }))
  }
}

/** An alert `protocol_version`, RFC 8446 §6.2: OpenSSL would answer such a hello. */
const PROTOCOL_VERSION = Buffer.from([21, 3, 1, 0, 2, 2, 70])

function whyNot(words: Exclude<FirstWords, { kind: 'hello' }>): string {
  return words.kind === 'not-tls' ? `not TLS: ${words.why}` : words.kind
}

/** Of protocols in which nothing has to be looked at. */
const copying: RelayMaker = () => ({
  fromClient: (toServer) => ({ toServer, copy: true }),
  fromServer: (toClient) => ({ toClient, copy: true }),
  secured: () => ({}),
  turnAway: () => ({ end: 'turned-away' }),
  serverLost: () => ({ end: 'server-lost' }),
})
