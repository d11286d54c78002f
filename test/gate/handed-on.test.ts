import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { certificates, needPeer, SERVER_NAME, startPeer } from '../peers/index.ts'
import { startGate, type Gated } from './gated.ts'
import { logged } from './logged.ts'
import { Talker } from './talker.ts'

const { root } = await certificates()

/** A client that can be told from the gate, which is 127.0.0.1. */
const CLIENT = '127.0.0.9'

type Words = Readonly<Record<string, unknown>>

const gateTo = (front: Words, t: TestContext): Promise<Gated> => startGate({ services: { front } }, t)

describe('a server behind hears of the client by the PROXY protocol', () => {
  test('Dovecot: its address at once, and its TLS when that stands', { skip: needPeer('dovecot') }, async (t) => {
    const { doors, log } = await startPeer('dovecot', { behindProxy: true }, t)
    const rows = [
      ['imap', 'starttls', `127.0.0.1:${doors.imap}`, {}, 'a STARTTLS\r\n', 'b LOGIN imap-late x\r\n', /^b OK/m],
      ['imap', 'implicit', `127.0.0.1:${doors.imap}`, {}, undefined, 'b LOGIN imap-first x\r\n', /^b OK/m],
      [
        'imap',
        'starttls',
        `127.0.0.1:${doors.imaps}`,
        { tls: 'implicit', ca: root },
        'a STARTTLS\r\n',
        'b LOGIN imap-both x\r\n',
        /^b OK/m,
      ],
      ['imap', 'implicit', `127.0.0.1:${doors.imap}`, { tls: 'starttls', ca: root }, undefined, 'b LOGIN imap-asked x\r\n', /^b OK/m],
      [
        'sieve',
        'starttls',
        `127.0.0.1:${doors.sieve}`,
        {},
        'STARTTLS\r\n',
        'AUTHENTICATE "PLAIN" "AHNpZXZlLWxhdGUAeA=="\r\n',
        /^OK "Logged in/m,
      ],
    ] as const
    for (const [dialect, tls, address, more, upgrade, login, welcome] of rows) {
      const { port } = await gateTo({ dialect, tls, backend: { address, proxy: 'v2', ...more } }, t)
      const client = await Talker.to(port('front'), CLIENT)
      if (upgrade === undefined) await client.secure()
      await client.hears(/^(?:\* OK|OK)/m)
      if (upgrade !== undefined) {
        await client.asks(upgrade, /^(?:a )?OK/m)
        await client.secure()
      }
      assert.match(await client.asks(login, welcome), welcome)
      client.leave()
    }
    for (const name of ['imap-late', 'imap-first', 'imap-both', 'imap-asked', 'sieve-late']) {
      await logged(log, new RegExp(`Login: user=<${name}>.*rip=${CLIENT.replaceAll('.', '\\.')}, lip=127\\.0\\.0\\.1,.*(?:TLS|secured)`))
    }
  })

  test(
    'Postfix: who comes in TLS is asked for nothing twice, and what was begun before is gone',
    { skip: needPeer('postfix') },
    async (t) => {
      const { doors, log } = await startPeer('postfix', { behindProxy: true }, t)
      const { port } = await gateTo({ dialect: 'smtp', tls: 'starttls', backend: { address: `127.0.0.1:${doors.smtp}`, proxy: 'v2' } }, t)
      const client = await Talker.to(port('front'), CLIENT)
      await client.hears(/^220 /m)
      await client.asks('EHLO client.example\r\n', /^250 /m)
      await client.asks('MAIL FROM:<a@example.org>\r\n', /^250 2\.1\.0/m)
      await client.asks('STARTTLS\r\n', /^220 2\.0\.0/m)
      await client.secure()
      assert.match(await client.asks('RCPT TO:<b@example.net>\r\n', /\r\n/), /^503 /)
      assert.match(await client.asks('EHLO client.example\r\n', /^250 /m), /^250-[^]*\r\n250 [^\r]*\r\n$/, 'one answer to one question')
      await client.asks('MAIL FROM:<a@example.org>\r\n', /^250 2\.1\.0/m)
      await client.asks('QUIT\r\n', /^221 /m)
      // `disconnect` says it too: it came twice, and left twice.
      await logged(log, /(?:connect from unknown\[127\.0\.0\.9\][^]*){4}/)
    },
  )

  test('HAProxy: where it came to, and whom it asked for', { skip: needPeer('haproxy') }, async (t) => {
    const { doors } = await startPeer('haproxy', { behindProxy: true }, t)
    const backend = { address: `127.0.0.1:${doors.https}`, tls: 'implicit', ca: root, proxy: 'v2' }
    const { port } = await gateTo({ dialect: 'tls', tls: 'implicit', backend }, t)
    const client = await Talker.to(port('front'), CLIENT)
    const from = client.socket.localPort
    await client.secure(SERVER_NAME)
    const answer = await client.asks('GET / HTTP/1.0\r\n\r\n', /\r\n\r\n.+/)
    assert.equal(answer.split('\r\n\r\n')[1], `${CLIENT} ${from} 127.0.0.1 ${port('front')} ${SERVER_NAME}`)
  })
})

