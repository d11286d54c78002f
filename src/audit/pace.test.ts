import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Pace } from './pace.ts'

const LONG = 10_000
const slow = (pace: Pace, greeted?: number): number => {
  pace.failed()
  return pace.slowDown(greeted, { once: false })
}

describe('Pace', () => {
  test('five of eight that are turned away at once leave the three that were greeted, after one short pause', () => {
    const pace = new Pace(8, LONG)
    const pauses = [7, 6, 5, 4, 3].map((open) => slow(pace, open))
    assert.deepEqual([pace.parallel, pace.failures, pace.throttled, new Set(pauses)], [3, 1, 5, new Set([LONG])])
  })

  test('where nothing is said before TLS, nobody knows how many are served: half as many, once for all that end together', () => {
    const pace = new Pace(8, LONG)
    for (let number = 0; number < 5; number++) slow(pace)
    assert.deepEqual([pace.parallel, pace.failures], [4, 1])
  })

  test('the pause grows where nothing succeeds after it, and begins anew once something did', () => {
    const pace = new Pace(8, 0.001)
    const wait = (): void => {
      while (pace.pausing);
    }
    const pauses: number[] = []
    for (let number = 0; number < 3; number++) {
      pauses.push(slow(pace, 8))
      wait()
    }
    pace.succeeded()
    pauses.push(slow(pace, 8))
    assert.deepEqual([pauses, pace.parallel], [[0.001, 0.002, 0.004, 0.001], 4])
  })

  test('one is always left', () => {
    const pace = new Pace(1, LONG)
    slow(pace, 0)
    assert.equal(pace.parallel, 1)
  })
})
