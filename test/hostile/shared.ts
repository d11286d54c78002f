import { randomBytes } from 'node:crypto'
import { ephemeral, type Ephemeral } from './groups.ts'

/** A session that may come back. */
export interface Session {
  readonly version: number
  readonly suite: number
  readonly secret: Buffer
  readonly extendedMasterSecret: boolean
  /** TLS 1.3: what NewSessionTicket said, and when it was said. */
  readonly maxEarlyData: number
  /** `ticket_age_add`, RFC 8446 §4.6.1. */
  readonly ageAdd: number
}

/** Bytes of a Diffie-Hellman secret. Nothing is secret here, and a short exponent makes thousands of connections cheap. */
const SECRET_LENGTH = 8

/** What the connections of one server have in common. */
export class Shared {
  readonly sessions: Map<string, Session> = new Map()
  readonly tickets: Map<string, Session> = new Map()
  /** Key exchanges, heartbeats and early ChangeCipherSpecs so far: what a flapping server counts. */
  events = 0
  readonly #fixed = new Map<number, Ephemeral>()
  readonly #fixedSecret = randomBytes(SECRET_LENGTH)

  dhSecret(reused: boolean): Buffer {
    return reused ? this.#fixedSecret : randomBytes(SECRET_LENGTH)
  }

  ephemeral(group: number, reused: boolean): Ephemeral {
    if (!reused) return ephemeral(group)
    const known = this.#fixed.get(group) ?? ephemeral(group)
    this.#fixed.set(group, known)
    return known
  }
}
