import type { Socket } from 'node:net'
import { clientKey } from '../client-key.ts'

/** Connections that have not shown who they are: so many of one address, or network in IPv6, and of all. */
const MOST_EACH = 32
const MOST = 512

/** So many addresses from which insides have come are remembered. */
const MOST_FAMILIAR = 256

/**
 * Who has come to the door for links and is not known yet: there are not many of them at once. Where an inside has come from before there is room for another
 * when there is none: a crowd of strangers shall not keep out who only dials anew.
 */
export class Strangers {
  readonly #waiting = new Map<string, string>()
  readonly #perAddress = new Map<string, number>()
  readonly #familiar = new Set<string>()

  /** Gives whether it may wait. `from`: its address. */
  enter(socket: Socket, from: string = socket.remoteAddress ?? ''): boolean {
    const address = clientKey(from)
    const here = this.#perAddress.get(address) ?? 0
    if (here >= MOST_EACH || (this.#waiting.size >= MOST && !this.#familiar.has(address))) return false
    const key = keyOf(socket)
    this.#waiting.set(key, address)
    this.#perAddress.set(address, here + 1)
    socket.once('close', () => this.#leave(key))
    return true
  }

  /** It is an inside. `socket`: it, or TLS over it. */
  know(socket: Socket): void {
    const key = keyOf(socket)
    this.#remember(this.#waiting.get(key))
    this.#leave(key)
  }

  /** The one that has not come for the longest time is forgotten. */
  #remember(address: string | undefined): void {
    if (address === undefined) return
    this.#familiar.delete(address)
    this.#familiar.add(address)
    const [oldest] = this.#familiar
    if (this.#familiar.size > MOST_FAMILIAR && oldest !== undefined) this.#familiar.delete(oldest)
  }

  #leave(key: string): void {
    const address = this.#waiting.get(key)
    if (address === undefined) return
    this.#waiting.delete(key)
    const left = (this.#perAddress.get(address) ?? 1) - 1
    if (left > 0) this.#perAddress.set(address, left)
    else this.#perAddress.delete(address)
  }
}

function keyOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
