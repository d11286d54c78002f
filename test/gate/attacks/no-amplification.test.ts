import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Talker } from '../talker.ts'
import { smtp, DIALECTS, gateFor, HELLO, SMTP, SHORT } from './attacked.ts'

describe('no-amplification', () => {
  test('a client that sends no whole hello costs the server behind nothing, and hears nothing', async (t) => {
    const back = await smtp(t)
    const gated = await gateFor('smtp', back.port, t, { timeouts: SHORT }, { tls: 'implicit' })
    const talkers = await Promise.all(Array.from({ length: 30 }, () => Talker.to(gated.port('door'))))
    for (const talker of talkers) talker.say(HELLO.subarray(0, 40))
    for (const talker of talkers) await talker.isClosed()
    assert.equal(back.total(), 0)
    assert.ok(talkers.every(({ heard }) => heard === ''))
  })

  for (const { name, serve, greeted } of DIALECTS) {
    test(`${name}: wrong commands are answered so often, and with less than a line each`, async (t) => {
      const back = await serve(t)
      const gated = await gateFor(name, back.port, t, {}, { tls: 'required' })
      const talker = await Talker.to(gated.port('door'))
      await talker.hears(greeted)
      const greeting = talker.heard.length
      const before = back.heard().length
      for (let at = 0; at < 200 && !talker.closed; at += 1) {
        talker.say(name === 'imap' ? 'a LOGIN x x\r\n' : name === 'sieve' ? 'AUTHENTICATE "PLAIN"\r\n' : 'AUTH PLAIN x\r\n')
        await delay(1)
      }
      await talker.isClosed()
      assert.ok(talker.heard.length - greeting < 25 * 120, talker.heard)
      assert.equal(back.heard().length, before)
      assert.equal((await gated.record()).ended.why, 'too-many-errors')
    })
  }

  test('each client has one connection behind, whatever it says', async (t) => {
    const back = await smtp(t)
    const gated = await gateFor('smtp', back.port, t)
    const talker = await Talker.to(gated.port('door'))
    await talker.hears(SMTP.greeted)
    for (let at = 0; at < 10; at += 1) await talker.asks('EHLO x\r\n', /250 8BITMIME\r\n/)
    talker.leave()
    await gated.record()
    assert.equal(back.total(), 1)
  })
})
