import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Talker } from '../talker.ts'
import { smtp, gateFor, servesOthers, HELLO, SERVER_HELLO, SMTP, SHORT } from './attacked.ts'

describe('slowloris', { concurrency: 8 }, () => {
  const drip = async (talker: Talker, bytes: Uint8Array, each = 250): Promise<void> => {
    for (const byte of bytes) {
      if (talker.closed) return
      talker.say(Uint8Array.of(byte))
      await delay(each)
    }
  }

  test('a hello octet by octet ends by `hello`', async (t) => {
    const back = await smtp(t)
    const gated = await gateFor('smtp', back.port, t, { timeouts: SHORT }, { tls: 'implicit' })
    const talker = await Talker.to(gated.port('door'))
    void drip(talker, HELLO)
    const took = await talker.isClosed()
    assert.ok(took > 800 && took < 2000, `${took} ms`)
    assert.deepEqual((await gated.record()).ended, { why: 'handshake-failed', reason: 'too-late' })
    assert.equal(back.total(), 0, 'nobody behind is asked before TLS')
  })

  test('silence before a hello ends by `hello`', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t, { timeouts: SHORT }, { tls: 'implicit' })
    const talker = await Talker.to(gated.port('door'))
    const took = await talker.isClosed()
    assert.ok(took > 800 && took < 2000, `${took} ms`)
    assert.equal((await gated.record()).ended.reason, 'too-late')
  })

  test('what follows a hello octet by octet ends by `handshake`', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t, { timeouts: { ...SHORT, idle: 60, total: 60 } }, { tls: 'implicit' })
    const talker = await Talker.to(gated.port('door'))
    talker.say(HELLO)
    await talker.hears(SERVER_HELLO)
    // A record of 4 kB that never comes whole.
    void drip(talker, Buffer.concat([Buffer.from([22, 3, 3, 16, 0]), Buffer.alloc(4096, 1)]))
    const took = await talker.isClosed()
    assert.ok(took > 800 && took < 2000, `${took} ms`)
    assert.deepEqual((await gated.record()).ended, { why: 'handshake-failed', reason: 'timeout' })
  })

  for (const [when, secured] of [['before TLS', false] as const, ['in TLS', true] as const]) {
    test(`a command octet by octet ends by \`idle\`, ${when}`, async (t) => {
      const back = await smtp(t)
      const gated = await gateFor('smtp', back.port, t, { timeouts: { ...SHORT, total: 60 } }, { tls: secured ? 'implicit' : 'starttls' })
      const talker = secured ? await Talker.inTls(gated.port('door')) : await Talker.to(gated.port('door'))
      await talker.hears(SMTP.greeted)
      void drip(talker, Buffer.from('N'.repeat(100)))
      const took = await talker.isClosed()
      assert.ok(took > 1200 && took < 3000, `${took} ms`)
      assert.equal((await gated.record()).ended.why, 'idle')
      for (let tries = 0; tries < 100 && back.open() > 0; tries += 1) await delay(20)
      assert.equal(back.open(), 0, 'nor does it hold a connection behind')
    })
  }

  test('commands one by one end by `total`', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t, { timeouts: { ...SHORT, total: 2 } })
    const talker = await Talker.to(gated.port('door'))
    void drip(talker, Buffer.from('NOOP\r\n'.repeat(100)), 40)
    const took = await talker.isClosed()
    assert.ok(took > 1500 && took < 3500, `${took} ms`)
    assert.equal((await gated.record()).ended.why, 'total')
  })

  test('holds nobody up', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t)
    const slow = await Promise.all(Array.from({ length: 90 }, () => Talker.to(gated.port('door'))))
    for (const talker of slow) talker.say('EHL')
    await servesOthers(gated.port('door'), SMTP)
    for (const talker of slow) talker.leave()
  })
})
