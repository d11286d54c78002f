import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needPeer } from '../../peers/index.ts'
import { nothingLost } from '../nothing-lost.ts'

test(
  'what an outlet has acknowledged has arrived, once and octet for octet, whoever is killed meanwhile',
  { skip: needPeer('postfix'), timeout: 120_000 },
  async (t) => {
    const outcome = await nothingLost(24, 'outlet', 'postfix', 2, true)
    t.diagnostic(JSON.stringify(outcome))
    assert.deepEqual(outcome.wrong, [])
    assert.deepEqual([outcome.sent, outcome.acknowledged], [24, 24])
    // Or nothing was tried.
    assert.ok(outcome.kills.server + outcome.kills.gate + outcome.kills.client > 0)
  },
)
