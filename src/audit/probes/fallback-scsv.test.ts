import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alert, closed, NO_ANSWERS, serverHello } from '../testdata/answers.ts'
import { known } from '../testdata/known.ts'
import { fallbackScsvProbe, type FallbackAnswers } from './fallback-scsv.ts'

describe('fallback-scsv', () => {
  const without = serverHello()
  const rows: readonly (readonly [why: string, answers: FallbackAnswers, fact: boolean | 'unknown'])[] = [
    ['inappropriate_fallback is the word for it', { withScsv: alert('inappropriate_fallback'), without: undefined }, true],
    ['the hello was answered as if nothing were wrong', { withScsv: serverHello(), without: undefined }, false],
    ['a close that the signal alone makes', { withScsv: closed, without }, true],
    ['another alert that the signal alone makes', { withScsv: alert('handshake_failure'), without }, true],
    ['a close with the signal and without it', { withScsv: closed, without: closed }, 'unknown'],
    ['a close, and nothing asked without it', { withScsv: closed, without: undefined }, 'unknown'],
    ...NO_ANSWERS.map(([why, withScsv]) => [`${why}, though the hello without it is answered`, { withScsv, without }, 'unknown'] as const),
  ]
  for (const [why, answers, expected] of rows) {
    test(why, () => assert.equal(fallbackScsvProbe.judge(answers).features?.fallbackScsv, expected))
  }

  test('with one protocol there is nothing to fall back to', () => {
    assert.deepEqual(fallbackScsvProbe.skip(known(['TLSv1.2'])), { features: { fallbackScsv: 'not-applicable' } })
    assert.equal(fallbackScsvProbe.skip(known(['TLSv1.2', 'TLSv1'])), undefined)
  })

  test('where nobody knows whether there is an older protocol, nobody knows this', () => {
    const doubtful = { ...known(['TLSv1.2']), undecided: ['TLSv1'] as const }
    assert.deepEqual(fallbackScsvProbe.skip(doubtful), { features: { fallbackScsv: 'unknown' } })
  })
})
