import { randomBytes } from 'node:crypto'
import { ephemeral, type Ephemeral } from './groups.ts'
import { FiniteField, PRIMES, type PrimeName } from './primes.ts'

/** A session that may come back. */
export interface Session {
  readonly version: number
  readonly suite: number
  readonly secret: Buffer
  readonly extendedMasterSecret: boolean
  /** TLS 1.3: what NewSessionTicket said, and when it was said. */
  readonly maxEarlyData: number
}

/** What the connections of one server have in common. */
export class Shared {
  readonly sessions: Map<string, Session> = new Map()
  readonly tickets: Map<string, Session> = new Map()
  /** Key exchanges, heartbeats and early ChangeCipherSpecs so far: what a flapping server counts. */
  events = 0
  readonly #fields = new Map<PrimeName, FiniteField>()
  readonly #fixed = new Map<number, Ephemeral>()
  readonly #fixedSecret = randomBytes(32)

  field(name: PrimeName): FiniteField {
    const known = this.#fields.get(name)
    if (known) return known
    const field = new FiniteField(PRIMES[name])
    this.#fields.set(name, field)
    return field
  }

  dhSecret(reused: boolean): Buffer {
    return reused ? this.#fixedSecret : randomBytes(32)
  }

  ephemeral(group: number, reused: boolean): Ephemeral {
    if (!reused) return ephemeral(group)
    const known = this.#fixed.get(group) ?? ephemeral(group)
    this.#fixed.set(group, known)
    return known
  }
}
