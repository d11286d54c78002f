import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nothingLost } from './nothing-lost.ts'

test('what was acknowledged has arrived, once and octet for octet, whoever is killed meanwhile', { timeout: 120_000 }, async (t) => {
  const seed = 'suite'
  const outcome = await nothingLost(200, seed)
  t.diagnostic(JSON.stringify(outcome))
  assert.deepEqual(outcome.wrong, [])
  assert.equal(outcome.sent, 200)
  // Or nothing was tried: most come through, some were interrupted, everybody was killed.
  assert.ok(outcome.acknowledged > 80, JSON.stringify(outcome))
  assert.ok(outcome.arrived >= outcome.acknowledged)
  assert.ok(Math.min(...Object.values(outcome.kills)) > 0, JSON.stringify(outcome.kills))
})
