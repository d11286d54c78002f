import { randomBytes } from 'node:crypto'
import { TICKET_KEYS_LENGTH } from './tls/policy-server.ts'

/** Tickets are sealed with other keys after so many milliseconds: whoever steals them opens the sessions of half a day, RFC 9325 §3.4. */
const CHANGE_MS = 12 * 60 * 60 * 1000

/** Whoever seals tickets. */
export interface Sealer {
  readonly setTicketKeys: (keys: Uint8Array) => void
}

/** The keys that tickets of all policies are sealed with, and who has to hear of new ones. */
export class TicketKeys {
  #keys: Uint8Array
  /** Nobody takes himself out: what a reload leaves behind goes with its last connection. */
  #sealers: readonly WeakRef<Sealer>[] = []

  constructor(keys: Uint8Array) {
    this.#keys = keys
  }

  get current(): Uint8Array {
    return this.#keys
  }

  /** It seals with the current ones by now, and is given every later ones. */
  join(sealer: Sealer): void {
    this.#sealers = [...this.#sealers.filter((one) => one.deref() !== undefined), new WeakRef(sealer)]
  }

  /** From now on these are in force. Tickets that were sealed with others lead to a full handshake. */
  change(keys: Uint8Array): void {
    this.#keys = keys
    for (const sealer of this.#sealers) sealer.deref()?.setTicketKeys(keys)
  }
}

/** `TICKET_KEYS_LENGTH` octets that nobody else knows. */
export function newTicketKeys(): Uint8Array {
  return randomBytes(TICKET_KEYS_LENGTH)
}

/** Calls `change` with new keys twice a day, until what it gives back is called. */
export function changingTicketKeys(change: (keys: Uint8Array) => void): () => void {
  const timer = setInterval(() => change(newTicketKeys()), CHANGE_MS).unref()
  return () => clearInterval(timer)
}
