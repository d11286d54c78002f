import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Gated } from '../gated.ts'
import { Talker } from '../talker.ts'
import { type Behind, DIALECTS, gateFor, servesOthers, HELLO, SERVER_HELLO } from './attacked.ts'

describe('starttls-injection', { concurrency: 4 }, () => {
  for (const dialect of DIALECTS) {
    const { name, serve, greeted, starttls, goAhead, evil, injected } = dialect
    const begin = async (t: TestContext): Promise<{ back: Behind; gated: Gated; talker: Talker }> => {
      const back = await serve(t)
      const gated = await gateFor(name, back.port, t)
      const talker = await Talker.to(gated.port('door'))
      await talker.hears(greeted)
      if (name === 'smtp') await talker.asks('EHLO client\r\n', /250 8BITMIME\r\n/)
      return { back, gated, talker }
    }
    const unheard = async ({ back, gated }: { back: Behind; gated: Gated }): Promise<void> => {
      assert.ok(!back.heard().includes('evil'), back.heard())
      assert.equal((await gated.record()).ended.why, 'starttls-injection')
      await servesOthers(gated.port('door'), dialect)
    }

    test(`${name}: in the segment of the request`, async (t) => {
      const all = await begin(t)
      assert.match(await all.talker.asks(starttls + evil, injected), injected)
      await all.talker.isClosed()
      assert.doesNotMatch(all.talker.heard, /^220|OK Begin/)
      await unheard(all)
    })

    test(`${name}: in a later segment, before the go-ahead is read`, async (t) => {
      const all = await begin(t)
      all.talker.say(starttls)
      await delay(1)
      all.talker.say(evil)
      await all.talker.isClosed()
      await unheard(all)
    })

    test(`${name}: between the go-ahead and the hello`, async (t) => {
      const all = await begin(t)
      await all.talker.asks(starttls, goAhead)
      all.talker.say(Buffer.concat([Buffer.from(evil), HELLO]))
      await all.talker.isClosed()
      await unheard(all)
    })

    test(`${name}: a hello in the segment of the request is one in a hurry, and is served`, async (t) => {
      const { back, gated, talker } = await begin(t)
      await talker.asks(Buffer.concat([Buffer.from(starttls), HELLO]), goAhead)
      await talker.hears(SERVER_HELLO)
      talker.leave()
      assert.deepEqual((await gated.record()).ended, { why: 'handshake-failed', reason: 'reset' })
      assert.ok(!back.heard().includes('evil'))
    })
  }
})