describe('Postfix hears of the client by XCLIENT', { skip: needPeer('postfix') }, () => {
  test('in the clear and in TLS, greets once, and forgets what the gate has said', async (t) => {
    const { doors, log } = await startPeer('postfix', { xclient: true }, t)
    for (const [name, backend] of [
      ['clear', {}],
      ['starttls', { tls: 'starttls', ca: root }],
      ['implicit', { address: `127.0.0.1:${doors.smtps}`, tls: 'implicit', ca: root }],
    ] as const) {
      const { port } = await gateTo(
        { dialect: 'smtp', tls: 'starttls', backend: { address: `127.0.0.1:${doors.smtp}`, xclient: true, ...backend } },
        t,
      )
      const client = await Talker.to(port('front'), CLIENT)
      assert.match(await client.hears(/\r\n/), /^220 [^\r]*\r\n$/)
      assert.match(await client.asks('XCLIENT ADDR=192.0.2.1\r\n', /\r\n/), /^502 5\.5\.1/, "that is not the client's to say")
      assert.doesNotMatch(await client.asks(`EHLO ${name}.example\r\n`, /^250 /m), /XCLIENT/)
      await client.asks('STARTTLS\r\n', /^220 2\.0\.0/m)
      await client.secure()
      await client.asks(`EHLO ${name}.example\r\n`, /^250 /m)
      await client.asks(`MAIL FROM:<${name}@example.org>\r\n`, /^250 2\.1\.0/m)
      assert.match(
        await client.asks('RCPT TO:<nobody@example.net>\r\n', /\r\n/),
        / Relay access denied/,
        'it is no longer one of mynetworks',
      )
      await client.asks('QUIT\r\n', /^221 /m)
      await logged(log, new RegExp(`NOQUEUE: reject: RCPT from unknown\\[127\\.0\\.0\\.9\\]: .*from=<${name}@.*helo=<${name}\\.example>`))
    }
  })

  test('or serves nobody: who is taken for the gate could do what the gate may', async (t) => {
    const { doors } = await startPeer('postfix', {}, t)
    const { port, record } = await gateTo(
      { dialect: 'smtp', tls: 'none', backend: { address: `127.0.0.1:${doors.smtp}`, xclient: true } },
      t,
    )
    const client = await Talker.to(port('front'))
    await client.isClosed()
    assert.match(client.heard, /^421 4\.3\.0 /)
    assert.match((await record()).ended.reason ?? '', /does not offer what the gate is told to use/)
  })
})

describe('Dovecot hears of the client by XCLIENT', { skip: needPeer('dovecot') }, () => {
  test('in LMTP, and writes it into the message', async (t) => {
    const { doors, folder } = await startPeer('dovecot', { more: 'login_trusted_networks = 127.0.0.1' }, t)
    const { port } = await gateTo({ dialect: 'lmtp', tls: 'none', backend: { address: `127.0.0.1:${doors.lmtp}`, xclient: true } }, t)
    const client = await Talker.to(port('front'), CLIENT)
    await client.hears(/^220 /m)
    await client.asks('LHLO client.example\r\n', /^250 /m)
    await client.asks('MAIL FROM:<a@example.org>\r\nRCPT TO:<b>\r\nDATA\r\n', /^354 /m)
    await client.asks('Subject: x\r\n\r\nx\r\n.\r\n', /^250 2\.0\.0 /m)
    const inbox = join(folder, 'mail', 'b', 'new')
    assert.match(readFileSync(join(inbox, readdirSync(inbox)[0] ?? ''), 'utf8'), /^Received: from client\.example \(\[127\.0\.0\.9\]\)/m)
  })
})

describe('a proxy in front says whose a connection is', () => {
  const inFront = (acceptProxy: readonly string[], t: TestContext): Promise<Gated> =>
    startGate({ services: { front: { dialect: 'smtp', tls: 'none', backend: '127.0.0.1:9', acceptProxy } }, limits: { perClient: 2 } }, t)

  test('HAProxy in both versions', { skip: needPeer('haproxy') }, async (t) => {
    const { port, record } = await inFront(['127.0.0.1'], t)
    for (const version of [1, 2] as const) {
      const { doors } = await startPeer('haproxy', { inFrontOf: { port: port('front'), version } }, t)
      const client = await Talker.to(doors.front, CLIENT)
      const { localPort } = client.socket
      await client.isClosed()
      assert.match(client.heard, /^421 /)
      assert.deepEqual((await record()).client, { address: CLIENT, port: localPort })
    }
  })

  test('and it counts for limits and rules whose it is', async (t) => {
    const { port, record } = await inFront(['127.0.0.1'], t)
    const says = async (text: string): Promise<string> => {
      const talker = await Talker.to(port('front'))
      talker.say(text)
      await talker.isClosed()
      return talker.heard
    }
    assert.match(await says('PROXY TCP4 192.0.2.7 198.51.100.1 50000 25\r\n'), /^421 4\.3\.0/)
    assert.equal((await record()).client.address, '192.0.2.7')
    assert.equal(await says('EHLO client.example\r\n'), '', 'what has no header is no client')
    const { ended } = await record()
    assert.deepEqual([ended.why, ended.reason], ['no-proxy-header', 'no header of a proxy'])
  })

  test('and nobody else may: the header of a stranger is a wrong command', async (t) => {
    const { port, record } = await startGate(
      { services: { front: { dialect: 'smtp', tls: 'none', backend: await greeter(t), acceptProxy: ['192.0.2.0/24'] } } },
      t,
    )
    const client = await Talker.to(port('front'))
    await client.hears(/^220/)
    assert.match(await client.asks('PROXY TCP4 192.0.2.7 198.51.100.1 50000 25\r\n', /\r\n/), /^502 5\.5\.1/)
    client.leave()
    assert.equal((await record()).client.address, '127.0.0.1')
  })
})

/** A server that greets, and says no more. */
async function greeter(t: TestContext): Promise<string> {
  const server = createServer((socket) => void socket.on('error', () => socket.destroy()).write('220 behind ESMTP\r\n'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}
