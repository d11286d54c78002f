import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { alertDescription, cipherSuites, groups, PROTOCOLS, signatureScheme } from '../../registry/index.ts'
import { oldClients } from './catalogue.ts'
import { forEachProtocol, refusedProtocol, unknownPosture } from '../unknown-posture.ts'
import type { HandshakeClient, HandshakeServer } from './ends.ts'
import { clientOfPosture, handshakeServerOf } from './from-posture.ts'
import { negotiate } from './negotiate.ts'
import type { Agreement, Refusal } from './outcome.ts'
import { STACKS, type StackName } from './stacks.ts'

const RSA = { keyType: 'RSA', keyBits: 2048 } as const
const P384 = { keyType: 'ECDSA', keyBits: 384, curve: 'secp384r1' } as const
const ED25519 = { keyType: 'Ed25519', keyBits: 256 } as const

const TLS13 = 'TLS_AES_128_GCM_SHA256'
const CHACHA = 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'
const GCM = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'
const ECDHE_ECDSA = 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'
const ECDHE_RSA = 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'
const DHE_RSA = 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA'
const STATIC_RSA = 'TLS_RSA_WITH_AES_128_CBC_SHA'

const client: HandshakeClient = {
  stack: 'specification',
  versions: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
  suites: [TLS13, GCM, CHACHA, ECDHE_ECDSA, ECDHE_RSA, DHE_RSA, STATIC_RSA],
}
const server: HandshakeServer = { ...client, order: 'server', certificates: [RSA], dh: 2048 }

type Expected = Partial<Omit<Agreement, 'agreed'> & Omit<Refusal, 'agreed' | 'why'>> & { readonly agreed: boolean }
type Row = readonly [why: string, client: Partial<HandshakeClient>, server: Partial<HandshakeServer>, expected: Expected]

