import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cipherSuites, groups, PROTOCOLS, signatureScheme, sslv2Ciphers, type ProtocolName } from '../registry/index.ts'
import { findingKind } from './findings.ts'
import { judge, type Rulebook, type Thing } from './rulebook.ts'
import { RULEBOOKS, rulebookByName } from './rulebooks.ts'
import { expand } from './expand.ts'

const NOW = new Date('2026-11-22T00:00:00Z')

const everySuite = [...cipherSuites.map((suite) => suite.iana), ...sslv2Ciphers.map((kind) => kind.name), '0xabcd']
const everyGroup = [...groups.map((group) => group.name), '0xabcd']

function said(name: string, thing: Thing, now: Date = NOW): string | undefined {
  const rulebook = rulebookByName(name)
  assert.ok(rulebook, name)
  const word = judge(rulebook, thing, now)
  return word === undefined ? undefined : `${word.verdict}: ${word.says}`
}

describe('every rulebook', () => {
  for (const rulebook of RULEBOOKS) {
    test(`${rulebook.name} has a word for every protocol, suite and group, known or not`, () => {
      const things: Thing[] = [
        ...PROTOCOLS.map((name): Thing => ({ subject: 'protocol', name })),
        ...everySuite.map((name): Thing => ({ subject: 'suite', name })),
        ...everyGroup.map((name): Thing => ({ subject: 'group', name })),
      ]
      for (const thing of things) assert.ok(judge(rulebook, thing, NOW)?.says, JSON.stringify(thing))
    })

    test(`${rulebook.name} names only suites, groups, schemes and findings that there are`, () => {
      assert.deepEqual(strangers(rulebook), [])
    })

    test(`${rulebook.name} has no row that an earlier row of its subject hides`, () => {
      const seen = new Set<string>()
      for (const rule of rulebook.rules) {
        assert.ok(!seen.has(rule.subject), `${rulebook.name}: a row for ${rule.subject} follows the row for all of it`)
        if (!('match' in rule)) seen.add(rule.subject)
      }
    })

    test(`${rulebook.name} says when it was published and where`, () => {
      assert.match(rulebook.date, /^\d{4}(?:-\d\d){0,2}$/)
      assert.match(rulebook.source, /^https:|^docs\//)
      assert.ok(rulebook.rules.every((rule) => rule.section !== ''))
    })
  }

  test('has a name of its own', () => {
    assert.equal(new Set(RULEBOOKS.map((rulebook) => rulebook.name)).size, RULEBOOKS.length)
  })
})

function strangers(rulebook: Rulebook): string[] {
  const unknown: string[] = []
  const check = (names: readonly string[] | undefined, known: readonly string[]): void => {
    for (const name of names ?? []) if (!known.includes(name)) unknown.push(name)
  }
  for (const rule of rulebook.rules) {
    if (rule.subject === 'suite') check(rule.match?.names, everySuite)
    if (rule.subject === 'group') check(rule.match?.names, everyGroup)
    if (rule.subject === 'certificate-key') check(rule.match?.curves, everyGroup)
    if (rule.subject === 'signature' && Array.isArray(rule.match)) check(rule.match, signatureScheme.names)
    if (rule.subject === 'behaviour')
      check(
        rule.match.filter((id) => findingKind(id) === undefined),
        [],
      )
  }
  return unknown
}

describe('judge()', () => {
  const protocols: readonly (readonly [why: string, rulebook: string, protocol: ProtocolName, says: string])[] = [
    ['Mozilla modern is TLS 1.3 alone', 'mozilla-modern', 'TLSv1.2', 'bad: not in the list'],
    ['Mozilla old keeps TLS 1.0', 'mozilla-old', 'TLSv1', 'good: in the list'],
    ['RFC 8996 §4', 'rfc-9325', 'TLSv1', 'bad: MUST NOT'],
    ['NCSC-NL 2025-05 no longer phases TLS 1.1 out', 'ncsc-nl', 'TLSv1.1', 'bad: insufficient'],
    ['NCSC-NL 2025-05, 3.3.1', 'ncsc-nl', 'TLSv1.2', 'good: sufficient'],
    ['NIST is milder to TLS 1.1', 'nist-sp800-52r2', 'TLSv1.1', 'weak: should not'],
    ['BSI', 'bsi-tr-02102-2', 'TLSv1.1', 'bad: not recommended'],
    ['BSI 2026-01, 3.2', 'bsi-tr-02102-2', 'TLSv1.2', 'good: recommended until 2031'],
    ['PCI DSS has no early TLS', 'pci-dss', 'TLSv1', 'bad: insecure version'],
  ]
  for (const [why, rulebook, name, says] of protocols) {
    test(`${rulebook} on ${name}: ${why}`, () => assert.equal(said(rulebook, { subject: 'protocol', name }), says))
  }

  const suites: readonly (readonly [why: string, rulebook: string, suite: string, says: string])[] = [
    ['6.0 has no DHE', 'mozilla-intermediate', 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', 'bad: not in the list'],
    ['5.7 had DHE', 'mozilla-intermediate-5.7', 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', 'good: in the list'],
    ['the last of old', 'mozilla-old', 'TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'good: in the list'],
    ['old never had DHE-CBC in 5.8', 'mozilla-old', 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA', 'bad: not in the list'],
    ['§4.2', 'rfc-9325', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'good: RECOMMENDED'],
    ['112 bits are not below 112', 'rfc-9325', 'TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'weak: SHOULD NOT'],
    ['RFC 7465 §2', 'rfc-9325', 'TLS_ECDHE_RSA_WITH_RC4_128_SHA', 'bad: MUST NOT'],
    ['56 bits', 'rfc-9325', 'TLS_RSA_WITH_DES_CBC_SHA', 'bad: MUST NOT'],
    ['no word against ChaCha20', 'rfc-9325', 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'good: no objection'],
    ['CBC', 'rfc-9325', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 'weak: SHOULD NOT without encrypt-then-MAC'],
    ['AES-128 is one step below', 'ncsc-nl', 'TLS_AES_128_GCM_SHA256', 'good: sufficient'],
    ['AES-256', 'ncsc-nl', 'TLS_AES_256_GCM_SHA384', 'good: good'],
    ['CBC with SHA-256', 'ncsc-nl', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 'weak: phase out'],
    ['CBC with SHA-1', 'ncsc-nl', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'bad: insufficient'],
    ['the short tag, in TLS 1.3 too', 'ncsc-nl', 'TLS_AES_128_CCM_8_SHA256', 'bad: insufficient'],
    ['NIST has no ChaCha20', 'nist-sp800-52r2', 'TLS_CHACHA20_POLY1305_SHA256', 'bad: not listed'],
    ['NIST lists the short tag', 'nist-sp800-52r2', 'TLS_AES_128_CCM_8_SHA256', 'good: listed'],
    ['NIST, appendix D', 'nist-sp800-52r2', 'TLS_RSA_WITH_AES_128_CBC_SHA', 'weak: not recommended'],
    ['NIST lists SHA-1 MACs', 'nist-sp800-52r2', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'good: listed'],
    ['BSI wants SHA-2 with CBC', 'bsi-tr-02102-2', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'bad: not recommended'],
    ['BSI has no ChaCha20', 'bsi-tr-02102-2', 'TLS_CHACHA20_POLY1305_SHA256', 'bad: not recommended'],
    ['BSI and DHE', 'bsi-tr-02102-2', 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', 'good: recommended until 2029'],
    ['BSI and CBC', 'bsi-tr-02102-2', 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384', 'good: recommended until 2031 with encrypt-then-MAC'],
    [
      'BSI and static keys',
      'bsi-tr-02102-2',
      'TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256',
      'weak: for special cases until 2026, without forward secrecy',
    ],
    ['no encryption', 'pci-dss', 'TLS_RSA_WITH_NULL_SHA', 'bad: not strong cryptography'],
    ['a number nobody knows', 'pci-dss', '0xabcd', 'bad: not strong cryptography'],
    ['SSL 2.0', 'postern', 'SSL_CK_RC4_128_WITH_MD5', 'bad: remove'],
    ['a number nobody knows is not fine', 'postern', '0xabcd', 'weak: remove when nobody needs it'],
  ]
  for (const [why, rulebook, name, says] of suites) {
    test(`${rulebook} on ${name}: ${why}`, () => assert.equal(said(rulebook, { subject: 'suite', name }), says))
  }

  const groupWords: readonly (readonly [rulebook: string, group: string, says: string])[] = [
    ['mozilla-intermediate', 'X25519MLKEM768', 'good: in the list'],
    ['mozilla-intermediate-5.7', 'X25519MLKEM768', 'bad: not in the list'],
    ['mozilla-intermediate', 'secp521r1', 'bad: not in the list'],
    ['rfc-9325', 'x25519', 'good: SHOULD support'],
    ['rfc-9325', 'secp192r1', 'bad: MUST NOT'],
    ['rfc-9325', 'secp224r1', 'good: no objection'],
    ['rfc-9325', 'arbitrary_explicit_prime_curves', 'bad: deprecated'],
    ['ncsc-nl', 'X25519MLKEM768', 'good: good'],
    ['ncsc-nl', 'ffdhe2048', 'bad: insufficient'],
    ['ncsc-nl', 'ffdhe3072', 'weak: phase out'],
    ['nist-sp800-52r2', 'x25519', 'bad: not listed'],
    ['nist-sp800-52r2', 'SecP256r1MLKEM768', 'weak: not mentioned: older than ML-KEM'],
    ['bsi-tr-02102-2', 'x25519', 'bad: not listed'],
    ['bsi-tr-02102-2', 'brainpoolP256r1tls13', 'good: recommended until 2031'],
    ['pci-dss', 'secp160r1', 'bad: not strong cryptography'],
    ['postern', 'arbitrary_explicit_prime_curves', 'bad: remove'],
    ['postern', 'secp224r1', 'weak: below 128 bits'],
    ['postern', 'ffdhe2048', 'good: fine'],
  ]
  for (const [rulebook, name, says] of groupWords) {
    test(`${rulebook} on ${name}`, () => assert.equal(said(rulebook, { subject: 'group', name }), says))
  }

  const others: readonly (readonly [why: string, rulebook: string, thing: Thing, says: string | undefined])[] = [
    ['2047 bits', 'rfc-9325', { subject: 'dh', bits: 2047, prime: 'custom' }, 'bad: at least 2048 bits REQUIRED'],
    ['2048 bits', 'rfc-9325', { subject: 'dh', bits: 2048, prime: 'custom' }, 'good: at least 2048 bits REQUIRED'],
    ['home-made', 'ncsc-nl', { subject: 'dh', bits: 4096, prime: 'custom' }, 'bad: insufficient'],
    ['a standard group', 'ncsc-nl', { subject: 'dh', bits: 4096, prime: 'ffdhe4096' }, 'weak: phase out'],
    ['3000 bits', 'bsi-tr-02102-2', { subject: 'dh', bits: 2999, prime: 'custom' }, 'bad: at least 3000 bits'],
    ['RSA 2048', 'ncsc-nl', { subject: 'certificate-key', leaf: true, type: 'RSA', bits: 2048 }, 'weak: phase out'],
    ['RSA 3072', 'ncsc-nl', { subject: 'certificate-key', leaf: true, type: 'RSA', bits: 3072 }, 'good: sufficient'],
    ['intermediates count', 'ncsc-nl', { subject: 'certificate-key', leaf: false, type: 'RSA', bits: 1024 }, 'bad: insufficient'],
    [
      'intermediates are the CA’s affair',
      'mozilla-modern',
      { subject: 'certificate-key', leaf: false, type: 'RSA', bits: 1024 },
      undefined,
    ],
    ['modern is ECDSA', 'mozilla-modern', { subject: 'certificate-key', leaf: true, type: 'RSA', bits: 4096 }, 'bad: not in the list'],
    [
      'P-521',
      'mozilla-modern',
      { subject: 'certificate-key', leaf: true, type: 'ECDSA', bits: 521, curve: 'secp521r1' },
      'bad: not in the list',
    ],
    ['small RSA', 'mozilla-intermediate', { subject: 'certificate-key', leaf: true, type: 'RSA', bits: 1024 }, 'bad: not in the list'],
    ['90 days', 'mozilla-modern', { subject: 'certificate-lifetime', days: 91 }, 'bad: at most 90 days'],
    ['90 days kept', 'mozilla-modern', { subject: 'certificate-lifetime', days: 90 }, 'good: at most 90 days'],
    ['silence', 'pci-dss', { subject: 'certificate-lifetime', days: 4000 }, undefined],
    ['SHA-1', 'rfc-9325', { subject: 'signature', name: 'ecdsa_sha1' }, 'bad: MUST NOT'],
    ['SHA-224', 'ncsc-nl', { subject: 'signature', name: 'rsa_pkcs1_sha224' }, 'weak: phase out'],
    [
      'PKCS #1 v1.5 ended with 2025',
      'bsi-tr-02102-2',
      { subject: 'signature', name: 'rsa_pkcs1_sha256' },
      'bad: recommended until 2025, which is over',
    ],
    ['PSS', 'bsi-tr-02102-2', { subject: 'signature', name: 'rsa_pss_rsae_sha256' }, 'good: recommended'],
    ['RSA 3072', 'bsi-tr-02102-2', { subject: 'certificate-key', leaf: true, type: 'RSA', bits: 3072 }, 'good: at least 3000 bits'],
    ['DSA', 'bsi-tr-02102-2', { subject: 'certificate-key', leaf: true, type: 'DSA', bits: 3072 }, 'good: recommended until 2029'],
    ['Ed25519', 'bsi-tr-02102-2', { subject: 'signature', name: 'ed25519' }, 'bad: not recommended'],
    ['broken', 'rfc-9325', { subject: 'behaviour', id: 'tls-compression', kept: false }, 'weak: SHOULD NOT'],
    ['kept', 'rfc-9325', { subject: 'behaviour', id: 'tls-compression', kept: true }, 'good: SHOULD NOT'],
    ['TLS 1.3 newer than TLS 1.2', 'postern', { subject: 'protocol-missing', name: 'TLSv1.2', newer: true }, undefined],
    ['no TLS 1.2 and nothing newer', 'postern', { subject: 'protocol-missing', name: 'TLSv1.2', newer: false }, 'bad: turn on'],
    ['NIST asks for both', 'nist-sp800-52r2', { subject: 'protocol-missing', name: 'TLSv1.2', newer: true }, 'bad: shall'],
  ]
  for (const [why, rulebook, thing, says] of others) {
    test(`${rulebook} on ${thing.subject}: ${why}`, () => assert.equal(said(rulebook, thing), says))
  }

  test('keeps a word to its last day and not a day longer', () => {
    const dhe: Thing = { subject: 'suite', name: 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256' }
    assert.equal(said('bsi-tr-02102-2', dhe, new Date('2029-12-31T23:59:59Z')), 'good: recommended until 2029')
    assert.equal(said('bsi-tr-02102-2', dhe, new Date('2030-01-01T00:00:00Z')), 'bad: recommended until 2029, which is over')
  })
})

describe('expand()', () => {
  const rows: readonly (readonly [why: string, patterns: readonly string[], names: readonly string[]])[] = [
    ['no braces', ['A'], ['A']],
    ['one block', ['A_{B,C}_D'], ['A_B_D', 'A_C_D']],
    ['two blocks, the first one slowest', ['{A,B}{1,2}'], ['A1', 'A2', 'B1', 'B2']],
    ['an empty choice', ['A{,B}'], ['A', 'AB']],
    ['several patterns', ['A{1,2}', 'B'], ['A1', 'A2', 'B']],
  ]
  for (const [why, patterns, names] of rows) test(why, () => assert.deepEqual(expand(...patterns), names))
})
