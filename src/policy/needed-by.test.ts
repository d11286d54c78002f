import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Finding } from './finding.ts'
import type { FindingId } from './findings.ts'
import { isAnyNeeded, withNeededBy, type NeedyPeer } from './needed-by.ts'
import { oldClients } from './negotiate/catalogue.ts'
import type { Posture } from './posture.ts'
import { offered, OLD, WELL_KEPT } from './testdata/model-postures.ts'

const DHE_ONLY = ['TLS_DHE_RSA_WITH_AES_128_CBC_SHA']

function server(change: Partial<Posture['protocols']>, rest: Partial<Posture> = {}): Posture {
  return { ...WELL_KEPT, sslv2Hello: true, ...rest, protocols: { ...WELL_KEPT.protocols, ...change } }
}

function finding(id: FindingId, subjects: readonly string[] = [], verdict: Finding['verdict'] = 'bad'): Finding {
  return { id, verdict, fact: 'It is so.', subjects, rules: [] }
}

function needed(
  id: FindingId,
  posture: Posture,
  suites: readonly string[] = [],
  peers: readonly NeedyPeer[] = oldClients(),
): readonly string[] {
  return withNeededBy([finding(id, suites)], posture, peers)[0]?.neededBy ?? []
}

describe('withNeededBy()', () => {
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
    ['it has TLS 1.2', 'protocol-tls1-0', tls10, [], 'Outlook on Windows 8.1', false],
    ['3DES is all they share', 'suites-3des', tls10, ['TLS_RSA_WITH_3DES_EDE_CBC_SHA'], 'Service Pack 3', true],
    ['SWEET32 ends with 3DES too', 'sweet32', tls10, [], 'Service Pack 3', true],
    ['it has AES', 'suites-3des', tls10, ['TLS_RSA_WITH_3DES_EDE_CBC_SHA'], 'Java 7', false],
    [
      'GCM with an RSA certificate is beyond it',
      'suites-cbc',
      windows7,
      ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256'],
      'Outlook on Windows 8.1',
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
      const names = needed(id, posture, suites)
      assert.equal(
        names.some((name) => name.includes(client)),
        needs,
        names.join(', '),
      )
    })
  }

  test('a server loses with TLS 1.0 those that have nothing newer, but not those that can fall back to SSL 3.0', () => {
    const lost = needed('protocol-tls1-0', server({ TLSv1: OLD.protocols.TLSv1 }))
    const newest = (name: string): string | undefined =>
      oldClients()
        .find((one) => one.name === name)
        ?.client.versions.at(-1)
    assert.deepEqual([...new Set(lost.map(newest))], ['TLSv1'])
    assert.ok(lost.length > 10, lost.join(', '))
    assert.ok(!needed('protocol-tls1-0', OLD).some((name) => name.includes('OpenSSL 0.9.8')))
  })

  const peer = (more: NeedyPeer['more'], suites: readonly string[]): NeedyPeer => ({
    name: 'X',
    client: { versions: ['TLSv1'], suites },
    ...(more === undefined ? {} : { more }),
  })
  const only3des = server({ TLSv1: offered(['TLS_RSA_WITH_3DES_EDE_CBC_SHA']) })
  const vague: readonly (readonly [why: string, id: FindingId, peer: NeedyPeer, needs: boolean])[] = [
    ['all that it has', 'sweet32', peer(undefined, ['TLS_RSA_WITH_3DES_EDE_CBC_SHA']), true],
    ['it may have other suites', 'sweet32', peer(['suites'], ['TLS_RSA_WITH_3DES_EDE_CBC_SHA']), false],
    ['whatever its suites are, it has no newer version', 'protocol-tls1-0', peer(['suites'], []), true],
    ['it may have newer versions', 'protocol-tls1-0', peer(['versions'], ['TLS_RSA_WITH_3DES_EDE_CBC_SHA']), false],
  ]
  for (const [why, id, one, needs] of vague)
    test(`${id}, ${needs ? 'needed' : 'not needed'}: ${why}`, () => assert.deepEqual(needed(id, only3des, [], [one]), needs ? ['X'] : []))

  test('what is good is no finding that takes anything away', () => {
    const good = [finding('protocol-tls1-0', [], 'good'), finding('certificate-trust')]
    assert.deepEqual(withNeededBy(good, tls10, oldClients()), good)
    assert.deepEqual([isAnyNeeded(good), isAnyNeeded([finding('protocol-tls1-0', [], 'weak')])], [false, true])
  })
})
