import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { groupByName, signatureScheme, suiteByName, type ProtocolName } from '../../registry/index.ts'
import { expand } from '../expand.ts'
import { cataloguedClients, cataloguedServers, clientFamilies, oldClients, oldServers, serverFamilies } from './catalogue.ts'
import type { HandshakeClient, HandshakeServer } from './ends.ts'
import { helloOf, negotiate } from './negotiate.ts'

const peers = [...cataloguedClients(), ...cataloguedServers()]

function client(name: string): HandshakeClient {
  const row = cataloguedClients().find((one) => one.name === name)
  assert.ok(row, name)
  return row.client
}

const RSA = [{ keyType: 'RSA', keyBits: 2048 }] as const
const ECDSA = [{ keyType: 'ECDSA', keyBits: 256, curve: 'secp256r1' }] as const

function server(versions: readonly ProtocolName[], suites: readonly string[], more: Partial<HandshakeServer> = {}): HandshakeServer {
  return { stack: 'specification', versions, suites, order: 'server', certificates: RSA, ...more }
}

describe('every row of the catalogue', () => {
  test('has a name of its own among its kind', () => {
    for (const rows of [cataloguedClients(), cataloguedServers()]) assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length)
  })

  for (const { name, sources, uses, certainty, note, ...row } of peers) {
    test(`${name} says where it comes from, in names that the registry knows`, () => {
      assert.ok(sources.length > 0)
      for (const source of sources) assert.match(source, /^https?:\/\/[\w.-]+\//)
      assert.ok(uses.length > 0)
      assert.equal(new Set(uses).size, uses.length)
      const end = 'client' in row ? row.client : row.server
      for (const suite of end.suites) assert.ok(suiteByName(suite), suite)
      for (const group of end.groups ?? []) assert.ok(groupByName(group), group)
      for (const scheme of end.signatureSchemes ?? [])
        assert.ok(
          signatureScheme.names.some((one) => one === scheme),
          scheme,
        )
      assert.equal(new Set(end.suites).size, end.suites.length, 'a suite is there once')
      assert.ok(end.suites.length > 0 || row.more?.includes('suites'), 'no suites are known only where that is said')
      if (certainty === 'inferred') assert.ok((note ?? '') !== '' || name.includes('Exchange'), 'what it is inferred from is said')
    })
  }

  test('of clients with known suites says something', () => {
    for (const { name, client: end } of cataloguedClients()) if (end.suites.length > 0) assert.ok(!('agreed' in helloOf(end)), name)
  })

  test('is in one family, and every certainty and use is there', () => {
    assert.equal(clientFamilies().flatMap(({ rows }) => rows).length, cataloguedClients().length)
    assert.equal(serverFamilies().flatMap(({ rows }) => rows).length, cataloguedServers().length)
    assert.deepEqual([...new Set(peers.map(({ certainty }) => certainty))].toSorted(), ['documented', 'inferred', 'measured'])
    assert.deepEqual([...new Set(peers.flatMap(({ uses }) => uses))].toSorted(), ['ftp', 'mail', 'smtp', 'web'])
  })

  test('is the same object at every call', () => {
    assert.equal(cataloguedClients(), cataloguedClients())
    assert.equal(cataloguedServers()[0], cataloguedServers()[0])
  })
})

