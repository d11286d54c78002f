import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { doorOf } from './doors.ts'
import type { Endpoint } from './resolve.ts'
import { parseTarget } from './target.ts'
import { loopback } from './testdata/loopback.ts'

/** The endpoint of a target on loopback, whatever its name. */
function endpoint(text: string, port: number): Endpoint {
  const [target] = parseTarget(text)
  assert.ok(target?.kind === 'door')
  return { target, address: '127.0.0.1', port, family: 4, certain: true } as unknown as Endpoint
}

describe('doorOf()', () => {
  const banners: readonly { says: string; url: string; reason: string }[] = [
    { says: '220 mail.example.com ESMTP Postfix\r\n', url: 'smtp', reason: 'a mail server speaks first' },
    { says: '* OK IMAP4rev1 ready\r\n', url: 'imap', reason: 'so does IMAP' },
    { says: '+OK POP3 ready\r\n', url: 'pop3', reason: 'and POP3' },
    { says: 'hello, stranger\r\n', url: 'tls', reason: 'a banner of nobody' },
  ]
  for (const { says, url, reason } of banners) {
    test(`a port that nobody knows is listened to once: ${reason}`, async (t) => {
      const server = await loopback(t, (socket) => void socket.write(says))
      const door = await doorOf(endpoint(`mail.example.com:${server.port}`, server.port))
      assert.equal(door.url, `${url}://mail.example.com:${server.port}`)
      assert.deepEqual([door.beginning, server.total()], [url === 'tls' ? 'implicit' : 'starttls', 1])
    })
  }

  test('a port that says nothing speaks TLS, for all that is known', { timeout: 10_000 }, async (t) => {
    const server = await loopback(t, () => undefined)
    const door = await doorOf(endpoint(`mail.example.com:${server.port}`, server.port))
    assert.deepEqual([door.beginning, door.dialect.name], ['implicit', 'tls'])
  })

  test('so does one that cannot be reached: the audit will find that out', async (t) => {
    const server = await loopback(t, () => undefined)
    server.refuse()
    const door = await doorOf(endpoint(`mail.example.com:${server.port}`, server.port))
    assert.deepEqual([door.beginning, door.dialect.name, door.port], ['implicit', 'tls', server.port])
  })

  test('where the protocol is named nobody listens, and another name may be asked for', async (t) => {
    const server = await loopback(t, () => undefined)
    const door = await doorOf(endpoint(`imap://mail.example.com:${server.port}`, server.port), 'other.example')
    const { url, address, dialect, beginning, serverName } = door
    assert.deepEqual(
      [url, address, dialect.name, beginning, serverName, server.total()],
      [`imap://mail.example.com:${server.port}`, '127.0.0.1', 'imap', 'starttls', 'other.example', 0],
    )
  })
})
