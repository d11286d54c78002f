import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Guesses } from './guesses.ts'

test('whoever guesses waits longer each time, and not for ever', () => {
  let now = 0
  const guesses = new Guesses(() => now)
  const waits: number[] = []
  for (let times = 0; times < 7; times += 1) {
    waits.push(guesses.wait('a'))
    guesses.wrong('a')
  }
  assert.deepEqual(waits, [0, 1000, 2000, 4000, 8000, 15_000, 15_000])
  assert.equal(guesses.wait('b'), 0, 'nobody waits for others')
  now = 599_999
  assert.equal(guesses.wait('a'), 15_000)
  now = 600_000
  assert.equal(guesses.wait('a'), 0, 'ten minutes later nobody remembers')
  guesses.wrong('a')
  assert.equal(guesses.wait('a'), 1000)
  guesses.right('a')
  assert.equal(guesses.wait('a'), 0)
})

test('ten thousand are remembered, and who guessed least lately is forgotten', () => {
  const guesses = new Guesses(() => 0)
  for (let client = 0; client < 10_000; client += 1) guesses.wrong(String(client))
  guesses.wrong('0')
  assert.deepEqual([guesses.wait('0'), guesses.wait('1')], [2000, 1000])
  guesses.wrong('one more')
  assert.deepEqual([guesses.wait('0'), guesses.wait('1'), guesses.wait('2')], [2000, 0, 1000])
})
