import { Socket } from 'node:net'
import type { ByteStream } from './byte-stream.ts'
import { clientKey } from './client-key.ts'
import { Present } from './present.ts'
import type { Elsewhere } from './workers/elsewhere.ts'

/** So many that have to go are told so at once; the others hear nothing. */
const MAX_TOLD = 100

/** They have so long to read it, in milliseconds. */
const READING_MS = 1000

/** A flood of connections is none of records: one is enough in so many milliseconds. */
const RECORD_MS = 1000

export interface CrowdLimits {
  readonly connections: number
  readonly perClient: number
  /** By so many bits IPv6 clients are told apart. */
  readonly ipv6Prefix?: number
}

/** Who is in, and who may not come in because there are too many. */
export class Crowd {
  readonly #clients = new Present<ByteStream>()
  readonly #leaving: (() => void)[] = []
  readonly #perClient = new Map<string, number>()
  #told = 0
  #recorded = -Infinity
  #unrecorded = 0
  readonly #elsewhere: Elsewhere | undefined

  /** `elsewhere`: other processes, whose clients count too. */
  constructor(elsewhere?: Elsewhere) {
    this.#elsewhere = elsewhere
  }

  get clients(): Iterable<ByteStream> {
    return this.#clients
  }

  /** Lets a client in until it closes. Gives the limit where it may not come in. `from`: its address, where a proxy stands between. */
  enter(
    client: ByteStream,
    { connections, perClient, ipv6Prefix }: CrowdLimits,
    from: string = client instanceof Socket ? (client.remoteAddress ?? '') : '',
  ): 'connections' | 'perClient' | undefined {
    const address = clientKey(from, ipv6Prefix)
    const open = (this.#perClient.get(address) ?? 0) + 1
    if (open + (this.#elsewhere?.of(address) ?? 0) > perClient) return 'perClient'
    if (this.#clients.size + (this.#elsewhere?.connections ?? 0) >= connections) return 'connections'
    const seat = this.#clients.enter(client)
    this.#perClient.set(address, open)
    this.#elsewhere?.changed(address, 1)
    client.once('close', () => {
      this.#clients.leave(seat)
      if (this.#clients.size === 0) for (const tell of this.#leaving.splice(0)) tell()
      this.#elsewhere?.changed(address, -1)
      const left = (this.#perClient.get(address) ?? 1) - 1
      if (left > 0) this.#perClient.set(address, left)
      else this.#perClient.delete(address)
    })
    return undefined
  }

  /** Resolves when nobody is left in. */
  async emptied(): Promise<void> {
    while (this.#clients.size > 0) await new Promise<void>((resolve) => void this.#leaving.push(resolve))
  }

  /** Whether another that could not come in is worth a record: then how many had none since the last. */
  recordable(): number | undefined {
    if (performance.now() - this.#recorded < RECORD_MS) {
      this.#unrecorded += 1
      return undefined
    }
    const others = this.#unrecorded
    this.#recorded = performance.now()
    this.#unrecorded = 0
    return others
  }

  /** Says why, to as many as may be told at once, and closes. */
  sendAway(client: ByteStream, words: Uint8Array | undefined): void {
    client.on('error', () => client.destroy())
    if (words === undefined || this.#told >= MAX_TOLD) {
      client.destroy()
      return
    }
    this.#told += 1
    const timer = setTimeout(() => client.destroy(), READING_MS)
    client.once('close', () => {
      this.#told -= 1
      clearTimeout(timer)
    })
    client.end(words)
    // Unread octets would turn the close into a reset, which can overtake the words.
    client.resume()
  }
}
