import assert from 'node:assert/strict'
import { test } from 'node:test'
import { soak } from './soak.ts'

test('some seconds of npm run soak: mixed load with reloads, no error, nothing left', async () => {
  const { counts, wrong, memory } = await soak(6, () => undefined)
  assert.deepEqual(wrong, [])
  for (const what of ['full', 'resumed', 'bulk', 'mail', 'slow', 'broken', 'reload']) assert.ok((counts[what] ?? 0) > 0, `${what} happened`)
  assert.equal(memory.length, 2)
})
