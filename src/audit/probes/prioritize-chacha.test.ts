import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Answer } from '../exchange.ts'
import { alert, closed, NO_ANSWERS, serverHello } from '../testdata/answers.ts'
import { prioritizeChaChaProbe } from './prioritize-chacha.ts'

const CHACHA = 0xcca8
const AES = 0xc02f

describe('prioritize-chacha', () => {
  const rows: readonly (readonly [why: string, answer: Answer, fact: boolean | 'unknown'])[] = [
    ['ChaCha20 first, and ChaCha20 chosen', serverHello({ suite: CHACHA }), true],
    ['ChaCha20 first, and the server keeps to its order', serverHello({ suite: AES }), false],
    ['an alert', alert('handshake_failure'), 'unknown'],
    ['a close', closed, 'unknown'],
    ...NO_ANSWERS.map(([why, answer]) => [why, answer, 'unknown'] as const),
  ]
  for (const [why, answer, expected] of rows) {
    test(why, () => {
      const { prefersClientChaCha } = prioritizeChaChaProbe.judge({ asked: [{ protocol: 'TLSv1.2', answer }] })
      assert.equal(prefersClientChaCha?.['TLSv1.2'], expected)
      assert.equal(prefersClientChaCha?.['TLSv1.3'], 'not-applicable', 'it was not asked there')
    })
  }
})
