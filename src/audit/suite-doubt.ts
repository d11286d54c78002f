import { alertDescription } from '../registry/index.ts'
import type { Answer } from './exchange.ts'
import type { HelloForm } from './manners.ts'
import type { ControlStep } from './refusal-control.ts'
import type { Offer, Removal } from './removal.ts'

/** Answers that a search for suites does not understand at once. */

const PROTOCOL_VERSION = alertDescription.code('protocol_version')
const REFUSALS: ReadonlySet<number> = new Set(
  (['handshake_failure', 'insufficient_security'] as const).map((name) => alertDescription.code(name)),
)

/**
 * What is asked to understand an unclear answer: the usual suites; the same in a hello that says less; or something that is
 * never accepted, which shows what a refusal looks like.
 */
export type Step = 'common' | 'short' | 'bare' | 'style'

const CONTROLS: Readonly<Record<ControlStep, true>> = {
  opinion: true,
  harmless: true,
  'harmless-ecdsa': true,
  usual: true,
  behind: true,
  again: true,
  filler: true,
}
/** What is asked when a step was answered no more clearly. */
export const SIMPLER: Readonly<Partial<Record<string, Step>>> = { common: 'short', short: 'bare' }
export const FORMS: Readonly<Partial<Record<string, HelloForm>>> = { short: 'short', bare: 'bare' }

/** TLS_NULL_WITH_NULL_NULL must never be negotiated, RFC 5246 §A.5: whoever offers only this is refused. */
export const NEVER_ACCEPTED = 0x0000

/** An offer, and what it was answered with. */
export interface Heard {
  readonly offer: Offer
  readonly answer: Answer
}

/** An answer that is not clear, and what is asked to understand it. */
export interface Doubt extends Heard {
  readonly step: Step | ControlStep
  readonly tries: number
}

export function isControl(step: Step | ControlStep): step is ControlStep {
  return step in CONTROLS
}

/** An alert that says no to what was offered; where nothing is found yet, to the version too. */
export function isRefusal(answer: Answer, { found }: Pick<Removal, 'found'>): boolean {
  if (answer.kind !== 'alert') return false
  return REFUSALS.has(answer.description) || (answer.description === PROTOCOL_VERSION && found.length === 0)
}
