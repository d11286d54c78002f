import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { constants, verify, X509Certificate, type KeyObject } from 'node:crypto'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { cipherSuites, signatureScheme, suiteByCode, supportedGroup } from '../src/registry/index.ts'
import * as wire from '../src/wire/index.ts'
import { needPeer, SERVER_NAME, startPeer, type PeerName, type PeerSettings } from './peers/index.ts'
import { serveLoopback } from './peers/loopback.ts'

const { EXTENSION_TYPE, HANDSHAKE_TYPE } = wire
const PATIENCE = 10_000

/** What a server says first. */
async function firstOf(port: number, hello: wire.ClientHello): Promise<wire.FlightItem | undefined> {
  const [first] = await ask(port, hello, HANDSHAKE_TYPE.server_hello)
  return first
}

/** Everything a server says to this hello up to the message that ends its first flight. */
async function ask(port: number, hello: wire.ClientHello, end: number = HANDSHAKE_TYPE.server_hello_done): Promise<wire.FlightItem[]> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.setTimeout(PATIENCE, () => socket.destroy(new Error('no answer')))
  socket.write(wire.encodeClientHelloRecords(hello, 0x0301))
  const reader = new wire.FlightReader()
  const items: wire.FlightItem[] = []
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      reader.push(chunk)
      for (let item = reader.next(); item; item = reader.next()) {
        items.push(item)
        const last = item.kind === 'handshake' && item.type === end
        if (last || item.kind === 'alert') return items
      }
    }
    return items
  } finally {
    socket.destroy()
  }
}

/** The ClientHello of a program that `start` points at a port. */
async function overhear(start: (port: number) => () => void): Promise<wire.ClientHello> {
  const { promise, resolve, reject } = Promise.withResolvers<wire.FlightItem>()
  const server = await serveLoopback((socket) => {
    const reader = new wire.FlightReader()
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk)
        const item = reader.next()
        if (item) resolve(item)
      } catch (error) {
        reject(error)
      }
    })
  })
  const stop = start(server.port)
  const timer = setTimeout(() => reject(new Error('no hello')), PATIENCE)
  try {
    const item = await promise
    assert.ok(item.kind === 'handshake')
    return wire.decodeClientHello(item.body)
  } finally {
    clearTimeout(timer)
    stop()
    await server.stop()
  }
}

/** What `openssl s_client` says with these switches. */
function sClient(...switches: readonly string[]): Promise<wire.ClientHello> {
  return overhear((port) => {
    const client = spawn('/usr/bin/openssl', ['s_client', '-no-CAfile', '-connect', `127.0.0.1:${port}`, ...switches], { stdio: 'ignore' })
    return () => client.kill()
  })
}

const data = (hello: Pick<wire.ClientHello, 'extensions'>, type: number): Uint8Array =>
  wire.findExtension(hello.extensions, type) ?? assert.fail(`no extension of type ${type}`)

describe('clients', () => {
  test('openssl s_client offers what its switches say', { skip: needPeer('openssl') }, async () => {
    const hello = await sClient('-tls1_2', '-cipher', 'ECDHE-RSA-AES256-GCM-SHA384', '-servername', SERVER_NAME, '-groups', 'P-384:X25519')
    assert.deepEqual(hello.cipherSuites, [0xc030, 0x00ff])
    assert.equal(hello.legacyVersion, 0x0303)
    assert.deepEqual(wire.decodeServerNameList(data(hello, EXTENSION_TYPE.server_name)), [{ nameType: 0, name: SERVER_NAME }])
    assert.deepEqual(wire.decodeSupportedGroups(data(hello, EXTENSION_TYPE.supported_groups)), [0x0018, 0x001d])
  })

  test('openssl s_client shares a key of the first group', { skip: needPeer('openssl') }, async () => {
    const hello = await sClient('-tls1_3', '-groups', 'P-256', '-sigalgs', 'ECDSA+SHA256:rsa_pss_rsae_sha256')
    const shares = wire.decodeKeyShareClientHello(data(hello, EXTENSION_TYPE.key_share))
    assert.deepEqual(
      shares.map(({ group, keyExchange }) => [group, keyExchange.length]),
      [[0x0017, 65]],
    )
    assert.deepEqual(wire.decodeSignatureSchemes(data(hello, EXTENSION_TYPE.signature_algorithms)), [0x0403, 0x0804])
    assert.deepEqual(wire.decodeSupportedVersionsClientHello(data(hello, EXTENSION_TYPE.supported_versions)), [0x0304])
  })

  test('tls.connect() of Node offers the protocols it was given, and may limit the version', async () => {
    const hello = await overhear((port) => {
      const socket = connectTls({ port, host: '127.0.0.1', servername: SERVER_NAME, ALPNProtocols: ['smtp', 'h2'], maxVersion: 'TLSv1.2' })
      socket.on('error', () => {})
      return () => socket.destroy()
    })
    assert.deepEqual(wire.decodeProtocolNameList(data(hello, EXTENSION_TYPE.application_layer_protocol_negotiation)), ['smtp', 'h2'])
    assert.equal(wire.findExtension(hello.extensions, EXTENSION_TYPE.supported_versions), undefined)
    assert.match(wire.ja4(hello), /^t12d/)
  })
})

