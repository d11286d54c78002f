import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needPeer } from '../../peers/index.ts'
import { outletLosesNothing } from './nothing-lost.ts'

test(
  'what old servers send through an outlet arrives as it was, and once as far as they heard, whoever is killed meanwhile',
  { skip: needPeer('postfix') || needPeer('node8'), timeout: 120_000 },
  async (t) => {
    const { wrong, node8, postfix, kills, ...more } = await outletLosesNothing(40, 'suite', { messagesAKill: 8, clients: 2 })
    t.diagnostic(JSON.stringify({ node8, postfix, kills, ...more }))
    assert.deepEqual(wrong, [])
    assert.deepEqual([node8.acknowledged, postfix.acknowledged, postfix.waiting], [20, 20, 0])
    // Or nothing was tried.
    assert.ok(kills.outlet + kills.recording + kills.postfix > 0)
  },
)
