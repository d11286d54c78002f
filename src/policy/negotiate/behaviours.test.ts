import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BEHAVIOURS, type BehaviourId } from './behaviours.ts'
import type { HandshakeClient, HandshakeServer } from './ends.ts'
import { negotiate } from './negotiate.ts'
import type { Agreement, Refusal } from './outcome.ts'

const RSA = { keyType: 'RSA', keyBits: 2048 } as const
const P256 = { keyType: 'ECDSA', keyBits: 256, curve: 'secp256r1' } as const
const P384 = { keyType: 'ECDSA', keyBits: 384, curve: 'secp384r1' } as const
const ED25519 = { keyType: 'Ed25519', keyBits: 256 } as const
const TLS13 = 'TLS_AES_128_GCM_SHA256'
const ECDHE_RSA = 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'
const ECDHE_ECDSA = 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'
const DHE_RSA = 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA'
const STATIC_RSA = 'TLS_RSA_WITH_AES_128_CBC_SHA'
const GCM = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'

const SUITES = [TLS13, GCM, ECDHE_ECDSA, ECDHE_RSA, STATIC_RSA]
const ALL = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const

const plainClient: HandshakeClient = { stack: 'specification', versions: ALL, suites: SUITES }
const plainServer: HandshakeServer = { stack: 'specification', versions: ALL, suites: SUITES, order: 'server', certificates: [RSA, P256] }

type Expected = Partial<Omit<Agreement, 'agreed'> & Omit<Refusal, 'agreed' | 'why'>> & { readonly agreed: boolean }
type Row = readonly [id: BehaviourId, why: string, client: Partial<HandshakeClient>, server: Partial<HandshakeServer>, expected: Expected]