const rows: readonly Row[] = [
  ['the newest version of both', {}, { versions: ['TLSv1', 'TLSv1.2'] }, { agreed: true, version: 'TLSv1.2' }],
  [
    'below a hole of the server',
    { versions: ['TLSv1', 'TLSv1.1'] },
    { versions: ['TLSv1', 'TLSv1.2'] },
    { agreed: true, version: 'TLSv1' },
  ],
  [
    'a hole of the client is told in supported_versions, RFC 8446 §4.2.1',
    { versions: ['TLSv1.1', 'TLSv1.3'] },
    { versions: ['TLSv1.1'] },
    { agreed: true, version: 'TLSv1.1' },
  ],
  [
    'and cannot be told without it',
    { versions: ['TLSv1', 'TLSv1.2'] },
    { versions: ['TLSv1.1'] },
    { agreed: false, by: 'client', alert: 'protocol_version', reason: 'version' },
  ],
  [
    'no version in common',
    { versions: ['TLSv1'] },
    { versions: ['TLSv1.2'] },
    { agreed: false, by: 'server', alert: 'protocol_version', reason: 'version' },
  ],
  [
    'the signal of a downgrade, RFC 8446 §4.1.3',
    { versions: ['TLSv1', 'TLSv1.2'] },
    { versions: ['TLSv1', 'TLSv1.3'] },
    { agreed: false, by: 'client', alert: 'illegal_parameter' },
  ],
  [
    'SSL 3.0',
    { versions: ['SSLv3'], suites: [STATIC_RSA] },
    { versions: ['SSLv3'] },
    { agreed: true, version: 'SSLv3', suite: STATIC_RSA },
  ],
  [
    'the order of the server',
    { versions: ['TLSv1.2'], suites: [STATIC_RSA, GCM] },
    { suites: [TLS13, GCM, STATIC_RSA] },
    { agreed: true, suite: GCM },
  ],
  [
    'the order of the client',
    { versions: ['TLSv1.2'], suites: [STATIC_RSA, GCM] },
    { order: 'client' },
    { agreed: true, suite: STATIC_RSA },
  ],
  ['ChaCha20 moved up', { versions: ['TLSv1.2'], suites: [CHACHA, GCM] }, { prioritizeChaCha: true }, { agreed: true, suite: CHACHA }],
  ['ChaCha20 not first', { versions: ['TLSv1.2'], suites: [GCM, CHACHA] }, { prioritizeChaCha: true }, { agreed: true, suite: GCM }],
  [
    'no suite in common',
    { versions: ['TLSv1.2'], suites: [CHACHA] },
    { suites: [TLS13, GCM] },
    { agreed: false, by: 'server', alert: 'handshake_failure', reason: 'suites' },
  ],
  ['GCM is not for TLS 1.1, RFC 5288 §4', { versions: ['TLSv1.1'] }, {}, { agreed: true, suite: ECDHE_RSA }],
  [
    'the first group of the server',
    { versions: ['TLSv1.2'], groups: ['x25519', 'secp256r1'] },
    { groups: ['secp256r1', 'x25519'] },
    { agreed: true, group: 'secp256r1' },
  ],
  [
    'a share rather than another hello',
    { groups: ['x25519', 'secp256r1'], keyShares: ['x25519'] },
    { groups: ['secp256r1', 'x25519'] },
    { agreed: true, group: 'x25519', retried: false },
  ],
  [
    'another hello, RFC 8446 §4.1.4',
    { groups: ['x25519', 'secp256r1'] },
    { groups: ['secp256r1'] },
    { agreed: true, group: 'secp256r1', retried: true },
  ],
  ['no group in TLS 1.3', { groups: ['x25519'] }, { groups: ['secp256r1'] }, { agreed: false, by: 'server', reason: 'groups' }],
  [
    'no curve in TLS 1.2, but DHE',
    { versions: ['TLSv1.2'], groups: ['x25519'] },
    { groups: ['secp256r1'] },
    { agreed: true, suite: DHE_RSA, dhBits: 2048 },
  ],
  [
    'DHE is off',
    { versions: ['TLSv1.2'], suites: [DHE_RSA, STATIC_RSA] },
    { certificates: [RSA], suites: [DHE_RSA, STATIC_RSA], dh: 'auto' },
    { agreed: true, suite: DHE_RSA },
  ],
  [
    'a modulus too large for Java 6',
    { versions: ['TLSv1'], suites: [DHE_RSA], maxDhBits: 1024 },
    {},
    { agreed: false, by: 'client', reason: 'dh-size' },
  ],
  [
    'a modulus too small',
    { versions: ['TLSv1'], suites: [DHE_RSA], minDhBits: 2048 },
    { dh: 1024 },
    { agreed: false, by: 'client', reason: 'dh-size' },
  ],
  [
    'the curve of the certificate is not the client’s, RFC 8422 §5.3',
    { versions: ['TLSv1.2'], groups: ['secp256r1'], suites: [ECDHE_ECDSA] },
    { certificates: [P384] },
    { agreed: false, by: 'server', reason: 'signature' },
  ],
  ['which TLS 1.3 does not ask', { groups: ['secp256r1'] }, { certificates: [P384] }, { agreed: true, certificate: P384 }],
  [
    'ECDSA and RSA by suite',
    { versions: ['TLSv1.2'], suites: [ECDHE_ECDSA, GCM] },
    { certificates: [RSA, P384], suites: [ECDHE_ECDSA, GCM] },
    { agreed: true, certificate: P384 },
  ],
  [
    'Ed25519 is for TLS 1.2, RFC 8422 §5.1.1',
    { versions: ['TLSv1.2'], suites: [ECDHE_ECDSA] },
    { certificates: [ED25519] },
    { agreed: true, signatureScheme: 'ed25519' },
  ],
  [
    'and not for older ones',
    { versions: ['TLSv1.1'], suites: [ECDHE_ECDSA] },
    { certificates: [ED25519] },
    { agreed: false, by: 'server', reason: 'signature' },
  ],
  [
    'MD5 with SHA-1 before TLS 1.2, RFC 4346 §7.4.3',
    { versions: ['TLSv1.1'] },
    {},
    { agreed: true, signatureScheme: 'rsa_pkcs1_md5_sha1' },
  ],
  [
    'no scheme in common',
    { versions: ['TLSv1.3'], signatureSchemes: ['ed25519'] },
    {},
    { agreed: false, by: 'server', alert: 'handshake_failure', reason: 'signature' },
  ],
  [
    'PKCS #1 signs no TLS 1.3, RFC 8446 §4.2.3',
    { signatureSchemes: ['rsa_pkcs1_sha256'] },
    {},
    { agreed: false, by: 'server', reason: 'signature' },
  ],
  [
    'an anonymous suite',
    { versions: ['TLSv1.2'], suites: ['TLS_ECDH_anon_WITH_AES_128_CBC_SHA'] },
    { suites: ['TLS_ECDH_anon_WITH_AES_128_CBC_SHA'], certificates: [] },
    { agreed: true, suite: 'TLS_ECDH_anon_WITH_AES_128_CBC_SHA' },
  ],
  [
    'a fallback that was not needed, RFC 7507 §3',
    { versions: ['TLSv1.2'], fallback: true },
    {},
    { agreed: false, by: 'server', alert: 'inappropriate_fallback' },
  ],
  ['a fallback that was', { versions: ['TLSv1.2'], fallback: true }, { versions: ['TLSv1.2'] }, { agreed: true }],
  ['ALPN in the server’s order, RFC 7301 §3.2', { alpn: ['http/1.1', 'h2'] }, { alpn: ['h2', 'http/1.1'] }, { agreed: true, alpn: 'h2' }],
  ['no protocol of ALPN', { alpn: ['smtp'] }, { alpn: ['h2'] }, { agreed: false, by: 'server', alert: 'no_application_protocol' }],
  ['no protocol of ALPN, and none needed', { alpn: ['smtp'] }, { alpn: ['h2'], alpnOptional: true }, { agreed: true }],
  [
    'a name that is not served, RFC 6066 §3',
    { serverName: 'a.example' },
    { serverNames: ['b.example'] },
    { agreed: false, by: 'server', alert: 'unrecognized_name' },
  ],
  ['no name', {}, { serverNames: ['b.example'] }, { agreed: true }],
  ['no name where one is required', {}, { nameRequired: true }, { agreed: false, by: 'server', reason: 'server-name' }],
  [
    'the version comes before the name',
    { versions: ['TLSv1'], serverName: 'a.example' },
    { versions: ['TLSv1.3'], serverNames: [] },
    { agreed: false, reason: 'version' },
  ],
  [
    'a hello of SSL 2.0 that is not taken',
    { versions: ['TLSv1'], sslv2Hello: true },
    { sslv2Hello: false },
    { agreed: false, by: 'server', reason: 'sslv2-hello' },
  ],
  ['a hello of SSL 2.0 names no curves', { versions: ['TLSv1'], sslv2Hello: true }, {}, { agreed: true, version: 'TLSv1' }],
  [
    'extended master secret that the server lacks, RFC 7627 §5.2',
    { versions: ['TLSv1.2'], extendedMasterSecret: 'required' },
    { extendedMasterSecret: 'off' },
    { agreed: false, by: 'client', reason: 'extended-master-secret' },
  ],
  [
    'extended master secret that the client lacks',
    { versions: ['TLSv1.2'], extendedMasterSecret: 'off' },
    { extendedMasterSecret: 'required' },
    { agreed: false, by: 'server', reason: 'extended-master-secret' },
  ],
  ['TLS 1.3 has it built in', { extendedMasterSecret: 'required' }, { extendedMasterSecret: 'off' }, { agreed: true, version: 'TLSv1.3' }],
  [
    'secure renegotiation that the client lacks, RFC 5746 §3.6',
    { versions: ['TLSv1.2'], secureRenegotiation: 'off' },
    { secureRenegotiation: 'required' },
    { agreed: false, by: 'server', reason: 'secure-renegotiation' },
  ],
  ['a client without any suite', { suites: [] }, {}, { agreed: false, by: 'client', reason: 'no-hello' }],
]

