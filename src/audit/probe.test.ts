import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { settled, type ProbeFacts } from './probe.ts'

const proof = (fact: string, asked: string) => ({ fact, asked, answer: new Uint8Array(0) }) as const

describe('a probe that was asked twice', () => {
  const first: ProbeFacts = {
    features: { alpn: ['h2'], earlyData: 'unknown' },
    flaws: { robot: false },
    proofs: [proof('flaws.robot', 'first'), proof('features.earlyData', 'first')],
  }
  const again: ProbeFacts = {
    features: { alpn: 'unknown', earlyData: true },
    flaws: { robot: 'unknown' },
    proofs: [proof('flaws.robot', 'again'), proof('features.earlyData', 'again')],
  }

  test('keeps what it has found out, and adds what it finds out now', () => {
    const { features, flaws } = settled(first, again)
    assert.deepEqual(features, { alpn: ['h2'], earlyData: true })
    assert.deepEqual(flaws, { robot: false })
  })

  test('proves each fact by the answer that told it', () => {
    assert.deepEqual(
      settled(first, again).proofs?.map(({ fact, asked }) => `${fact} ${asked}`),
      ['flaws.robot first', 'features.earlyData again'],
    )
  })

  test('the first time everything counts', () => assert.equal(settled(undefined, first), first))
})
