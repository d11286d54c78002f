import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { known } from '../testdata/known.ts'
import { robotProbe, type RobotAnswer } from './robot.ts'

const alike = ['alert 20', 'alert 20', 'alert 20', 'alert 20', 'alert 20']
const apart = ['alert 20', 'alert 51', 'alert 20', 'alert 20', 'alert 20']

describe('robot', () => {
  const rows: readonly (readonly [why: string, rounds: RobotAnswer, flaw: boolean | 'unknown'])[] = [
    ['every padding was treated alike', [alike], false],
    ['every padding was answered with a close', [alike.map(() => 'closed')], false],
    ['the same difference three times is an oracle', [apart, apart, apart], true],
    ['a difference that does not come again is chance', [apart, alike, alike], 'unknown'],
    ['another difference every time', [apart, apart.toReversed(), apart], 'unknown'],
    ['silence whatever the padding was', [alike.map(() => 'silent')], 'unknown'],
    ['one handshake did not come about', [['no-handshake', ...alike.slice(1)]], 'unknown'],
    ['a handshake did not come about in a later round', [apart, ['no-handshake', ...apart.slice(1)], apart], 'unknown'],
    ['nothing was asked', [], 'unknown'],
  ]
  for (const [why, rounds, expected] of rows) test(why, () => assert.equal(robotProbe.judge(rounds).flaws?.robot, expected))

  test('it takes a suite with RSA key exchange that is not EXPORT', () => {
    const fact = { flaws: { robot: 'not-applicable' } }
    assert.deepEqual(robotProbe.skip(known(['TLSv1.3', 'TLSv1.2'], [0xc02f])), fact)
    assert.deepEqual(robotProbe.skip(known(['TLSv1'], [0x0003])), fact)
    assert.equal(robotProbe.skip(known(['TLSv1.2'], [0xc02f, 0x002f])), undefined)
  })
})
