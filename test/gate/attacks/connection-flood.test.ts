import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { runGateProcess } from '../gate-process.ts'
import { Talker } from '../talker.ts'
import { smtp, DIALECTS, gateFor, servesAgain, SMTP } from './attacked.ts'

describe('connection-flood', { concurrency: 4 }, () => {
  for (const dialect of DIALECTS) {
    const { name, serve, greeted, crowded } = dialect
    for (const limit of ['connections', 'perClient'] as const) {
      test(`${name}: beyond \`${limit}\` a client is told to come again, and those who are in stay`, async (t) => {
        const back = await serve(t)
        const gated = await gateFor(name, back.port, t, { limits: { [limit]: 3 } })
        const inside = await Promise.all(Array.from({ length: 3 }, () => Talker.to(gated.port('door'))))
        for (const talker of inside) await talker.hears(greeted)
        const outside = await Promise.all(Array.from({ length: 20 }, () => Talker.to(gated.port('door'))))
        for (const talker of outside) {
          await talker.isClosed()
          assert.match(talker.heard, crowded)
          talker.leave()
        }
        assert.equal(back.total(), 3, 'the server behind hears nothing of it')
        assert.deepEqual(
          gated.records.map(({ ended }) => ended),
          [{ why: 'crowded', reason: limit }],
          'a flood of connections is none of records',
        )
        await inside[0]?.asks(...dialect.ping)
        inside[1]?.leave()
        while (back.open() > 2) await delay(5)
        await servesAgain(gated.port('door'), dialect)
      })
    }
  }

  test('with TLS from the start nothing can be said: it is closed', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t, { limits: { connections: 1 } }, { tls: 'implicit' })
    const inside = await Talker.inTls(gated.port('door'))
    const outside = await Talker.to(gated.port('door'))
    await outside.isClosed()
    assert.equal(outside.heard, '')
    await inside.hears(SMTP.greeted)
  })

  test('whoever does not go when told to is put out', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t, { limits: { connections: 1 } })
    await (await Talker.to(gated.port('door'))).hears(SMTP.greeted)
    const outside = await Talker.to(gated.port('door'))
    await outside.hears(SMTP.crowded)
    await delay(1500)
    const write = promisify(outside.socket.write.bind(outside.socket) as (text: string, done: (error?: Error | null) => void) => boolean)
    await assert.rejects(async () => {
      for (let at = 0; at < 20; at += 1) await Promise.all([write('x'), delay(20)])
    })
  })

  test('more connections than it has descriptors do not end it', async (t) => {
    const back = await smtp(t)
    const service = {
      listen: '127.0.0.1:0',
      policy: 'mozilla-intermediate',
      dialect: 'smtp',
      tls: 'starttls',
      backend: `127.0.0.1:${back.port}`,
    }
    const gate = await runGateProcess({ services: { door: service }, limits: { perClient: 1000 } }, 'ulimit -n 64')
    t.after(gate.end)
    const talkers = await Promise.all(Array.from({ length: 150 }, () => Talker.to(gate.port('door')).catch(() => undefined)))
    await delay(500)
    for (const talker of talkers) talker?.leave()
    await servesAgain(gate.port('door'), SMTP)
  })
})
