import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdLink } from './link-holds.ts'

test('a few seconds of npm run verify:link: an inside that is killed under load, and a client that floods', async (t) => {
  const { atOnce, served, ended, longest, wrong } = await holdLink({
    clients: 40,
    rounds: 1,
    seed: 'suite',
    troubles: ['inside killed', 'flood'],
    tell: (sentence) => t.diagnostic(sentence),
  })
  assert.deepEqual(wrong, [])
  assert.equal(atOnce, 40)
  assert.ok(served > 40 && ended > 0, 'or nothing was tried')
  assert.ok(longest.back > 0)
})
