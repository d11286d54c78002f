import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dialectByName } from '../../dialects/index.ts'
import { known } from '../testdata/known.ts'
import { starttlsInjectionProbe, type SmuggledAnswer } from './starttls-injection.ts'

describe('starttls-injection', () => {
  const rows: readonly (readonly [why: string, answer: SmuggledAnswer, flaw: boolean | 'unknown'])[] = [
    ['the smuggled command was answered inside TLS', { heard: '250 2.0.0 Ok\r\n', answered: true }, true],
    ['nothing was heard inside TLS', { heard: '', answered: false }, false],
    ['what was heard is no answer to it', { heard: '* OK ready\r\n', answered: false }, false],
    ['TLS was refused to who smuggles', 'refused', false],
    ['there was no handshake', undefined, 'unknown'],
  ]
  for (const [why, answer, expected] of rows) {
    test(why, () => assert.equal(starttlsInjectionProbe.judge(answer).flaws?.starttlsInjection, expected))
  }

  test('it takes a dialect with a harmless command, and TLS that is asked for', () => {
    const fact = { flaws: { starttlsInjection: 'not-applicable' } }
    const smtp = dialectByName('smtp')!
    const withoutCommand = { ...smtp, injection: undefined }
    assert.deepEqual(starttlsInjectionProbe.skip({ ...known(['TLSv1.2']), dialect: smtp, beginning: 'implicit' }), fact)
    assert.deepEqual(starttlsInjectionProbe.skip({ ...known(['TLSv1.2']), dialect: withoutCommand, beginning: 'starttls' }), fact)
    assert.equal(starttlsInjectionProbe.skip({ ...known(['TLSv1.2']), dialect: smtp, beginning: 'starttls' }), undefined)
  })
})
