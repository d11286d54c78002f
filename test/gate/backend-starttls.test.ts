import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test, type TestContext } from 'node:test'
import { certificates, needPeer, SERVER_NAME, startPeer, type Peer, type PeerSettings } from '../peers/index.ts'
import { startGate, type Gated } from './gated.ts'
import { logged } from './logged.ts'
import { Talker } from './talker.ts'

const { root, leaf } = await certificates()
const pin = createHash('sha256')
  .update(new X509Certificate(readFileSync(leaf('rsa').certificate)).publicKey.export({ type: 'spki', format: 'der' }))
  .digest('base64')

type Backend = Readonly<Record<string, unknown>>

/** A gate whose clients speak in the clear, so that all TLS is the server's. */
function gateTo(dialect: string, backend: Backend, t: TestContext, more: Backend = {}): Promise<Gated> {
  const service = { dialect, tls: 'none', hideLogin: false, backend: { tls: 'starttls', ...backend } }
  return startGate({ ...more, services: { front: service } }, t, ['rsa'], (folder) =>
    writeFileSync(join(folder, 'old.yaml'), 'base: mozilla-old\nprotocols: [TLSv1]\n'),
  )
}

describe('a gate asks the server behind for TLS', () => {
  const mail = ['EHLO client.example\r\n', /^250 /m, 'MAIL FROM:<a@example.org>\r\n', /^250 2\.1\.0/m, 'QUIT\r\n', /^221/m] as const
  type Door = 'imap' | 'pop3' | 'sieve' | 'lmtp'
  const doors: readonly (readonly [dialect: Door, greeting: RegExp, says: readonly (string | RegExp)[]])[] = [
    ['imap', /^\* OK Dovecot[^\r]*ready\.\r\n$/, ['a LOGIN imap x\r\n', /^a OK /m]],
    ['pop3', /^\+OK Dovecot/, ['USER pop3\r\n', /^\+OK/, 'PASS x\r\n', /^\+OK Logged in/]],
    ['sieve', /^"IMPLEMENTATION"[^]*"SASL" "PLAIN"[^]*^OK "TLS negotiation/m, ['AUTHENTICATE "PLAIN" "AHNpZXZlAHg="\r\n', /^OK/m]],
    ['lmtp', /^220 /, ['LHLO client.example\r\n', /^250 /m, 'MAIL FROM:<a@example.org>\r\n', /^250 2\.1\.0/m]],
  ]
  test('of Dovecot in each of its dialects, and the client hears one greeting', { skip: needPeer('dovecot') }, async (t) => {
    const dovecot = await startPeer('dovecot', {}, t)
    for (const [dialect, greeting, says] of doors) {
      const { port } = await gateTo(dialect, { address: `127.0.0.1:${dovecot.doors[dialect]}`, name: SERVER_NAME, ca: root }, t)
      const client = await Talker.to(port('front'))
      assert.match(await client.hears(/\n/), greeting)
      for (let at = 0; at < says.length; at += 2) await client.asks(String(says[at]), says[at + 1] as RegExp)
      assert.doesNotMatch(client.heard, /STARTTLS|STLS/i)
      client.leave()
    }
    for (const name of ['imap', 'pop3', 'sieve']) await logged(dovecot.log, new RegExp(`Login: user=<${name}>.* TLS,`))
  })

  test('of Postfix, where nothing goes without', { skip: needPeer('postfix') }, async (t) => {
    const { doors: postfix, log } = await startPeer('postfix', {}, t)
    const { port } = await gateTo('submission', { address: `127.0.0.1:${postfix.submission}`, pins: [`sha256/${pin}`] }, t)
    const client = await Talker.to(port('front'))
    assert.match(await client.hears(/\n/), /^220 [^\r]*\r\n$/)
    for (let at = 0; at < mail.length; at += 2) await client.asks(String(mail[at]), mail[at + 1] as RegExp)
    await logged(log, /Anonymous TLS connection established from [^:]*: TLSv1\.3/)
  })
})

/** What a client hears when it cannot be served, and why that was. */
async function turnedAway({ port, record }: Gated): Promise<readonly [heard: string, reason: string]> {
  const client = await Talker.to(port('front'))
  await client.isClosed()
  const { ended } = await record()
  assert.equal(ended.why, 'server-lost')
  return [client.heard, ended.reason ?? '']
}

/** A server of 2013. */
const old: PeerSettings<'node8'> = { protocols: ['TLSv1'], speaks: true }

describe('a server from before TLS 1.2 behind a gate', { skip: needPeer('node8') }, () => {
  let server: Peer<'node8'> | undefined
  before(async () => {
    server = await startPeer('node8', old)
  })
  after(() => server?.stop())
  const door = (dialect: 'smtp' | 'imap'): number => server?.doors[dialect] ?? 0

  test('is asked in its own TLS where a policy allows that', async (t) => {
    for (const dialect of ['smtp', 'imap'] as const) {
      const { port } = await gateTo(dialect, { address: `127.0.0.1:${door(dialect)}`, policy: 'old.yaml', ca: root }, t)
      const client = await Talker.to(port('front'))
      assert.match(
        await client.hears(/\n/),
        dialect === 'smtp' ? /^220 mail/ : /^\* OK ready\r\n$/,
        'nothing that was announced before TLS',
      )
      await client.asks(dialect === 'smtp' ? 'EHLO a\r\n' : 'a CAPABILITY\r\n', dialect === 'smtp' ? /^250 /m : /^a OK/m)
      client.leave()
    }
    assert.equal(server?.log().match(/^met TLSv1 /gm)?.length, 2)
  })

  const rows: readonly (readonly [why: string, backend: Backend, reason: RegExp])[] = [
    ['it has nothing that the policy allows', {}, /alert handshake failure$/],
    ['it has another key', { policy: 'old.yaml', pins: ['00'.repeat(32)] }, /its key has the pin [0-9a-f]{64}$/],
    ['nobody known vouches for it', { policy: 'old.yaml', name: SERVER_NAME }, /its certificate is not trusted/],
    ['it is somebody else', { policy: 'old.yaml', name: 'other.example', ca: root }, /its certificate is not for other\.example$/],
  ]
  for (const [why, backend, reason] of rows) {
    test(`serves nobody where ${why}, and clients come again`, async (t) => {
      for (const [dialect, words] of [
        ['smtp', /^421 4\.3\.0 /],
        ['imap', /^\* BYE /],
      ] as const) {
        const [heard, found] = await turnedAway(await gateTo(dialect, { address: `127.0.0.1:${door(dialect)}`, ...backend }, t))
        assert.match(heard, words)
        assert.match(found, reason)
      }
    })
  }

  test('is not believed what stands in plain text behind its go-ahead: starttls-injection', async (t) => {
    for (const [dialect, goAhead, injected, words] of [
      ['smtp', '220 2.0.0 go ahead\r\n', '250-evil.example\r\n250 AUTH PLAIN\r\n', /^421 4\.3\.0 /],
      ['imap', 'p2 OK begin\r\n', '* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] evil\r\n', /^\* BYE /],
    ] as const) {
      for (const how of ['with', 'behind'] as const) {
        const man = await manBetween(door(dialect), goAhead, injected, how, t)
        const [heard, reason] = await turnedAway(await gateTo(dialect, { address: `127.0.0.1:${man}`, policy: 'old.yaml', ca: root }, t))
        assert.match(heard, words)
        assert.doesNotMatch(heard, /evil/)
        assert.match(reason, how === 'with' ? /plain text follow the go-ahead$/ : /wrong version number$/)
      }
    }
  })

  test('is not believed what is said in its name before it was asked, so that nothing of that is heard behind TLS', async (t) => {
    for (const [dialect, greeting, more, words] of [
      ['smtp', '220 mail.example.test ESMTP\r\n', '250-evil\r\n250 STARTTLS\r\n220 go\r\n', /^421 4\.3\.0 /],
      ['imap', '* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n', 'p2 OK evil\r\n', /^\* BYE /],
    ] as const) {
      const man = await manBetween(door(dialect), greeting, more, 'with', t)
      const [heard, reason] = await turnedAway(await gateTo(dialect, { address: `127.0.0.1:${man}`, policy: 'old.yaml', ca: root }, t))
      assert.match(heard, words)
      assert.doesNotMatch(heard, /evil/)
      assert.match(reason, /an answer came before the question$/)
    }
  })

  test('that offers no TLS serves nobody', async (t) => {
    const man = await manBetween(door('smtp'), '250-STARTTLS\r\n', undefined, 'with', t)
    const [heard, reason] = await turnedAway(await gateTo('smtp', { address: `127.0.0.1:${man}`, policy: 'old.yaml' }, t))
    assert.match(heard, /^421 4\.3\.0 /)
    assert.match(reason, /does not offer what the gate is told to use/)
  })
})

/**
 * Somebody on the way who says more when the server says these words, in the same segment or in one of its own; or, without more, keeps the words to
 * himself.
 */
async function manBetween(to: number, words: string, more: string | undefined, how: 'with' | 'behind', t: TestContext): Promise<number> {
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
    let goes = false
    near.on('data', (bytes) => {
      // The hello: behind the go-ahead the server's next words are those of its handshake.
      if (goes && how === 'behind') near.write(more ?? '', 'latin1')
      goes = false
      far.write(bytes)
    })
    far.on('data', (bytes) => {
      const text = bytes.toString('latin1')
      goes = text.includes(words)
      if (!goes) near.write(bytes)
      else near.write(more === undefined ? text.replace(words, '') : how === 'with' ? text + more : text, 'latin1')
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}
