import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dialectByName } from '../../dialects/index.ts'
import { heardAlert, heardClosed, heardSilence } from '../testdata/answers.ts'
import { known } from '../testdata/known.ts'
import { starttlsInjectionProbe, type SmuggledAnswer } from './starttls-injection.ts'

const inside = (text: string, answered: boolean): SmuggledAnswer => ({
  kind: 'inside',
  text,
  answered,
  heard: text === '' ? heardSilence : { how: 'application data', bytes: Buffer.from(text) },
})

describe('starttls-injection', () => {
  const rows: readonly (readonly [why: string, answer: SmuggledAnswer, flaw: boolean | 'unknown'])[] = [
    ['the smuggled command was answered inside TLS', inside('250 2.0.0 Ok\r\n', true), true],
    ['nothing was heard inside TLS', inside('', false), false],
    ['what was heard is no answer to it', inside('* OK ready\r\n', false), false],
    ['TLS was refused to who smuggles', { kind: 'refused', heard: heardClosed }, false],
    ['the text was taken for part of a handshake', { kind: 'broke', heard: heardAlert(10) }, false],
    ['there was no handshake', { kind: 'unclear' }, 'unknown'],
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
