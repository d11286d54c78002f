import type { HelloOffer, HelloProtocol } from './hello.ts'
import type { Manners } from './manners.ts'
import type { Guess } from './removal.ts'
import type { SuiteSearch } from './suite-search.ts'

export interface SuiteSearchOptions {
  readonly protocol: HelloProtocol
  readonly candidates: readonly number[]
  /** What is in every hello of this search beside the suites. */
  readonly base: Omit<HelloOffer, 'protocol' | 'suites'>
  readonly guess: Guess
  readonly manners: Manners
  /** Asked when a long hello was answered neither way: suites that every server of this protocol knows. */
  readonly common: readonly number[]
  /** Searches for newer protocols: what they find is what this one will be guessed from, so it does not guess before. */
  readonly newer: readonly SuiteSearch[]
  /** Whether DHE is looked for without groups of RFC 7919 too. */
  readonly fields: boolean
}
