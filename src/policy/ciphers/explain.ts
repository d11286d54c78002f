import { suiteByCode, type CipherSuite } from '../../registry/index.ts'
import { buildOf, type Build } from './build.ts'
import { selects } from './criteria.ts'
import { applyTerm, conclude, type Resolution, type ResolveOptions } from './resolve.ts'
import type { SuiteOrder } from './suite-order.ts'
import { parseTerms, type SelectTerm, type Term } from './terms.ts'
import { unknownWord, type UnknownWord } from './unknown-word.ts'
import { warningsFor, type CipherWarning } from './warnings.ts'

/**
 * What a term did. `nothing` is a term that OpenSSL took without complaint and without effect; `refused` is why it
 * takes none of the list.
 */
export type Effect = 'added' | 'removed' | 'banned' | 'moved' | 'sorted' | 'level' | 'nothing' | 'refused'

/** Why a term did nothing. */
export type Idle =
  | { readonly reason: 'unknown'; readonly word: UnknownWord }
  /** `A+B` that share no algorithm: the whole term is ignored. */
  | { readonly reason: 'contradiction'; readonly culprit: string }
  /** A known word, but this build has no such suite. */
  | { readonly reason: 'not-compiled-in' }
  /** There are such suites, but an earlier term banned them with `!`. */
  | { readonly reason: 'banned-before' }
  /** `add`: they are active already and keep their place. */
  | { readonly reason: 'already-there' }
  /** `-` and `+` work on active suites only. */
  | { readonly reason: 'not-there' }
  /** `+` and `@STRENGTH`: the order was so already. */
  | { readonly reason: 'same-order' }

export interface TermExplanation {
  readonly at: number
  readonly text: string
  readonly effect: Effect
  /** The suites that were added, removed, banned or moved, in the order of the list at that time. */
  readonly suites: readonly CipherSuite[]
  readonly idle?: Idle
  /** Text up to the next separator that went unread. */
  readonly lost: string
  /** For DEFAULT and SUITEB words: what they stand for. */
  readonly standsFor: readonly TermExplanation[]
  /** How many suites are active after this term, TLS 1.3 not counted. */
  readonly count: number
}

export interface Explanation {
  readonly resolution: Resolution
  readonly terms: readonly TermExplanation[]
  readonly warnings: readonly CipherWarning[]
}

/** Walks a list term by term: what each added, removed or moved, and what did nothing and why. Never throws. */
export function explainCipherList(list: string, options: ResolveOptions): Explanation {
  const build = buildOf(options.generation)
  const terms = parseTerms(list, build)
  const order = build.order.copy()
  const explained = explainAll(terms, order, build)
  const resolution = conclude(list, build, options, terms, order)
  const whole = { resolution, terms: explained }
  return { ...whole, warnings: warningsFor(whole) }
}

function explainAll(terms: readonly Term[], order: SuiteOrder, build: Build): TermExplanation[] {
  return terms.map((term) => explainTerm(term, order, build))
}

function explainTerm(term: Term, order: SuiteOrder, build: Build): TermExplanation {
  if (term.kind === 'default' || term.kind === 'suite-b') {
    const standsFor = explainAll(term.terms, order, build)
    const suites = named(order.active().map((suite) => suite.code))
    return { ...base(term, order), effect: 'added', suites, standsFor, lost: term.kind === 'suite-b' ? term.lost : '' }
  }
  if (term.kind === 'select') return explainSelection(term, order, build)
  const before = activeCodes(order)
  applyTerm(order, term)
  const common = base(term, order)
  if (term.kind === 'invalid') return { ...common, effect: 'refused' }
  if (term.kind === 'seclevel') return { ...common, effect: 'level', lost: term.lost }
  if (term.kind === 'strength') {
    if (sameOrder(before, activeCodes(order))) return { ...common, idle: { reason: 'same-order' }, lost: term.lost }
    return { ...common, effect: 'sorted', suites: named(activeCodes(order)), lost: term.lost }
  }
  if (term.why === 'contradiction') return { ...common, idle: { reason: 'contradiction', culprit: term.culprit }, lost: term.lost }
  // Before 3.2 an underscore ends a name, so that TLS_RSA_… arrives as TLS.
  const rest = /^_[\w.=-]*/.exec(term.lost)?.[0] ?? ''
  const idle: Idle = { reason: 'unknown', word: unknownWord(term.culprit + rest, build) }
  return { ...common, text: term.text + rest, idle, lost: term.lost.slice(rest.length) }
}

const EFFECTS = { add: 'added', delete: 'removed', kill: 'banned', move: 'moved' } as const

function explainSelection(term: SelectTerm, order: SuiteOrder, build: Build): TermExplanation {
  const before = activeCodes(order)
  const inBuild = build.order.suites.filter((suite) => selects(term.criteria, suite))
  const left = order.suites.filter((suite) => selects(term.criteria, suite)).map((suite) => suite.code)
  applyTerm(order, term)
  const after = activeCodes(order)
  const common = base(term, order)
  if (inBuild.length === 0) return { ...common, idle: { reason: 'not-compiled-in' } }
  if (left.length === 0) return { ...common, idle: { reason: 'banned-before' } }
  const touched = touchedBy(term, before, left)
  // A ban of suites that are not there yet is an effect: nothing can add them later.
  if (term.operator === 'kill') return { ...common, effect: 'banned', suites: named(touched) }
  if (touched.length === 0) return { ...common, idle: { reason: term.operator === 'add' ? 'already-there' : 'not-there' } }
  if (term.operator === 'move' && sameOrder(before, after)) return { ...common, idle: { reason: 'same-order' } }
  return { ...common, effect: EFFECTS[term.operator], suites: named(touched) }
}

function touchedBy(term: SelectTerm, before: readonly number[], left: readonly number[]): number[] {
  const active = new Set(before)
  if (term.operator === 'add') return left.filter((code) => !active.has(code))
  const chosen = new Set(left)
  return before.filter((code) => chosen.has(code))
}

function base(term: Term, order: SuiteOrder): TermExplanation {
  const { at, text } = term
  return { at, text, effect: 'nothing', suites: [], lost: '', standsFor: [], count: order.active().length }
}

function activeCodes(order: SuiteOrder): number[] {
  return order.active().map((suite) => suite.code)
}

function sameOrder(before: readonly number[], after: readonly number[]): boolean {
  return before.length === after.length && before.every((code, index) => code === after[index])
}

function named(codes: readonly number[]): CipherSuite[] {
  return codes.flatMap((code) => suiteByCode(code) ?? [])
}
