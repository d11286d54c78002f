import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startGate } from '../gated.ts'
import { Talker } from '../talker.ts'
import { smtp, SMTP } from './attacked.ts'

describe('records', () => {
  const PASSWORD = 'AHRlc3QAczNjcjN0LXBhc3N3b3Jk'
  const BODY = 'confidential-body-of-a-message'

  test('have neither a password nor a message in them, however the connection went', async (t) => {
    const back = await smtp(t)
    const gated = await startGate(
      {
        services: {
          door: { dialect: 'smtp', tls: 'starttls', backend: `127.0.0.1:${back.port}`, hideLogin: false },
          tls: { dialect: 'smtp', tls: 'implicit', backend: `127.0.0.1:${back.port}` },
          lost: { dialect: 'smtp', tls: 'none', backend: '127.0.0.1:1' },
        },
        timeouts: { hello: 1, idle: 1 },
      },
      t,
    )
    const login = `AUTH PLAIN ${PASSWORD}\r\n`
    const message = `MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n${BODY}`
    const stories: readonly (readonly string[])[] = [
      ['EHLO x\r\n', login, message, '\r\n.\r\n', 'QUIT\r\n'],
      ['EHLO x\r\n', login, `${message}\n.\n`],
      ['EHLO x\r\n', `STARTTLS\r\n${login}`],
      ['EHLO x\r\n', 'STARTTLS\r\n', login],
      [login, BODY.repeat(1000)],
      [PASSWORD, BODY],
      [`\x16\x03\x01\x00\x40\x01\x00\x00\x3c${PASSWORD}${BODY}`],
      [`GET /${PASSWORD} HTTP/1.1\r\n\r\n`],
    ]
    for (const service of ['door', 'tls', 'lost']) {
      for (const story of stories) {
        const talker = await Talker.to(gated.port(service))
        if (service === 'door') await talker.hears(SMTP.greeted)
        for (const part of story) {
          talker.say(part)
          await delay(15)
        }
        talker.leave()
        await gated.record()
      }
    }
    const secured = await Talker.inTls(gated.port('tls'))
    await secured.hears(SMTP.greeted)
    await secured.asks('EHLO x\r\n', /250 8BITMIME/)
    await secured.asks(login, /^235/)
    secured.say(`${message}\n.\n`)
    await secured.isClosed()
    await gated.record()
    const all = JSON.stringify(gated.records)
    assert.equal(gated.records.length, 3 * stories.length + 1)
    for (const secret of [PASSWORD, PASSWORD.slice(4, 20), BODY, BODY.slice(0, 12)]) assert.ok(!all.includes(secret), all)
    assert.ok(back.heard().includes(PASSWORD), 'or nothing was shown')
  })
})
