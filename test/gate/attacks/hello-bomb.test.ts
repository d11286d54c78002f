import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startGate } from '../gated.ts'
import { Talker } from '../talker.ts'
import { smtp, gateFor, servesOthers, HELLO, SERVER_HELLO, SMTP, SHORT } from './attacked.ts'

describe('hello-bomb', { concurrency: 4 }, () => {
  const record = (content: Uint8Array, type = 22): Buffer =>
    Buffer.concat([Buffer.from([type, 3, 1, content.length >> 8, content.length & 0xff]), content])
  const fragmented = (bytes: Uint8Array, size: number): Buffer => {
    const records: Buffer[] = []
    for (let at = 0; at < bytes.length; at += size) records.push(record(bytes.subarray(at, at + size)))
    return Buffer.concat(records)
  }
  const long = Buffer.concat([Buffer.from([1, 1, 0, 0]), Buffer.alloc(65_536)])
  const bombs: readonly (readonly [name: string, bytes: Buffer])[] = [
    ['64 kB of a hello', fragmented(long, 16_384)],
    ['a hello that says it has 16 MB', fragmented(Buffer.concat([Buffer.from([1, 255, 255, 255]), Buffer.alloc(100_000)]), 16_384)],
    ['endless records of handshake messages that are none', Buffer.alloc(200_000, record(Buffer.from([1, 255, 0, 0]).subarray(0, 1)))],
    ['a hello in fragments of an octet', fragmented(long, 1)],
    ['empty records without end', Buffer.alloc(200_000, record(Buffer.alloc(0)))],
    ['warnings without end', Buffer.alloc(200_000, record(Buffer.from([1, 90]), 21))],
  ]
  for (const [name, bytes] of bombs) {
    test(`${name}: closed, and others are served`, async (t) => {
      const back = await smtp(t)
      const gated = await startGate(
        {
          services: {
            tls: { dialect: 'smtp', tls: 'implicit', backend: `127.0.0.1:${back.port}` },
            door: { dialect: 'smtp', tls: 'starttls', backend: `127.0.0.1:${back.port}` },
          },
          timeouts: SHORT,
        },
        t,
      )
      const talker = await Talker.to(gated.port('tls'))
      talker.say(bytes)
      await servesOthers(gated.port('door'), SMTP)
      await talker.isClosed(3000)
      assert.equal(back.total(), 1, 'only for those who are served')
      assert.equal(gated.records.find(({ service }) => service === 'tls')?.ended.why, 'handshake-failed')
    })
  }

  test('a hello in fragments of an octet that is one is served', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t, {}, { tls: 'implicit' })
    const talker = await Talker.to(gated.port('door'))
    for (const byte of fragmented(HELLO.subarray(5), 1)) talker.say(Uint8Array.of(byte))
    await talker.hears(SERVER_HELLO)
    talker.leave()
    assert.deepEqual((await gated.record()).hello?.suites, ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'])
  })
})
