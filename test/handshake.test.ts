import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { createServer } from 'node:tls'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { doorOf, handshake, parseTarget, trustStore } from '../src/audit/index.ts'
import { main } from '../src/cli/main.ts'
import { certificates, needPeer, SERVER_NAME, startPeer, type PeerSettings } from './peers/index.ts'
import { serveLoopback } from './peers/loopback.ts'

const run = promisify(execFile)

interface Said {
  readonly status: number
  readonly out: string
  readonly err: string
}

async function postern(...argv: readonly string[]): Promise<Said> {
  const [out, err]: [string[], string[]] = [[], []]
  const status = await main(['handshake', ...argv], {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    interactive: false,
    colour: false,
    columns: 100,
    cwd: '/',
    env: {},
  })
  return { status, out: out.join(''), err: err.join('') }
}

/** What both programs say in the same words. */
const COMMON =
  /^ *(?:Peer signing digest|Peer signature type|Server Temp Key|Server public key|Secure Renegotiation|Compression|No ALPN|ALPN protocol|New, |Protocol  :|Cipher    :|TLS session ticket lifetime|Extended master secret|Verify return code).*/gm

/** One line each: OpenSSL repeats the session for every ticket. */
function common(text: string): string[] {
  const lines = (text.match(COMMON) ?? []).map((line) => line.trim().replace(/(DH, \d+ bits) \(.*/, '$1'))
  return [...new Set(lines)].sort()
}

/** In TLS 1.3 OpenSSL speaks of what does not exist there, and of the session only with a ticket, which may come too late for it. */
const NOT_IN_TLS13 = /^(?:Extended master secret|Secure Renegotiation|TLS session ticket|Protocol|Cipher)/

describe('postern handshake says what openssl s_client says', () => {
  const rows: readonly (readonly [why: string, settings: PeerSettings<'openssl'>, options: readonly string[]])[] = [
    ['TLS 1.2 with a curve', { groups: ['P-256'] }, ['-tls1_2']],
    ['TLS 1.2 in a finite field', { dh: 'own-2048' }, ['-tls1_2', '-cipher', 'DHE-RSA-AES256-GCM-SHA384']],
    ['TLS 1.2 without forward secrecy', {}, ['-tls1_2', '-cipher', 'AES128-SHA']],
    ['TLS 1.2 with an ECDSA certificate', { certificates: ['ecdsa'] }, ['-tls1_2', '-sigalgs', 'ECDSA+SHA384']],
    ['TLS 1.3 with a curve of its own', { groups: ['X25519'] }, ['-tls1_3', '-ciphersuites', 'TLS_CHACHA20_POLY1305_SHA256']],
    ['TLS 1.3 with another key share asked for', { groups: ['P-384'] }, ['-tls1_3', '-groups', 'X25519:P-384']],
    ['ALPN', { alpn: ['h2', 'smtp'] }, ['-alpn', 'smtp,h2', '-tls1_2']],
    ['no tickets', { tickets: false }, ['-tls1_2']],
  ]
  for (const [why, settings, options] of rows) {
    test(why, { skip: needPeer('openssl') }, async (t) => {
      const peer = await startPeer('openssl', settings, t)
      const to = `${peer.host}:${peer.doors.tls}`
      const ours = await postern('-connect', to, ...options, '-servername', SERVER_NAME)
      const client = run('openssl', ['s_client', '-connect', to, ...options, '-servername', SERVER_NAME], { timeout: 20_000 })
      client.child.stdin?.end()
      // s_client gives its own status for an end of input that the server did not agree to.
      const theirs = await client.then(
        ({ stdout }) => stdout,
        (error: { stdout: string }) => error.stdout,
      )
      assert.equal(ours.status, 0, ours.err)
      const isTls13 = ours.out.includes('TLSv1.3')
      // `New, SSLv3` names the age of the suite, not what was negotiated. After 20 it says 21 where it stops at a leaf.
      const comparable = (text: string): string[] =>
        common(text)
          .filter((line) => !(isTls13 && NOT_IN_TLS13.test(line)))
          .map((line) =>
            line
              .replace(/^New, SSLv3/, 'New, TLSv1.2')
              .replace(/21 \(unable to verify the first certificate\)/, '20 (unable to get local issuer certificate)'),
          )
      assert.deepEqual(comparable(ours.out), comparable(theirs))
    })
  }
})

describe('postern handshake believes', () => {
  test('an authority that --ca names, and no other name than that of the certificate', { skip: needPeer('openssl') }, async (t) => {
    const peer = await startPeer('openssl', {}, t)
    const to = `tls://${peer.host}:${peer.doors.tls}`
    const ca = ['--ca', (await certificates()).root]
    assert.match((await postern(to, ...ca, '--servername', SERVER_NAME)).out, /Verify return code: 0 \(ok\)/)
    assert.match((await postern(to, ...ca, '--servername', 'other.invalid')).out, /Verify return code: 62 \(hostname mismatch/)
    const { out } = await postern(to, '--servername', SERVER_NAME)
    assert.match(out, /Verify return code: 20 \(unable to get local issuer certificate\)/)
    assert.match(
      out,
      /succeeded: TLSv1\.3, TLS_AES_256_GCM_SHA384\.\nThe certificate is not trusted: unable to get local issuer certificate\.\n$/,
    )
  })
})

test('postern handshake believes in no certificate that is for clients, in the words and with the number of OpenSSL', async (t) => {
  const { leaf, root } = await certificates()
  const server = createServer({ cert: readFileSync(leaf('client').chain), key: readFileSync(leaf('client').key) })
  server.on('tlsClientError', () => undefined).on('secureConnection', (socket) => socket.on('error', () => undefined))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  assert.match((await postern(`tls://127.0.0.1:${port}`, '--ca', root)).out, /Verify return code: 26 \(unsuitable certificate purpose\)/)
})

describe('postern handshake shows', () => {
  test('certificates in PEM with --showcerts, and everything with --json', { skip: needPeer('openssl') }, async (t) => {
    const peer = await startPeer('openssl', { staple: true }, t)
    const to = `tls://${peer.host}:${peer.doors.tls}`
    const { out } = await postern(to, '--showcerts', '--status')
    const leaf = readFileSync((await certificates()).leaf('rsa').certificate, 'utf8').trim()
    assert.ok(out.includes(leaf), out)
    assert.match(out, /OCSP response: good/)
    const json: unknown = JSON.parse((await postern(to, '--json', '--tls1_2', '--cipher', 'AES256-SHA')).out)
    assert.ok(typeof json === 'object' && json !== null)
    assert.deepEqual(
      Object.fromEntries(Object.entries(json).filter(([key]) => ['version', 'connected', 'protocol', 'suite'].includes(key))),
      {
        version: 1,
        connected: true,
        protocol: 'TLSv1.2',
        suite: { code: '0x0035', iana: 'TLS_RSA_WITH_AES_256_CBC_SHA', openssl: 'AES256-SHA' },
      },
    )
  })
})

describe('postern handshake says why it failed', () => {
  const rows: readonly (readonly [why: string, settings: PeerSettings<'openssl'>, options: readonly string[], words: RegExp])[] = [
    [
      'no such protocol',
      { protocols: ['TLSv1.3'] },
      ['--tls1_2'],
      /fatal alert protocol_version \(70\)[^]*Offer --tls1_3 or --tls1_1 or --tls1\./,
    ],
    ['no such suite', {}, ['--tls1_2', '--cipher', 'RC4-SHA'], /fatal alert handshake_failure \(40\)[^]*one suite/],
    ['no such ALPN', { alpn: ['h2'] }, ['--alpn', 'smtp'], /no_application_protocol \(120\)[^]*--alpn/],
    ['SSL 3.0 has no word for a protocol', {}, ['--ssl3'], /handshake_failure \(40\)[^]*does not speak the offered\s+protocol/],
  ]
  for (const [why, settings, options, words] of rows) {
    test(why, { skip: needPeer('openssl') }, async (t) => {
      const peer = await startPeer('openssl', settings, t)
      const { status, out } = await postern(`tls://${peer.host}:${peer.doors.tls}`, ...options)
      assert.equal(status, 1)
      assert.match(out, /The handshake failed\.\n {2}What happened: The server answered/)
      assert.match(out, words)
    })
  }

  test('an older version than any that was offered is no success', { skip: needPeer('openssl') }, async (t) => {
    const peer = await startPeer('openssl', { protocols: ['TLSv1'], ciphers: 'ALL:@SECLEVEL=0' }, t)
    const target = `tls://${peer.host}:${peer.doors.tls}`
    assert.equal((await postern(target, '--tls1')).status, 0)
    const { status, out } = await postern(target, '--tls1_2')
    assert.equal(status, 1)
    assert.match(out, /The handshake failed\.\n {2}What happened: The server went on with TLSv1, which was not offered\./)
    const json = JSON.parse((await postern(target, '--tls1_2', '--json')).out) as Record<string, unknown>
    assert.deepEqual([json['connected'], json['failure']], [false, { kind: 'not-offered', protocol: 'TLSv1' }])
  })

  const endings: readonly (readonly [
    why: string,
    answer: (socket: { end: (bytes: Buffer) => void; resetAndDestroy: () => void }) => void,
    status: number,
    words: RegExp,
  ])[] = [
    ['a close without an alert is a refusal', (socket) => socket.end(Buffer.alloc(0)), 1, /closed the connection/],
    ['a reset is none', (socket) => socket.resetAndDestroy(), 3, /was reset/],
    ['nor is an answer that is no TLS', (socket) => socket.end(Buffer.from('HTTP/1.0 400 Bad Request\r\n\r\n')), 3, /no TLS/],
    ['nothing in it moves the cursor', (socket) => socket.end(Buffer.from('\u001b[2J\u001b[31m')), 3, /no TLS: [ -~]*\n/],
  ]
  for (const [why, answer, expected, words] of endings) {
    test(why, async (t) => {
      const server = await serveLoopback((socket) => {
        socket.on('error', () => undefined)
        socket.once('data', () => answer(socket))
      })
      t.after(() => server.stop())
      const { status, out } = await postern(`tls://127.0.0.1:${server.port}`)
      assert.match(out, words)
      assert.equal(status, expected)
    })
  }
})

describe('handshake()', () => {
  const rows: readonly (readonly [why: string, first: string, failure: string])[] = [
    ['silence is no refusal', '', 'silent'],
    ['nor is half a record', '1603030050', 'silent'],
    // A ServerHello of version 0x0305, which is none yet.
    ['nor is a version that nobody here can speak', `160303002a020000260305${'5a'.repeat(32)}00002f00`, 'unsupported'],
  ]
  for (const [why, first, failure] of rows) {
    test(why, async (t) => {
      const server = await serveLoopback((socket) => void socket.once('data', () => socket.write(Buffer.from(first, 'hex'))))
      t.after(() => server.stop())
      const [target] = parseTarget(`tls://127.0.0.1:${server.port}`)
      assert.ok(target?.kind === 'door')
      const door = await doorOf({ target, address: server.host, family: 4, port: server.port, certain: true })
      const made = await handshake(door, {
        offer: {},
        timeout: 5000,
        patience: 200,
        trust: trustStore([]),
        now: new Date(),
      })
      assert.equal(made.connected, false)
      assert.equal(made.failure?.kind, failure)
    })
  }
})

describe('postern handshake speaks a dialect first', () => {
  test('STARTTLS by URL, or by -starttls, and says good-bye', async (t) => {
    const { chain, key } = (await certificates()).leaf('rsa')
    const tls = createServer({ cert: readFileSync(chain), key: readFileSync(key) })
    const heard: string[] = []
    tls.on('secureConnection', (socket) =>
      socket.on('error', () => undefined).on('data', (bytes: Buffer) => void heard.push(bytes.toString())),
    )
    const server = await serveLoopback((socket) => {
      socket.on('error', () => undefined)
      socket.write('220 demo ESMTP\r\n')
      const listen = (bytes: Buffer): void => {
        if (bytes.toString().startsWith('EHLO')) socket.write('250-demo\r\n250 STARTTLS\r\n')
        else {
          socket.off('data', listen)
          socket.write('220 go\r\n', () => tls.emit('connection', socket))
        }
      }
      socket.on('data', listen)
    })
    t.after(() => server.stop())
    for (const target of [[`smtp://127.0.0.1:${server.port}`], ['-connect', `127.0.0.1:${server.port}`, '-starttls', 'smtp']]) {
      const { status, out, err } = await postern(...target)
      assert.equal(status, 0, err)
      assert.match(out, /New, TLSv1\.3, Cipher is TLS_AES/)
    }
    for (let tries = 0; heard.length < 2 && tries < 100; tries++) await setTimeout(20)
    assert.equal(heard.filter((text) => text === 'QUIT\r\n').length, 2)
  })
})

describe('postern handshake refuses', () => {
  const rows: readonly (readonly [why: string, argv: readonly string[], words: RegExp])[] = [
    ['a domain, which is many doors', ['example.test'], /that may be many doors\n.*example\.test:443/],
    ['no target', [], /no target is given/],
    ['a group that nobody knows', ['h.test:443', '--groups', 'P-256:X99'], /"X99": nobody has registered it/],
    ['a signature algorithm that nobody knows', ['h.test:443', '--sigalgs', 'RSA+SHA7'], /"RSA\+SHA7"/],
    ['an old suite among those of TLS 1.3', ['h.test:443', '--ciphersuites', 'AES128-SHA'], /it is no suite of TLS 1\.3/],
    ['a list that selects nothing', ['h.test:443', '--cipher', 'NOPE'], /selects no cipher suite/],
    ['an option that neither program has', ['-connect', 'h.test:443', '-tls9'], /unknown option '--tls9'/],
  ]
  for (const [why, argv, words] of rows) {
    test(why, async () => {
      const { status, err } = await postern(...argv)
      assert.match(err, words)
      assert.equal(status, 2)
    })
  }

  test('a closed door, which is the world', async () => {
    const server = await serveLoopback(() => undefined)
    await server.stop()
    assert.ok(await closed(server.port))
    const { status, err } = await postern(`127.0.0.1:${server.port}`)
    assert.match(err, /Cannot connect to 127\.0\.0\.1/)
    assert.equal(status, 3)
  })
})

function closed(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(false)).on('error', () => resolve(true))
    socket.on('close', () => socket.destroy())
  })
}
