import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { describe, test } from 'node:test'
import { worst } from './checks/observation.ts'
import { compare } from './compare.ts'
import type { Finding, Verdict } from './finding.ts'
import { findingKind, FINDINGS } from './findings.ts'
import { grade } from './grade.ts'
import { policyOf } from './policy-of.ts'
import type { Posture } from './posture.ts'
import { OWN_RULEBOOK, RULEBOOKS, rulebookByName } from './rulebooks.ts'
import { CHAIN, LEAF, offered, OLD, WELL_KEPT } from './testdata/model-postures.ts'
import { postureArbitrary } from './testdata/posture-arbitrary.ts'
import { forEachProtocol, refusedProtocol, unknownPosture } from './unknown-posture.ts'

const NOW = new Date('2026-11-22T00:00:00Z')

function findings(posture: Posture, opportunistic = false): readonly Finding[] {
  return compare([], posture, { now: NOW, opportunistic })
}

function verdict(posture: Posture, id: string, opportunistic = false): Verdict | undefined {
  return findings(posture, opportunistic).find((finding) => finding.id === id)?.verdict
}

function wrong(posture: Posture): readonly string[] {
  return findings(posture).flatMap((finding) => (finding.verdict === 'good' ? [] : [`${finding.id}: ${finding.verdict}`]))
}

/** A well-kept server with a change. */
function but(change: Partial<Posture>): Posture {
  return { ...WELL_KEPT, ...change }
}

function withProtocol(
  name: keyof Posture['protocols'],
  change: Partial<Posture['protocols']['TLSv1']>,
  base: Posture = WELL_KEPT,
): Posture {
  return { ...base, protocols: { ...base.protocols, [name]: { ...base.protocols[name], ...change } } }
}

const { groupsComplete: _known, ...TLS12 } = WELL_KEPT.protocols['TLSv1.2']
/** Nobody has found out the groups of TLS 1.2. */
const UNSEARCHED = but({ groups: [], protocols: { ...WELL_KEPT.protocols, 'TLSv1.2': { ...TLS12, groups: [] } } })

function withSuites(...suites: readonly string[]): Posture {
  return withProtocol('TLSv1.2', { suites })
}

function withChain(change: Partial<typeof CHAIN>, leaf: Partial<typeof LEAF> = {}): Posture {
  return but({ certificates: [{ ...CHAIN, certificates: [{ ...LEAF, ...leaf }, ...CHAIN.certificates.slice(1)], ...change }] })
}

const { publiclyTrusted: _publiclyTrusted, ...CHAIN_OF_SOME_ROOT } = CHAIN
const ROOT_NOT_LOOKED_AT = { ...CHAIN_OF_SOME_ROOT, certificates: [{ ...LEAF, scts: 0 }] }

const CHAIN_OF_ANOTHER = { ...CHAIN, certificates: [{ ...LEAF, subject: 'CN=other.example.com' }] }

/** What clients get that name no server, beside the certificate of the one that is named. */
function withNameless(leaf: Partial<typeof LEAF>, change: Partial<typeof CHAIN> = {}): Posture {
  const nameless = { ...CHAIN, servedFor: ['no-sni'] as const, certificates: [{ ...LEAF, ...leaf }], ...change }
  return but({ certificates: [CHAIN, nameless] })
}

const TLS11_TOO = withProtocol('TLSv1.1', offered(['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA']))
/** As an audit leaves it: probes ask nothing of a server that accepts no hello. */
const REFUSES_EVERYTHING: Posture = {
  ...unknownPosture(),
  protocols: forEachProtocol(() => refusedProtocol('alert handshake_failure')),
  signatureSchemes: { 'TLSv1.2': [], 'TLSv1.3': 'unknown' },
  clear: WELL_KEPT.clear,
}
/** The same, but for a version that was met with silence. */
const REFUSES_ALL_HEARD = withProtocol('TLSv1.2', { offered: 'unknown', refusal: 'no answer within 5 s' }, REFUSES_EVERYTHING)

const withFeature = (change: Partial<Posture['features']>): Posture => but({ features: { ...WELL_KEPT.features, ...change } })
const withFlaw = (change: Partial<Posture['flaws']>): Posture => but({ flaws: { ...WELL_KEPT.flaws, ...change } })
const withClear = (change: Partial<NonNullable<Posture['clear']>>): Posture => {
  assert.ok(WELL_KEPT.clear)
  return but({ clear: { ...WELL_KEPT.clear, ...change } })
}
const withDh = (bits: number, prime: string): Posture => ({
  ...withSuites('TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'),
  dh: { bits, prime, all: [{ bits, prime, generator: 2, protocols: ['TLSv1.2'] }], reused: false },
})

