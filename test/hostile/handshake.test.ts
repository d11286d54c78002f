import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import type { ConnectionOptions, SecureVersion, TLSSocket } from 'node:tls'
import { using } from './checked.ts'
import { scripted } from './index.ts'
import { Group, TLS10, TLS11, TLS12, TLS13 } from './numbers.ts'
import { dial } from './tls-client.ts'

async function greeting(port: number, options: ConnectionOptions): Promise<[protocol: string | null, cipher: string, text: string]> {
  const socket = await dial(port, options)
  const [protocol, cipher] = [socket.getProtocol(), socket.getCipher().standardName]
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  socket.write('NOOP\r\nQUIT\r\n')
  await new Promise((resolve) => socket.once('end', resolve))
  socket.destroy()
  return [protocol, cipher, text]
}

const TALK = '220 hostile.example ESMTP\r\n250 2.0.0 Ok\r\n221 2.0.0 Bye\r\n'

const SUITES = {
  'ECDHE-RSA-AES128-GCM-SHA256': [0xc02f, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
  'ECDHE-RSA-AES256-GCM-SHA384': [0xc030, 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'],
  'ECDHE-ECDSA-AES128-GCM-SHA256': [0xc02b, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
  'ECDHE-RSA-CHACHA20-POLY1305': [0xcca8, 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'],
  'ECDHE-RSA-AES256-SHA384': [0xc028, 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384'],
  'ECDHE-RSA-AES128-SHA256': [0xc027, 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256'],
  'ECDHE-RSA-AES256-SHA': [0xc014, 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA'],
  'DHE-RSA-AES128-GCM-SHA256': [0x009e, 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'],
  'DHE-RSA-AES128-SHA': [0x0033, 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA'],
  'ADH-AES128-SHA': [0x0034, 'TLS_DH_anon_WITH_AES_128_CBC_SHA'],
  'AECDH-AES128-SHA': [0xc018, 'TLS_ECDH_anon_WITH_AES_128_CBC_SHA'],
  'AES256-GCM-SHA384': [0x009d, 'TLS_RSA_WITH_AES_256_GCM_SHA384'],
  'AES128-SHA256': [0x003c, 'TLS_RSA_WITH_AES_128_CBC_SHA256'],
  'AES128-SHA': [0x002f, 'TLS_RSA_WITH_AES_128_CBC_SHA'],
  'NULL-SHA': [0x0002, 'TLS_RSA_WITH_NULL_SHA'],
} as const

const VERSIONS: readonly (readonly [number, SecureVersion])[] = [
  [TLS10, 'TLSv1'],
  [TLS11, 'TLSv1.1'],
  [TLS12, 'TLSv1.2'],
]

describe('scripted() finishes handshakes and talks', { concurrency: 4 }, () => {
  for (const [cipher, [code, standardName]] of Object.entries(SUITES))
    for (const [version, name] of VERSIONS) {
      if (version < TLS12 && /GCM|CHACHA|SHA256|SHA384/.test(cipher)) continue
      test(`${cipher} in ${name}`, () =>
        using(scripted({ versions: [version], suites: [code] }), async (port) => {
          const options = { minVersion: name, maxVersion: name, ciphers: `${cipher}:@SECLEVEL=0` }
          assert.deepEqual(await greeting(port, options), [name, standardName, TALK])
        }))
    }

  const ways: readonly (readonly [why: string, script: Parameters<typeof scripted>[0], options: ConnectionOptions])[] = [
    ['encrypt-then-MAC, RFC 7366 §3', { suites: [0xc013], encryptThenMac: true }, { ciphers: 'ECDHE-RSA-AES128-SHA' }],
    [
      'encrypt-then-MAC with implicit IVs',
      { versions: [TLS10], suites: [0xc013], encryptThenMac: true },
      { ciphers: 'ECDHE-RSA-AES128-SHA:@SECLEVEL=0', minVersion: 'TLSv1' },
    ],
    ['no extended master secret, RFC 7627 §4', { extendedMasterSecret: false }, {}],
    ['P-384', { groups: [Group.secp384r1] }, {}],
    ['P-521', { groups: [Group.secp521r1] }, { ecdhCurve: 'P-521' }],
    ['X448', { groups: [Group.x448] }, { ecdhCurve: 'X448' }],
    ['brainpoolP256r1', { groups: [Group.brainpoolP256r1] }, { ecdhCurve: 'brainpoolP256r1' }],
    [
      'a prime of its own',
      { suites: [0x009e], dh: { prime: 'custom2048', withFfdheGroups: 'same', withoutFfdheGroups: 'same', exportPrime: 'custom512' } },
      { ciphers: 'DHE-RSA-AES128-GCM-SHA256' },
    ],
    ['records of seven bytes', { fragment: 7 }, {}],
    [
      'a stapled response and a client certificate that nobody has',
      { statusRequest: true, certificateRequest: { authorities: 3, required: false } },
      { requestOCSP: true },
    ],
  ]
  for (const [why, script, options] of ways)
    test(`TLS 1.2 and below with ${why}`, () =>
      using(scripted(script), async (port) => assert.equal((await greeting(port, { maxVersion: 'TLSv1.2', ...options }))[2], TALK)))

  const modern: readonly (readonly [why: string, script: Parameters<typeof scripted>[0], options: ConnectionOptions])[] = [
    ['AES-128', { tls13: { suites: [0x1301] } }, {}],
    ['AES-256', { tls13: { suites: [0x1302] } }, {}],
    ['ChaCha20', { tls13: { suites: [0x1303] } }, {}],
    ['P-256', { tls13: { groups: [Group.secp256r1] } }, { ecdhCurve: 'P-256' }],
    ['HelloRetryRequest to P-384', { tls13: { groups: [Group.secp384r1] } }, { ecdhCurve: 'X25519:P-384' }],
    ['HelloRetryRequest with a cookie', { tls13: { groups: [Group.secp384r1], cookie: true } }, { ecdhCurve: 'X25519:P-384' }],
    ['X25519MLKEM768', { tls13: { groups: [Group.x25519mlkem768] } }, { ecdhCurve: 'X25519MLKEM768' }],
    ['SecP256r1MLKEM768', { tls13: { groups: [Group.secp256r1mlkem768] } }, { ecdhCurve: 'SecP256r1MLKEM768' }],
    ['ffdhe2048', { tls13: { groups: [Group.ffdhe2048] } }, { ecdhCurve: 'ffdhe2048' }],
    ['an RSA certificate', { tls13: { signatureSchemes: [0x0805] } }, {}],
    ['no tickets', { tls13: { tickets: 0 } }, {}],
    ['records of seven bytes', { fragment: 7 }, {}],
  ]
  for (const [why, script, options] of modern)
    test(`TLS 1.3 with ${why}`, () =>
      using(scripted({ versions: [TLS13], ...script }), async (port) => {
        const [protocol, , text] = await greeting(port, { minVersion: 'TLSv1.3', ...options })
        assert.deepEqual([protocol, text], ['TLSv1.3', TALK])
      }))

  test('ALPN is agreed in both', () =>
    using(scripted({ versions: [TLS12, TLS13], alpn: ['smtp'] }), async (port) => {
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
        const socket = await dial(port, { maxVersion, ALPNProtocols: ['http/1.1', 'smtp'] })
        assert.equal(socket.alpnProtocol, 'smtp')
        socket.destroy()
      }
    }))

  const doors = ['smtp', 'imap', 'pop3', 'sieve', 'ftp', 'nntp'] as const
  const COMMANDS = { smtp: 'STARTTLS', imap: 'a STARTTLS', pop3: 'STLS', sieve: 'STARTTLS', ftp: 'AUTH TLS', nntp: 'STARTTLS' } as const
  for (const door of doors)
    test(`TLS stands after ${COMMANDS[door]}, and nobody greets twice but ManageSieve`, () =>
      using(scripted({ starttls: door }), async (port, server) => {
        const socket = await upgrade(port, COMMANDS[door])
        socket.write(door === 'imap' ? 'b LOGOUT\r\n' : door === 'sieve' ? 'LOGOUT\r\n' : 'QUIT\r\n')
        let text = ''
        socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
        await new Promise((resolve) => socket.once('end', resolve))
        socket.destroy()
        assert.match(
          text,
          door === 'sieve' ? /^"IMPLEMENTATION"[^]*OK\r\nOK "done"\r\n$/ : /^(221|\* BYE|\+OK|205)[^\r]*\r\n(b OK done\r\n)?$/,
        )
        assert.equal(server.seen[0]?.lines.length, 2)
      }))
})

/** Waits for the greeting, asks for TLS, and waits for it to stand. */
async function upgrade(port: number, command: string): Promise<TLSSocket> {
  const raw = connect(port, '127.0.0.1')
  await new Promise((resolve) => raw.once('data', resolve))
  raw.write(`${command}\r\n`)
  await new Promise((resolve) => raw.once('data', resolve))
  raw.removeAllListeners('data')
  return dial(port, { socket: raw, maxVersion: 'TLSv1.2' })
}
