import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cipherSuites, groups, PROTOCOLS, signatureScheme } from '../registry/index.ts'
import { policyOf } from './policy-of.ts'
import { allows, forbiddenBy, type Policy, type PolicyQuestion } from './policy.ts'
import { rulebookOf } from './rulebook-of.ts'
import { judge } from './rulebook.ts'
import { RULEBOOKS, rulebookByName } from './rulebooks.ts'

const NOW = new Date('2026-11-22T00:00:00Z')

function policy(name: string, strict = false): Policy {
  const rulebook = rulebookByName(name)
  assert.ok(rulebook, name)
  return policyOf(rulebook, { now: NOW, strict })
}

describe('policyOf()', () => {
  test('Mozilla intermediate 6.0 becomes the policy that it publishes', () => {
    const { protocols, suites, groups: curves, certificate, dh, order, sslv2Hello } = policy('mozilla-intermediate')
    assert.deepEqual(protocols, { allowed: ['TLSv1.2', 'TLSv1.3'], required: [] })
    assert.deepEqual(suites.slice(0, 4), [
      'TLS_AES_128_GCM_SHA256',
      'TLS_AES_256_GCM_SHA384',
      'TLS_CHACHA20_POLY1305_SHA256',
      'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    ])
    assert.equal(suites.length, 9)
    assert.deepEqual(curves, ['X25519MLKEM768', 'x25519', 'secp256r1', 'secp384r1'])
    assert.deepEqual(certificate, {
      keys: [
        { type: 'ECDSA', curves: ['secp256r1', 'secp384r1'] },
        { type: 'RSA', minBits: 2048 },
      ],
      hashes: ['SHA-256', 'SHA-384', 'SHA-512'],
      maxDays: 366,
    })
    assert.deepEqual(dh, { minBits: 2048 })
    assert.equal(order, 'any')
    assert.equal(sslv2Hello, true)
  })

  test('requires what a rulebook calls missing, and forbids what it calls bad', () => {
    assert.deepEqual(policy('mozilla-modern').protocols, { allowed: ['TLSv1.3'], required: ['TLSv1.3'] })
    assert.deepEqual(policy('nist-sp800-52r2').protocols, { allowed: ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'], required: ['TLSv1.2', 'TLSv1.3'] })
    assert.deepEqual(policy('rfc-9325').features, {
      required: ['extendedMasterSecret', 'secureRenegotiation'],
      forbidden: ['truncatedHmac', 'earlyData'],
    })
    assert.equal(policy('mozilla-old').order, 'server')
  })

  test('is narrower where strict: only what is good', () => {
    assert.deepEqual(policy('nist-sp800-52r2', true).protocols.allowed, ['TLSv1.2', 'TLSv1.3'])
    assert.ok(policy('ncsc-nl').suites.includes('TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'))
    assert.ok(!policy('ncsc-nl', true).suites.includes('TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'))
    assert.deepEqual(policy('ncsc-nl').dh, { minBits: 3072, primes: ['ffdhe3072', 'ffdhe4096', 'ffdhe6144', 'ffdhe8192'] })
    assert.deepEqual(policy('ncsc-nl', true).dh, { minBits: 2048, primes: [] })
    assert.deepEqual(policy('ncsc-nl').certificate.keys.at(-1), { type: 'RSA-PSS', minBits: 2048 })
    assert.deepEqual(policy('ncsc-nl', true).certificate.keys.at(-1), { type: 'RSA-PSS', minBits: 3072 })
  })

  for (const rulebook of RULEBOOKS) {
    test(`${rulebook.name}: the policy allows exactly what the rulebook does not call bad, and never SSL 2.0`, () => {
      const made = policyOf(rulebook, { now: NOW })
      assert.ok(!made.protocols.allowed.includes('SSLv2'))
      for (const { iana } of cipherSuites) {
        assert.equal(allows(made, { suite: iana }), judge(rulebook, { subject: 'suite', name: iana }, NOW)?.verdict !== 'bad', iana)
      }
      for (const { name } of groups) {
        assert.equal(allows(made, { group: name }), judge(rulebook, { subject: 'group', name }, NOW)?.verdict !== 'bad', name)
      }
      assert.equal(new Set(made.suites).size, made.suites.length)
      assert.equal(new Set(made.groups).size, made.groups.length)
    })

    test(`${rulebook.name}: the policy judges as a rulebook what it allows as good and everything else as bad`, () => {
      const made = policyOf(rulebook, { now: NOW })
      const again = rulebookOf(made)
      for (const name of PROTOCOLS)
        assert.equal(judge(again, { subject: 'protocol', name }, NOW)?.verdict === 'good', allows(made, { protocol: name }))
      for (const { iana: name } of cipherSuites) {
        assert.equal(judge(again, { subject: 'suite', name }, NOW)?.verdict === 'good', allows(made, { suite: name }), name)
      }
      for (const name of signatureScheme.names) {
        assert.equal(judge(again, { subject: 'signature', name }, NOW)?.verdict === 'good', allows(made, { signatureScheme: name }), name)
      }
      for (const bits of [1024, 2047, 2048, 3072]) {
        for (const prime of ['custom', 'ffdhe3072']) {
          assert.equal(
            judge(again, { subject: 'dh', bits, prime }, NOW)?.verdict === 'good',
            allows(made, { dh: { bits, prime } }),
            `${bits} ${prime}`,
          )
        }
      }
    })
  }
})

describe('forbiddenBy()', () => {
  test('together with what is allowed it is everything that has a name, and nothing is both', () => {
    for (const rulebook of RULEBOOKS) {
      const made = policyOf(rulebook, { now: NOW })
      const { protocols, suites, tls13Suites, groups: curves, signatureSchemes } = forbiddenBy(made)
      assert.deepEqual(new Set([...made.suites, ...suites, ...tls13Suites]), new Set(cipherSuites.map((suite) => suite.iana)))
      assert.equal(made.suites.length + suites.length + tls13Suites.length, cipherSuites.length)
      assert.equal(made.groups.length + curves.length, groups.length)
      assert.equal(made.signatureSchemes.length + signatureSchemes.length, signatureScheme.names.length)
      assert.equal(made.protocols.allowed.length + protocols.length, PROTOCOLS.length)
    }
  })

  test('keeps the suites of TLS 1.3 apart, which need a hello of their own', () => {
    const { suites, tls13Suites } = forbiddenBy(policy('mozilla-intermediate'))
    assert.ok(tls13Suites.includes('TLS_AES_128_CCM_8_SHA256'))
    assert.ok(suites.includes('TLS_RSA_WITH_AES_128_CBC_SHA'))
    assert.ok(!suites.some((name) => tls13Suites.includes(name)))
  })
})

describe('allows()', () => {
  const made: Policy = { ...policy('mozilla-intermediate'), features: { required: ['extendedMasterSecret'], forbidden: ['compression'] } }
  const rows: readonly (readonly [why: string, question: PolicyQuestion, allowed: boolean])[] = [
    ['a listed version', { protocol: 'TLSv1.2' }, true],
    ['another version', { protocol: 'TLSv1.1' }, false],
    ['a number nobody knows', { suite: '0xabcd' }, false],
    ['a listed group', { group: 'x25519' }, true],
    ['another group', { group: 'secp521r1' }, false],
    ['enough bits', { dh: { bits: 2048, prime: 'custom' } }, true],
    ['too few bits', { dh: { bits: 2047, prime: 'ffdhe2048' } }, false],
    ['an RSA key of 2048 bits', { certificateKey: { type: 'RSA', bits: 2048 } }, true],
    ['an RSA key of 2047 bits', { certificateKey: { type: 'RSA', bits: 2047 } }, false],
    ['a listed curve', { certificateKey: { type: 'ECDSA', bits: 256, curve: 'secp256r1' } }, true],
    ['another curve', { certificateKey: { type: 'ECDSA', bits: 521, curve: 'secp521r1' } }, false],
    ['a curve nobody named', { certificateKey: { type: 'ECDSA', bits: 256 } }, false],
    ['SHA-1', { certificateHash: 'SHA-1' }, false],
    ['366 days', { certificateDays: 366 }, true],
    ['367 days', { certificateDays: 367 }, false],
    ['required and there', { feature: 'extendedMasterSecret', present: true }, true],
    ['required and missing', { feature: 'extendedMasterSecret', present: false }, false],
    ['forbidden and there', { feature: 'compression', present: true }, false],
    ['forbidden and missing', { feature: 'compression', present: false }, true],
    ['neither required nor forbidden', { feature: 'heartbeat', present: true }, true],
  ]
  for (const [why, question, allowed] of rows)
    test(`${allowed ? 'yes' : 'no'}: ${why}`, () => assert.equal(allows(made, question), allowed))
})
