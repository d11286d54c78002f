import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { EXTENSION_TYPE, type SessionOptions } from '../../../src/wire/index.ts'
import { startGate } from '../gated.ts'
import { gateFor, servesOthers, SMTP, smtp } from './attacked.ts'
import { both, hostile } from './hostile.ts'

const MB = 1024 * 1024

describe('tls-flood', { concurrency: 4 }, () => {
  const RENEGOTIATION = Buffer.concat([
    Buffer.from([1, 0, 0, 43, 3, 3]),
    Buffer.alloc(32, 7),
    Buffer.from([0, 0, 4, 0xc0, 0x2f, 0, 0xff, 1, 0]),
  ])
  const floods: readonly (readonly [name: string, protocol: 'TLSv1.2' | 'TLSv1.3', type: number, content: Uint8Array])[] = [
    ['records without content, RFC 5246 §6.2.1', 'TLSv1.2', 23, new Uint8Array(0)],
    ['records without content, RFC 8446 §5.1', 'TLSv1.3', 23, new Uint8Array(0)],
    ['warnings, RFC 5246 §7.2', 'TLSv1.2', 21, Uint8Array.of(1, 90)],
    ['hellos that would begin again, RFC 5246 §7.4.1.2', 'TLSv1.2', 22, RENEGOTIATION],
    ['updates of keys under the keys before, RFC 8446 §4.6.3', 'TLSv1.3', 22, Uint8Array.of(24, 0, 0, 1, 1)],
    ['octets of a line, each in a record of its own', 'TLSv1.3', 23, Uint8Array.of(65)],
  ]
  for (const [name, protocol, type, content] of floods) {
    test(`${protocol}: ${name}: it is closed, and others are served`, async (t) => {
      const gated = await both(t)
      const client = await hostile(gated, t, { protocols: [protocol] })
      const sent = await client.floods(() => client.session.sendRecord(type, content), 20 * MB)
      await servesOthers(gated.port('other'), SMTP)
      for (let tries = 0; tries < 200 && !client.closed; tries += 1) await delay(10)
      assert.ok(client.closed, `open after ${sent} octets`)
      const ended = gated.records.find(({ service }) => service === 'door')?.ended
      assert.match(ended?.why ?? '', /^(?:client-error|client-left|line-too-long)$/)
    })
  }
})

describe('renegotiation by hand', { concurrency: 4 }, () => {
  for (const protocol of ['TLSv1', 'TLSv1.1', 'TLSv1.2'] as const) {
    test(`${protocol}: a second hello in the connection is never answered with a second handshake`, async (t) => {
      const gated = await both(t, 'mozilla-old')
      const client = await hostile(gated, t, { protocols: [protocol] })
      await client.first('application-data')
      client.socket.write(client.session.renegotiate())
      const alert = await client.first('alert')
      assert.equal(alert.description, 100, 'no_renegotiation')
      assert.equal(client.events.filter(({ kind }) => kind === 'server-hello').length, 1)
    })
  }
})

describe('what TLS has that is never used', { concurrency: 4 }, () => {
  test('compression (CVE-2012-4929): a client that offers it gets none', async (t) => {
    const client = await hostile(await both(t), t, { protocols: ['TLSv1.2'], compressionMethods: [1, 0] })
    assert.equal((await client.first('server-hello')).hello.legacyCompressionMethod, 0)
  })

  test('early data, RFC 8446 §8: tickets promise none, and what comes early is not heard', async (t) => {
    const back = await smtp(t)
    const gated = await gateFor('smtp', back.port, t, {}, { tls: 'implicit' })
    const first = await hostile(gated, t, { protocols: ['TLSv1.3'] })
    const ticket = await first.first('new-session-ticket')
    assert.equal(ticket.maxEarlyData, undefined)
    assert.ok(ticket.resumption !== undefined)
    const again = await hostile(gated, t, {
      protocols: ['TLSv1.3'],
      resume: ticket.resumption,
      earlyData: Buffer.from('MAIL FROM:<early@example.org>\r\n'),
    })
    const { extensions } = await again.first('encrypted-extensions')
    assert.ok(extensions.every(({ type }) => type !== EXTENSION_TYPE.early_data))
    await again.first('application-data')
    assert.ok(!back.heard().includes('early@'))
  })
})

describe('hellos of a future that has not come', { concurrency: 4 }, () => {
  const GREASE = 0x8a8a
  const served = async (t: TestContext, options: Partial<SessionOptions>, version: number): Promise<void> => {
    const client = await hostile(await both(t), t, options)
    assert.equal((await client.first('server-hello')).version, version)
    await client.first('application-data')
  }
  test('values that nobody knows are passed over, RFC 8701 §3', async (t) => {
    await served(
      t,
      {
        protocols: ['TLSv1.2', 'TLSv1.3'],
        extensions: [{ type: GREASE, data: Uint8Array.of(1, 2, 3) }],
        alterHello: (hello) => ({ ...hello, cipherSuites: [GREASE, ...hello.cipherSuites] }),
      },
      0x0304,
    )
  })

  for (const version of [0x0304, 0x0305, 0x03ff, 0x0400, 0xffff]) {
    test(`a client of version 0x${version.toString(16)} gets the newest that is known, RFC 8446 §D.1`, async (t) => {
      await served(t, { protocols: ['TLSv1.2'], alterHello: (hello) => ({ ...hello, legacyVersion: version }) }, 0x0303)
    })
  }
})

describe('session-crossing', { concurrency: 4 }, () => {
  const session = async (
    port: number,
    options: ConnectionOptions,
  ): Promise<{ reused: boolean; suite: string; given: Buffer | undefined }> => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
    let given: Buffer | undefined
    socket.on('session', (one: Buffer) => void (given ??= one))
    await once(socket, 'secureConnect')
    await once(socket, 'data')
    const ended = { reused: socket.isSessionReused(), suite: socket.getCipher().name, given }
    socket.destroy()
    return ended
  }

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`${version}: a session of a service is worth nothing at one with another policy`, async (t) => {
      const back = await smtp(t)
      const common = { dialect: 'smtp', tls: 'implicit', backend: `127.0.0.1:${back.port}` }
      const gated = await startGate(
        { services: { lax: { ...common, policy: 'mozilla-old' }, strict: { ...common, policy: 'mozilla-intermediate' } } },
        t,
        ['ecdsa'],
      )
      const only = {
        minVersion: version,
        maxVersion: version,
        ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES128-GCM-SHA256',
      }
      const first = await session(gated.port('lax'), { ...only, ...(version === 'TLSv1.2' ? { ciphers: 'ECDHE-ECDSA-AES128-SHA' } : {}) })
      assert.ok(first.given)
      assert.equal((await session(gated.port('lax'), { ...only, session: first.given })).reused, true, 'or nothing is shown')
      const crossed = await session(gated.port('strict'), { ...only, session: first.given })
      assert.equal(crossed.reused, false)
      assert.notEqual(crossed.suite, 'ECDHE-ECDSA-AES128-SHA')
    })
  }
})
