import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fact } from '../../policy/index.ts'
import type { Answer } from '../exchange.ts'
import { alert, closed, NO_ANSWERS, serverHello } from '../testdata/answers.ts'
import { toleranceProbe } from './tolerance.ts'

describe('tolerance', () => {
  const fine = serverHello()
  const rows: readonly (readonly [why: string, answer: Answer, fact: Fact])[] = [
    ['it was passed over', serverHello({ version: 0x0301 }), true],
    ['an alert refuses what has to be passed over', alert('protocol_version'), false],
    ['a close refuses it too', closed, false],
    ...NO_ANSWERS.map(([why, answer]) => [why, answer, 'unknown'] as const),
  ]
  for (const name of ['futureVersion', 'grease', 'longHello', 'manySuites'] as const) {
    for (const [why, answer, expected] of rows) {
      test(`${name}: ${why}`, () => {
        const answers = { futureVersion: fine, grease: fine, longHello: fine, manySuites: fine, [name]: answer }
        assert.equal(toleranceProbe.judge(answers).tolerance?.[name], expected)
      })
    }
  }

  test('what was not asked is left to the inventory', () => {
    const { tolerance } = toleranceProbe.judge({ futureVersion: fine, grease: fine, longHello: undefined, manySuites: undefined })
    assert.deepEqual(tolerance, { futureVersion: true, grease: true })
  })
})
