import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, test, type TestContext } from 'node:test'
import { cipherSuites, suiteByName, suiteName, type CipherSuite } from '../../src/registry/index.ts'
import { canSpeakSuite, type SessionEvent, type SessionProtocol } from '../../src/wire/index.ts'
import { needPeer, startPeer, type PeerName } from '../peers/index.ts'
import { show, Talk } from './driver.ts'

const SPEAKABLE = cipherSuites.filter(canSpeakSuite)

/** More suites in one hello make some servers lose their way. */
const OFFERED_AT_ONCE = 50

const REQUEST = Buffer.from('GET / HTTP/1.0\r\n\r\n')

/** Offers what is left until the server refuses; each suite that it takes has to carry a whole handshake and data in both directions. */
async function speakAll(port: number, protocol: SessionProtocol): Promise<Set<number>> {
  const spoken = new Set<number>()
  const suites = SPEAKABLE.filter((suite) => (suite.kx === 'any') === (protocol === 'TLSv1.3')).map((suite) => suite.code)
  for (let from = 0; from < suites.length; from += OFFERED_AT_ONCE) {
    let offered = suites.slice(from, from + OFFERED_AT_ONCE)
    for (let taken = await speak(port, protocol, offered); taken !== undefined; taken = await speak(port, protocol, offered)) {
      assert.ok(offered.includes(taken), `${suiteName(taken)} was not offered`)
      spoken.add(taken)
      offered = offered.filter((code) => code !== taken)
      if (offered.length === 0) break
    }
  }
  return spoken
}

/** The suite that carried a handshake; undefined when the server refused. */
async function speak(port: number, protocol: SessionProtocol, offered: readonly number[]): Promise<number | undefined> {
  const talk = await Talk.open(port, { protocols: [protocol], cipherSuites: offered })
  try {
    await talk.first(['connected', 'closed', 'unsupported', 'malformed', 'bad-record'])
    const hello = talk.all('server-hello')[0]
    if (!hello) return undefined
    const what = `${protocol} ${suiteName(hello.hello.cipherSuite)}: ${talk.events.map(show).join(', ')}`
    assert.ok(talk.all('connected')[0], what)
    assert.deepEqual(talk.events.filter(isWrong), [], what)
    talk.send(talk.session.write(REQUEST))
    assert.ok(await talk.first(['application-data']), `no answer with ${what}`)
    return hello.hello.cipherSuite
  } finally {
    talk.close()
  }
}

/** A signature or a Finished that is not what it should be. */
function isWrong(event: SessionEvent): boolean {
  if (event.kind === 'finished') return !event.valid
  if (event.kind === 'server-key-exchange') return event.signatureValid !== true && event.signatureValid !== 'not-signed'
  return event.kind === 'certificate-verify' && event.signatureValid !== true
}

const OPENSSL_EVERYTHING = { ciphers: 'ALL:COMPLEMENTOFALL', securityLevel: 0 } as const

