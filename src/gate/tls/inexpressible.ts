import type { Policy } from '../../policy/index.ts'

/** Something that a policy allows or demands and that a context of this Node cannot be told to do. Never dropped in silence. */
export interface Inexpressible {
  readonly part: 'protocol' | 'suite' | 'group' | 'signatureScheme' | 'dh' | 'sslv2Hello' | 'feature'
  /** By the name that the policy has for it; a size in bits for `dh`. */
  readonly name: string
  /** A clause that goes on behind "…: ". */
  readonly why: string
  /** The policy demands it: a door without it does not keep to the policy. What is only allowed may be absent. */
  readonly demanded: boolean
}

type Part = Inexpressible['part']

/** Collects what cannot be expressed. */
export class Losses {
  readonly #losses: Inexpressible[] = []
  readonly #required: readonly string[]

  constructor(policy: Policy) {
    this.#required = policy.protocols.required
  }

  add(part: Part, name: string, why: string, demanded: boolean = this.#required.includes(name)): void {
    this.#losses.push({ part, name, why, demanded })
  }

  /** Those that `why` has no objection to; the others are noted with it. */
  keep<T>(part: Part, all: readonly T[], nameOf: (one: T) => string, why: (one: T) => string | undefined): readonly T[] {
    return all.filter((one) => {
      const reason = why(one)
      if (reason !== undefined) this.add(part, nameOf(one), reason)
      return reason === undefined
    })
  }

  get all(): readonly Inexpressible[] {
    return this.#losses
  }
}