describe('compare()', () => {
  test('finds nothing wrong with a well-kept server, and says what it looked for', () => {
    assert.deepEqual(wrong(WELL_KEPT), [])
    assert.ok(findings(WELL_KEPT).length > 60)
  })

  test('finds what is wrong with an old server', () => {
    assert.deepEqual(wrong(OLD), [
      'protocol-sslv3: bad',
      'protocol-tls1-0: bad',
      'protocol-tls1-2: bad',
      'protocol-tls1-3: weak',
      'sslv2-hello: weak',
      'suites-rc4: bad',
      'suites-3des: bad',
      'suites-md5: weak',
      'suites-cbc: weak',
      'suites-static-rsa: weak',
      'suites-dhe: weak',
      'suites-modern: weak',
      'suite-order: weak',
      'dh-size: bad',
      'dh-prime: weak',
      'dh-reuse: weak',
      'certificate-expired: bad',
      'certificate-trust: bad',
      'certificate-self-signed: bad',
      'certificate-key: bad',
      'certificate-lifetime: weak',
      'extended-master-secret: weak',
      'encrypt-then-mac: weak',
      'client-renegotiation: weak',
      'poodle: bad',
      'beast: weak',
      'sweet32: bad',
      'logjam: bad',
    ])
  })

  const rows: readonly (readonly [why: string, posture: Posture, id: string, verdict: Verdict | undefined])[] = [
    ['SSL 2.0', withProtocol('SSLv2', offered(['SSL_CK_RC4_128_WITH_MD5'])), 'protocol-sslv2', 'bad'],
    ['SSL 2.0', withProtocol('SSLv2', offered(['SSL_CK_RC4_128_WITH_MD5'])), 'drown', 'bad'],
    ['SSL 2.0 ciphers are suites too', withProtocol('SSLv2', offered(['SSL_CK_RC4_128_EXPORT40_WITH_MD5'])), 'suites-export', 'bad'],
    ['SSL 3.0 with nothing but RC4', withProtocol('SSLv3', offered(['TLS_RSA_WITH_RC4_128_SHA'])), 'poodle', 'good'],
    ['SSL 3.0 with CBC', withProtocol('SSLv3', offered(['TLS_RSA_WITH_AES_128_CBC_SHA'])), 'poodle', 'bad'],
    ['TLS 1.1', withProtocol('TLSv1.1', offered(['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'])), 'protocol-tls1-1', 'bad'],
    ['TLS 1.3 alone is enough', withProtocol('TLSv1.2', { offered: false, suites: [] }), 'protocol-tls1-2', 'good'],
    [
      'neither TLS 1.2 nor 1.3',
      withProtocol('TLSv1.3', { offered: false, suites: [] }, withProtocol('TLSv1.2', { offered: false, suites: [] }, TLS11_TOO)),
      'protocol-tls1-2',
      'bad',
    ],
    ['every version refused says nothing of TLS 1.2', REFUSES_EVERYTHING, 'protocol-tls1-2', 'unknown'],
    ['every version refused says nothing of TLS 1.3', REFUSES_EVERYTHING, 'protocol-tls1-3', 'unknown'],
    ['SSL 3.0 is refused like everything else', REFUSES_EVERYTHING, 'protocol-sslv3', 'good'],
    ['whether a refusal is one like all is not known without handshake', REFUSES_ALL_HEARD, 'protocol-tls1-3', 'unknown'],
    [
      'no TLS 1.2, and TLS 1.3 not known',
      withProtocol('TLSv1.3', { offered: 'unknown' }, withProtocol('TLSv1.2', { offered: false })),
      'protocol-tls1-2',
      'unknown',
    ],
    ['no TLS 1.3', withProtocol('TLSv1.3', { offered: false, suites: [] }), 'protocol-tls1-3', 'weak'],
    ['a hello in SSL 2.0 format', but({ sslv2Hello: true }), 'sslv2-hello', 'weak'],
    ['NULL', withSuites('TLS_RSA_WITH_NULL_SHA'), 'suites-null', 'bad'],
    ['integrity only, RFC 9150 §4', withProtocol('TLSv1.3', { suites: ['TLS_SHA256_SHA256'] }), 'suites-null', 'bad'],
    ['anonymous', withSuites('TLS_ECDH_anon_WITH_AES_128_CBC_SHA'), 'suites-anonymous', 'bad'],
    ['anonymous is not static', withSuites('TLS_ECDH_anon_WITH_AES_128_CBC_SHA'), 'suites-static-dh', 'good'],
    ['EXPORT', withSuites('TLS_RSA_EXPORT_WITH_RC4_40_MD5'), 'suites-export', 'bad'],
    ['FREAK', withSuites('TLS_RSA_EXPORT_WITH_RC4_40_MD5'), 'freak', 'bad'],
    ['RSA EXPORT is not Logjam', withSuites('TLS_RSA_EXPORT_WITH_RC4_40_MD5'), 'logjam', 'good'],
    ['Logjam', withSuites('TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA'), 'logjam', 'bad'],
    ['DHE EXPORT is not FREAK', withSuites('TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA'), 'freak', 'good'],
    ['RC4', withSuites('TLS_ECDHE_RSA_WITH_RC4_128_SHA'), 'suites-rc4', 'bad'],
    ['DES', withSuites('TLS_RSA_WITH_DES_CBC_SHA'), 'suites-des', 'bad'],
    ['3DES is not DES', withSuites('TLS_RSA_WITH_3DES_EDE_CBC_SHA'), 'suites-des', 'good'],
    ['3DES', withSuites('TLS_RSA_WITH_3DES_EDE_CBC_SHA'), 'suites-3des', 'bad'],
    ['64-bit blocks', withSuites('TLS_RSA_WITH_IDEA_CBC_SHA'), 'sweet32', 'bad'],
    ['SEED has 128-bit blocks', withSuites('TLS_RSA_WITH_SEED_CBC_SHA'), 'sweet32', 'good'],
    ['SEED', withSuites('TLS_RSA_WITH_SEED_CBC_SHA'), 'suites-rare', 'weak'],
    ['CBC', withSuites('TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256'), 'suites-cbc', 'weak'],
    ['static RSA', withSuites('TLS_RSA_WITH_AES_128_GCM_SHA256'), 'suites-static-rsa', 'weak'],
    ['static ECDH', withSuites('TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256'), 'suites-static-dh', 'weak'],
    ['DHE', withSuites('TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'), 'suites-dhe', 'weak'],
    ['DHE whose group was not seen', withSuites('TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'), 'dh-size', 'unknown'],
    ['CCM_8 in TLS 1.3', withProtocol('TLSv1.3', { suites: ['TLS_AES_128_CCM_8_SHA256'] }), 'suites-ccm8', 'weak'],
    ['PSK', withSuites('TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA'), 'suites-password', 'weak'],
    ['a number nobody knows', withSuites('0xabcd'), 'suites-unknown', 'unknown'],
    ['a suite of no class', withSuites('TLS_CECPQ1_RSA_WITH_AES_256_GCM_SHA384'), 'suites-other', 'weak'],
    [
      'nothing modern',
      withProtocol('TLSv1.3', { offered: false, suites: [] }, withSuites('TLS_RSA_WITH_AES_128_CBC_SHA')),
      'suites-modern',
      'weak',
    ],
    ['a list that was cut short', withProtocol('TLSv1.2', { complete: false }), 'suites-rc4', 'unknown'],
    ['TLS 1.3 cannot have RC4, known or not', withProtocol('TLSv1.3', { complete: false }), 'suites-rc4', 'good'],
    ['TLS 1.3 may have CCM_8', withProtocol('TLSv1.3', { complete: false }), 'suites-ccm8', 'unknown'],
    [
      'what was found counts although the list is short',
      withProtocol('TLSv1.2', { complete: false, suites: ['TLS_RSA_WITH_RC4_128_SHA'] }),
      'suites-rc4',
      'bad',
    ],
    ['the client chooses among strong suites', withProtocol('TLSv1.2', { order: 'client' }), 'suite-order', 'good'],
    [
      'the client chooses, and one is weak',
      withProtocol('TLSv1.2', { order: 'client', suites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_RSA_WITH_AES_128_CBC_SHA'] }),
      'suite-order',
      'weak',
    ],
    [
      'the server puts the weak one last',
      withSuites('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_RSA_WITH_AES_128_CBC_SHA'),
      'suite-order',
      'good',
    ],
    [
      'the server puts the weak one first',
      withSuites('TLS_RSA_WITH_AES_128_CBC_SHA', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'),
      'suite-order',
      'weak',
    ],
    [
      'nobody knows who chooses',
      withProtocol('TLSv1.2', { order: 'unknown', suites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_RSA_WITH_AES_128_CBC_SHA'] }),
      'suite-order',
      'unknown',
    ],
    ['a client has no order of a server', { ...WELL_KEPT, role: 'client' }, 'suite-order', undefined],
    ['ChaCha20 moved up', withProtocol('TLSv1.3', { prefersClientChaCha: true }), 'chacha-preference', 'good'],
    ['a small curve', but({ groups: ['x25519', 'secp192r1'] }), 'group-weak', 'bad'],
    ['224 bits', but({ groups: ['x25519', 'secp224r1'] }), 'group-weak', 'weak'],
    [
      'no common curve',
      withProtocol('TLSv1.3', { groups: ['secp521r1'] }, withProtocol('TLSv1.2', { groups: [] }, but({ groups: ['secp521r1'] }))),
      'group-recommended',
      'weak',
    ],
    ['no hybrid group', withProtocol('TLSv1.3', { groups: ['x25519'] }, but({ groups: ['x25519'] })), 'group-hybrid', 'weak'],
    [
      'groups not all known',
      withProtocol('TLSv1.3', { groups: ['x25519'], complete: false }, but({ groups: ['x25519'] })),
      'group-hybrid',
      'unknown',
    ],
    ['groups seen in passing', withProtocol('TLSv1.2', { groupsComplete: false }), 'group-weak', 'unknown'],
    ['of the groups of TLS 1.2 nothing is known, though ECDHE is accepted', UNSEARCHED, 'group-weak', 'unknown'],
    [
      'no common curve, where of the only version with ECDHE no group is known',
      withProtocol('TLSv1.3', { offered: false, suites: [], groups: [] }, UNSEARCHED),
      'group-recommended',
      'unknown',
    ],
    ['groups seen in passing are groups', withProtocol('TLSv1.2', { groupsComplete: false }), 'group-recommended', 'good'],
    [
      'no common curve among those seen in passing',
      withProtocol(
        'TLSv1.3',
        { groups: [] },
        withProtocol('TLSv1.2', { groups: ['secp384r1'], groupsComplete: false }, but({ groups: [] })),
      ),
      'group-recommended',
      'unknown',
    ],
    [
      'no hybrid group can be missed before TLS 1.3',
      withProtocol('TLSv1.3', { groups: ['x25519'] }, withProtocol('TLSv1.2', { groupsComplete: false }, but({ groups: ['x25519'] }))),
      'group-hybrid',
      'weak',
    ],
    [
      'without ECDHE no group was missed',
      withProtocol('TLSv1.2', { groupsComplete: false, groups: [], suites: ['TLS_RSA_WITH_AES_128_GCM_SHA256'] }),
      'group-weak',
      'good',
    ],
    ['1024 bits', withDh(1024, 'RFC 2409 group 2'), 'dh-size', 'bad'],
    ['1024 bits', withDh(1024, 'RFC 2409 group 2'), 'logjam', 'bad'],
    ['1025 bits are bad, but no Logjam', withDh(1025, 'custom'), 'logjam', 'good'],
    ['2048 bits', withDh(2048, 'ffdhe2048'), 'dh-size', 'good'],
    ['a known prime', withDh(2048, 'ffdhe2048'), 'dh-prime', 'good'],
    ['a home-made prime', withDh(2048, 'custom'), 'dh-prime', 'weak'],
    ['a prime that settings do not tell', withDh(2048, 'unknown'), 'dh-prime', 'unknown'],
    ['a known but small prime', withDh(1024, 'RFC 2409 group 2'), 'dh-prime', 'weak'],
    ['no DHE, no question', WELL_KEPT, 'dh-size', undefined],
    ['ECDH reuse', withFeature({ ecdhReuse: true }), 'ecdh-reuse', 'weak'],
    ['MD5', but({ signatureSchemes: { 'TLSv1.2': ['rsa_pkcs1_md5'] } }), 'signature-md5', 'bad'],
    ['SHA-1', but({ signatureSchemes: { 'TLSv1.2': ['rsa_pkcs1_sha1'], 'TLSv1.3': ['ed25519'] } }), 'signature-sha1', 'bad'],
    ['schemes not known', but({ signatureSchemes: {} }), 'signature-sha1', 'unknown'],
    ['expired', withChain({}, { notAfter: '2026-11-21T23:59:59Z' }), 'certificate-expired', 'bad'],
    ['expires this second', withChain({}, { notAfter: '2026-11-22T00:00:00Z' }), 'certificate-expired', 'good'],
    ['a date that cannot be read', withChain({}, { notAfter: 'never' }), 'certificate-expired', 'unknown'],
    ['from the future', withChain({}, { notBefore: '2026-11-22T00:00:01Z' }), 'certificate-not-yet-valid', 'bad'],
    [
      'runs out in a week',
      withChain({}, { notAfter: '2026-11-29T00:00:00Z', notBefore: '2026-08-29T00:00:00Z' }),
      'certificate-expires-soon',
      'weak',
    ],
    [
      'six-day certificates always run out in a week',
      withChain({}, { notBefore: '2026-11-21T00:00:00Z', notAfter: '2026-11-27T00:00:00Z' }),
      'certificate-expires-soon',
      'good',
    ],
    ['a certificate that cannot be read', but({ certificates: [{ ...CHAIN, certificates: [] }] }), 'certificates', 'unknown'],
    ['one of two that cannot be read', but({ certificates: [CHAIN, { ...CHAIN, certificates: [] }] }), 'certificates', 'unknown'],
    ['another name', withChain({ nameMatches: false }), 'certificate-name', 'bad'],
    [
      'a certificate for strangers only is no matter',
      but({ certificates: [CHAIN, { ...CHAIN, servedFor: ['wrong-sni'], nameMatches: false }] }),
      'certificate-name',
      'good',
    ],
    ['not trusted', withChain({ trusted: false }), 'certificate-trust', 'bad'],
    ['trust not known', withChain({ trusted: 'unknown' }), 'certificate-trust', 'unknown'],
    ['self-signed', withChain({ trusted: false }, { selfSigned: true }), 'certificate-self-signed', 'bad'],
    ['self-signed and made known', withChain({}, { selfSigned: true }), 'certificate-self-signed', 'good'],
    ['RSA 1024', withChain({}, { keyType: 'RSA', keyBits: 1024 }), 'certificate-key', 'bad'],
    ['a key nobody knows', withChain({}, { keyType: 'unknown', keyBits: 0 }), 'certificate-key', 'unknown'],
    [
      'a weak intermediate',
      but({ certificates: [{ ...CHAIN, certificates: [LEAF, { ...LEAF, keyType: 'RSA', keyBits: 1024 }] }] }),
      'certificate-key',
      'bad',
    ],
    [
      'a root that is sent along is no matter',
      but({ certificates: [{ ...CHAIN, certificates: [LEAF, { ...LEAF, keyType: 'RSA', keyBits: 1024, selfSigned: true }] }] }),
      'certificate-key',
      'good',
    ],
    ['RSA 1024 for clients that name no server', withNameless({ keyType: 'RSA', keyBits: 1024 }), 'certificate-key', 'bad'],
    [
      'RSA 1024 for clients with a wrong name alone',
      withNameless({ keyType: 'RSA', keyBits: 1024 }, { servedFor: ['wrong-sni'] }),
      'certificate-key',
      'good',
    ],
    ['SHA-1 for clients that name no server', withNameless({ signatureHash: 'SHA-1' }), 'certificate-hash', 'bad'],
    [
      '399 days for clients that name no server',
      withNameless({ notBefore: '2025-11-01T00:00:00Z', notAfter: '2026-12-05T00:00:00Z' }),
      'certificate-lifetime',
      'weak',
    ],
    ['another name for clients that name no server', withNameless({}, { nameMatches: false }), 'certificate-name', 'good'],
    ['SHA-1', withChain({}, { signatureHash: 'SHA-1' }), 'certificate-hash', 'bad'],
    [
      'the signature of a self-signed one is no matter',
      withChain({ certificates: [{ ...LEAF, selfSigned: true, signatureHash: 'SHA-1' }] }),
      'certificate-hash',
      undefined,
    ],
    ['399 days', withChain({}, { notBefore: '2025-11-01T00:00:00Z', notAfter: '2026-12-05T00:00:00Z' }), 'certificate-lifetime', 'weak'],
    ['revoked', withChain({ stapledOcsp: 'revoked' }), 'certificate-revoked', 'bad'],
    ['nothing stapled says nothing of revocation', WELL_KEPT, 'certificate-revoked', undefined],
    [
      'one that is not revoked says nothing of another',
      but({
        certificates: [
          { ...CHAIN, stapledOcsp: 'good' },
          { ...CHAIN_OF_ANOTHER, stapledOcsp: 'unknown' },
        ],
      }),
      'certificate-revoked',
      undefined,
    ],
    [
      'one that is revoked is enough',
      but({
        certificates: [
          { ...CHAIN, stapledOcsp: 'revoked' },
          { ...CHAIN_OF_ANOTHER, stapledOcsp: 'unknown' },
        ],
      }),
      'certificate-revoked',
      'bad',
    ],
    ['a staple that has run out', withChain({ stapledOcsp: 'expired' }), 'ocsp-stapling', 'weak'],
    ['must-staple without staple', withChain({}, { mustStaple: true }), 'certificate-must-staple', 'bad'],
    ['must-staple with staple', withChain({ stapledOcsp: 'good' }, { mustStaple: true }), 'certificate-must-staple', 'good'],
    ['public without SCTs', withChain({}, { scts: 0 }), 'certificate-sct', 'weak'],
    ['SCTs in the handshake', withChain({ sctsInHandshake: 2 }, { scts: 0 }), 'certificate-sct', 'good'],
    ['not trusted, no SCTs needed', withChain({ trusted: false }, { scts: 0 }), 'certificate-sct', undefined],
    ['a private authority logs nothing', withChain({ publiclyTrusted: false }, { scts: 0 }), 'certificate-sct', undefined],
    ['nobody knows whether the root is public', withChain({ publiclyTrusted: 'unknown' }, { scts: 0 }), 'certificate-sct', 'unknown'],
    ['nobody looked whether the root is public', but({ certificates: [ROOT_NOT_LOOKED_AT] }), 'certificate-sct', undefined],
    ['muddled', withChain({ ordered: false }), 'chain-order', 'weak'],
    ['an intermediate is missing', withChain({ missing: ['CN=Example CA'] }), 'chain-missing', 'weak'],
    ['the root is sent', withChain({ needless: ['CN=Example Root'] }), 'chain-needless', 'weak'],
    ['no certificate seen', but({ certificates: [] }), 'certificates', 'unknown'],
    ['no EMS', withFeature({ extendedMasterSecret: false }), 'extended-master-secret', 'weak'],
    ['no EtM', withFeature({ encryptThenMac: false }), 'encrypt-then-mac', 'weak'],
    ['no secure renegotiation', withFeature({ secureRenegotiation: false }), 'secure-renegotiation', 'bad'],
    ['client renegotiation', withFeature({ clientRenegotiation: true }), 'client-renegotiation', 'weak'],
    ['compression', withFeature({ compression: true }), 'tls-compression', 'bad'],
    ['heartbeats', withFeature({ heartbeat: true }), 'heartbeat', 'weak'],
    ['truncated HMAC', withFeature({ truncatedHmac: true }), 'truncated-hmac', 'bad'],
    ['early data', withFeature({ earlyData: true }), 'early-data', 'weak'],
    ['no SCSV', withFeature({ fallbackScsv: false }), 'fallback-scsv', 'weak'],
    ['no sentinel', withFeature({ downgradeSentinel: false }), 'downgrade-sentinel', 'weak'],
    ['seven days', withFeature({ ticketLifetime: 604_800 }), 'ticket-lifetime', 'good'],
    ['seven days and a second', withFeature({ ticketLifetime: 604_801 }), 'ticket-lifetime', 'weak'],
    ['no ALPN is no matter', WELL_KEPT, 'alpn', 'good'],
    ['resumption', WELL_KEPT, 'session-resumption', 'good'],
    ['resumption in one way or another', withFeature({ pskResumption: 'unknown' }), 'session-resumption', 'unknown'],
    ['certificates of clients: nobody looked', WELL_KEPT, 'client-certificate', undefined],
    ['certificates of clients are no matter', withFeature({ clientCertificate: 'required' }), 'client-certificate', 'good'],
    ['certificates of clients: not known', withFeature({ clientCertificate: 'unknown' }), 'client-certificate', 'unknown'],
    ['Heartbleed', withFlaw({ heartbleed: true }), 'heartbleed', 'bad'],
    ['CCS injection', withFlaw({ ccsInjection: true }), 'ccs-injection', 'bad'],
    ['Ticketbleed', withFlaw({ ticketbleed: true }), 'ticketbleed', 'bad'],
    ['ROBOT', withFlaw({ robot: true }), 'robot', 'bad'],
    ['ROBOT not known', withFlaw({ robot: 'unknown' }), 'robot', 'unknown'],
    ['STARTTLS injection', withFlaw({ starttlsInjection: true }), 'starttls-injection', 'bad'],
    [
      'BEAST where records are split',
      withProtocol('TLSv1', offered(['TLS_RSA_WITH_AES_128_CBC_SHA']), withFeature({ recordSplitting: true })),
      'beast',
      'good',
    ],
    ['BEAST', withProtocol('TLSv1', offered(['TLS_RSA_WITH_AES_128_CBC_SHA']), withFeature({ recordSplitting: false })), 'beast', 'weak'],
    ['BEAST not known', withProtocol('TLSv1', offered(['TLS_RSA_WITH_AES_128_CBC_SHA'])), 'beast', 'unknown'],
    ['an unknown version', but({ tolerance: { ...WELL_KEPT.tolerance, futureVersion: false } }), 'version-intolerance', 'weak'],
    ['GREASE', but({ tolerance: { ...WELL_KEPT.tolerance, grease: false } }), 'grease-intolerance', 'weak'],
    ['long hellos', but({ tolerance: { ...WELL_KEPT.tolerance, longHello: false } }), 'long-hello-intolerance', 'weak'],
    ['many suites', but({ tolerance: { ...WELL_KEPT.tolerance, manySuites: false } }), 'many-suites-intolerance', 'weak'],
    ['no STARTTLS', withClear({ starttls: 'missing' }), 'starttls', 'bad'],
    ['STARTTLS refused', withClear({ starttls: 'refused' }), 'starttls', 'bad'],
    ['implicit TLS has no clear text', but({ clear: null }), 'starttls', undefined],
    ['logins in the clear', withClear({ authBeforeTls: ['PLAIN'] }), 'auth-before-tls', 'bad'],
    ['an empty list that nobody saw', withClear({ starttls: 'unknown' }), 'auth-before-tls', 'unknown'],
    ['text after the go-ahead', withClear({ textAfterGoAhead: true }), 'text-after-go-ahead', 'bad'],
  ]
  for (const [why, posture, id, expected] of rows) {
    test(`${id} is ${expected ?? 'not there'}: ${why}`, () => assert.equal(verdict(posture, id), expected))
  }

  test('every kind of finding can be reached', () => {
    const seen = new Set([...rows.map(([, , id]) => id), ...findings(WELL_KEPT).map(({ id }) => id), ...findings(OLD).map(({ id }) => id)])
    assert.deepEqual(
      FINDINGS.filter(({ id }) => !seen.has(id)).map(({ id }) => id),
      [],
    )
  })

  const milder: readonly (readonly [posture: Posture, id: string])[] = [
    [withProtocol('TLSv1', offered(['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'])), 'protocol-tls1-0'],
    [withSuites('TLS_DH_anon_WITH_AES_128_GCM_SHA256'), 'suites-anonymous'],
    [withChain({ trusted: false }), 'certificate-trust'],
    [withChain({}, { notAfter: '2026-11-01T00:00:00Z' }), 'certificate-expired'],
  ]
  for (const [posture, id] of milder) {
    test(`${id} is milder where senders go on in plain text (RFC 9325 §5.2)`, () => assert.equal(verdict(posture, id, true), 'weak'))
  }

  test('RC4 stays bad where senders go on in plain text', () => {
    assert.equal(verdict(withSuites('TLS_RSA_WITH_RC4_128_SHA'), 'suites-rc4', true), 'bad')
  })

  test('names suites, versions and refusals in its facts', () => {
    const facts = new Map(findings(OLD).map((finding) => [finding.id, finding.fact]))
    assert.equal(
      facts.get('suites-rc4'),
      'RC4 suites are accepted in SSL 3.0 and TLS 1.0: TLS_RSA_WITH_RC4_128_SHA and TLS_RSA_WITH_RC4_128_MD5.',
    )
    assert.equal(facts.get('protocol-sslv2'), 'SSL 2.0 is not offered: alert protocol_version.')
    assert.equal(facts.get('dh-size'), 'The Diffie-Hellman group has 1024 bits (RFC 2409 group 2).')
    assert.equal(facts.get('certificate-trust'), 'Not trusted: RSA CN=mail.example.com (self-signed certificate).')
    assert.equal(
      facts.get('suite-order'),
      'In SSL 3.0 and TLS 1.0 a worse suite can be chosen although both ends have a better one; the client chooses in SSL 3.0 and TLS 1.0.',
    )
  })

  const THREE_THOUSAND = { bits: 3072, prime: 'ffdhe3072', generator: 2, protocols: ['TLSv1.2'] } as const
  const twoGroups: Posture = {
    ...withDh(1024, 'RFC 2409 group 2'),
    dh: {
      bits: 1024,
      prime: 'RFC 2409 group 2',
      all: [
        { bits: 1024, prime: 'RFC 2409 group 2', generator: 2, protocols: ['TLSv1.1', 'TLSv1'] },
        { bits: 2048, prime: 'custom', generator: 2, protocols: ['TLSv1.2'] },
        { bits: 2048, prime: 'ffdhe2048', generator: 2, protocols: ['TLSv1.2'] },
      ],
      reused: false,
    },
  }
  const onlyTls12 = (...suites: readonly string[]) => withProtocol('TLSv1.3', { offered: false, suites: [] }, withSuites(...suites))
  const words: readonly (readonly [why: string, posture: Posture, id: string, fact: string])[] = [
    ['one group', withDh(2048, 'custom'), 'dh-prime', 'The Diffie-Hellman group is home-made.'],
    [
      'all of several groups, and where each was seen',
      twoGroups,
      'dh-prime',
      'The Diffie-Hellman groups are RFC 2409 group 2 (1024 bits, TLS 1.0 and TLS 1.1), which is too small to be shared with others; and home-made (2048 bits, TLS 1.2); and the well-known ffdhe2048 (2048 bits, TLS 1.2).',
    ],
    [
      'several groups have, one has',
      twoGroups,
      'dh-size',
      'The Diffie-Hellman groups have 1024 bits (RFC 2409 group 2), 2048 bits (custom) and 2048 bits (ffdhe2048).',
    ],
    [
      'a PSK suite with forward secrecy and AEAD is one',
      onlyTls12('TLS_DHE_PSK_WITH_AES_128_GCM_SHA256'),
      'suites-modern',
      'The forward-secret AEAD suites that are accepted lack ECDHE, a certificate, a full tag or a common cipher: TLS_DHE_PSK_WITH_AES_128_GCM_SHA256.',
    ],
    [
      'a short tag is AEAD too',
      onlyTls12('TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8'),
      'suites-modern',
      'The forward-secret AEAD suites that are accepted lack ECDHE, a certificate, a full tag or a common cipher: TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8.',
    ],
    [
      'what may be there beside a PSK suite',
      withProtocol('TLSv1.2', { complete: false }, onlyTls12('TLS_DHE_PSK_WITH_AES_128_GCM_SHA256')),
      'suites-modern',
      'Whether better forward-secret AEAD suites than TLS_DHE_PSK_WITH_AES_128_GCM_SHA256 are accepted in TLS 1.2 could not be found out.',
    ],
    ['none at all', onlyTls12('TLS_RSA_WITH_AES_128_CBC_SHA'), 'suites-modern', 'No forward-secret AEAD suite is accepted.'],
    [
      'a way to resume that is not known',
      withFeature({ pskResumption: 'unknown' }),
      'session-resumption',
      'Sessions can be taken up again by ticket; whether by PSK (TLS 1.3) could not be found out.',
    ],
    [
      'where clients that want ChaCha20 get it',
      withProtocol('TLSv1.3', { prefersClientChaCha: true }),
      'chacha-preference',
      'Clients that put ChaCha20 first get it in TLS 1.3, but not in TLS 1.2.',
    ],
    [
      'where nobody knows whether they get it',
      withProtocol('TLSv1.3', { prefersClientChaCha: true }, withProtocol('TLSv1.2', { prefersClientChaCha: 'unknown' })),
      'chacha-preference',
      'Clients that put ChaCha20 first get it in TLS 1.3; whether in TLS 1.2 could not be found out.',
    ],
    [
      'where it is not known who chooses',
      withProtocol('TLSv1.2', { order: 'unknown' }),
      'suite-order',
      'A better suite is never passed over for a worse one; the server chooses in TLS 1.3, who chooses in TLS 1.2 is unknown.',
    ],
    [
      'which certificate comes without a stapled response',
      but({ certificates: [{ ...CHAIN, stapledOcsp: 'good' }, CHAIN_OF_ANOTHER] }),
      'ocsp-stapling',
      'OCSP responses are stapled, but none for ECDSA CN=other.example.com.',
    ],
    [
      'of which certificate a response speaks',
      but({ certificates: [{ ...CHAIN, stapledOcsp: 'good' }, CHAIN_OF_ANOTHER] }),
      'certificate-revoked',
      'Not revoked, says the stapled response: ECDSA CN=mail.example.com.',
    ],
    [
      'where groups were only seen in passing',
      withProtocol('TLSv1.2', { groupsComplete: false }),
      'group-weak',
      'Whether weak groups are accepted in TLS 1.2 could not be found out.',
    ],
    [
      'why much stays unknown at a door for holders of certificates',
      withFeature({ clientCertificate: 'required' }),
      'client-certificate',
      'A client certificate is demanded: without one no handshake comes to its end, so that what only whole handshakes show stays unknown.',
    ],
    [
      'who gets a key that is not for all',
      withNameless({ keyType: 'RSA', curve: '1024 bits' }),
      'certificate-key',
      'Keys of the certificates: ECDSA secp256r1 and RSA 1024 bits (for clients that name no server).',
    ],
    [
      'that a common name is no name, RFC 9525 §6',
      withChain({ nameMatches: false }, { names: [] }),
      'certificate-name',
      'Not for the name that was asked for: ECDSA CN=mail.example.com. No host name is in the subjectAltName of CN=mail.example.com, and clients do not look at the common name.',
    ],
    [
      'certificates that may be left out',
      withFeature({ clientCertificate: 'requested' }),
      'client-certificate',
      'A client certificate is asked for, and clients without one are served too.',
    ],
  ]
  for (const [why, posture, id, fact] of words) {
    test(`says ${why}`, () => {
      assert.equal(findings(posture).find((finding) => finding.id === id)?.fact, fact)
    })
  }

  test('hears our own rulebook where it is asked for, which never contradicts the finding and has a word for whatever was found wrong', () => {
    const postures = [WELL_KEPT, OLD, twoGroups, withClear({ authBeforeTls: ['PLAIN'] })]
    const seen = postures.flatMap((posture) =>
      [false, true].flatMap((opportunistic) => compare([OWN_RULEBOOK], posture, { now: NOW, opportunistic })),
    )
    const wrongly = seen.filter(
      ({ verdict: is, rules }) => rules.length > 0 && is !== 'unknown' && worst(rules.map((rule) => rule.verdict)) !== is,
    )
    assert.deepEqual(
      wrongly.map(({ id }) => id),
      [],
    )
    const silent = seen.filter(({ verdict: is, rules }) => (is === 'weak' || is === 'bad') && rules.length === 0)
    // Of suites that are not there no rulebook speaks.
    assert.deepEqual([...new Set(silent.map(({ id }) => id))], ['suites-modern'])
    assert.ok(seen.some(({ id, rules }) => id === 'auth-before-tls' && rules.some(({ verdict: is }) => is === 'bad')))
  })

  test('judges by a policy as by a rulebook', () => {
    const intermediate = rulebookByName('mozilla-intermediate')
    assert.ok(intermediate)
    const policy = { ...policyOf(intermediate, { now: NOW }), name: 'ours', groups: ['x25519'] }
    const seen = compare([policy], WELL_KEPT, { now: NOW }).find(({ id }) => id === 'groups')
    assert.deepEqual(
      seen?.rules.map(({ rulebook, says, subjects }) => [rulebook, says, subjects]),
      [
        ['ours', 'not allowed', ['X25519MLKEM768', 'secp256r1', 'secp384r1']],
        ['ours', 'allowed', ['x25519']],
      ],
    )
  })

  test('shows both verdicts where rulebooks contradict each other', () => {
    const measures = ['mozilla-intermediate', 'nist-sp800-52r2'].flatMap((name) => rulebookByName(name) ?? [])
    const suites = compare(measures, WELL_KEPT, { now: NOW }).find(({ id }) => id === 'suites-modern')
    assert.deepEqual(
      suites?.rules.map(({ rulebook, verdict: says, subjects }) => [rulebook, says, subjects]),
      [
        ['mozilla-intermediate', 'good', []],
        ['nist-sp800-52r2', 'bad', ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'TLS_CHACHA20_POLY1305_SHA256']],
        ['nist-sp800-52r2', 'good', ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLS_AES_256_GCM_SHA384']],
      ],
    )
    assert.equal(suites?.rules[1]?.source, 'NIST SP 800-52 revision 2, 3.3.1')
  })

  test('says of which size it speaks where a rulebook has the same words for what it allows and what it does not', () => {
    const bsi = RULEBOOKS.filter(({ name }) => name === 'bsi-tr-02102-2')
    const posture = { ...twoGroups, dh: { bits: 1024, prime: 'custom', all: [THREE_THOUSAND], reused: false } } satisfies Posture
    assert.deepEqual(
      compare(bsi, posture, { now: NOW })
        .find(({ id }) => id === 'dh-size')
        ?.rules.map(({ verdict: is, says, subjects }) => [is, says, subjects]),
      [
        ['bad', 'at least 3000 bits', ['1024 bits (custom)']],
        ['good', 'at least 3000 bits', ['3072 bits (ffdhe3072)']],
      ],
    )
  })

  test('tells only what is said before TLS of a door without STARTTLS', () => {
    const door: Posture = { ...unknownPosture(), clear: { ...withClear({}).clear!, starttls: 'missing' } }
    assert.deepEqual(
      findings(door).map(({ id }) => id),
      ['starttls', 'auth-before-tls', 'text-after-go-ahead'],
    )
  })

  for (const [why, posture] of [
    ['refuses every version', REFUSES_EVERYTHING],
    ['refuses every version that it answers', REFUSES_ALL_HEARD],
  ] as const) {
    test(`praises no suite, attack or extension of a server that ${why}, and blames it for none`, () => {
      const said = (verdictSaid: Verdict): readonly string[] =>
        findings(posture).flatMap(({ id, verdict: is }) => (is === verdictSaid ? [id] : []))
      const old = ['protocol-sslv2', 'protocol-sslv3', 'protocol-tls1-0', 'protocol-tls1-1']
      assert.deepEqual(said('good'), [...old, 'starttls', 'auth-before-tls', 'text-after-go-ahead'])
      assert.deepEqual([...said('weak'), ...said('bad')], [])
      assert.ok(said('unknown').includes('heartbleed'))
      assert.equal(grade(findings(posture)).grade, 'unknown')
    })
  }

  test('knows nothing good of a posture that knows nothing', () => {
    const seen = findings(unknownPosture())
    assert.ok(seen.length > 40)
    assert.deepEqual(
      seen.filter((finding) => finding.verdict !== 'unknown'),
      [],
    )
  })
})

describe('compare() on any posture', () => {
  const options = { numRuns: 150 }

  test('answers, in the order of the list, each id once', () => {
    const ids: string[] = FINDINGS.map(({ id }) => id)
    fc.assert(
      fc.property(postureArbitrary, fc.boolean(), (posture, opportunistic) => {
        const seen = compare(RULEBOOKS, posture, { now: NOW, opportunistic }).map(({ id }) => id)
        assert.deepEqual(
          seen,
          ids.filter((id) => seen.includes(id)),
        )
      }),
      { numRuns: 40 },
    )
  })

  test('gives every weak or bad finding a remedy, and every unknown one neither remedy nor rules of a good one', () => {
    fc.assert(
      fc.property(postureArbitrary, (posture) => {
        for (const finding of findings(posture)) {
          const isWrong = finding.verdict === 'weak' || finding.verdict === 'bad'
          assert.equal(finding.remedy !== undefined, isWrong, finding.id)
          assert.notEqual(finding.fact, '')
        }
      }),
      options,
    )
  })

  test('makes nothing good out of forgetting a fact', () => {
    fc.assert(
      fc.property(postureArbitrary, fc.nat(), (posture, index) => {
        const forgotten = forget(posture, index)
        const before = new Set(findings(posture).flatMap(({ id, verdict: is }) => (is === 'good' ? [id] : [])))
        const fresh = findings(forgotten).filter(({ id, verdict: is }) => is === 'good' && !before.has(id))
        assert.deepEqual(fresh, [])
      }),
      { numRuns: 400 },
    )
  })

  test('has a remedy for everything that a finding can be', () => {
    for (const { id, weak, bad, remedy } of FINDINGS) assert.ok(remedy !== undefined || (weak === undefined && bad === undefined), id)
    assert.equal(findingKind('no-such-finding'), undefined)
  })
})

/** The posture with one of its facts forgotten: replaced by `unknown`, or a list no longer known to be whole. */
function forget(posture: Posture, index: number): Posture {
  const paths = factPaths(posture, [])
  const path = paths[index % paths.length] ?? []
  return replaceAt(posture, path) as Posture
}

const NO_FACTS = new Set([
  'role',
  'banner',
  'refusal',
  'trustError',
  'selfSigned',
  'isCa',
  'mustStaple',
  'keyType',
  'signatureHash',
  'signatureAlgorithm',
])

function factPaths(value: unknown, path: readonly string[]): (readonly string[])[] {
  const last = path.at(-1) ?? ''
  if (NO_FACTS.has(last)) return []
  if (
    typeof value === 'boolean' ||
    last === 'order' ||
    last === 'ticketLifetime' ||
    last === 'stapledOcsp' ||
    last === 'starttls' ||
    last === 'clientCertificate'
  )
    return [path]
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, inner]) => factPaths(inner, [...path, key]))
}

function replaceAt(value: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path
  if (key === undefined) return typeof value === 'boolean' || typeof value === 'string' || typeof value === 'number' ? 'unknown' : value
  if (key === 'complete') return { ...(value as object), complete: false }
  const copy = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }
  Object.assign(copy, { [key]: replaceAt((value as Record<string, unknown>)[key], rest) })
  return copy
}