const ECDHE_GCM = server(['TLSv1.2'], expand('TLS_ECDHE_RSA_WITH_AES_{128_GCM_SHA256,256_GCM_SHA384}'))
const ECDHE_ECDSA_GCM = server(['TLSv1.2'], expand('TLS_ECDHE_ECDSA_WITH_AES_{128_GCM_SHA256,256_GCM_SHA384}'), { certificates: ECDSA })
const DHE_GCM = server(['TLSv1.2'], ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'], { dh: 2048 })
const DHE_2048 = server(['TLSv1'], ['TLS_DHE_RSA_WITH_AES_128_CBC_SHA', 'TLS_RSA_WITH_AES_128_CBC_SHA'], { dh: 2048, sslv2Hello: true })
const DHE_1024 = { ...DHE_2048, dh: 1024 }
const STATIC_RSA = server(['TLSv1', 'TLSv1.1', 'TLSv1.2'], ['TLS_RSA_WITH_AES_128_CBC_SHA'], { sslv2Hello: true })
const ONLY_1_3 = server(['TLSv1.3'], ['TLS_AES_128_GCM_SHA256'])

/** A suite where it agrees, a reason where it does not. */
const OUTCOMES: readonly (readonly [why: string, client: string, server: HandshakeServer, expected: string])[] = [
  ['Microsoft lists no ECDHE with RSA and GCM for Windows 7', 'Internet Explorer 11 on Windows 7', ECDHE_GCM, 'suites'],
  ['nor for Windows 8.1', 'Internet Explorer 11 on Windows 8.1', ECDHE_GCM, 'suites'],
  ['with DHE it does', 'Internet Explorer 11 on Windows 7', DHE_GCM, 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'],
  ['with ECDSA it does', 'Internet Explorer 11 on Windows 7', ECDHE_ECDSA_GCM, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
  ['Windows 10 has it', 'Internet Explorer 11 and the first Edge on Windows 10', ECDHE_GCM, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
  ['no TLS 1.2 without the update', 'Internet Explorer 8 to 10 on Windows 7', ECDHE_GCM, 'version'],
  [
    'no TLS 1.2 without the registry',
    'Outlook 2010 and 2013 on Windows 7, without DefaultSecureProtocols in the registry',
    DHE_GCM,
    'version',
  ],
  [
    'TLS 1.2 with the registry',
    'Outlook on Windows 7, with TLS 1.2 turned on in the registry',
    DHE_GCM,
    'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256',
  ],
  ['its 3DES is broken and RC4 is gone', 'Exchange on Windows Server 2003', STATIC_RSA, 'suites'],
  ['off by default', 'Exchange 2010 on Windows Server 2008 R2', ECDHE_GCM, 'version'],
  ['XP has no AES', 'Internet Explorer 8 on Windows XP with Service Pack 3', STATIC_RSA, 'suites'],
  ['the modulus cannot be computed with', 'Java 6', DHE_2048, 'dh-size'],
  ['1024 bits can', 'Java 6', DHE_1024, 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA'],
  ['the hello has the format of SSL 2.0', 'Java 6', { ...DHE_1024, sslv2Hello: false }, 'sslv2-hello'],
  ['the same without that format', 'Java 7', DHE_2048, 'dh-size'],
  ['TLS 1.2 is off in clients', 'Java 7', ECDHE_GCM, 'version'],
  ['2048 bits are taken', 'Java 8 before update 161', { ...DHE_2048, dh: 2048 }, 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA'],
  ['4096 bits are not', 'Java 8 before update 161', { ...DHE_2048, dh: 4096 }, 'dh-size'],
  ['static RSA is off', 'Java 25', STATIC_RSA, 'suites'],
  ['static RSA is on', 'Java 17', STATIC_RSA, 'TLS_RSA_WITH_AES_128_CBC_SHA'],
  ['TLS 1.2 is off', 'Android 4.0 to 4.4', ECDHE_GCM, 'version'],
  ['TLS 1.2 is on', 'Android 5 and 6', ECDHE_GCM, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
  ['no curves', 'OpenSSL 0.9.8 (RHEL 5, Mac OS X, old appliances)', server(['TLSv1'], ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA']), 'suites'],
  ['level 2 takes nothing older than TLS 1.2', 'OpenSSL 3.5', server(['TLSv1'], ['TLS_RSA_WITH_AES_128_CBC_SHA']), 'version'],
  ['1024 bits are too few for level 2', 'OpenSSL 3.0 of Debian 12 (curl, Python and others)', { ...DHE_GCM, dh: 1024 }, 'dh-size'],
  ['Google’s page', 'Gmail and Google Workspace, delivering', ECDHE_GCM, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
  ['Google’s page, old servers', 'Gmail and Google Workspace, delivering', STATIC_RSA, 'TLS_RSA_WITH_AES_128_CBC_SHA'],
  ['Microsoft turned TLS 1.0 and 1.1 off', 'Microsoft 365 and Outlook.com, delivering', DHE_2048, 'version'],
  ['TLS 1.3', 'Microsoft 365 and Outlook.com, delivering', ONLY_1_3, 'TLS_AES_128_GCM_SHA256'],
  ['static RSA is all it has', 'Ricoh printers with 16S and 17S controllers, scanning to mail', ECDHE_GCM, 'suites'],
  [
    'static RSA is all it has, and all it needs',
    'Ricoh printers with 16S and 17S controllers, scanning to mail',
    STATIC_RSA,
    'TLS_RSA_WITH_AES_128_CBC_SHA',
  ],
  ['nothing newer', 'Thunderbird 153', ONLY_1_3, 'TLS_AES_128_GCM_SHA256'],
  [
    'no CBC with ECDSA and 128 bits',
    'Thunderbird 153',
    server(['TLSv1.2'], ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'], { dh: 2048 }),
    'suites',
  ],
]

describe('what is known to happen', () => {
  for (const [why, name, end, expected] of OUTCOMES) {
    test(`${name}, ${expected}: ${why}`, () => {
      const outcome = negotiate(client(name), end)
      const got = outcome.agreed ? outcome.suite : outcome.reason
      assert.equal(got, expected, outcome.agreed ? '' : outcome.why)
    })
  }

  test('a client of today delivers to every server but the oldest', () => {
    const today = client('OpenSSL 3.0 of Debian 12 (curl, Python and others)')
    const refusing = cataloguedServers().filter((row) => !negotiate(today, row.server).agreed)
    for (const { name } of refusing) assert.match(name, /Windows Server 200[38]|OpenSSL 0\.9\.8/)
  })
})

describe('the old ones', () => {
  test('are all that speak nothing newer than TLS 1.2', () => {
    const without13 = cataloguedClients().filter(({ client: { versions } }) => !versions.includes('TLSv1.3'))
    assert.deepEqual(oldClients(), without13)
    assert.ok(oldServers().length > 0 && oldServers().every(({ server: { versions } }) => !versions.includes('TLSv1.3')))
  })

  test('are those that come for what is asked', () => {
    const names = oldClients(['smtp']).map(({ name }) => name)
    assert.ok(names.includes('Exchange 2010 on Windows Server 2008 R2') && names.includes('Java 6'), names.join())
    assert.ok(!names.some((name) => name.includes('Internet Explorer')), names.join())
    assert.deepEqual(oldServers(['web']), [])
  })
})
