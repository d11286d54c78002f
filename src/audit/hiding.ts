import type { Manners } from './manners.ts'
import type { Offer, Removal } from './removal.ts'
import { hidingKind } from './suite-kinds.ts'

/**
 * Where refusals look like breakdowns (Dovecot closes for both), a suite that is chosen and breaks the handshake hides whatever the
 * server likes less: what is left is asked apart by kind, once, and only what was seen to break from then on.
 */

/** `apart`: kinds were put apart, and are asked next. `wait`: another search is finding out whether anything hides. */
export type Hidden = 'believe' | 'apart' | 'wait'

/** Lacking DH parameters are the usual reason. */
const LIKELY = 'DHE RSA'

/** Finds out in one search what hides, for all of them. */
export class Hiding {
  readonly #manners: Manners
  readonly #removal: Removal
  readonly #candidates: readonly number[]
  /** What was found before the kinds were asked apart; undefined while they are not. */
  #foundBefore: number | undefined
  /** Groups of kinds that are still to be asked together with something that works. */
  #suspects: (readonly string[])[] | undefined

  constructor(manners: Manners, removal: Removal, candidates: readonly number[]) {
    this.#manners = manners
    this.#removal = removal
    this.#candidates = candidates
  }

  /** It is this search that finds out, and the others wait for it. */
  get looking(): boolean {
    return this.#foundBefore !== undefined && this.#manners.hiding === 'looking'
  }

  /** What is to be made of a refusal that may be a breakdown. */
  of(offer: Offer): Hidden {
    const { hiding, hiders } = this.#manners
    if (hiding === 'no' || this.#foundBefore !== undefined) return 'believe'
    if (hiding === 'looking') return 'wait'
    this.#foundBefore = this.#removal.found.length
    if (hiding === 'yes') {
      this.#removal.apart(offer, (code) => (hiders.has(hidingKind(code)) ? hidingKind(code) : 'others'))
      return 'apart'
    }
    this.#manners.hiding = 'looking'
    // A kind of which something is found does not break down as a whole, and hides nothing.
    const whole = new Set(this.#removal.found.map(hidingKind))
    this.#removal.apart(offer, (code) => (whole.has(hidingKind(code)) ? 'found' : hidingKind(code)))
    return 'apart'
  }

  /** To be called when nothing is left to be searched: whether it is known by now what hides. */
  concluded(): boolean {
    if (!this.looking) return true
    if (this.#removal.found.length === this.#foundBefore) {
      this.#manners.hiding = 'no'
      return true
    }
    this.#suspects ??= this.#refused()
    if (this.#suspects.length > 0) return false
    this.#manners.hiding = 'yes'
    return true
  }

  /** Nothing more will be asked: whatever may hide something is taken for a thing that does. */
  giveUp(): void {
    if (!this.looking) return
    for (const kind of (this.#suspects ?? this.#refused()).flat()) this.#manners.hiders.add(kind)
    this.#suspects = []
    this.#manners.hiding = 'yes'
  }

  /** Those that are suspected next, before what is liked least of all that works: who is closed on then has met what breaks. */
  get question(): readonly number[] | undefined {
    const [kinds] = this.#suspects ?? []
    if (kinds === undefined) return undefined
    return [...this.#candidates.filter((code) => kinds.includes(hidingKind(code))), ...this.#removal.ordered.slice(-1)]
  }

  /** Whether the question was answered with something that works. */
  answered(works: boolean): void {
    const kinds = this.#suspects?.shift()
    if (works || kinds === undefined) return
    const middle = Math.ceil(kinds.length / 2)
    if (kinds.length > 1) this.#suspects?.unshift(kinds.slice(0, middle), kinds.slice(middle))
    else for (const kind of kinds) this.#manners.hiders.add(kind)
  }

  /** Kinds of which nothing was found. */
  #refused(): (readonly string[])[] {
    const found = new Set(this.#removal.found.map(hidingKind))
    const kinds = [...new Set(this.#candidates.map(hidingKind))].filter((kind) => !found.has(kind))
    return [kinds.filter((kind) => kind === LIKELY), kinds.filter((kind) => kind !== LIKELY)].filter((group) => group.length > 0)
  }
}
