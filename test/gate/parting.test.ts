import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { readGateConfig } from '../../src/gate/index.ts'
import { behind, DIALECTS, gateFor, imap } from './attacks/attacked.ts'
import { startGate } from './gated.ts'
import { Talker } from './talker.ts'

const NOTHING = 'Nothing was said for too long'

const HALF_MESSAGE = '* 1 FETCH (BODY[] {1000}\r\nSubject: to do\r\n\r\n* 23 EXISTS\r\n'

/** IMAP that takes every login, waits in IDLE, and stops in the middle of a message. */
const mailbox = (t: TestContext) =>
  behind(t, '* OK IMAP4rev1\r\n', (line) => {
    const [tag = '', command = ''] = line.split(' ')
    if (command === 'FETCH') return HALF_MESSAGE
    return command === 'IDLE' ? '+ idling\r\n' : `${tag} OK done\r\n`
  })

describe('a client that is silent for too long', { concurrency: true }, () => {
  const words: Readonly<Record<string, string>> = {
    smtp: `421 4.4.2 gate.example closes: ${NOTHING}\r\n`,
    imap: `* BYE ${NOTHING}\r\n`,
    // RFC 1939 §3.
    pop3: '',
    sieve: `BYE "${NOTHING}"\r\n`,
  }
  for (const { name, serve, greeted } of DIALECTS)
    test(`is told so in the words of ${name}, in TLS, or not at all where they have none`, async (t) => {
      const gated = await gateFor(name, (await serve(t)).port, t, { timeouts: { idle: 1 } }, { tls: 'implicit' })
      const talker = await Talker.inTls(gated.port('door'))
      const greeting = await talker.hears(greeted)
      await talker.isClosed()
      assert.equal(talker.heard.slice(greeting.length), words[name])
      assert.equal((await gated.record()).ended.why, 'idle')
    })

  test('behind a login too, and not in the middle of what the server says', async (t) => {
    const server = await mailbox(t)
    const gated = await gateFor('imap', server.port, t, { timeouts: { idle: 1 } }, { tls: 'none', hideLogin: false })
    const talker = await Talker.to(gated.port('door'))
    const reader = await Talker.to(gated.port('door'))
    for (const one of [talker, reader]) {
      await one.hears(/OK/)
      await one.asks('a LOGIN u p\r\n', /a OK/)
    }
    await talker.asks('b IDLE\r\n', /\+ idling\r\n/)
    await reader.asks('b FETCH 1 BODY[]\r\n', /EXISTS\r\n/)
    await Promise.all([talker.isClosed(), reader.isClosed()])
    assert.deepEqual([talker.heard, reader.heard], [`+ idling\r\n* BYE ${NOTHING}\r\n`, HALF_MESSAGE])
  })

  test('has half an hour behind a login alone', async (t) => {
    const server = await mailbox(t)
    let file = ''
    const service = { dialect: 'imap', tls: 'none', hideLogin: false, backend: `127.0.0.1:${server.port}` }
    const gated = await startGate({ services: { door: service } }, t, ['rsa'], (folder) => void (file = join(folder, 'postern.yaml')))
    const config = await readGateConfig(file, new Date())
    const services = config.services.map((one) => ({ ...one, timeouts: { ...one.timeouts, idleBeforeLogin: 1000 } }))
    await gated.gate.reload({ ...config, services }, 0)
    const [stranger, user] = [await Talker.to(gated.port('door')), await Talker.to(gated.port('door'))]
    await user.hears(/OK/)
    await user.asks('a LOGIN u p\r\n', /a OK/)
    await stranger.isClosed()
    await delay(500)
    assert.match(await user.asks('b NOOP\r\n', /b OK/), /b OK/)
    assert.deepEqual([stranger.heard.endsWith(`* BYE ${NOTHING}\r\n`), user.closed], [true, false])
    user.leave()
  })
})

describe('a client that is there when the gate ends', () => {
  test('is told so, and its line of the log says it', async (t) => {
    const gated = await gateFor('imap', (await imap(t)).port, t)
    const talker = await Talker.to(gated.port('door'))
    const greeting = await talker.hears(/OK.*\r\n/)
    await gated.gate.close(10)
    await talker.isClosed()
    assert.equal(talker.heard.slice(greeting.length), '* BYE [UNAVAILABLE] The gate closes, try again later\r\n')
    assert.equal((await gated.record()).ended.why, 'drained')
  })
})
