/** Real servers that ask for client certificates: what is told of that, and that nothing is called good for which one would be needed. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { measure } from '../../src/audit/index.ts'
import { tls } from '../../src/dialects/index.ts'
import { needPeer, SERVER_NAME, startPeer, type PeerName } from '../peers/index.ts'

interface Row {
  readonly why: string
  readonly peer: PeerName
  readonly start: (t: TestContext) => Promise<number>
  readonly is: 'required' | 'requested' | 'not-requested'
}

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const

const openssl =
  (protocols: readonly (typeof VERSIONS)[number][], ...more: readonly string[]) =>
  async (t: TestContext): Promise<number> =>
    (await startPeer('openssl', { protocols, more, ciphers: 'ALL', securityLevel: 1 }, t)).doors.tls

const gnutls =
  (protocols: readonly (typeof VERSIONS)[number][], clientCertificates?: 'ask' | 'require') =>
  async (t: TestContext): Promise<number> =>
    (await startPeer('gnutls', { protocols, ...(clientCertificates === undefined ? {} : { clientCertificates }) }, t)).doors.tls

const nginx =
  (protocols: readonly (typeof VERSIONS)[number][], verifyClient: 'optional' | 'on') =>
  async (t: TestContext): Promise<number> =>
    (await startPeer('nginx', { protocols, verifyClient }, t)).doors.https

const ROWS: readonly Row[] = VERSIONS.flatMap((version): readonly Row[] => [
  { why: `s_server, ${version}`, peer: 'openssl', start: openssl([version]), is: 'not-requested' },
  { why: `s_server -verify 1, ${version}`, peer: 'openssl', start: openssl([version], '-verify', '1'), is: 'requested' },
  { why: `s_server -Verify 1, ${version}`, peer: 'openssl', start: openssl([version], '-Verify', '1'), is: 'required' },
  { why: `gnutls-serv --disable-client-cert, ${version}`, peer: 'gnutls', start: gnutls([version]), is: 'not-requested' },
  { why: `gnutls-serv, ${version}`, peer: 'gnutls', start: gnutls([version], 'ask'), is: 'requested' },
  { why: `gnutls-serv --require-client-cert, ${version}`, peer: 'gnutls', start: gnutls([version], 'require'), is: 'required' },
  { why: `ssl_verify_client optional, ${version}`, peer: 'nginx', start: nginx([version], 'optional'), is: 'requested' },
  { why: `ssl_verify_client on, which refuses in HTTP, ${version}`, peer: 'nginx', start: nginx([version], 'on'), is: 'requested' },
])

/** What takes a whole handshake. */
const OF_SESSIONS = ['clientRenegotiation', 'sessionIdResumption', 'ticketResumption', 'pskResumption', 'earlyData'] as const

for (const { why, peer, start, is } of ROWS) {
  test(`${why}: ${is}`, { skip: needPeer(peer), timeout: 60_000 }, async (t) => {
    const port = await start(t)
    const door = { address: '127.0.0.1', port, dialect: tls, beginning: 'implicit', serverName: SERVER_NAME } as const
    const { posture, evidence, problem } = await measure(door, { parallel: 8, timeout: 30_000, now: new Date() })
    assert.equal(problem, undefined)
    assert.equal(posture.features.clientCertificate, is)
    const proof = evidence.find(({ fact }) => fact === 'features.clientCertificate')
    assert.match(proof?.asked ?? '', is === 'not-requested' ? /without CertificateRequest/ : /empty Certificate/)
    const known = is === 'required' ? ['unknown', 'not-applicable'] : [true, false, 'not-applicable']
    for (const name of OF_SESSIONS) assert.ok(known.includes(posture.features[name]), `${name}: ${String(posture.features[name])}`)
    assert.ok(known.includes(posture.flaws.robot), `robot: ${String(posture.flaws.robot)}`)
    // These need no more than a ServerHelloDone, or a ServerHello.
    for (const fact of [posture.flaws.ccsInjection, posture.flaws.heartbleed, posture.features.compression]) {
      assert.equal(fact, posture.protocols['TLSv1.2'].offered === true ? false : 'not-applicable')
    }
  })
}
