import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { Talker } from '../talker.ts'
import { behind, DIALECTS, smtp, gateFor, HELLO, SMTP } from './attacked.ts'

describe('half-open', { concurrency: 4 }, () => {
  for (const secured of [false, true]) {
    test(`who says no more still hears the answer, ${secured ? 'in TLS' : 'before it'}`, async (t) => {
      const back = await behind(t, '220 behind\r\n', (line, socket) => {
        if (line !== '.') return line.startsWith('DATA') ? '354 go on\r\n' : /^(?:EHLO|MAIL|RCPT)/.test(line) ? '250 ok\r\n' : ''
        setTimeout(() => void socket.end('250 queued\r\n'), 200)
        return ''
      })
      const gated = await gateFor('smtp', back.port, t, {}, { tls: secured ? 'implicit' : 'starttls' })
      const talker = secured ? await Talker.inTls(gated.port('door')) : await Talker.to(gated.port('door'))
      await talker.hears(SMTP.greeted)
      for (const command of ['EHLO x', 'MAIL FROM:<>', 'RCPT TO:<a@example.org>']) await talker.asks(`${command}\r\n`, /^250 |\r\n250 /)
      await talker.asks('DATA\r\n', /^354 /)
      talker.say('text\r\n.\r\n')
      talker.done()
      await talker.hears(/250 queued\r\n/)
      assert.equal((await gated.record()).ended.why, 'client-left')
    })
  }

  const ahead = [
    ['smtp', 'EHLO x\r\nMAIL FROM:<a@example.org>\r\n', /250 8BITMIME\r\n250 ok\r\n$/],
    ['imap', 'a NOOP\r\nb NOOP\r\n', /a OK done\r\nb OK done\r\n$/],
    ['pop3', 'NOOP\r\nNOOP\r\n', /\+OK\r\n\+OK\r\n$/],
    ['sieve', 'NOOP\r\nNOOP\r\n', /OK\r\nOK\r\nOK\r\n$/],
  ] as const
  for (const [name, commands, answers] of ahead) {
    test(`${name}: who has said several things at once and says no more hears all the answers`, async (t) => {
      const back = await DIALECTS.find((dialect) => dialect.name === name)!.serve(t)
      const gated = await gateFor(name, back.port, t, {}, { hideLogin: false })
      const talker = await Talker.to(gated.port('door'))
      talker.say(commands)
      talker.done()
      await talker.hears(answers)
      await talker.isClosed()
    })
  }

  const broken = (port: number, says: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.on('end', () => resolve('an end')).on('error', () => resolve('a reset'))
      socket.resume().write(says)
    })
  const cut = [
    ['tcp', 'half', 'x'],
    ['http', 'HTTP/1.1 200 OK\r\n\r\nhalf', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ] as const
  for (const [name, half, asked] of cut) {
    test(`${name}: an answer that breaks off does not pass for a whole one`, async (t) => {
      const back = await behind(t, '', () => '')
      back.server.on('connection', (socket) => {
        socket.once('data', () => socket.write(half, () => void setTimeout(() => socket.resetAndDestroy(), 100)))
      })
      const gated = await gateFor(name, back.port, t, {}, { tls: 'none' })
      assert.equal(await broken(gated.port('door'), asked), 'a reset')
    })
  }

  test('tls: a client that breaks off has not said all', async (t) => {
    const back = await behind(t, '', () => '')
    const how = new Promise<string>((resolve) => {
      back.server.on('connection', (socket) => void socket.on('end', () => resolve('an end')).on('error', () => resolve('a reset')))
    })
    const gated = await gateFor('tls', back.port, t, {}, { tls: 'implicit' })
    const bare = (await Talker.to(gated.port('door'))).socket
    connectTls({ socket: bare, rejectUnauthorized: false })
      .on('error', () => {})
      .write('half')
    while (!back.heard().includes('half')) await delay(5)
    bare.resetAndDestroy()
    assert.equal(await how, 'a reset')
  })

  test('whoever vanishes in the middle of anything leaves nothing behind', async (t) => {
    const back = await smtp(t)
    const gated = await gateFor('smtp', back.port, t)
    const parts = [
      '',
      'EHLO x\r\n',
      'EHLO x\r\nSTARTTLS\r\n',
      Buffer.concat([Buffer.from('STARTTLS\r\n'), HELLO]),
      'MAIL FR',
      'STARTTLS\r\n\x16\x03',
    ]
    for (const leave of ['done', 'leave', 'reset'] as const) {
      for (const part of parts) {
        const talker = await Talker.to(gated.port('door'))
        await talker.hears(SMTP.greeted)
        talker.say(part)
        await delay(20)
        if (leave === 'reset') talker.socket.resetAndDestroy()
        else talker[leave]()
        await gated.record()
        talker.leave()
      }
    }
    for (let tries = 0; tries < 100 && back.open() > 0; tries += 1) await delay(20)
    assert.equal(back.open(), 0)
  })
})

describe('a reset behind the end of TLS', () => {
  const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length

  test('of which Node says nothing: it holds no socket of the gate for longer than a moment', async (t) => {
    const back = await smtp(t)
    const gated = await gateFor('tls', back.port, t, {}, { tls: 'implicit' })
    const before = sockets()
    for (let clients = 0; clients < 20; clients += 1) {
      const bare = (await Talker.to(gated.port('door'))).socket
      const client = connectTls({ socket: bare, rejectUnauthorized: false, minVersion: 'TLSv1.3' }).on('error', () => {})
      await once(client, 'secureConnect')
      client.end()
      await new Promise((resolve) => void setImmediate(resolve))
      bare.resetAndDestroy()
    }
    for (let tries = 0; tries < 100 && sockets() > before; tries += 1) await delay(100)
    assert.equal(sockets(), before)
  })
})