const rows: readonly Row[] = [
  [
    'lowest-block',
    'TLS 1.2 is off, so TLS 1.3 is not offered',
    { stack: 'openssl-3.0', securityLevel: 0, versions: ['TLSv1', 'TLSv1.1', 'TLSv1.3'] },
    {},
    { agreed: true, version: 'TLSv1.1' },
  ],
  ['lowest-block', '1.0.2 likewise', { stack: 'openssl-1.0.2', versions: ['TLSv1', 'TLSv1.2'] }, {}, { agreed: true, version: 'TLSv1' }],
  [
    'security-level',
    'level 2 takes no modulus of 1024 bits',
    { stack: 'openssl-3.0', securityLevel: 2, versions: ['TLSv1.2'], suites: [DHE_RSA] },
    { suites: [DHE_RSA], dh: 1024 },
    { agreed: false, by: 'client', alert: 'handshake_failure', reason: 'dh-size' },
  ],
  [
    'security-level',
    'level 3 has forward secrecy only',
    { stack: 'openssl-3.0', securityLevel: 3, versions: ['TLSv1.2'], suites: [STATIC_RSA] },
    {},
    { agreed: false, by: 'client', reason: 'no-hello' },
  ],
  [
    'security-level',
    'SHA-1 signatures of TLS 1.0 are below level 1 in 3.0',
    { versions: ['TLSv1'] },
    { stack: 'openssl-3.0', securityLevel: 1 },
    { agreed: false, by: 'server', alert: 'internal_error', reason: 'signature' },
  ],
  [
    'security-level',
    'and were not in 1.1.1',
    { versions: ['TLSv1'] },
    { stack: 'openssl-1.1.1', securityLevel: 1 },
    { agreed: true, version: 'TLSv1' },
  ],
  [
    'old-versions-need-level-0',
    'level 1',
    { versions: ['TLSv1'] },
    { stack: 'openssl-3.5', securityLevel: 1 },
    { agreed: false, by: 'server', alert: 'protocol_version' },
  ],
  [
    'old-versions-need-level-0',
    'level 0',
    { versions: ['TLSv1'] },
    { stack: 'openssl-3.5', securityLevel: 0 },
    { agreed: true, version: 'TLSv1' },
  ],
  [
    'tls13-needs-a-key',
    'no scheme for P-384',
    { versions: ['TLSv1.3'] },
    { stack: 'openssl-3.0', certificates: [P384], signatureSchemes: ['ecdsa_secp256r1_sha256'] },
    { agreed: false, by: 'server', alert: 'protocol_version' },
  ],
  [
    'tls13-needs-a-key',
    'a program that chooses by name is not asked',
    { versions: ['TLSv1.3'] },
    { stack: 'openssl-3.0', certificates: [P384], signatureSchemes: ['ecdsa_secp256r1_sha256'], choosesByName: true },
    { agreed: false, by: 'server', alert: 'handshake_failure', reason: 'signature' },
  ],
  [
    'suite-for-the-newest',
    'GCM is of TLS 1.2, and the newest version is TLS 1.1',
    {},
    { stack: 'openssl-3.0', securityLevel: 0, versions: ['TLSv1', 'TLSv1.1'], suites: [GCM] },
    { agreed: false, by: 'server', alert: 'handshake_failure', reason: 'unfit-server' },
  ],
  [
    'suite-before-scheme',
    'ECDSA would have done',
    { versions: ['TLSv1.2'], signatureSchemes: ['ecdsa_secp256r1_sha256'] },
    { stack: 'openssl-3.0', suites: [TLS13, GCM, ECDHE_ECDSA] },
    { agreed: false, by: 'server', alert: 'handshake_failure', reason: 'signature' },
  ],
  [
    'suite-before-scheme',
    'as it does with others',
    { versions: ['TLSv1.2'], signatureSchemes: ['ecdsa_secp256r1_sha256'] },
    { suites: [GCM, ECDHE_ECDSA] },
    { agreed: true, suite: ECDHE_ECDSA },
  ],
  [
    'scheme-for-static-rsa',
    'the client signs with ECDSA only',
    { versions: ['TLSv1.2'], suites: [STATIC_RSA], signatureSchemes: ['ecdsa_secp256r1_sha256'] },
    { stack: 'openssl-3.0' },
    { agreed: false, by: 'server', reason: 'signature' },
  ],
  [
    'first-share',
    'the server would rather have secp256r1',
    { groups: ['x25519', 'secp256r1'], keyShares: ['x25519', 'secp256r1'] },
    { stack: 'openssl-3.0', groups: ['secp256r1', 'x25519'] },
    { agreed: true, group: 'x25519', retried: false },
  ],
  [
    'group-tuples',
    'the hybrid is a tuple of its own',
    { groups: ['x25519', 'X25519MLKEM768'], keyShares: ['x25519'] },
    { stack: 'openssl-3.5' },
    { agreed: true, group: 'X25519MLKEM768', retried: true },
  ],
  [
    'group-tuples',
    'groups that were set are one tuple',
    { groups: ['x25519', 'X25519MLKEM768'], keyShares: ['x25519'] },
    { stack: 'openssl-3.5', groups: ['X25519MLKEM768', 'x25519'] },
    { agreed: true, group: 'x25519', retried: false },
  ],
  [
    'any-group-in-tls13',
    'secp256k1',
    { stack: 'openssl-1.1.1', groups: ['secp256k1'] },
    { stack: 'openssl-1.1.1', groups: ['secp256k1'] },
    { agreed: true, version: 'TLSv1.3', group: 'secp256k1' },
  ],
  [
    'renegotiation-info-required',
    '3.0',
    { stack: 'openssl-3.0', versions: ['TLSv1.2'] },
    { secureRenegotiation: 'off' },
    { agreed: false, by: 'client', alert: 'handshake_failure', reason: 'secure-renegotiation' },
  ],
  [
    'renegotiation-info-required',
    'not yet in 1.1.1',
    { stack: 'openssl-1.1.1', versions: ['TLSv1.2'] },
    { secureRenegotiation: 'off' },
    { agreed: true },
  ],
  [
    'sentinel-in-tls11',
    'the server has TLS 1.1 off and 1.2 on',
    { stack: 'openssl-3.0', securityLevel: 0, versions: ['TLSv1', 'TLSv1.1'] },
    { stack: 'openssl-3.0', securityLevel: 0, versions: ['TLSv1', 'TLSv1.2', 'TLSv1.3'] },
    { agreed: false, by: 'client', alert: 'illegal_parameter', reason: 'version' },
  ],
  [
    'sentinel-in-tls11',
    'nobody else does',
    { versions: ['TLSv1', 'TLSv1.1'] },
    { stack: 'openssl-3.0', securityLevel: 0, versions: ['TLSv1', 'TLSv1.2', 'TLSv1.3'] },
    { agreed: true, version: 'TLSv1' },
  ],
  [
    'sentinel-after-fallback',
    'TLS 1.3 is off',
    { stack: 'openssl-3.0', versions: ['TLSv1.2'], fallback: true },
    { stack: 'jsse-17' },
    { agreed: false, by: 'client', alert: 'illegal_parameter' },
  ],
  [
    'sha1-for-want-of-better',
    'the client has no scheme for RSA',
    { versions: ['TLSv1.2'], suites: [GCM], signatureSchemes: ['ecdsa_secp256r1_sha256'] },
    { stack: 'openssl-1.0.2', versions: ['TLSv1.2'] },
    { agreed: true, signatureScheme: 'rsa_pkcs1_sha1' },
  ],
  [
    'close-on-version',
    'the client is too old',
    { versions: ['TLSv1'] },
    { stack: 'openssl-1.0.2', versions: ['TLSv1.2'] },
    { agreed: false, by: 'server', alert: 'close', reason: 'version' },
  ],
  [
    'decode-error-on-curve',
    'the curve of the certificate',
    { stack: 'openssl-1.0.2', versions: ['TLSv1.2'], groups: ['secp256r1'], suites: [ECDHE_ECDSA] },
    { stack: 'gnutls-3.7', certificates: [P384], suites: [ECDHE_ECDSA] },
    { agreed: false, by: 'client', alert: 'decode_error', reason: 'certificate' },
  ],
  [
    'no-version-below',
    'TLS 1.0 would have done',
    { versions: ['TLSv1', 'TLSv1.1'] },
    { stack: 'gnutls-3.7', versions: ['TLSv1', 'TLSv1.2'] },
    { agreed: false, by: 'server', alert: 'protocol_version' },
  ],
  [
    'client-orders-schemes',
    'the server prefers SHA-256',
    { versions: ['TLSv1.2'], signatureSchemes: ['rsa_pkcs1_sha512', 'rsa_pkcs1_sha256'] },
    { stack: 'gnutls-3.7' },
    { agreed: true, signatureScheme: 'rsa_pkcs1_sha512' },
  ],
  [
    'client-orders-alpn',
    'h2 before http/1.1',
    { alpn: ['h2', 'http/1.1'] },
    { stack: 'gnutls-3.7', alpn: ['http/1.1', 'h2'] },
    { agreed: true, alpn: 'h2' },
  ],
  [
    'renegotiation-info-in-tls13',
    'Java has nothing but TLS 1.3 on, and tells nothing',
    { stack: 'jsse-17', versions: ['TLSv1.3'] },
    { stack: 'gnutls-3.7', secureRenegotiation: 'required' },
    { agreed: false, by: 'server', alert: 'handshake_failure', reason: 'secure-renegotiation' },
  ],
  [
    'dhe-by-named-groups',
    'the group of the client, not the parameters',
    { versions: ['TLSv1.2'], suites: [DHE_RSA, ECDHE_RSA], groups: ['secp256r1', 'ffdhe3072'] },
    { stack: 'gnutls-3.7', suites: [DHE_RSA], dh: 1024 },
    { agreed: true, group: 'ffdhe3072', dhBits: 3072 },
  ],
  [
    'dhe-by-named-groups',
    'none of the client’s',
    { versions: ['TLSv1.2'], suites: [DHE_RSA, ECDHE_RSA], groups: ['secp256r1', 'ffdhe3072'] },
    { stack: 'gnutls-3.7', suites: [DHE_RSA], groups: ['ffdhe2048'], dh: 2048 },
    { agreed: false, by: 'server', reason: 'suites' },
  ],
  [
    'edwards-tried-too-early',
    'TLS 1.1',
    { versions: ['TLSv1.1'] },
    { stack: 'gnutls-3.7', certificates: [ED25519] },
    { agreed: false, by: 'server', alert: 'handshake_failure', reason: 'signature' },
  ],
  [
    'pss-with-a-short-key',
    'SHA-512 wants 1040 bits',
    { versions: ['TLSv1.2'], signatureSchemes: ['rsa_pss_rsae_sha512', 'rsa_pkcs1_sha256'] },
    { stack: 'gnutls-3.7', certificates: [{ keyType: 'RSA', keyBits: 1024 }] },
    { agreed: false, by: 'server', alert: 'internal_error' },
  ],
  [
    'dhe-without-parameters',
    'only curves are on',
    { versions: ['TLSv1.2'], suites: [DHE_RSA] },
    { stack: 'gnutls-3.7', suites: [DHE_RSA], groups: ['secp256r1'], dh: 'auto' },
    { agreed: false, by: 'server', alert: 'internal_error', reason: 'dh-size' },
  ],
  [
    'client-orders-groups',
    'the server orders the suites',
    { versions: ['TLSv1.2'], groups: ['secp384r1', 'x25519'] },
    { stack: 'jsse-17', groups: ['x25519', 'secp384r1'] },
    { agreed: true, group: 'secp384r1' },
  ],
  [
    'no-group-is-unexpected',
    'TLS 1.3',
    { groups: ['secp384r1'] },
    { stack: 'jsse-17', groups: ['x25519'] },
    { agreed: false, by: 'server', alert: 'unexpected_message', reason: 'groups' },
  ],
  [
    'scheme-after-certificate',
    'TLS 1.2',
    { versions: ['TLSv1.2'], signatureSchemes: ['ecdsa_secp256r1_sha256'] },
    { stack: 'jsse-17', suites: [GCM, ECDHE_ECDSA] },
    { agreed: false, by: 'server', alert: 'internal_error', reason: 'signature' },
  ],
  [
    'scheme-after-certificate',
    'TLS 1.3',
    { signatureSchemes: ['ecdsa_secp384r1_sha384', 'rsa_pss_rsae_sha256'] },
    { stack: 'jsse-17' },
    { agreed: false, by: 'server', alert: 'internal_error', reason: 'signature' },
  ],
  [
    'ecdsa-sha1-in-tls13',
    'another Java takes it',
    { stack: 'jsse-17', signatureSchemes: ['ecdsa_sha1'] },
    { stack: 'jsse-17', certificates: [P256] },
    { agreed: true, version: 'TLSv1.3', signatureScheme: 'ecdsa_sha1' },
  ],
  [
    'ecdsa-sha1-in-tls13',
    'OpenSSL does not',
    { stack: 'openssl-3.0', securityLevel: 0, signatureSchemes: ['ecdsa_sha1', 'rsa_pkcs1_sha256'] },
    { stack: 'jsse-17', certificates: [P256] },
    { agreed: false, by: 'client', alert: 'illegal_parameter', reason: 'signature' },
  ],
  [
    'curve-bound-in-tls12',
    'SHA-384 with P-256',
    { versions: ['TLSv1.2'], suites: [ECDHE_ECDSA], signatureSchemes: ['ecdsa_secp384r1_sha384'] },
    { stack: 'jsse-17' },
    { agreed: false, by: 'server', alert: 'internal_error', reason: 'signature' },
  ],
  [
    'curve-bound-in-tls12',
    'is fine elsewhere',
    { versions: ['TLSv1.2'], suites: [ECDHE_ECDSA], signatureSchemes: ['ecdsa_secp384r1_sha384'] },
    {},
    { agreed: true, signatureScheme: 'ecdsa_secp384r1_sha384' },
  ],
  [
    'edwards-before-tls12',
    'OpenSSL cannot read it',
    { stack: 'openssl-3.0', securityLevel: 0, versions: ['TLSv1.1'] },
    { stack: 'jsse-17', certificates: [ED25519] },
    { agreed: false, by: 'client', alert: 'internal_error', reason: 'certificate' },
  ],
  [
    'unknown-groups-count-for-none',
    'brainpool',
    { stack: 'openssl-1.0.2', versions: ['TLSv1.2'], groups: ['brainpoolP256r1'] },
    { stack: 'jsse-17' },
    { agreed: false, by: 'client', alert: 'decode_error', reason: 'groups' },
  ],
  [
    'sslv2-hello-on-request',
    'not asked for',
    { stack: 'jsse-17', versions: ['TLSv1'], sslv2Hello: true },
    { stack: 'jsse-17' },
    { agreed: false, by: 'server', alert: 'handshake_failure', reason: 'sslv2-hello' },
  ],
  [
    'sslv2-hello-on-request',
    'asked for',
    { stack: 'jsse-17', versions: ['TLSv1'], sslv2Hello: true },
    { stack: 'jsse-17', sslv2Hello: true },
    { agreed: true, version: 'TLSv1' },
  ],
  ['versions-without-a-suite', 'TLS 1.3 has none', { stack: 'jsse-17', suites: [GCM] }, {}, { agreed: true, version: 'TLSv1.2' }],
]

describe('negotiate() does as the stacks do', () => {
  for (const [id, why, client, server, expected] of rows) {
    test(`${id}: ${why}`, () => {
      assert.partialDeepStrictEqual(negotiate({ ...plainClient, ...client }, { ...plainServer, ...server }), expected)
    })
  }

  test('every behaviour has a row, and its stacks are in it', () => {
    for (const { id, stacks } of BEHAVIOURS) {
      const found = rows.filter(([row]) => row === id)
      assert.notEqual(found.length, 0, id)
      const met = found.flatMap(([, , client, server]) => [client.stack, server.stack])
      assert.ok(
        stacks.some((stack) => met.includes(stack)),
        id,
      )
    }
  })
})
