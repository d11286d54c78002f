import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { heardAlert, heardClosed, heardSilence } from '../testdata/answers.ts'
import { known } from '../testdata/known.ts'
import { robotProbe, type RobotRound } from './robot.ts'

const alike: RobotRound = Array.from({ length: 5 }, () => heardAlert(20))
const apart: RobotRound = [heardAlert(20), heardAlert(51), heardAlert(20), heardAlert(20), heardAlert(20)]

describe('robot', () => {
  const rows: readonly (readonly [why: string, rounds: readonly RobotRound[], flaw: boolean | 'unknown'])[] = [
    ['every padding was treated alike', [alike], false],
    ['every padding was answered with a close', [alike.map(() => heardClosed)], false],
    ['the same difference three times is an oracle', [apart, apart, apart], true],
    ['a difference that does not come again is chance', [apart, alike, alike], 'unknown'],
    ['another difference every time', [apart, apart.toReversed(), apart], 'unknown'],
    ['silence whatever the padding was', [alike.map(() => heardSilence)], 'unknown'],
    ['one handshake did not come about', [[undefined, ...alike.slice(1)]], 'unknown'],
    ['a handshake did not come about in a later round', [apart, [undefined, ...apart.slice(1)], apart], 'unknown'],
    ['nothing was asked', [], 'unknown'],
  ]
  for (const [why, rounds, expected] of rows) {
    test(why, () => assert.equal(robotProbe.judge({ rounds, turnedAway: false }).flaws?.robot, expected))
  }

  test('who turns away clients without a certificate says nothing of their paddings', () => {
    assert.equal(robotProbe.judge({ rounds: [alike], turnedAway: true }).flaws?.robot, 'unknown')
    assert.equal(robotProbe.judge({ rounds: [apart, apart, apart], turnedAway: true }).flaws?.robot, 'unknown')
  })

  test('the alerts of the first round are the proof, all rounds in words', () => {
    const [proof] = robotProbe.judge({ rounds: [apart, apart, apart], turnedAway: false }).proofs ?? []
    assert.equal(Buffer.from(proof?.answer ?? []).toString('hex'), '1503030002021415030300020233150303000202141503030002021415030300020214')
    assert.equal(proof?.asked.split('alert decrypt_error').length, 4)
    assert.equal(proof?.fact, 'flaws.robot')
  })

  test('it takes a suite with RSA key exchange that is not EXPORT', () => {
    const fact = { flaws: { robot: 'not-applicable' } }
    assert.deepEqual(robotProbe.skip(known(['TLSv1.3', 'TLSv1.2'], [0xc02f])), fact)
    assert.deepEqual(robotProbe.skip(known(['TLSv1'], [0x0003])), fact)
    assert.equal(robotProbe.skip(known(['TLSv1.2'], [0xc02f, 0x002f])), undefined)
  })
})
