import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectPlain } from 'node:net'
import { Duplex } from 'node:stream'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { FailureReason } from '../../src/gate/tls/handshake-failure.ts'
import { TICKET_KEYS_LENGTH } from '../../src/gate/tls/policy-server.ts'
import { cipherSuites, suiteByName, type ProtocolName } from '../../src/registry/index.ts'
import { encodeSslv2ClientHello, encodeSslv2Record } from '../../src/wire/index.ts'
import { SERVER_NAME } from '../peers/index.ts'
import { proveAt } from '../proved.ts'
import { identity, policyWith, startFront, type Front, type FrontSettings } from './tls-front.ts'

type Version = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** A client that takes anything, but for what a test changes. */
function client(front: Front, options: ConnectionOptions, t: TestContext): TLSSocket {
  const socket = connect({
    port: front.port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ciphers: 'ALL:@SECLEVEL=0',
    minVersion: 'TLSv1',
    ...options,
  })
  socket.on('error', () => undefined)
  t.after(() => socket.destroy())
  return socket
}

/** What one client and the server come to, as the server sees it. */
async function meet(front: Front, options: ConnectionOptions, t: TestContext): Promise<Awaited<ReturnType<Front['next']>>> {
  const outcome = front.next()
  const socket = client(front, options, t)
  const found = await outcome
  socket.destroy()
  return found
}

const inVersion = (version: Version): ConnectionOptions => ({ minVersion: version, maxVersion: version })
const rsa = { identities: [await identity(['rsa'])] }
const both = { identities: [await identity(['rsa', 'ecdsa'])] }
const policyOnly = (allowed: readonly ProtocolName[], more: Parameters<typeof policyWith>[0] = {}) =>
  policyWith({ protocols: { allowed, required: [] }, ...more })

