import type { Verdict } from '../../policy/index.ts'
import type { AuditReport } from '../result.ts'
import { isUndetermined } from './view.ts'

/** The least verdict that makes a command fail: `weak` means weak or bad, `unknown` means everything but good. */
export type FailOn = 'bad' | 'weak' | 'unknown'

/** In the order of `--help`, the default first. */
export const FAIL_ON: readonly FailOn[] = ['bad', 'weak', 'unknown']

export function isAtOrAbove(verdict: Verdict, failOn: FailOn): boolean {
  return verdict !== 'good' && FAIL_ON.indexOf(verdict) <= FAIL_ON.indexOf(failOn)
}

/**
 * The exit status of an audit, in this order:
 *
 * - 70 when Postern failed at any target: what it says of the others stands, and whoever runs it has to hear of that.
 * - 1 when a finding of any target is at or above `failOn`: what was seen is worth more than what was not.
 * - 3 when a target was not reached, not asked to the end or not graded, or when there was no target at all: nothing was proved.
 * - 0 otherwise: every target was audited and nothing at or above `failOn` was seen. Single `unknown` findings do not change this
 *   unless `failOn` is `unknown`; whoever wants a pass to mean that every question was answered asks for that.
 */
export function exitStatus(report: AuditReport, failOn: FailOn): 0 | 1 | 3 | 70 {
  if (report.targets.some(({ problem }) => problem?.fault === 'bug')) return 70
  if (report.targets.some(({ findings }) => findings.some(({ verdict }) => isAtOrAbove(verdict, failOn)))) return 1
  return report.targets.length === 0 || report.targets.some(isUndetermined) ? 3 : 0
}
