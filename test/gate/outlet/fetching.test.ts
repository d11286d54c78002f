import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test, type TestContext } from 'node:test'
import { createServer } from 'node:tls'
import { certificates, SERVER_NAME } from '../../peers/index.ts'
import { startGate, type Gated } from '../gated.ts'
import { Talker } from '../talker.ts'

const { root, leaf } = await certificates()
const folder = mkdtempSync(join(tmpdir(), 'postern-fetching-'))
after(() => rmSync(folder, { recursive: true }))
const secret = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  chmodSync(join(folder, name), 0o600)
  return join(folder, name)
}
const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')

/** A provider that takes nothing but XOAUTH2, as those of today do: what it was told. */
async function provider(t: TestContext): Promise<{ readonly port: number; readonly told: string[] }> {
  const told: string[] = []
  const server = createServer({ key: readFileSync(leaf('rsa').key), cert: readFileSync(leaf('rsa').chain) }, (socket) => {
    let text = ''
    let mode: 'begin' | 'token' | 'refused' | 'in' = 'begin'
    socket.on('error', () => {})
    socket.write('+OK provider\r\n')
    const answer = (line: string): string => {
      told.push(line)
      if (mode === 'token') {
        const isRight = line === base64('user=me@provider.example\x01auth=Bearer t0ken\x01\x01')
        mode = isRight ? 'in' : 'refused'
        return isRight ? '+OK welcome' : '+ eyJzdGF0dXMiOiI0MDAifQ=='
      }
      if (mode === 'refused') {
        mode = 'begin'
        return '-ERR [AUTH] token expired'
      }
      if (mode === 'begin' && line === 'AUTH XOAUTH2') {
        mode = 'token'
        return '+ '
      }
      return mode === 'in' ? (line === 'STAT' ? '+OK 2 320' : '+OK') : '-ERR'
    }
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 2)
        socket.write(`${answer(line)}\r\n`)
        if (line === 'QUIT') socket.end()
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close())
  return { port: (server.address() as AddressInfo).port, told }
}

async function fetching(token: object, t: TestContext): Promise<{ readonly gated: Gated; readonly told: string[] }> {
  const { port, told } = await provider(t)
  const backend = { address: `127.0.0.1:${port}`, tls: 'implicit', ca: root, name: SERVER_NAME }
  const logins = [{ user: 'me', passwordFile: secret('password', 'old secret\n'), as: 'me@provider.example', ...token }]
  const service = { dialect: 'pop3', tls: 'none', hideLogin: false, backend, logins }
  return { gated: await startGate({ services: { fetch: service } }, t), told }
}

describe('who knows nothing of OAuth fetches with a token', () => {
  const ways: readonly (readonly [why: string, says: readonly (readonly [text: string, hears: RegExp])[]])[] = [
    [
      'by USER and PASS',
      [
        ['USER me', /^\+OK/],
        ['PASS old secret', /^\+OK logged in/],
      ],
    ],
    ['by AUTH PLAIN', [[`AUTH PLAIN ${base64('\0me\0old secret')}`, /^\+OK logged in/]]],
    [
      'by AUTH LOGIN',
      [
        ['AUTH LOGIN', /^\+ VXNl/],
        [base64('me'), /^\+ UGFz/],
        [base64('old secret'), /^\+OK logged in/],
      ],
    ],
  ]
  for (const [why, says] of ways)
    test(why, async (t) => {
      const { gated, told } = await fetching({ tokenFile: secret('token', 't0ken\n') }, t)
      const talker = await Talker.to(gated.port('fetch'))
      await talker.hears(/^\+OK gate\.example/)
      for (const [text, hears] of says) await talker.asks(`${text}\r\n`, hears)
      await talker.asks('STAT\r\n', /^\+OK 2 320\r\n/)
      await talker.asks('QUIT\r\n', /^\+OK\r\n/)
      await talker.isClosed()
      assert.deepEqual(told, ['CAPA', 'AUTH XOAUTH2', base64('user=me@provider.example\x01auth=Bearer t0ken\x01\x01'), 'STAT', 'QUIT'])
      assert.doesNotMatch(JSON.stringify(await gated.record()), /t0ken|old secret|dDBrZW4/)
    })

  test('a wrong password goes nowhere', async (t) => {
    const { gated, told } = await fetching({ tokenFile: secret('token', 't0ken\n') }, t)
    const talker = await Talker.to(gated.port('fetch'))
    await talker.hears(/^\+OK /)
    await talker.asks('USER me\r\nPASS wrong\r\n', /-ERR \[AUTH\] wrong user or password\r\n/)
    talker.leave()
    assert.deepEqual(told, [])
  })

  test('a token that is refused is said, and the client may try again', async (t) => {
    const { gated } = await fetching({ tokenFile: secret('token', 'old t0ken\n') }, t)
    const talker = await Talker.to(gated.port('fetch'))
    await talker.hears(/^\+OK /)
    await talker.asks(
      'USER me\r\nPASS old secret\r\n',
      /-ERR \[SYS\/TEMP\] the server behind does not let me@provider\.example log in: \[AUTH\] token expired\r\n/,
    )
    secret('token', 't0ken\n')
    await talker.asks('USER me\r\nPASS old secret\r\n', /\+OK logged in\r\n/)
    talker.leave()
  })
})