describe('negotiate() by the specification', () => {
  for (const [why, ours, theirs, expected] of rows) {
    test(why, () => {
      assert.partialDeepStrictEqual(negotiate({ ...client, ...ours }, { ...server, ...theirs }), expected)
    })
  }
})

const names = <T extends string>(list: readonly T[]): fc.Arbitrary<T[]> => fc.uniqueArray(fc.constantFrom(...list), { maxLength: 8 })
const optional = <T>(name: string, values: fc.Arbitrary<T>): fc.Arbitrary<Readonly<Record<string, T>>> =>
  fc.option(values, { nil: undefined }).map((value) => (value === undefined ? {} : { [name]: value }))

const end = fc
  .tuple(
    fc.record({
      stack: fc.constantFrom(...(Object.keys(STACKS) as StackName[])),
      versions: names(PROTOCOLS.filter((name) => name !== 'SSLv2')),
      suites: names(cipherSuites.map(({ iana }) => iana)),
    }),
    optional('groups', names(groups.map(({ name }) => name))),
    optional('signatureSchemes', names(signatureScheme.names)),
    optional('securityLevel', fc.nat(7)),
  )
  .map(([base, ...more]) => Object.assign({}, base, ...more) as HandshakeClient)
const serverEnd: fc.Arbitrary<HandshakeServer> = fc
  .tuple(
    end,
    fc.constantFrom('server', 'client'),
    fc.subarray([RSA, P384, ED25519]),
    optional('dh', fc.constantFrom('auto', 512, 1024, 2048)),
  )
  .map(([base, order, certificates, dh]) => ({ ...base, order, certificates, ...dh }))

