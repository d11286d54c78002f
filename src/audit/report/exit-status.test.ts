import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Verdict } from '../../policy/index.ts'
import type { AuditReport, AuditResult } from '../result.ts'
import { exitStatus, FAIL_ON, isAtOrAbove, type FailOn } from './exit-status.ts'
import { finding, report, result } from './testdata/parts.ts'
import { SAMPLES } from './testdata/samples.ts'

function door(...verdicts: readonly Verdict[]): AuditResult {
  return { ...result, findings: verdicts.map((verdict) => finding(`a-${verdict}`, verdict, 'A fact.')) }
}

const unreachable = SAMPLES.unreachable.targets[0]!
const unfinished = { ...door('good'), problem: { code: 'TIME_UP', message: 'Cannot finish the audit of x: time was up' } }
const broken: AuditResult = { ...unreachable, problem: { code: 'AUDIT_BROKEN', fault: 'bug', message: 'Cannot audit x: a bug' } }

describe('exitStatus()', () => {
  const rows: readonly (readonly [why: string, report: AuditReport, failOn: FailOn, status: 0 | 1 | 3 | 70])[] = [
    ['everything is good', report(door('good')), 'unknown', 0],
    ['a weak finding is below bad', report(door('weak', 'good')), 'bad', 0],
    ['a weak finding is at weak', report(door('weak')), 'weak', 1],
    ['a bad finding is above weak', report(door('bad')), 'weak', 1],
    ['a bad finding is above unknown', report(door('bad')), 'unknown', 1],
    ['an unknown finding is below weak', report(door('unknown')), 'weak', 0],
    ['an unknown finding fails whoever wants every question answered', report(door('unknown')), 'unknown', 1],
    ['no server answered', report(unreachable), 'bad', 3],
    ['no server answered, which stays apart from a finding', report(unreachable), 'unknown', 3],
    ['one of two servers did not answer, nothing else', report(door('good'), unreachable), 'bad', 3],
    ['a bad finding is worth more than a server that did not answer', report(unreachable, door('bad')), 'bad', 1],
    ['an audit that was not finished is no pass', report(unfinished), 'bad', 3],
    ['a door without a posture is no pass', report({ ...door('good'), posture: null }), 'bad', 3],
    ['a door that could not be graded is no pass', report({ ...door('good'), grade: 'unknown' }), 'bad', 3],
    ['no target at all is no pass', report(), 'bad', 3],
    ['a bug at one of two doors is told whatever was found at the other', report(door('bad'), broken), 'bad', 70],
    ['the order of targets does not matter', report(door('bad'), unreachable), 'bad', 1],
  ]
  for (const [why, of, failOn, status] of rows) {
    test(`${status} with --fail-on ${failOn}: ${why}`, () => {
      assert.equal(exitStatus(of, failOn), status)
    })
  }
})

test('isAtOrAbove() never counts good, and each level takes in the ones before', () => {
  const verdicts: readonly Verdict[] = ['bad', 'weak', 'unknown', 'good']
  assert.deepEqual(
    FAIL_ON.map((failOn) => verdicts.filter((verdict) => isAtOrAbove(verdict, failOn))),
    [['bad'], ['bad', 'weak'], ['bad', 'weak', 'unknown']],
  )
})
