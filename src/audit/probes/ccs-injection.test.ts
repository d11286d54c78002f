import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { known } from '../testdata/known.ts'
import { ccsInjectionProbe, type EarlyCcsAnswer } from './ccs-injection.ts'

describe('ccs-injection', () => {
  const rows: readonly (readonly [why: string, answer: EarlyCcsAnswer, flaw: boolean | 'unknown'])[] = [
    ['the second record failed under keys that the first one brought', 'took-keys', true],
    ['the first one was refused', 'refused-at-once', false],
    ['the first one was kept and then refused for what it was', 'refused-later', false],
    ['no flight, silence, or a close without a word', 'unclear', 'unknown'],
  ]
  for (const [why, answer, expected] of rows) {
    test(why, () => assert.equal(ccsInjectionProbe.judge(answer).flaws?.ccsInjection, expected))
  }

  test('TLS 1.3 alone has no such keys', () => {
    assert.deepEqual(ccsInjectionProbe.skip(known(['TLSv1.3'])), { flaws: { ccsInjection: 'not-applicable' } })
    assert.equal(ccsInjectionProbe.skip(known(['TLSv1.3', 'TLSv1.2'])), undefined)
  })
})
