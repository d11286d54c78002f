import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { suiteByName } from '../registry/index.ts'
import { clientsThatNeed } from './clients-needing.ts'
import type { FindingId } from './findings.ts'
import { KNOWN_CLIENTS } from './known-clients.ts'
import type { Posture } from './posture.ts'
import { offered, OLD, WELL_KEPT } from './testdata/model-postures.ts'
import { suiteIs } from './suite-classes.ts'

const DHE_ONLY = ['TLS_DHE_RSA_WITH_AES_128_CBC_SHA']

function server(change: Partial<Posture['protocols']>, rest: Partial<Posture> = {}): Posture {
  return { ...WELL_KEPT, sslv2Hello: true, ...rest, protocols: { ...WELL_KEPT.protocols, ...change } }
}

describe('clientsThatNeed()', () => {
  const tls10 = server({ TLSv1: offered(['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'TLS_RSA_WITH_3DES_EDE_CBC_SHA']) })
  const windows7 = server({ 'TLSv1.2': offered(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256']) })
  const dh1024 = server({ TLSv1: offered(DHE_ONLY) }, { dh: { bits: 1024, prime: 'custom', all: [], reused: false } })
  const dh2048 = server({ TLSv1: offered(DHE_ONLY) }, { dh: { bits: 2048, prime: 'custom', all: [], reused: false } })

  const rows: readonly (readonly [
    why: string,
    id: FindingId,
    posture: Posture,
    suites: readonly string[],
    client: string,
    needs: boolean,
  ])[] = [
    ['TLS 1.0 is its newest', 'protocol-tls1-0', tls10, [], 'Java 7', true],
    ['BEAST ends with TLS 1.0 too', 'beast', tls10, [], 'Java 7', true],
    ['it has TLS 1.2', 'protocol-tls1-0', tls10, [], 'Windows 7 to 8.1', false],
    ['3DES is all they share', 'suites-3des', tls10, ['TLS_RSA_WITH_3DES_EDE_CBC_SHA'], 'Service Pack 3', true],
    ['SWEET32 ends with 3DES too', 'sweet32', tls10, [], 'Service Pack 3', true],
    ['it has AES', 'suites-3des', tls10, ['TLS_RSA_WITH_3DES_EDE_CBC_SHA'], 'Java 7', false],
    [
      'GCM with an RSA certificate is beyond it',
      'suites-cbc',
      windows7,
      ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256'],
      'Windows 7 to 8.1',
      true,
    ],
    ['it could not connect before', 'suites-cbc', windows7, ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256'], 'Java 7', false],
    ['a larger group is too large for it', 'dh-size', dh1024, [], 'Java 7', true],
    ['a larger group is fine for it', 'dh-size', dh1024, [], 'OpenSSL 0.9.8', false],
    ['it cannot connect as it is', 'protocol-tls1-0', dh2048, [], 'Java 7', false],
    ['its hello is of today’s format', 'sslv2-hello', tls10, [], 'Java 7', false],
    ['its hello has the old format', 'sslv2-hello', server({ TLSv1: offered(['TLS_RSA_WITH_AES_128_CBC_SHA']) }), [], 'Java 6', true],
    ['nothing is taken away', 'certificate-trust', tls10, [], 'Java 7', false],
  ]
  for (const [why, id, posture, suites, client, needs] of rows) {
    test(`${client} ${needs ? 'needs' : 'does not need'} what ${id} is about: ${why}`, () => {
      const names = clientsThatNeed(id, posture, suites)
      assert.equal(
        names.some((name) => name.includes(client)),
        needs,
        names.join(', '),
      )
    })
  }

  test('a server would lose all old clients with TLS 1.0, but not those that can fall back to SSL 3.0', () => {
    assert.equal(clientsThatNeed('protocol-tls1-0', server({ TLSv1: OLD.protocols.TLSv1 }), []).length, 8)
    assert.ok(!clientsThatNeed('protocol-tls1-0', OLD, []).includes('Programs with OpenSSL 0.9.8'))
  })
})

describe('KNOWN_CLIENTS', () => {
  test('have a source, a version and suites that there are and that their newest version can use', () => {
    for (const { name, source, protocols, suites } of KNOWN_CLIENTS) {
      assert.match(source, /^https:\/\//, name)
      assert.ok(protocols.length > 0 && suites.length > 0, name)
      for (const suite of suites) assert.ok(suiteByName(suite)?.iana === suite && !suiteIs(suite, 'tls1.3'), `${name}: ${suite}`)
      assert.equal(new Set(suites).size, suites.length, name)
    }
  })
})
