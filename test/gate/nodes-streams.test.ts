import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, test, type TestContext } from 'node:test'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { serveLoopback } from '../peers/loopback.ts'
import { plainBackend } from '../peers/plain-backend.ts'
import { hears, startGate, type Gated } from './gated.ts'
import { Talker } from './talker.ts'

/** Ports at which a socket of Node's was accepted. */
const acceptedAt = new Set<number | undefined>()
/** Ports to which one was connected. */
const connectedTo = new Set<number | undefined>()

const accepted = (message: unknown): void => void acceptedAt.add(socketIn(message).localPort)
const connected = (message: unknown): void => {
  const socket = socketIn(message)
  socket.once('connect', () => void connectedTo.add(socket.remotePort))
}

function socketIn(message: unknown): Socket {
  const socket: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, 'socket') : undefined
  assert.ok(socket instanceof Socket)
  return socket
}

before(() => {
  subscribe('net.server.socket', accepted)
  subscribe('net.client.socket', connected)
})
after(() => {
  unsubscribe('net.server.socket', accepted)
  unsubscribe('net.client.socket', connected)
})

const MUCH = Buffer.alloc(6_000_000, 'octets that differ from place to place, since this is a prime number of them: 89 ')
const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** Answers with all that it was told, once nothing more comes; `break`: resets the connection in place of that. */
async function echo(t: TestContext): Promise<number> {
  const server = await serveLoopback((socket) => {
    const parts: Buffer[] = []
    socket.on('data', (bytes) => {
      parts.push(bytes)
      if (bytes.toString() === 'break') socket.resetAndDestroy()
    })
    socket.on('end', () => socket.end(Buffer.concat(parts)))
  })
  t.after(() => void server.stop())
  return server.port
}

interface Copied {
  readonly service: Readonly<Record<string, unknown>>
  readonly client: (port: number) => Socket
}

const tls = (port: number, more: ConnectionOptions & { readonly allowHalfOpen?: boolean } = { allowHalfOpen: true }): Socket =>
  connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...more })

const WAYS: readonly (readonly [why: string, way: Copied])[] = [
  [
    'TLS 1.3',
    { service: { dialect: 'tls', tls: 'implicit' }, client: (port) => tls(port, { allowHalfOpen: true, minVersion: 'TLSv1.3' }) },
  ],
  [
    'TLS 1.2',
    { service: { dialect: 'tls', tls: 'implicit' }, client: (port) => tls(port, { allowHalfOpen: true, maxVersion: 'TLSv1.2' }) },
  ],
]

