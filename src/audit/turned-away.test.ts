import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TurnedAway, turnsAway } from './turned-away.ts'

const said = (text: string): { beginning: Uint8Array } => ({ beginning: Buffer.from(text, 'latin1').subarray(0, 8) })

describe('turnsAway()', () => {
  const rows: readonly (readonly [text: string, away: boolean, why: string])[] = [
    ['421 Too many concurrent SMTP connections\r\n', true, 'SMTP, as Exim says it'],
    ['421-4.7.0 mail.example\r\n421 4.7.0 Later\r\n', true, 'in several lines'],
    ['451 4.3.2 Try later\r\n', true, 'other codes that are not for ever'],
    ['400 Service temporarily unavailable\r\n', true, 'NNTP'],
    ['* BYE Too many connections\r\n', true, 'IMAP'],
    ['* bye Later\r\n', true, 'in small letters'],
    ['-ERR [SYS/TEMP] Later\r\n', true, 'POP3'],
    ['BYE (TRYLATER) "Too many"\r\n', true, 'ManageSieve'],
    ['ERROR :Trying to reconnect too fast.\r\n', true, 'IRC'],
    ['220 mail.example ESMTP\r\n', false, 'whoever greets in plain text has no TLS there'],
    ['554 No SMTP service here\r\n', false, 'for ever'],
    ['* OK ready\r\n', false, 'a greeting of IMAP'],
    ['+OK ready\r\n', false, 'a greeting of POP3'],
    ['HTTP/1.1 400 Bad Request\r\n', false, 'another protocol'],
    ['4214', false, 'no reply'],
    ['\u0016\u0003\u0003', false, 'TLS'],
    ['', false, 'nothing was heard'],
  ]
  for (const [text, away, why] of rows) {
    test(`${JSON.stringify(text)}: ${away ? 'yes' : 'no'}, ${why}`, () => {
      assert.equal(turnsAway(said(text).beginning), away)
    })
  }
})

describe('TurnedAway', () => {
  const tls = said('\u0016\u0003\u0003\u0000')
  const away = said('421 later')
  const first = { pausing: false }
  const asked = (turned: TurnedAway, count: number): boolean[] => Array.from({ length: count }, () => turned.asksAgain(away, first))

  test('a door that says nothing else is asked four times more in all', () => {
    const turned = new TurnedAway()
    assert.deepEqual(asked(turned, 7), [true, true, true, true, false, false, false])
  })

  test('those that are turned away together count once', () => {
    const turned = new TurnedAway()
    for (let times = 0; times < 3; times++) {
      assert.equal(turned.asksAgain(away, first), true)
      for (let others = 0; others < 7; others++) assert.equal(turned.asksAgain(away, { pausing: true }), true)
    }
  })

  test('a door that was heard to speak TLS is asked until it answers, and an answer is asked for once', () => {
    const turned = new TurnedAway()
    assert.equal(turned.asksAgain(tls, first), false)
    assert.deepEqual(asked(turned, 9), Array(9).fill(true))
    assert.equal(turned.asksAgain(tls, first), false)
  })

  test('silence is no TLS', () => {
    const turned = new TurnedAway()
    assert.equal(turned.asksAgain(said(''), first), false)
    assert.deepEqual(asked(turned, 5).at(-1), false)
  })
})
