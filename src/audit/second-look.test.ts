import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SecondLook } from './second-look.ts'
import { calmManners } from './testdata/model-server.ts'

describe('SecondLook', () => {
  const rows: readonly (readonly [why: string, answers: string, again: readonly number[]])[] = [
    ['one refusal is the end of a list', '+-+', []],
    ['two lists may end at one time', '+--+', []],
    ['three refusals with something accepted behind them may be a spell', '+---+', [1, 2, 3]],
    ['nothing was accepted behind them: who asks at the end finds that out', '+---', []],
    ['what was refused outside of the spell is believed', '-+----+-', [2, 3, 4, 5]],
  ]
  for (const [why, answers, again] of rows) {
    test(`${answers}: ${why}`, () => {
      const manners = calmManners()
      const look = new SecondLook(manners)
      let refused = 0
      for (const answer of answers) {
        manners.met({ served: answer === '+' })
        if (answer === '-') look.refused([++refused])
      }
      assert.equal(look.wanted, again.length > 0)
      assert.deepEqual(look.take(), again)
      assert.equal(look.wanted, false, 'once is enough')
    })
  }

  test('who has given up looks at nothing again', () => {
    const manners = calmManners()
    const look = new SecondLook(manners)
    look.refused([1])
    for (const served of [false, false, false, true]) manners.met({ served })
    look.giveUp()
    assert.equal(look.wanted, false)
  })
})
