import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Present } from './present.ts'

describe('Present', () => {
  test('has those who have entered and not left, and gives seats anew', () => {
    const present = new Present<string>()
    const seats = ['one', 'two', 'three'].map((name) => present.enter(name))
    present.leave(seats[1] ?? -1)
    assert.deepEqual([[...present], present.size], [['one', 'three'], 2])
    assert.equal(present.enter('four'), seats[1])
    assert.deepEqual([[...present].toSorted(), present.size], [['four', 'one', 'three'], 3])
  })

  test('keeps nothing of those who have left, not even from a small collection of garbage', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as (how: { readonly type: 'major' | 'minor' }) => void
    const present = new Present<readonly number[]>()
    const come = (count: number): void => {
      const seats: number[] = []
      for (let one = 0; one < count; one++) {
        seats.push(present.enter(Array.from({ length: 200 }, () => one)))
        if (seats.length > 32) present.leave(seats.shift() ?? -1)
      }
      for (const seat of seats) present.leave(seat)
    }
    come(100)
    present.enter([])
    collect({ type: 'major' })
    collect({ type: 'major' })
    const before = process.memoryUsage().heapUsed
    come(10_000)
    collect({ type: 'minor' })
    assert.ok(process.memoryUsage().heapUsed - before < 4e6, 'less than a quarter of what has come and gone')
  })
})
