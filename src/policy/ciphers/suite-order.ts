import { selects, type Criteria, type SuiteBits } from './criteria.ts'

/** What an operator does with the suites that its term selects. */
export type Operator = 'add' | 'delete' | 'kill' | 'move'

/**
 * OpenSSL's working list: every suite of the build in one order, the active ones among them being the result so far.
 * Inactive ones keep a place too, which decides where they come back.
 */
export class SuiteOrder {
  #suites: readonly SuiteBits[]
  readonly #active: Set<number>

  constructor(suites: readonly SuiteBits[], active: Iterable<number> = []) {
    this.#suites = suites
    this.#active = new Set(active)
  }

  copy(): SuiteOrder {
    return new SuiteOrder(this.#suites, this.#active)
  }

  get suites(): readonly SuiteBits[] {
    return this.#suites
  }

  active(): SuiteBits[] {
    return this.#suites.filter((suite) => this.#active.has(suite.code))
  }

  /**
   * `add` puts inactive suites at the end and activates them, `move` puts active ones there, `delete` puts active ones
   * at the front and deactivates them, so that the next `add` finds them first; `kill` removes for good.
   */
  apply(operator: Operator, criteria: Criteria): void {
    const chosen = this.#choose(operator, criteria)
    if (chosen.length === 0) return
    const gone = new Set(chosen)
    const others = this.#suites.filter((suite) => !gone.has(suite))
    if (operator === 'kill') this.#suites = others
    else this.#suites = operator === 'delete' ? [...chosen, ...others] : [...others, ...chosen]
    if (operator === 'add') for (const suite of chosen) this.#active.add(suite.code)
    if (operator === 'delete' || operator === 'kill') for (const suite of chosen) this.#active.delete(suite.code)
  }

  /** Puts active suites at the front. No list can ask for this; the order before the first term is made with it. */
  bump(criteria: Criteria): void {
    const chosen = new Set(this.#choose('move', criteria))
    this.#suites = [...chosen, ...this.#suites.filter((suite) => !chosen.has(suite))]
  }

  /** `@STRENGTH`: the strongest first, otherwise in the order so far. */
  sortByStrength(): void {
    const active = this.active().toSorted((left, right) => right.strengthBits - left.strengthBits)
    this.#suites = [...this.#suites.filter((suite) => !this.#active.has(suite.code)), ...active]
  }

  #choose(operator: Operator, criteria: Criteria): SuiteBits[] {
    const wanted = operator === 'kill' ? undefined : operator !== 'add'
    return this.#suites.filter((suite) => (wanted === undefined || this.#active.has(suite.code) === wanted) && selects(criteria, suite))
  }
}
