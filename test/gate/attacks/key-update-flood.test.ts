import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { CONTENT_TYPE } from '../../../src/wire/index.ts'
import { both, hostile, type Hostile } from './hostile.ts'

describe('key-update-flood', () => {
  const LOOK_MS = 10_000
  test('who updates keys again and again, which OpenSSL does not limit, is closed; who does now and then, and pads what it says, is served, RFC 8446 §4.6.3', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const gated = await both(t)
    const [patient, asking, telling] = await Promise.all([1, 2, 3].map(() => hostile(gated, t, { protocols: ['TLSv1.3'] })))
    assert.ok(patient && asking && telling)
    for (let times = 0; times < 100; times += 1) patient.socket.write(patient.session.updateKeys(true))
    for (let times = 0; times < 20; times += 1) patient.socket.write(padded(patient, 'NOOP\r\n'))
    for (const [flooder, requested] of [
      [asking, true],
      [telling, false],
    ] as const) {
      await flooder.floods(() => flooder.session.updateKeys(requested), 100_000)
      assert.ok(!flooder.closed, 'nobody has looked yet')
    }
    await delay(200)
    t.mock.timers.tick(LOOK_MS)
    for (let tries = 0; tries < 500 && !(asking.closed && telling.closed); tries += 1) await delay(10)
    assert.deepEqual([asking.closed, telling.closed, patient.closed], [true, true, false])
    assert.deepEqual([(await gated.record()).ended, (await gated.record()).ended], [{ why: 'tls-flood' }, { why: 'tls-flood' }])
    patient.socket.write(patient.session.write(Buffer.from('EHLO x\r\n')))
    const heard = (): string =>
      Buffer.concat(patient.events.map((event) => (event.kind === 'application-data' ? event.data : new Uint8Array()))).toString()
    for (let tries = 0; tries < 500 && !heard().includes('250 8BITMIME'); tries += 1) await delay(10)
    assert.match(heard(), /250 8BITMIME/)
  })
})

/** In a record of 16 kB: zeros behind the type of the content (RFC 8446 §5.4), the last of which stands where the type would. */
function padded({ session }: Hostile, said: string): Uint8Array {
  const content = Buffer.from(said)
  return session.sendRecord(0, Buffer.concat([content, Buffer.of(CONTENT_TYPE.application_data)], 2 ** 14))
}
