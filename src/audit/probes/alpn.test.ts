import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alpnProbe, type AlpnAnswer } from './alpn.ts'

describe('alpn', () => {
  const rows: readonly (readonly [why: string, answer: AlpnAnswer, alpn: readonly string[] | 'unknown'])[] = [
    ['no handshake told anything', undefined, 'unknown'],
    ['the server took none of the names', [], []],
    ['the server took two, in this order', ['h2', 'http/1.1'], ['h2', 'http/1.1']],
  ]
  for (const [why, answer, expected] of rows) test(why, () => assert.deepEqual(alpnProbe.judge(answer), { features: { alpn: expected } }))
})