describe('what a policy server says that it speaks', () => {
  test('is spoken: every suite', async (t) => {
    // Those that encrypt nothing and those without a certificate are what a policy may ask for, too.
    const front = await startFront({ ...both, policy: policyWith({ suites: cipherSuites.map(({ iana }) => iana) }) }, t)
    const { suites } = front.server.context.spoken
    assert.ok(suites.length > 60, 'this Node has lost most suites')
    assert.ok(!suites.some(({ au }) => au === 'DSS'), 'there is no DSA key here')
    for (const { openssl = '', iana, protocol } of suites) {
      const tls13 = protocol === 'TLSv1.3'
      const options = tls13
        ? { ciphers: `${openssl}:AES128-SHA:@SECLEVEL=0`, ...inVersion('TLSv1.3') }
        : { ciphers: `${openssl}:@SECLEVEL=0`, ...inVersion('TLSv1.2') }
      const found = await meet(front, options, t)
      assert.equal('suite' in found ? found.suite : found.code, iana)
    }
  })

  test('is spoken: every group, and the server knows which it was', async (t) => {
    const front = await startFront({ ...rsa, policy: policyWith() }, t)
    const all = front.server.context.spoken.groups
    assert.ok(all.length > 20, 'this Node has lost most groups')
    for (const { name, openssl = '', tls13, tls12, kind } of all) {
      // One of 2048 bits and more takes long to make.
      if (kind === 'ffdhe' && name !== 'ffdhe2048') continue
      if (tls13) assert.equal(groupIn(await meet(front, { ...inVersion('TLSv1.3'), ecdhCurve: openssl }, t)), name, `${name} in TLS 1.3`)
      if (tls12 && kind === 'ecdhe') {
        const options = { ...inVersion('TLSv1.2'), ecdhCurve: openssl, ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0' }
        assert.equal(groupIn(await meet(front, options, t)), name, `${name} in TLS 1.2`)
      }
    }
  })

  test('is spoken in the order that the policy says', async (t) => {
    const names = [
      'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      'TLS_RSA_WITH_AES_128_GCM_SHA256',
      'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
    ]
    const openssl = (some: readonly string[]): string => some.map((name) => suiteByName(name)?.openssl).join(':')
    const [first = '', second = '', chacha = ''] = names
    const rows = [
      ['server', [first, second], [second, first], first, 'the server chooses'],
      ['client', [first, second], [second, first], second, 'the client chooses'],
      ['any', [first, second], [second, first], first, 'the server chooses where nobody is to'],
      ['any', [first, chacha], [chacha, first], chacha, 'but a client that puts ChaCha20 first has no AES in hardware'],
      ['server', [first, chacha], [chacha, first], first, 'which a policy with an order of its own does not ask'],
    ] as const
    for (const [order, ours, theirs, chosen, why] of rows) {
      const front = await startFront({ ...rsa, policy: policyOnly(['TLSv1.2'], { order, suites: ours }) }, t)
      const found = await meet(front, { ciphers: openssl(theirs), maxVersion: 'TLSv1.2' }, t)
      assert.equal('suite' in found ? found.suite : found.code, chosen, why)
    }
  })

  test('is spoken in these versions alone, holes included', async (t) => {
    const versions: readonly Version[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
    for (const allowed of [['TLSv1', 'TLSv1.2'], ['TLSv1', 'TLSv1.3'], ['TLSv1.1'], ['TLSv1', 'TLSv1.1', 'TLSv1.3']] as const) {
      const front = await startFront({ ...rsa, policy: policyOnly(allowed) }, t)
      for (const version of versions) {
        const found = await meet(front, inVersion(version), t)
        const spoken = allowed.some((one) => one === version)
        assert.equal('protocol' in found ? found.protocol : found.reason, spoken ? version : 'version', `${version} of ${allowed.join()}`)
      }
    }
  })

  test('ends where the policy says: no renegotiation, no known flaw', async (t) => {
    const front = await startFront({ ...both, policy: policyWith() }, t)
    const forbidden = ['clientRenegotiation', 'compression', 'heartbeat', 'earlyData'] as const
    const policy = policyWith({
      order: 'any',
      features: { required: ['fallbackScsv', 'downgradeSentinel', 'encryptThenMac'], forbidden },
      flaws: { forbidden: ['heartbleed', 'ccsInjection', 'ticketbleed', 'robot'] },
    })
    const proof = await proveAt({ port: front.port, name: SERVER_NAME }, policy)
    assert.deepEqual([proof.keeps, proof.checks.filter(({ verdict }) => verdict !== 'kept')], ['yes', []])
  })

  test('has the sizes of Diffie-Hellman that are asked for', async (t) => {
    const rows = [
      [1024, undefined, 2048, 'small ones are for those who ask for them'],
      [1024, 1024, 1024, 'and they get them'],
      [1024, 4096, 4096, 'as large as one likes'],
      [2048, 1024, 2048, 'but never smaller than the policy allows'],
      [3072, undefined, 3072, 'or larger, where the policy wants that'],
    ] as const
    for (const [minBits, dhBits, bits, why] of rows) {
      const policy = policyOnly(['TLSv1.2'], { dh: { minBits }, suites: ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'] })
      const front = await startFront({ ...rsa, policy, ...(dhBits === undefined ? {} : { dhBits }) }, t)
      const socket = client(front, { minDHSize: 1024 }, t)
      await once(socket, 'secureConnect')
      assert.equal(Reflect.get(socket.getEphemeralKeyInfo() ?? {}, 'size'), bits, why)
      const lost = front.server.context.inexpressible.filter(({ part }) => part === 'dh').map(({ name }) => name)
      assert.deepEqual(lost, dhBits === undefined || dhBits === bits ? [] : [String(dhBits)])
    }
  })

  test('splits records of CBC suites in TLS 1.0 unless it is told not to', async (t) => {
    for (const emptyFragments of [true, false]) {
      const front = await startFront({ ...rsa, policy: policyOnly(['TLSv1']), emptyFragments }, t)
      const { socket, came } = tapped(front)
      const secure = client(front, { socket, ciphers: 'AES128-SHA:@SECLEVEL=0', ...inVersion('TLSv1') }, t)
      const [text]: Buffer[] = await once(secure, 'data')
      assert.equal(String(text), 'hello\r\n')
      const data = recordTypes(Buffer.concat(came)).filter((type) => type === 23)
      assert.equal(data.length, emptyFragments ? 2 : 1, 'records of application data for one line')
    }
  })

  test('takes a hello in the format of SSL 2.0 where that is allowed and leads somewhere', async (t) => {
    for (const sslv2Hello of [true, false]) {
      const front = await startFront({ ...rsa, policy: policyOnly(['TLSv1', 'TLSv1.2'], { sslv2Hello }) }, t)
      assert.equal(front.server.context.sslv2Hello, sslv2Hello)
      const socket = connectPlain(front.port, '127.0.0.1')
      t.after(() => socket.destroy())
      const hello = { version: 0x0301, cipherSpecs: [0x00002f], sessionId: new Uint8Array(), challenge: randomBytes(16) }
      socket.write(encodeSslv2Record({ longHeader: undefined, data: encodeSslv2ClientHello(hello) }))
      const [answer]: Buffer[] = await once(socket, 'data')
      assert.equal(answer?.[0], sslv2Hello ? 22 : 21, 'a ServerHello, or an alert')
    }
    const strict = policyOnly(['TLSv1.2'], { sslv2Hello: true, signatureSchemes: ['rsa_pss_rsae_sha256'] })
    const front = await startFront({ ...rsa, policy: strict }, t)
    assert.deepEqual(
      front.server.context.inexpressible.filter(({ part }) => part === 'sslv2Hello').map(({ name }) => name),
      ['SSLv2Hello'],
      'without SHA-1 it cannot come to anything in TLS 1.2',
    )
  })
})

/** A way to a front on which everything that comes is kept. */
function tapped({ port }: Front): { readonly socket: Duplex; readonly came: Buffer[] } {
  const came: Buffer[] = []
  const plain = connectPlain(port, '127.0.0.1')
  const socket = new Duplex({
    read: () => undefined,
    write: (bytes: Buffer, _encoding, done) => void plain.write(bytes, () => done()),
    destroy: (_error, done) => {
      plain.destroy()
      done(null)
    },
  })
  plain.on('data', (bytes) => {
    came.push(bytes)
    socket.push(bytes)
  })
  return { socket, came }
}

function recordTypes(bytes: Buffer): readonly number[] {
  const types: number[] = []
  for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) types.push(bytes[at]!)
  return types
}

function groupIn(found: Awaited<ReturnType<Front['next']>>): string | undefined {
  return 'suite' in found ? found.group : found.code
}

const mail = await identity(['rsa', 'ecdsa'], ['mail.example.test', '*.mail.example.test'])
const other = await identity(['rsa-3072', 'ecdsa-p384'], ['other.example.test'])

describe('the identities of a policy server', () => {
  const settings: FrontSettings = { policy: policyWith(), identities: [mail, other] }
  const sha256 = ({ pairs }: typeof mail): readonly string[] =>
    pairs.map(({ chain }) => new X509Certificate(chain).fingerprint256.replaceAll(':', ''))
  const [mailRsa, mailEcdsa, otherRsa, otherEcdsa] = [...sha256(mail), ...sha256(other)]
  const rows = [
    ['mail.example.test', 'rsa_pss_rsae_sha256', mailRsa, 'the RSA key for those who want RSA'],
    ['mail.example.test', 'ecdsa_secp256r1_sha256', mailEcdsa, 'the other for the others'],
    ['other.example.test', 'rsa_pss_rsae_sha256', otherRsa, 'both kinds for a second name'],
    ['other.example.test', 'ecdsa_secp384r1_sha384', otherEcdsa, 'and none of the first one'],
    ['OTHER.example.test', 'rsa_pss_rsae_sha256', otherRsa, 'case does not count'],
    ['a.mail.example.test', 'rsa_pss_rsae_sha256', mailRsa, 'a star is one label'],
    ['a.b.mail.example.test', 'rsa_pss_rsae_sha256', mailRsa, 'nobody else: the first one'],
    ['', 'rsa_pss_rsae_sha256', mailRsa, 'without a name the first one'],
  ] as const
  test('are chosen by name, with all their keys', async (t) => {
    const front = await startFront(settings, t)
    for (const [servername, sigalgs, fingerprint, why] of rows) {
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const found = await meet(front, { servername, sigalgs, ...inVersion(version) }, t)
        assert.equal('certificate' in found ? found.certificate?.sha256 : found, fingerprint, `${why}, in ${version}`)
        assert.equal('serverName' in found ? found.serverName : found, servername === '' ? undefined : servername)
      }
    }
  })

  test('are no one’s for a name that nobody has, where such clients are refused', async (t) => {
    const front = await startFront({ ...settings, refusesUnknownNames: true }, t)
    const socket = client(front, { servername: 'nobody.example.test' }, t)
    const [error]: { code?: string }[] = await once(socket, 'error')
    assert.match(error?.code ?? '', /UNRECOGNIZED_NAME/)
    assert.deepEqual(
      front.failed.map(({ reason }) => reason),
      ['server-name'],
    )
    assert.ok('suite' in (await meet(front, { servername: '' }, t)), 'who asks for nobody is served')
    assert.ok('suite' in (await meet(front, { servername: 'other.example.test' }, t)))
  })

  test('are refused when they cannot be served', async (t) => {
    const [pair] = mail.pairs
    const [alien] = other.pairs
    assert.ok(pair && alien)
    const weak = await identity(['rsa-1024'])
    const strict = policyWith({
      protocols: { allowed: ['TLSv1.2', 'TLSv1.3'], required: [] },
      suites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256'],
      groups: ['x25519', 'secp256r1'],
      signatureSchemes: ['rsa_pss_rsae_sha256'],
      certificate: { keys: [{ type: 'RSA', minBits: 2048 }], hashes: ['SHA-256'] },
    })
    const bad = [
      [{ policy: policyWith(), identities: [{ pairs: [{ ...pair, key: alien.key }] }] }, 'IDENTITY_INVALID', 'the key of another'],
      [{ policy: policyWith(), identities: [{ pairs: [pair, alien] }] }, 'IDENTITY_INVALID', 'OpenSSL would forget one of two RSA keys'],
      [{ policy: policyWith(), identities: [{ pairs: [] }] }, 'IDENTITY_INVALID', 'nothing'],
      [{ policy: policyWith(), identities: [{ pairs: [{ ...pair, chain: 'no PEM' }] }] }, 'IDENTITY_INVALID', 'no certificate'],
      [{ policy: strict, identities: [weak] }, 'IDENTITY_REFUSED', 'a key that is shorter than the policy wants'],
    ] as const
    for (const [settings, code, why] of bad) await assert.rejects(startFront(settings, t), { code }, why)
    await startFront({ policy: { ...strict, certificate: policyWith().certificate }, identities: [weak] }, t)
  })
})

describe('sessions', () => {
  const ticketKeys = randomBytes(TICKET_KEYS_LENGTH)
  const names = [
    'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
    'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
  ]
  const policy = policyWith({ suites: names })

  /** A ticket of one front, offered to another: whether it was taken. */
  async function crosses(from: Front, to: Front, version: Version, t: TestContext, servername = ''): Promise<boolean> {
    const socket = client(from, { ...inVersion(version), servername }, t)
    const session: Promise<Buffer[]> = once(socket, 'session')
    await once(socket, 'data')
    const [ticket] = await session
    socket.destroy()
    assert.ok(ticket)
    const found = await meet(to, { ...inVersion(version), session: ticket, servername }, t)
    assert.ok('resumed' in found, JSON.stringify(found))
    return found.resumed
  }

  const rows: readonly (readonly [Partial<FrontSettings>, boolean, string])[] = [
    [{}, true, 'the same policy in another process'],
    [{ policy: { ...policy, suites: names.slice(1) } }, false, 'a policy that may not have the suite'],
    [{ policy: { ...policy, title: 'Another' } }, false, 'a policy that differs in anything'],
    [{ revision: '2' }, false, 'another revision'],
    [{ ticketKeys: randomBytes(TICKET_KEYS_LENGTH) }, false, 'other keys'],
    [{ identities: [{ ...rsa.identities[0]!, names: ['else.example.test'] }] }, false, 'another identity'],
  ]
  for (const [change, expected, why] of rows) {
    test(`${expected ? 'go on' : 'end'} with ${why}`, async (t) => {
      const settings = { policy, ...rsa, ticketKeys }
      const [from, to] = [await startFront(settings, t), await startFront({ ...settings, ...change }, t)]
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) assert.equal(await crosses(from, to, version, t), expected, version)
    })
  }

  test('end when the keys are rotated, and those with the new keys go on', async (t) => {
    const front = await startFront({ policy, ...rsa, ticketKeys }, t)
    assert.equal(await crosses(front, front, 'TLSv1.3', t), true)
    const socket = client(front, inVersion('TLSv1.3'), t)
    const [ticket]: Buffer[] = await once(socket, 'session')
    front.server.setTicketKeys(randomBytes(TICKET_KEYS_LENGTH))
    const found = await meet(front, { ...inVersion('TLSv1.3'), ...(ticket === undefined ? {} : { session: ticket }) }, t)
    assert.equal('resumed' in found && found.resumed, false)
    assert.equal(await crosses(front, front, 'TLSv1.3', t), true)
  })
})

describe('application protocols', () => {
  test('are the server’s choice, and a client with others is turned away', async (t) => {
    const front = await startFront({ ...rsa, policy: policyWith(), alpn: ['imap', 'http/1.1'] }, t)
    const found = await meet(front, { ALPNProtocols: ['http/1.1', 'imap'] }, t)
    assert.equal('alpn' in found && found.alpn, 'imap')
    const without = await meet(front, {}, t)
    assert.equal('suite' in without && without.alpn, undefined)
    const refused = await meet(front, { ALPNProtocols: ['pop3'] }, t)
    assert.equal('reason' in refused && refused.reason, 'alpn')
  })
})

describe('a handshake that fails', () => {
  const narrow = policyWith({
    protocols: { allowed: ['TLSv1.2', 'TLSv1.3'], required: [] },
    suites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256'],
    groups: ['x25519'],
    signatureSchemes: ['rsa_pss_rsae_sha256'],
  })
  const rows: readonly (readonly [ConnectionOptions, FailureReason, string])[] = [
    [inVersion('TLSv1'), 'version', 'a version that is not spoken'],
    [{ ...inVersion('TLSv1.2'), ciphers: 'AES128-SHA' }, 'suites', 'other suites'],
    [{ ...inVersion('TLSv1.3'), ciphers: 'TLS_AES_256_GCM_SHA384' }, 'suites', 'other suites of TLS 1.3'],
    [{ ...inVersion('TLSv1.3'), ecdhCurve: 'P-521' }, 'groups', 'other groups'],
    [{ ...inVersion('TLSv1.3'), sigalgs: 'ecdsa_secp256r1_sha256' }, 'signatures', 'other schemes'],
  ]
  test('says why, and the client is told in an alert', async (t) => {
    const front = await startFront({ ...rsa, policy: narrow }, t)
    for (const [options, reason, why] of rows) {
      const outcome = front.next()
      const socket = client(front, options, t)
      const [error]: { code?: string }[] = await once(socket, 'error')
      const found = await outcome
      assert.equal('reason' in found && found.reason, reason, `${why}: ${JSON.stringify(found)}`)
      assert.match(error?.code ?? '', /ALERT/, why)
    }
  })

  test('says that what came was no TLS, or that the client went away', async (t) => {
    const front = await startFront({ ...rsa, policy: narrow }, t)
    const texts = [
      ['GET / HTTP/1.0\r\n\r\n', ['not-tls']],
      ['\x16\x03\x01\x00\x05\x01\x00\x00', ['reset']],
      ['\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00', ['malformed']],
    ] as const
    for (const [text, reasons] of texts) {
      const outcome = front.next()
      const socket = connectPlain(front.port, '127.0.0.1', () => socket.end(text, 'latin1'))
      socket.on('error', () => undefined)
      socket.resume()
      const found = await outcome
      assert.ok('reason' in found && reasons.some((reason) => reason === found.reason), `${JSON.stringify(text)}: ${JSON.stringify(found)}`)
    }
  })

  test('ends when it takes too long', async (t) => {
    const front = await startFront({ ...rsa, policy: narrow, handshakeTimeout: 100 }, t)
    const outcome = front.next()
    const socket = connectPlain(front.port, '127.0.0.1', () => socket.write('\x16', 'latin1'))
    t.after(() => socket.destroy())
    socket.resume()
    await once(socket, 'close')
    const found = await outcome
    assert.equal('reason' in found && found.reason, 'timeout')
  })

  test('says that it was the client who refused, or came back with less', async (t) => {
    const front = await startFront({ ...rsa, policy: narrow }, t)
    const arguments_ = [
      [['-tls1_2', '-verify_return_error', '-verify', '1'], 'client-refused-us'],
      [['-tls1_2', '-fallback_scsv'], 'fallback'],
    ] as const
    for (const [more, reason] of arguments_) {
      const outcome = front.next()
      const child = spawn('openssl', ['s_client', '-no-CAfile', '-connect', `127.0.0.1:${front.port}`, ...more], { stdio: 'ignore' })
      t.after(() => child.kill())
      const found = await Promise.race([outcome, once(child, 'exit').then(() => setTimeout(1000, 'the client has gone'))])
      assert.equal(typeof found === 'object' && 'reason' in found && found.reason, reason, JSON.stringify(found))
    }
  })
})
