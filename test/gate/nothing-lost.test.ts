import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { needPeer } from '../peers/index.ts'
import { BEHIND } from './arriving.ts'
import { nothingLost } from './nothing-lost.ts'

describe('what was acknowledged has arrived, once and octet for octet, whoever is killed meanwhile', { concurrency: true }, () => {
  for (const behind of BEHIND) {
    test(behind, { skip: behind !== 'recording' && needPeer(behind), timeout: 120_000 }, async (t) => {
      const messages = 60
      const outcome = await nothingLost(messages, 'suite', behind, 2)
      t.diagnostic(JSON.stringify(outcome))
      assert.deepEqual(outcome.wrong, [])
      assert.deepEqual([outcome.sent, outcome.acknowledged], [messages, messages])
      // Or nothing was tried.
      assert.ok(Math.min(...Object.values(outcome.kills)) > 0, JSON.stringify(outcome.kills))
    })
  }
})