/** A hello up to TLS 1.2 that any server answers which has one of these suites. */
function offer(version: number, suites: readonly number[]): wire.ClientHello {
  const groups = ['secp256r1', 'secp384r1', 'x25519'] as const
  const schemes = ['ecdsa_secp256r1_sha256', 'rsa_pss_rsae_sha256', 'rsa_pkcs1_sha256', 'rsa_pkcs1_sha1', 'ecdsa_sha1'] as const
  const extensions = [
    { type: EXTENSION_TYPE.server_name, data: wire.encodeServerNameList([SERVER_NAME]) },
    { type: EXTENSION_TYPE.status_request, data: wire.encodeStatusRequest() },
    { type: EXTENSION_TYPE.supported_groups, data: wire.encodeSupportedGroups(groups.map((name) => supportedGroup.code(name))) },
    { type: EXTENSION_TYPE.ec_point_formats, data: wire.encodeEcPointFormats([0]) },
    { type: EXTENSION_TYPE.signature_algorithms, data: wire.encodeSignatureSchemes(schemes.map((name) => signatureScheme.code(name))) },
    { type: EXTENSION_TYPE.renegotiation_info, data: wire.encodeRenegotiationInfo(new Uint8Array(0)) },
  ]
  return {
    legacyVersion: version,
    random: new Uint8Array(32).fill(0x2a),
    legacySessionId: new Uint8Array(32).fill(7),
    cipherSuites: suites,
    legacyCompressionMethods: [0],
    extensions: version === 0x0300 ? undefined : extensions,
  }
}

/** Whether the key made the signature, by node:crypto: RFC 5246 §4.7, and RFC 4346 §7.4.3 where no algorithm is named. */
function isSigned(key: KeyObject, { algorithm, signature }: wire.DigitallySigned, content: Uint8Array): boolean {
  const rsa = key.asymmetricKeyType === 'rsa'
  if (algorithm === undefined) return verify(rsa ? 'md5-sha1' : 'sha1', content, key, signature)
  const name = signatureScheme.name(algorithm)
  const padding = name.startsWith('rsa_pss') ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING
  return verify(/sha\d+$/.exec(name)?.[0] ?? '', content, rsa ? { key, padding } : key, signature)
}

interface Heard {
  readonly suite: string
  readonly version: number
  readonly messages: string
  /** Kind of key exchange, whether it is signed, and by which type of key. */
  readonly exchange: string
}

/** Reads every message of a flight, writes it again, and checks the signature over the key exchange. */
function read(hello: wire.ClientHello, items: readonly wire.FlightItem[]): Heard {
  const bodies = new Map(
    items.map((item) => (item.kind === 'handshake' ? [item.type, item.body] : assert.fail(`${item.kind} ${JSON.stringify(item)}`))),
  )
  const answer = wire.decodeServerHello(bodies.get(HANDSHAKE_TYPE.server_hello) ?? assert.fail('no ServerHello'))
  const version = wire.selectedVersion(answer)
  const suite = suiteByCode(answer.cipherSuite) ?? assert.fail('a suite nobody knows')
  assert.deepEqual(wire.encodeServerHello(answer), bodies.get(HANDSHAKE_TYPE.server_hello))

  const certificate = bodies.get(HANDSHAKE_TYPE.certificate)
  const list = certificate === undefined ? [] : wire.decodeCertificate(certificate).certificateList
  if (certificate) assert.deepEqual(wire.encodeCertificate({ certificateList: list }), certificate)
  const key = list[0] && new X509Certificate(list[0]).publicKey

  const shape = wire.serverKeyExchangeShape(suite, version)
  const message = bodies.get(HANDSHAKE_TYPE.server_key_exchange)
  assert.equal(message !== undefined, shape !== undefined, 'the shape tells whether there is a ServerKeyExchange')
  let exchange = 'none'
  if (message && shape) {
    const decoded = wire.decodeServerKeyExchange(message, shape)
    assert.deepEqual(wire.encodeServerKeyExchange(decoded), message)
    const { params, signature } = decoded
    exchange = `${params?.kind ?? ''} ${signature ? (key?.asymmetricKeyType ?? '') : 'unsigned'}`
    if (signature && params && key) {
      const content = Buffer.concat([hello.random, answer.random, wire.encodeServerParams(params)])
      assert.ok(isSigned(key, signature, content), `${suite.iana}: the signature is wrong`)
    }
  }
  return { suite: suite.iana, version, messages: [...bodies.keys()].join(' '), exchange }
}

