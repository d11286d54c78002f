import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { PosternError } from '../../errors.ts'
import { policyOf, rulebookByName, type Policy } from '../../policy/index.ts'
import { cipherSuites, groups } from '../../registry/index.ts'
import { encodeSslv2ClientHello, encodeSslv2Record } from '../../wire/index.ts'
import { receive, type Received } from './receive.ts'

const found = rulebookByName('mozilla-old')
assert.ok(found)
const ANYTHING: Policy = {
  ...policyOf(found, { now: new Date('2026-11-22') }),
  protocols: { allowed: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], required: [] },
  suites: cipherSuites.map(({ iana }) => iana),
  groups: groups.map(({ name }) => name),
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A client that connects once for each question. */
async function received(
  client: (socket: Socket) => void,
  policy: Partial<Policy>,
  scheme: string = 'tls',
  patience: number = 4000,
): Promise<Received> {
  const port = await freePort()
  const sockets: Socket[] = []
  const knock = (): Promise<void> => {
    const socket = connect(port, '127.0.0.1', () => client(socket))
    socket.on('error', () => undefined)
    sockets.push(socket)
    return Promise.resolve()
  }
  try {
    return await receive(`${scheme}://127.0.0.1:${port}`, { ...ANYTHING, ...policy }, { patience, connect: knock })
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

const tls =
  (options: ConnectionOptions) =>
  (socket: Socket): void => {
    const list = `${options.ciphers ?? 'ALL'}:@SECLEVEL=0`
    connectTls({ ...options, ciphers: list, socket, rejectUnauthorized: false }).on('error', () => undefined)
  }
const allow = (...allowed: Policy['protocols']['allowed']): Partial<Policy> => ({ protocols: { allowed, required: [] } })

describe('receive()', () => {
  const rows: readonly (readonly [why: string, client: (socket: Socket) => void, policy: Partial<Policy>, expected: Received])[] = [
    ['whatever is allowed', tls({}), {}, { keeps: 'yes', why: [] }],
    [
      'with TLS 1.3 the hello lists every version',
      tls({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.3' }),
      allow('TLSv1.2', 'TLSv1.3'),
      { keeps: 'no', why: ['Offered although forbidden: TLSv1.1.'] },
    ],
    [
      'without it older ones are asked for, and refused',
      tls({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }),
      allow('TLSv1.2'),
      { keeps: 'yes', why: [] },
    ],
    [
      'or taken',
      tls({ minVersion: 'TLSv1', maxVersion: 'TLSv1.2' }),
      allow('TLSv1.2'),
      { keeps: 'no', why: ['Offered although forbidden: TLSv1, TLSv1.1.'] },
    ],
    [
      'suites that no older version has need no question',
      tls({ minVersion: 'TLSv1', maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }),
      allow('TLSv1.2'),
      { keeps: 'yes', why: [] },
    ],
    [
      'a version that is required',
      tls({ maxVersion: 'TLSv1.2' }),
      { protocols: { allowed: ANYTHING.protocols.allowed, required: ['TLSv1.3'] } },
      { keeps: 'no', why: ['Not offered although required: TLSv1.3.'] },
    ],
    [
      'suites and groups that are not allowed',
      tls({ maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256', ecdhCurve: 'X25519:P-384' }),
      { suites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'], groups: ['x25519'] },
      { keeps: 'no', why: ['Offered although forbidden: TLS_RSA_WITH_AES_128_CBC_SHA, secp384r1.'] },
    ],
    [
      'a hello in the format of SSL 2.0',
      (socket) => {
        const hello = encodeSslv2ClientHello({
          version: 0x0301,
          cipherSpecs: [0x00002f],
          sessionId: new Uint8Array(0),
          challenge: new Uint8Array(16),
        })
        socket.write(encodeSslv2Record({ longHeader: undefined, data: hello }))
      },
      { ...allow('SSLv3', 'TLSv1'), sslv2Hello: false },
      { keeps: 'no', why: ['Its hello has the format of SSL 2.0.'] },
    ],
  ]
  for (const [why, client, policy, expected] of rows) {
    test(why, async () => assert.deepEqual(await received(client, policy), expected))
  }

  test('whoever closes at an answer has told nothing', async () => {
    let calls = 0
    const client = (socket: Socket): void => {
      if (calls++ > 0) setTimeout(() => socket.destroy(), 200)
      tls({ minVersion: 'TLSv1', maxVersion: 'TLSv1.2' })(socket)
    }
    const { keeps, why } = await received(client, allow('TLSv1.1', 'TLSv1.2'))
    assert.deepEqual([keeps, why], ['unknown', ['Whether it takes TLSv1 could not be found out.']])
  })

  test('an SMTP client asks for TLS first, and whoever does not gets no mail through', async () => {
    const said: string[] = []
    const smtp =
      (...lines: readonly string[]) =>
      (socket: Socket): void => {
        const left = [...lines]
        const talk = (chunk: Buffer): void => {
          said.push(chunk.toString())
          const line = left.shift()
          if (line !== undefined) return void socket.write(`${line}\r\n`)
          socket.off('data', talk)
          tls({ maxVersion: 'TLSv1.2', minVersion: 'TLSv1.2' })(socket)
        }
        socket.on('data', talk)
      }
    assert.deepEqual(await received(smtp('EHLO x', 'STARTTLS'), allow('TLSv1.2'), 'smtp'), { keeps: 'yes', why: [] })
    const { keeps, why } = await received(smtp('EHLO x', 'MAIL FROM:<a@b>'), {}, 'smtp', 300)
    assert.equal(keeps, 'unknown')
    assert.match(why.join(), /^Nobody asked for TLS at smtp:/)
    assert.ok(said.some((text) => text.startsWith('450 ')))
  })

  test('refuses what it cannot speak, and a port that somebody has', async () => {
    const code = (wanted: string) => (error: unknown) => error instanceof PosternError && error.code === wanted
    await assert.rejects(receive('imap://127.0.0.1:1143', ANYTHING, { patience: 1 }), code('RECEIVE_TARGET'))
    await assert.rejects(receive('127.0.0.1', ANYTHING, { patience: 1 }), code('RECEIVE_TARGET'))
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await assert.rejects(receive(`tls://127.0.0.1:${port}`, ANYTHING, { patience: 1 }), code('RECEIVE_LISTEN'))
    server.close()
  })

  test('waits for nobody once it is told to end', async () => {
    const stop = new AbortController()
    const target = `tls://127.0.0.1:${await freePort()}`
    const waiting = receive(target, ANYTHING, { patience: 60_000, signal: stop.signal })
    setTimeout(() => stop.abort(), 20)
    assert.equal((await waiting).keeps, 'unknown')
    assert.equal((await receive(target, ANYTHING, { patience: 60_000, signal: stop.signal })).keeps, 'unknown')
  })

  test('nonsense is no hello', async () => {
    const { keeps } = await received((socket) => socket.write('GET / HTTP/1.1\r\n\r\n'), {}, 'tls', 300)
    assert.equal(keeps, 'unknown')
  })
})
