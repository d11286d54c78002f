import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { runGateProcess } from '../gate-process.ts'
import { Talker } from '../talker.ts'
import { behind, pop3, flood } from './attacked.ts'

describe('bounded memory, in a process of its own', { concurrency: 2 }, () => {
  /** As `slow-client`: an attack of 200 MB may cost the gate a few MB, and what the system keeps in sockets. */
  const ALLOWED_KB = 24 * 1024

  async function grows(
    t: TestContext,
    words: Readonly<Record<string, unknown>>,
    attack: (port: number) => Promise<Talker[]>,
  ): Promise<void> {
    const gate = await runGateProcess({ services: { door: { listen: '127.0.0.1:0', policy: 'mozilla-intermediate', ...words } } })
    t.after(gate.end)
    // What it needs anyway: its code is compiled with the first connections, and not with those of the attack.
    for (let at = 0; at < 20; at += 1) {
      const talker = words['tls'] === 'implicit' ? await Talker.inTls(gate.port('door')) : await Talker.to(gate.port('door'))
      await delay(5)
      talker.leave()
    }
    await delay(200)
    const before = gate.memory()
    const talkers = await attack(gate.port('door'))
    let most = 0
    for (let at = 0; at < 20; at += 1) {
      await delay(75)
      most = Math.max(most, gate.memory())
    }
    for (const talker of talkers) talker.leave()
    t.diagnostic(`from ${before} kB to ${most} kB`)
    assert.ok(most - before < ALLOWED_KB, `from ${before} kB to ${most} kB`)
  }

  test('slow-client: 200 MB for a client that reads nothing', async (t) => {
    const back = await behind(t, '* OK behind\r\n', (line, socket) => {
      if (!line.includes('LOGIN')) setImmediate(() => flood(socket, 200))
      return `${line.split(' ')[0]} OK done\r\n`
    })
    await grows(t, { dialect: 'imap', tls: 'implicit', backend: `127.0.0.1:${back.port}` }, async (port) => {
      const talker = await Talker.inTls(port)
      await talker.hears(/^\* OK/)
      await talker.asks('a LOGIN x x\r\n', /a OK/)
      talker.socket.pause()
      talker.say('b FETCH 1:* BODY[]\r\n')
      await delay(500)
      return [talker]
    })
  })

  test('slow-client: ten of them that ask and do not read', async (t) => {
    const back = await pop3(t)
    await grows(t, { dialect: 'pop3', tls: 'starttls', backend: `127.0.0.1:${back.port}` }, async (port) => {
      const talkers = await Promise.all(Array.from({ length: 10 }, () => Talker.to(port)))
      for (const talker of talkers) {
        talker.socket.pause()
        for (let at = 0; at < 20; at += 1) talker.say('CAPA\r\n'.repeat(50_000))
      }
      return talkers
    })
  })
})
