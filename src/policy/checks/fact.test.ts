import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fact } from '../posture.ts'
import { allOf, both, either, not, opposite, type Known } from './fact.ts'

describe('facts', () => {
  const pairs: readonly (readonly [a: Known, b: Known, both: Known, either: Known])[] = [
    [true, true, true, true],
    [true, false, false, true],
    [false, false, false, false],
    [true, 'unknown', 'unknown', true],
    [false, 'unknown', false, 'unknown'],
    ['unknown', 'unknown', 'unknown', 'unknown'],
  ]
  for (const [a, b, and, or] of pairs) {
    test(`${String(a)} and ${String(b)}, in either order: what is known decides where it can`, () => {
      assert.deepEqual([both(a, b), both(b, a), either(a, b), either(b, a)], [and, and, or, or])
    })
  }

  test('the opposite of what is not known is not known', () => {
    assert.deepEqual([not(true), not(false), not('unknown')], [false, true, 'unknown'])
    assert.deepEqual(
      [true, false, 'unknown', 'not-applicable'].map((fact) => opposite(fact as Fact)),
      [false, true, 'unknown', 'not-applicable'],
    )
  })

  test('all of several leaves out what does not apply', () => {
    assert.equal(allOf([true, 'not-applicable']), true)
    assert.equal(allOf([true, 'unknown', 'not-applicable']), 'unknown')
    assert.equal(allOf([false, 'unknown']), false)
    assert.equal(allOf(['not-applicable']), 'not-applicable')
    assert.equal(allOf([]), 'not-applicable')
  })
})
