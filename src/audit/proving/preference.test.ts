import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isOfClient, passedOver, type Choice } from './preference.ts'

const choice = (taken: number, ...list: readonly number[]): Choice => ({ taken, list })

describe('isOfClient()', () => {
  const rows: readonly (readonly [why: string, one: Choice, other: Choice, expected: boolean])[] = [
    ['the first of both orders is taken', choice(1, 1, 2, 3), choice(3, 3, 2, 1), true],
    ['strangers that stand in front change nothing', choice(1, 1, 2), choice(2, 8, 9, 2, 1), true],
    ['the same is taken whatever the order', choice(1, 1, 2, 3), choice(1, 3, 2, 1), false],
    ['what is taken stood behind the other in one list', choice(2, 1, 2), choice(1, 1, 2), false],
    ['the one was not offered the other time: a server may like both', choice(1, 1, 3), choice(2, 2, 3), false],
    ['what was taken was never offered', choice(7, 1, 2), choice(2, 2, 1), false],
  ]
  for (const [why, one, other, expected] of rows) {
    test(why, () => {
      assert.equal(isOfClient(one, other), expected)
      assert.equal(isOfClient(other, one), expected, 'in whatever order it is asked')
    })
  }
})

test('passedOver() has all that stands before the one that was taken, and nothing where that was not offered', () => {
  assert.deepEqual([...passedOver(choice(3, 1, 2, 3, 4))], [1, 2])
  assert.deepEqual([...passedOver(choice(1, 1, 2))], [])
  assert.deepEqual([...passedOver(choice(9, 1, 2))], [])
})