const SUITES: readonly (readonly [suite: string, exchange: string, messages: string])[] = [
  ['TLS_RSA_WITH_AES_128_CBC_SHA', 'none', '2 11 14'],
  ['TLS_DHE_RSA_WITH_AES_128_CBC_SHA', 'DHE rsa', '2 11 12 14'],
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'ECDHE rsa', '2 11 12 14'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'ECDHE ec', '2 11 12 14'],
  ['TLS_DH_anon_WITH_AES_128_CBC_SHA', 'DHE unsigned', '2 12 14'],
  ['TLS_ECDH_anon_WITH_AES_128_CBC_SHA', 'ECDHE unsigned', '2 12 14'],
]

const code = (name: string): number => cipherSuites.find((suite) => suite.iana === name)?.code ?? assert.fail(name)

/** SSLv3 to TLS 1.2. */
const VERSIONS: readonly number[] = [0x0300, 0x0301, 0x0302, 0x0303]

/** Every suite above in every version the server has: `without` are the suites it never has. */
function reads<N extends PeerName>(name: N, settings: PeerSettings<N>, lowest: number, without: RegExp): void {
  test(`${name}: every message of its flights is read, and every signature holds`, { skip: needPeer(name) }, async (t) => {
    const peer = await startPeer(name, settings, t)
    const doors: Readonly<Partial<Record<string, number>>> = peer.doors
    for (const version of VERSIONS.filter((version) => version >= lowest)) {
      for (const [suite, exchange, messages] of SUITES.filter(([suite]) => !without.test(suite))) {
        const hello = offer(version, [code(suite)])
        const heard = read(hello, await ask(doors['tls'] ?? 0, hello))
        assert.deepEqual(heard, { suite, version, messages, exchange })
      }
    }
  })
}

describe('servers up to TLS 1.2', () => {
  const protocols = ['TLSv1', 'TLSv1.1', 'TLSv1.2'] as const
  const certificates = ['rsa', 'ecdsa'] as const
  reads('openssl', { protocols, ciphers: 'ALL', securityLevel: 0, certificates }, 0x0301, /^$/)
  reads('gnutls', { protocols, ciphers: 'NORMAL:+SHA1:+SIGN-ALL', certificates }, 0x0301, /anon/)
  reads('jsse', { versions: ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2'], ciphers: 'all', certificates }, 0x0300, /^$/)
  reads('nss', { versions: ['tls1.0', 'tls1.2'], dhe: 'any' }, 0x0301, /anon|ECDSA/)

  for (const name of ['openssl', 'gnutls'] as const) {
    test(`${name} staples an OCSP response (RFC 6066 §8)`, { skip: needPeer(name) }, async (t) => {
      const peer = await startPeer(name, { protocols: ['TLSv1.2'], staple: true }, t)
      const items = await ask(peer.doors.tls, offer(0x0303, [code('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256')]))
      const item = items.find((item) => item.kind === 'handshake' && item.type === HANDSHAKE_TYPE.certificate_status)
      assert.ok(item?.kind === 'handshake')
      const status = wire.decodeCertificateStatus(item.body)
      assert.deepEqual(wire.encodeCertificateStatus(status), item.body)
      // DER: a SEQUENCE that begins with OCSPResponseStatus successful, RFC 6960 §4.2.1.
      assert.ok(status.kind === 'ocsp')
      assert.match(Buffer.from(status.ocspResponse).toString('hex'), /^3082....0a0100/)
    })
  }
})

describe('servers of TLS 1.3', () => {
  for (const name of ['openssl', 'gnutls', 'jsse', 'nss', 'node24'] as const) {
    test(`${name} names a group when no key is shared, and is read up to there (RFC 8446 §4.1.4)`, { skip: needPeer(name) }, async (t) => {
      const peer = await startPeer(name, {}, t)
      const tls12 = offer(0x0303, [code('TLS_AES_128_GCM_SHA256')])
      const extensions = [
        ...(tls12.extensions ?? []).filter(({ type }) => type !== EXTENSION_TYPE.supported_groups),
        { type: EXTENSION_TYPE.supported_groups, data: wire.encodeSupportedGroups([supportedGroup.code('secp384r1')]) },
        { type: EXTENSION_TYPE.supported_versions, data: wire.encodeSupportedVersionsClientHello([0x0304]) },
        { type: EXTENSION_TYPE.key_share, data: wire.encodeKeyShareClientHello([]) },
      ]
      const items = await firstOf(peer.doors.tls, { ...tls12, extensions })
      assert.ok(items?.kind === 'handshake', JSON.stringify(items))
      const hello = wire.decodeServerHello(items.body)
      assert.deepEqual(wire.encodeServerHello(hello), items.body)
      assert.deepEqual([wire.isHelloRetryRequest(hello), wire.selectedVersion(hello), wire.selectedGroup(hello)], [true, 0x0304, 0x0018])
    })
  }
})
