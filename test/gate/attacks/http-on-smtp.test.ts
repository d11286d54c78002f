import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Talker } from '../talker.ts'
import { smtp, DIALECTS, gateFor, servesOthers } from './attacked.ts'

describe('http-on-smtp', { concurrency: 4 }, () => {
  const REQUEST = 'POST / HTTP/1.1\r\nHost: mail\r\nContent-Length: 99\r\n\r\nEHLO x\r\nMAIL FROM:<evil@example.org>\r\n'
  for (const dialect of DIALECTS) {
    const { name, serve, greeted } = dialect
    for (const waits of [true, false]) {
      test(`${name}: a browser that ${waits ? 'hears the greeting' : 'speaks first'} says nothing to the server`, async (t) => {
        const back = await serve(t)
        const gated = await gateFor(name, back.port, t)
        const talker = await Talker.to(gated.port('door'))
        if (waits) await talker.hears(greeted)
        talker.say(REQUEST)
        await talker.isClosed()
        assert.equal((await gated.record()).ended.why, 'not-the-protocol')
        assert.doesNotMatch(back.heard(), /evil|HTTP/)
        await servesOthers(gated.port('door'), dialect)
      })
    }
  }

  test('where TLS is due nothing of it is read', async (t) => {
    const back = await smtp(t)
    const gated = await gateFor('smtp', back.port, t, {}, { tls: 'implicit' })
    const talker = await Talker.to(gated.port('door'))
    talker.say(REQUEST)
    await talker.isClosed()
    assert.equal((await gated.record()).ended.why, 'handshake-failed')
    assert.equal(back.total(), 0)
  })
})
