import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { TLSSocket } from 'node:tls'
import { setTimeout as delay } from 'node:timers/promises'
import { startGate, type Gated } from '../gated.ts'
import { Talker } from '../talker.ts'
import { closed, FtpClient, ftpBehind, isOpen, type FtpBehind } from './ftp-behind.ts'

async function gatedFtp(
  t: TestContext,
  service: object = {},
  more: object = {},
): Promise<{ readonly behind: FtpBehind; readonly gated: Gated; readonly port: number }> {
  const behind = await ftpBehind(t)
  const gated = await startGate(
    { services: { ftp: { dialect: 'ftp', tls: 'required', backend: `127.0.0.1:${behind.port}`, ...service } }, ...more },
    t,
  )
  return { behind, gated, port: gated.port('ftp') }
}

/** Whoever comes after an attack is served. */
async function othersAreServed(port: number): Promise<void> {
  const client = await FtpClient.inTls(port)
  const at = await client.passive()
  client.control.say('RETR file\r\n')
  const { secured } = await client.data(at)
  let octets = 0
  secured.on('data', (bytes: Buffer) => (octets += bytes.length))
  await once(secured, 'end')
  assert.equal(octets, 64 * 1024)
  await client.control.hears(/^226 /m)
  client.control.leave()
}

describe('attacks on FTP', () => {
  test('ftp-injection: a command behind AUTH TLS is never said', async (t) => {
    const { behind, gated, port } = await gatedFtp(t)
    const talker = await Talker.to(port)
    await talker.hears(/^220 /)
    await talker.asks('AUTH TLS\r\nUSER evil\r\n', /^500 Nothing may follow/)
    await talker.isClosed()
    assert.equal((await gated.record()).ended.why, 'starttls-injection')
    assert.doesNotMatch(behind.heard(), /evil/)
    await othersAreServed(port)
  })

  test('ftp-injection: what is said in the clear behind the go-ahead ends the connection', async (t) => {
    const { behind, gated, port } = await gatedFtp(t)
    const talker = await Talker.to(port)
    await talker.hears(/^220 /)
    await talker.asks('AUTH TLS\r\n', /^234 /)
    talker.say('USER evil\r\n')
    await talker.isClosed()
    assert.equal((await gated.record()).ended.why, 'starttls-injection')
    assert.doesNotMatch(behind.heard(), /evil/)
  })

  test('ftp-bounce: the gate connects to nobody but the client, and to no service', async (t) => {
    const { behind, port } = await gatedFtp(t)
    const client = await FtpClient.inTls(port)
    await client.asks('PORT 127,0,0,2,200,0', 504)
    await client.asks('EPRT |1|192.0.2.1|40000|', 504)
    await client.asks('PORT 127,0,0,1,0,25', 504)
    await client.asks('LPRT 4,4,127,0,0,2,2,200,0', 502)
    assert.doesNotMatch(behind.heard(), /PORT|EPRT|LPRT|EPSV/)
    client.control.leave()
    await othersAreServed(port)
  })

  test('ftp-data-theft: a port is for the address of its client, once', async (t) => {
    const { port, behind } = await gatedFtp(t)
    const client = await FtpClient.inTls(port)
    const at = await client.passive()
    const thief = connect({ port: at, host: '127.0.0.1', localAddress: '127.0.0.2' })
    thief.on('error', () => {})
    await closed(thief)
    assert.equal(behind.came(), 0)
    client.control.say('RETR file\r\n')
    const { secured } = await client.data(at)
    assert.equal(await isOpen(at), false)
    let octets = 0
    secured.on('data', (bytes: Buffer) => (octets += bytes.length))
    await once(secured, 'end')
    assert.equal(octets, 64 * 1024)
    client.control.leave()
  })

  test('ftp-data-theft: with requireSessionReuse the session of the commands is needed', async (t) => {
    const { port, behind } = await gatedFtp(t, { requireSessionReuse: true })
    const client = await FtpClient.inTls(port)
    const { socket } = client.control
    const session = socket instanceof TLSSocket ? socket.getSession() : undefined
    assert.ok(session)
    const first = await client.passive()
    client.control.say('STOR file\r\n')
    const thief = await client.data(first)
    thief.secured.end('not mine')
    assert.deepEqual(await behind.stored(), { octets: 0, end: 'reset' })
    await client.control.hears(/^426 /m)
    const second = await client.passive()
    client.control.say('STOR file\r\n')
    const { secured } = await client.data(second, { session })
    secured.end('mine')
    assert.deepEqual(await behind.stored(), { octets: 4, end: 'end' })
    client.control.leave()
  })

  for (const [stage, stored] of [
    ['explain', { octets: 0, end: 'reset' }],
    ['observe', { octets: 4, end: 'end' }],
  ] as const) {
    test(`the policy of the commands is that of data, stage ${stage}`, async (t) => {
      const { port, behind } = await gatedFtp(t, { stage })
      const client = await FtpClient.inTls(port)
      const at = await client.passive()
      client.control.say('STOR file\r\n')
      const { secured } = await client.data(at, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
      secured.end('weak')
      assert.deepEqual(await behind.stored(), stored)
      client.control.leave()
    })
  }

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`ftp-truncated-upload: half a file is no file, ${maxVersion}`, async (t) => {
      const { port, behind } = await gatedFtp(t)
      const client = await FtpClient.inTls(port)
      const content = Buffer.alloc(500_000, 'x')
      for (const [says, end] of [
        [true, 'end'],
        [false, 'reset'],
      ] as const) {
        const at = await client.passive()
        client.control.say('STOR file\r\n')
        const { bare, secured } = await client.data(at, { maxVersion })
        secured.write(content)
        await client.control.hears(/^150 /m)
        // A FIN that anybody on the way can send, without the last word of TLS.
        if (says) secured.end()
        else setTimeout(() => bare.end(), 100)
        const stored = await behind.stored()
        assert.equal(stored.end, end)
        if (says) assert.equal(stored.octets, content.length)
        await client.control.hears(says ? /^226 /m : /^426 /m)
      }
      client.control.leave()
    })
  }

  test('a small file that comes in one flight with its end is whole', async (t) => {
    const { port, behind } = await gatedFtp(t)
    const client = await FtpClient.inTls(port)
    for (let tries = 0; tries < 5; tries += 1) {
      const at = await client.passive()
      const { bare, secured } = await client.data(at)
      bare.cork()
      secured.once('secureConnect', () => {
        secured.end('all of it')
        setImmediate(() => bare.uncork())
      })
      client.control.say('STOR file\r\n')
      assert.deepEqual(await behind.stored(), { octets: 9, end: 'end' })
      await client.control.hears(/^226 /m)
    }
    client.control.leave()
  })

  test('data goes with the commands: half a file of a client that has gone is no file', async (t) => {
    const { port, behind, gated } = await gatedFtp(t)
    const client = await FtpClient.inTls(port)
    const at = await client.passive()
    client.control.say('STOR file\r\n')
    const { secured } = await client.data(at)
    secured.write('half of it')
    await client.control.hears(/^150 /m)
    client.control.leave()
    assert.equal((await behind.stored()).end, 'reset')
    assert.equal((await gated.record()).data?.connections, 1)
  })

  test('ABOR ends a transfer that nothing else would end, and the next one goes', async (t) => {
    const { port, behind } = await gatedFtp(t)
    const client = await FtpClient.inTls(port)
    const at = await client.passive()
    client.control.say('RETR endless\r\n')
    const { secured } = await client.data(at)
    secured.on('data', () => {})
    await client.control.hears(/^150 /m)
    const heard = await client.control.asks('ABOR\r\n', /^200 [^]*426 |^426 [^]*200 /m)
    assert.match(heard, /426/)
    assert.ok(behind.sent() > 0)
    const again = await client.passive()
    client.control.say('STOR file\r\n')
    const next = await client.data(again)
    next.secured.end('more')
    assert.deepEqual(await behind.stored(), { octets: 4, end: 'end' })
    client.control.leave()
  })

  test('ftp-slow-data: who does not read is not read for, and ends with its time', async (t) => {
    const { port, behind, gated } = await gatedFtp(t, {}, { timeouts: { idle: 1 } })
    const client = await FtpClient.inTls(port)
    const at = await client.passive()
    client.control.say('RETR endless\r\n')
    const { bare } = await client.data(at)
    bare.pause()
    await client.control.isClosed()
    assert.equal((await gated.record()).ended.why, 'idle')
    // What the system keeps for both connections, and no more.
    assert.ok(behind.sent() < 32 * 1024 * 1024, `${behind.sent()} octets were taken for a client that takes none`)
    await delay(50)
    const sent = behind.sent()
    await delay(50)
    assert.equal(behind.sent(), sent)
    await othersAreServed(port)
  })

  test('ftp-slow-data: a data connection without a hello ends, and the server hears of it', async (t) => {
    const { port, behind } = await gatedFtp(t, {}, { timeouts: { hello: 0.3 } })
    const client = await FtpClient.inTls(port)
    const at = await client.passive()
    client.control.say('STOR file\r\n')
    const silent = connect({ port: at, host: '127.0.0.1' })
    silent.on('error', () => {})
    assert.deepEqual(await behind.stored(), { octets: 0, end: 'reset' })
    await closed(silent)
    client.control.leave()
  })

  test('ftp-passive-flood: a client has one port, however often it asks, and none when it has gone', async (t) => {
    const { port } = await gatedFtp(t)
    const client = await FtpClient.inTls(port)
    const ports: number[] = []
    for (let index = 0; index < 30; index += 1) ports.push(await client.passive())
    const open = await Promise.all([...new Set(ports.slice(0, -1))].filter((one) => one !== ports.at(-1)).map(isOpen))
    assert.ok(!open.includes(true))
    client.control.leave()
    await delay(50)
    assert.equal(await isOpen(ports.at(-1)!), false)
    await othersAreServed(port)
  })

  test('ftp-passive-flood: a port that nobody comes to closes', async (t) => {
    const { port } = await gatedFtp(t, {}, { timeouts: { handshake: 0.3 } })
    const client = await FtpClient.inTls(port)
    const at = await client.passive()
    await delay(500)
    assert.equal(await isOpen(at), false)
    client.control.leave()
  })

  test('ports are taken from the range alone, and who finds none hears so', async (t) => {
    // Below those that the system gives to whoever asks for any.
    const first = 20_000 + (process.pid % 10_000)
    const { port } = await gatedFtp(t, { passive: { ports: `${first}-${first + 1}`, address: '127.0.0.1' } })
    const clients = await Promise.all([1, 2, 3].map(() => FtpClient.inTls(port)))
    const [one, other, third] = clients
    const ports = [await one!.passive(), await other!.passive()]
    assert.deepEqual(new Set(ports), new Set([first, first + 1]))
    await third!.asks('PASV', 425)
    one!.control.leave()
    await delay(50)
    const heard = await third!.asks('PASV', 227)
    assert.match(heard, new RegExp(`\\(127,0,0,1,${ports[0]! >> 8},${ports[0]! & 255}\\)`))
    for (const client of clients) client.control.leave()
  })
})