/** Both words, and what comes of them for a service that can go by handles. */
for (const streams of ['handles', 'node'] as const) {
  const gateOf = (t: TestContext, services: Record<string, Record<string, unknown>>, more = {}): Promise<Gated> =>
    startGate({ streams, ...more, services }, t)

  describe(`streams: ${streams}`, () => {
    for (const [why, { service, client }] of WAYS) {
      test(`${why} is copied whole both ways, with an end of each`, async (t) => {
        const behind = await echo(t)
        const gated = await gateOf(t, { any: { ...service, backend: `127.0.0.1:${behind}` } })
        const socket = client(gated.port('any'))
        socket.end(MUCH)
        const heard = await buffer(socket)
        assert.equal(hashOf(heard), hashOf(MUCH))
        const { bytes, ended } = await gated.record()
        assert.deepEqual([bytes, ended.why], [{ in: MUCH.length, out: MUCH.length }, 'client-left'])
        assert.deepEqual([acceptedAt.has(gated.port('any')), connectedTo.has(behind)], [streams === 'node', streams === 'node'])
      })
    }

    test('TLS that is passed on is copied whole', async (t) => {
      const inner = await echo(t)
      const gated = await gateOf(t, {
        inner: { dialect: 'tls', tls: 'implicit', backend: `127.0.0.1:${inner}` },
      })
      const outer = await gateOf(t, { outer: { dialect: 'tls', tls: 'passthrough', backend: `127.0.0.1:${gated.port('inner')}` } })
      const socket = tls(outer.port('outer'))
      socket.end(MUCH)
      assert.equal(hashOf(await buffer(socket)), hashOf(MUCH))
      assert.equal(acceptedAt.has(outer.port('outer')), streams === 'node')
    })

    test('a server that resets its connection leaves no end of TLS', async (t) => {
      const behind = await echo(t)
      const gated = await gateOf(t, { any: { dialect: 'tls', tls: 'implicit', backend: `127.0.0.1:${behind}` } })
      const socket = tls(gated.port('any'), {})
      socket.on('error', () => undefined)
      socket.write('break')
      socket.resume()
      await once(socket, 'close')
      assert.equal((await gated.record()).ended.why, 'server-left')
    })

    test('a client that resets its connection is one that left', async (t) => {
      const backend = await plainBackend('smtp')
      t.after(() => void backend.stop())
      const gated = await gateOf(t, { mx: { dialect: 'smtp', tls: 'starttls', backend: `127.0.0.1:${backend.port}` } })
      const talker = await Talker.to(gated.port('mx'))
      await talker.hears(/^220 /)
      talker.socket.resetAndDestroy()
      assert.equal((await gated.record()).ended.why, 'client-error')
    })

    test('a mail client asks for TLS and goes on in it', async (t) => {
      const backend = await plainBackend('smtp')
      t.after(() => void backend.stop())
      const gated = await gateOf(t, { mx: { dialect: 'smtp', tls: 'starttls', backend: `127.0.0.1:${backend.port}` } })
      const talker = await Talker.to(gated.port('mx'))
      await talker.hears(/^220 /)
      assert.match(await talker.asks('EHLO client.example\r\n', /\n250 .*\r\n$/), /250.STARTTLS/)
      await talker.asks('STARTTLS\r\n', /^220 .*\r\n$/)
      await talker.secure()
      assert.doesNotMatch(await talker.asks('EHLO client.example\r\n', /\n250 .*\r\n$/), /STARTTLS/)
      assert.match(await talker.asks('NOOP\r\n', /\r\n$/), /^502 5\.5\.1 unknown/)
      talker.leave()
      const { negotiated, ended } = await gated.record()
      assert.deepEqual([negotiated?.version, ended.why], ['TLSv1.3', 'client-left'])
      assert.equal(acceptedAt.has(gated.port('mx')), streams === 'node')
    })

    test('a client below the policy is told why, or has no handshake and an alert', async (t) => {
      const backend = await plainBackend('smtp')
      t.after(() => void backend.stop())
      const service = { dialect: 'smtp', tls: 'implicit', backend: `127.0.0.1:${backend.port}` }
      const gated = await gateOf(t, { explains: { ...service, stage: 'explain' }, refuses: { ...service, stage: 'refuse' } })
      const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
      const aged = tls(gated.port('explains'), old)
      aged.on('error', () => undefined)
      aged.write('EHLO client.example\r\nMAIL FROM:<a@example.org>\r\nQUIT\r\n')
      assert.match((await buffer(aged)).toString(), /TLSv1\.1/)
      assert.equal((await gated.record()).verdict?.meets, false)
      const refused = tls(gated.port('refuses'), old)
      const [error] = (await once(refused, 'error')) as [Error]
      assert.match(String(Reflect.get(error, 'code')), /ALERT_PROTOCOL_VERSION/)
      assert.deepEqual((await gated.record()).ended, { why: 'handshake-failed', reason: 'version' })
    })

    test('who says nothing, before the hello or in TLS, is not waited for', async (t) => {
      const behind = await echo(t)
      const service = { dialect: 'tls', tls: 'implicit', backend: `127.0.0.1:${behind}` }
      const early = await gateOf(t, { any: service }, { timeouts: { hello: 0.05 } })
      await hears(early.port('any'), [])
      assert.deepEqual((await early.record()).ended, { why: 'handshake-failed', reason: 'too-late' })
      const late = await gateOf(t, { any: service }, { timeouts: { idle: 0.1 } })
      const silent = tls(late.port('any'), {})
      silent.on('error', () => undefined)
      await once(silent.resume(), 'close')
      assert.equal((await late.record()).ended.why, 'idle')
    })
  })
}
