import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Talker } from '../talker.ts'
import { behind, DIALECTS, gateFor, servesOthers, SHORT } from './attacked.ts'

describe('line-bomb', { concurrency: 4 }, () => {
  for (const dialect of DIALECTS) {
    const { name, serve, greeted, ping } = dialect
    test(`${name}: a line without an end`, async (t) => {
      const back = await serve(t)
      const gated = await gateFor(name, back.port, t)
      const talker = await Talker.to(gated.port('door'))
      await talker.hears(greeted)
      const before = back.heard().length
      talker.say('A'.repeat(10_000_000))
      await talker.isClosed()
      assert.equal((await gated.record()).ended.why, 'line-too-long')
      assert.equal(back.heard().length, before)
      await servesOthers(gated.port('door'), dialect)
    })

    test(`${name}: commands without waiting for an answer`, async (t) => {
      const silent = await behind(t, await greetingOf(name), () => '')
      const gated = await gateFor(name, silent.port, t, { timeouts: SHORT })
      const talker = await Talker.to(gated.port('door'))
      await talker.hears(greeted)
      talker.say(ping[0].repeat(2_000_000))
      await talker.isClosed()
      assert.ok(silent.heard().length < 1_000_000, `${silent.heard().length} octets went on`)
      assert.ok((await gated.record()).bytes.in < 1_000_000)
    })
  }
})

async function greetingOf(name: string): Promise<string> {
  const greetings: Readonly<Record<string, string>> = {
    smtp: '220 behind ESMTP\r\n',
    imap: '* OK behind\r\n',
    pop3: '+OK behind\r\n',
    sieve: '"SASL" ""\r\nOK\r\n',
  }
  return greetings[name] ?? ''
}