describe('negotiate() of anything', () => {
  test('answers, and agrees on nothing that one of them does not have', () => {
    fc.assert(
      fc.property(end, serverEnd, (ours, theirs) => {
        const outcome = negotiate(ours, theirs)
        if (!outcome.agreed) {
          assert.ok(outcome.alert === 'close' || alertDescription.find(outcome.alert) !== undefined)
          assert.match(outcome.why, /\.$/)
          return
        }
        assert.ok(ours.versions.includes(outcome.version) && theirs.versions.includes(outcome.version))
        assert.ok(ours.suites.includes(outcome.suite) && theirs.suites.includes(outcome.suite))
        assert.equal(outcome.certificate === undefined || theirs.certificates.includes(outcome.certificate), true)
      }),
      { numRuns: 2000 },
    )
  })

  test('gives the same again for the same ends', () => {
    fc.assert(
      fc.property(end, serverEnd, (ours, theirs) => {
        assert.deepEqual(negotiate(ours, theirs), negotiate({ ...ours }, { ...theirs }))
      }),
    )
  })
})

describe('handshakeServerOf()', () => {
  const empty = unknownPosture('server')
  const posture = {
    ...empty,
    protocols: {
      ...forEachProtocol(() => refusedProtocol('alert protocol_version')),
      'TLSv1.2': { ...empty.protocols['TLSv1.2'], offered: true as const, suites: [GCM, STATIC_RSA], order: 'server' as const },
    },
    groups: ['secp256r1'],
  }

  test('keep what was measured', () => {
    const made = handshakeServerOf(posture)
    assert.deepEqual(made.versions, ['TLSv1.2'])
    assert.deepEqual(made.suites, [GCM, STATIC_RSA])
    assert.equal(made.order, 'server')
  })

  test('serve both roles of one file', () => {
    const features = { ...posture.features, extendedMasterSecret: false as const, alpn: ['smtp'] }
    const made = clientOfPosture({ ...posture, role: 'client', features, sslv2Hello: true }, 'openssl-3.0')
    assert.deepEqual(made, {
      stack: 'openssl-3.0',
      versions: ['TLSv1.2'],
      suites: [GCM, STATIC_RSA],
      groups: ['secp256r1'],
      extendedMasterSecret: 'off',
      alpn: ['smtp'],
      sslv2Hello: true,
    })
  })

  test('tell which known client cannot speak to a server of TLS 1.2', () => {
    const made = { ...handshakeServerOf(posture), certificates: [RSA] }
    const rows = oldClients().filter(({ more }) => more === undefined)
    assert.deepEqual(
      rows.map(({ client }) => negotiate(client, made).agreed),
      rows.map(({ client }) => client.versions.includes('TLSv1.2')),
    )
  })
})
