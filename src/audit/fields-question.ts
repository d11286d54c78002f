import type { Removal } from './removal.ts'
import { NAME_REFUSAL, REFUSED_VERSION } from './refusals.ts'
import { isDhe } from './suite-kinds.ts'
import type { SuiteSearchOptions } from './suite-search-options.ts'

/** What the question hangs on. */
export interface FieldsState {
  readonly refusal: string | undefined
  readonly givenUp: boolean
}

/** RFC 7919 §4: a server that has none of the groups which a client names refuses DHE to it, and to nobody else. */
export class FieldsQuestion {
  readonly #options: SuiteSearchOptions
  readonly #removal: Removal
  readonly #state: () => FieldsState
  #asked = false

  constructor(options: SuiteSearchOptions, removal: Removal, state: () => FieldsState) {
    this.#options = options
    this.#removal = removal
    this.#state = state
  }

  /** From now on no groups of RFC 7919 are named. */
  get asked(): boolean {
    return this.#asked
  }

  get wanted(): boolean {
    const { manners, fields } = this.#options
    if (!fields || this.#asked || this.cannotBeAsked || manners.fields === 'same') return false
    return !this.#removal.found.some(isDhe)
  }

  get cannotBeAsked(): boolean {
    const { manners, protocol } = this.#options
    const { refusal, givenUp } = this.#state()
    const vain = refusal === REFUSED_VERSION || refusal === NAME_REFUSAL
    return givenUp || protocol === 'SSLv3' || manners.form === 'bare' || vain
  }

  /** The suites to be asked for, when it is this search that asks now. */
  begin(): readonly number[] | undefined {
    const { manners, candidates, newer } = this.#options
    // The newest protocol that can tell is asked; the others follow only where it makes a difference.
    if (manners.fields === 'looking') return undefined
    if (manners.fields === 'unknown' && !newer.every((search) => search.fields.cannotBeAsked)) return undefined
    if (manners.fields === 'unknown') manners.fields = 'looking'
    this.#asked = true
    return candidates.filter(isDhe)
  }

  answered(differs: boolean): void {
    const { manners } = this.#options
    if (manners.fields === 'looking') manners.fields = differs ? 'differ' : 'same'
  }
}
