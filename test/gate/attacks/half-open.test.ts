import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Talker } from '../talker.ts'
import { behind, smtp, gateFor, HELLO, SMTP } from './attacked.ts'

describe('half-open', { concurrency: 4 }, () => {
  for (const secured of [false, true]) {
    test(`who says no more still hears the answer, ${secured ? 'in TLS' : 'before it'}`, async (t) => {
      const back = await behind(t, '220 behind\r\n', (line, socket) => {
        if (line !== '.') return line.startsWith('DATA') ? '354 go on\r\n' : /^(?:EHLO|MAIL|RCPT)/.test(line) ? '250 ok\r\n' : ''
        setTimeout(() => void socket.end('250 queued\r\n'), 200)
        return ''
      })
      const gated = await gateFor('smtp', back.port, t, {}, { tls: secured ? 'implicit' : 'starttls' })
      const talker = secured ? await Talker.inTls(gated.port('door')) : await Talker.to(gated.port('door'))
      await talker.hears(SMTP.greeted)
      for (const command of ['EHLO x', 'MAIL FROM:<>', 'RCPT TO:<a@example.org>']) await talker.asks(`${command}\r\n`, /^250 |\r\n250 /)
      await talker.asks('DATA\r\n', /^354 /)
      talker.say('text\r\n.\r\n')
      talker.done()
      await talker.hears(/250 queued\r\n/)
      assert.equal((await gated.record()).ended.why, 'client-left')
    })
  }

  test('whoever vanishes in the middle of anything leaves nothing behind', async (t) => {
    const back = await smtp(t)
    const gated = await gateFor('smtp', back.port, t)
    const parts = [
      '',
      'EHLO x\r\n',
      'EHLO x\r\nSTARTTLS\r\n',
      Buffer.concat([Buffer.from('STARTTLS\r\n'), HELLO]),
      'MAIL FR',
      'STARTTLS\r\n\x16\x03',
    ]
    for (const leave of ['done', 'leave', 'reset'] as const) {
      for (const part of parts) {
        const talker = await Talker.to(gated.port('door'))
        await talker.hears(SMTP.greeted)
        talker.say(part)
        await delay(20)
        if (leave === 'reset') talker.socket.resetAndDestroy()
        else talker[leave]()
        await gated.record()
        talker.leave()
      }
    }
    for (let tries = 0; tries < 100 && back.open() > 0; tries += 1) await delay(20)
    assert.equal(back.open(), 0)
  })
})
