import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { heardAlert, heardSilence } from '../testdata/answers.ts'
import { known } from '../testdata/known.ts'
import { ccsInjectionProbe, type EarlyCcsAnswer } from './ccs-injection.ts'

describe('ccs-injection', () => {
  const rows: readonly (readonly [why: string, answer: EarlyCcsAnswer, flaw: boolean | 'unknown'])[] = [
    ['the second record failed under keys that the first one brought', { kind: 'took-keys', heard: heardAlert(20) }, true],
    ['the first one was refused', { kind: 'refused-at-once', heard: heardAlert(10) }, false],
    ['the first one was kept and then refused for what it was', { kind: 'refused-later', heard: heardAlert(10) }, false],
    ['silence, or a close without a word', { kind: 'unclear', heard: heardSilence }, 'unknown'],
    ['no flight', { kind: 'unclear' }, 'unknown'],
  ]
  for (const [why, answer, expected] of rows) {
    test(why, () => assert.equal(ccsInjectionProbe.judge(answer).flaws?.ccsInjection, expected))
  }

  test('the alert, or the silence, is the proof', () => {
    const proofs = (answer: EarlyCcsAnswer): unknown => ccsInjectionProbe.judge(answer).proofs
    const asked = 'ChangeCipherSpec behind ServerHelloDone, before there are keys'
    const bytes = Uint8Array.of(21, 3, 3, 0, 2, 2, 10)
    assert.deepEqual(proofs({ kind: 'refused-at-once', heard: heardAlert(10) }), [
      { fact: 'flaws.ccsInjection', asked: `${asked}: alert unexpected_message`, answer: bytes },
    ])
    assert.deepEqual(proofs({ kind: 'unclear', heard: heardSilence }), [
      { fact: 'flaws.ccsInjection', asked: `${asked}, sent twice: no answer within 5 s`, answer: new Uint8Array(0) },
    ])
  })

  test('TLS 1.3 alone has no such keys', () => {
    assert.deepEqual(ccsInjectionProbe.skip(known(['TLSv1.3'])), { flaws: { ccsInjection: 'not-applicable' } })
    assert.equal(ccsInjectionProbe.skip(known(['TLSv1.3', 'TLSv1.2'])), undefined)
  })
})
