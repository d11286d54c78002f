import type { Socket } from 'node:net'
import type { Network } from './config/places.ts'
import { factsOf, type ClientFacts } from './facts.ts'
import { isAmong } from './networks.ts'
import { readAnnouncement } from './proxy-protocol.ts'

/** Who a client is that came through a proxy, or why nobody knows. */
export type Origin =
  | { readonly kind: 'known'; readonly facts: ClientFacts }
  /** What came from the proxy has no header. `why`: in words of ours. */
  | { readonly kind: 'unknown'; readonly why: string }
  /** It closed without a word, as those do that only look whether somebody listens. */
  | { readonly kind: 'gone' }

/** Who comes through proxies in front, whose header says whose a connection is. */
export class Proxies {
  readonly #among: (address: string) => boolean
  /** Connections whose header has not come. */
  readonly #waiting = new Set<Socket>()

  constructor(networks: readonly Network[]) {
    this.#among = isAmong(networks)
  }

  /** Whether this connection is a proxy's: only of those the address counts, and only those have to say more. */
  has(socket: Socket): boolean {
    return this.#among(socket.remoteAddress ?? '')
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Reads the header. `patience`: milliseconds. What follows it is left in the socket. */
  async originOf(socket: Socket, patience: number): Promise<Origin> {
    const own = factsOf(socket)
    const ended = (): void => void socket.destroy()
    socket.on('error', ended)
    this.#waiting.add(socket)
    const found = await readAnnouncement(socket, patience)
    this.#waiting.delete(socket)
    socket.off('error', ended)
    if (found.kind === 'none') return found.why === 'gone' ? { kind: 'gone' } : { kind: 'unknown', why: found.why }
    return { kind: 'known', facts: found.announced === 'self' ? own : found.announced }
  }

  /** Ends all that have not said whose they are. */
  close(): void {
    for (const socket of this.#waiting) socket.destroy()
  }
}