/** What `openssl ciphers` says that a server with these certificates can speak. */
function opensslSuites(protocol: SessionProtocol, authentications: readonly string[]): CipherSuite[] {
  const version = protocol.toLowerCase().replace('v', '').replace('.', '_')
  const list = execFileSync('openssl', ['ciphers', '-s', `-${version}`, 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'], { encoding: 'utf8' })
  return list
    .trim()
    .split(':')
    .map((name) => suiteByName(name)!)
    .filter((suite) => canSpeakSuite(suite) && authentications.includes(suite.au))
}

describe('ClientSession carries a handshake and data with every suite of OpenSSL', { skip: needPeer('openssl') }, () => {
  for (const [certificates, authentications] of [
    [
      ['rsa', 'ecdsa'],
      ['RSA', 'ECDSA', 'anon'],
    ],
    [['dsa'], ['DSS', 'anon']],
  ] as const) {
    test(`with certificates ${certificates.join(' and ')}`, async (t) => {
      const peer = await startPeer('openssl', { ...OPENSSL_EVERYTHING, certificates }, t)
      for (const protocol of ['TLSv1', 'TLSv1.1', 'TLSv1.2'] as const) {
        const names = (codes: Iterable<number>): string[] => [...codes].map(suiteName).sort()
        const expected = opensslSuites(protocol, authentications).map((suite) => suite.code)
        assert.ok(expected.length > 10)
        assert.deepEqual(names(await speakAll(peer.doors.tls, protocol)), names(expected))
      }
    })
  }

  test('with all five of TLS 1.3', async (t) => {
    const ciphersuites =
      'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256'
    const peer = await startPeer('openssl', { ciphersuites, securityLevel: 0 }, t)
    assert.deepEqual(await speakAll(peer.doors.tls, 'TLSv1.3'), new Set([0x1301, 0x1302, 0x1303, 0x1304, 0x1305]))
  })
})

/** A server of another stack, how many suites it is known to have in each version, and some that it has and others have not. */
interface Row {
  readonly name: PeerName
  readonly why: string
  readonly start: (t: TestContext) => Promise<number>
  readonly atLeast: Readonly<Partial<Record<SessionProtocol, number>>>
  readonly among: readonly string[]
}

const NSS_SUITES = [
  0x0001, 0x0002, 0x0004, 0x0005, 0x0009, 0x000a, 0x0015, 0x0016, 0x002f, 0x0033, 0x0035, 0x0039, 0x0041, 0x0045, 0x0084, 0x0088, 0x009c,
  0xc010, 0xc011, 0xc012, 0xc013, 0xc014, 0xc02f, 0xcca8,
]

const GNUTLS_EVERYTHING =
  'NORMAL:+ARCFOUR-128:+3DES-CBC:+NULL:+MD5:+ANON-DH:+ANON-ECDH:+SHA256:+SHA384:+CAMELLIA-128-CBC:+CAMELLIA-256-CBC:+AES-128-CCM-8:+AES-256-CCM-8'

async function startJsse(t: TestContext): Promise<number> {
  const versions = ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
  return (await startPeer('jsse', { versions, ciphers: 'all', certificates: ['rsa', 'ecdsa', 'dsa'] }, t)).doors.tls
}

const ROWS: readonly Row[] = [
  {
    name: 'jsse',
    why: 'the only one left with SSLv3, EXPORT and static ECDH together',
    start: startJsse,
    atLeast: { SSLv3: 52, TLSv1: 52, 'TLSv1.1': 46, 'TLSv1.2': 78, 'TLSv1.3': 3 },
    among: [
      'TLS_RSA_EXPORT_WITH_RC4_40_MD5',
      'TLS_RSA_EXPORT_WITH_DES40_CBC_SHA',
      'TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA',
      'TLS_DH_anon_EXPORT_WITH_RC4_40_MD5',
      'TLS_DHE_DSS_WITH_DES_CBC_SHA',
      'TLS_ECDH_ECDSA_WITH_RC4_128_SHA',
      'TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256',
      'TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA',
    ],
  },
  {
    name: 'gnutls',
    why: 'CCM, Camellia and encrypt-then-MAC of another hand',
    start: async (t) => (await startPeer('gnutls', { ciphers: GNUTLS_EVERYTHING, certificates: ['rsa', 'ecdsa'] }, t)).doors.tls,
    atLeast: { TLSv1: 35, 'TLSv1.1': 35, 'TLSv1.2': 81 },
    among: ['TLS_RSA_WITH_NULL_MD5', 'TLS_DH_anon_WITH_RC4_128_MD5', 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8'],
  },
  {
    name: 'gnutls',
    why: 'its TLS 1.3, which it drops when it is given NULL',
    start: async (t) => (await startPeer('gnutls', { ciphers: 'NORMAL:+AES-128-CCM-8' }, t)).doors.tls,
    atLeast: { 'TLSv1.3': 5 },
    among: ['TLS_AES_128_CCM_8_SHA256'],
  },
  {
    name: 'nss',
    why: 'SSLv3 of another hand',
    start: async (t) => (await startPeer('nss', { versions: ['ssl3', 'tls1.2'], suites: NSS_SUITES, dhe: 'any' }, t)).doors.tls,
    atLeast: { SSLv3: 16, TLSv1: 21, 'TLSv1.1': 21, 'TLSv1.2': 24 },
    among: ['TLS_RSA_WITH_RC4_128_MD5', 'TLS_DHE_RSA_WITH_DES_CBC_SHA', 'TLS_RSA_WITH_CAMELLIA_256_CBC_SHA'],
  },
  {
    name: 'nss',
    why: 'its TLS 1.3, which it cannot have beside SSLv3',
    start: async (t) => (await startPeer('nss', { versions: ['tls1.2', 'tls1.3'] }, t)).doors.tls,
    atLeast: { 'TLSv1.3': 3 },
    among: [],
  },
  {
    name: 'node8',
    why: 'OpenSSL 1.0.2, before extended master secrets, encrypt-then-MAC and X25519',
    start: async (t) => {
      const settings = { ciphers: 'ALL:COMPLEMENTOFALL', certificates: ['rsa', 'ecdsa'], dh: 'own-1024' } as const
      return (await startPeer('node8', settings, t)).doors.tls
    },
    atLeast: { TLSv1: 40, 'TLSv1.1': 40, 'TLSv1.2': 65 },
    among: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'],
  },
  {
    name: 'node24',
    why: 'OpenSSL 3.5',
    start: async (t) => {
      const settings = { ...OPENSSL_EVERYTHING, protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], dhAuto: true } as const
      return (await startPeer('node24', { ...settings, certificates: ['rsa', 'ecdsa'] }, t)).doors.tls
    },
    atLeast: { TLSv1: 23, 'TLSv1.1': 23, 'TLSv1.2': 77, 'TLSv1.3': 3 },
    among: ['TLS_DHE_RSA_WITH_ARIA_256_GCM_SHA384'],
  },
  {
    name: 'lighttpdMbedtls',
    why: 'mbedTLS',
    start: async (t) => Object.values(await startPeer('lighttpdMbedtls', {}, t).then((peer) => peer.doors))[0] ?? 0,
    atLeast: { 'TLSv1.2': 4 },
    among: ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'],
  },
  {
    name: 'lighttpdWolfssl',
    why: 'wolfSSL',
    start: async (t) => Object.values(await startPeer('lighttpdWolfssl', {}, t).then((peer) => peer.doors))[0] ?? 0,
    atLeast: { 'TLSv1.2': 4, 'TLSv1.3': 4 },
    among: ['TLS_AES_128_CCM_SHA256', 'TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256'],
  },
]

describe('ClientSession carries a handshake and data with every suite of', () => {
  for (const { name, why, start, atLeast, among } of ROWS) {
    test(`${name}: ${why}`, { skip: needPeer(name) }, async (t) => {
      const port = await start(t)
      const names = new Set<string>()
      for (const [protocol, count] of Object.entries(atLeast) as [SessionProtocol, number][]) {
        const spoken = await speakAll(port, protocol)
        for (const code of spoken) names.add(suiteName(code))
        assert.ok(spoken.size >= count, `${protocol}: ${spoken.size} of ${count}: ${[...spoken].map(suiteName).join(' ')}`)
        t.diagnostic(`${protocol}: ${spoken.size} suites`)
      }
      assert.deepEqual(
        among.filter((suite) => !names.has(suite)),
        [],
      )
    })
  }
})
