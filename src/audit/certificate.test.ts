import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import type { CertificatePosture } from '../policy/index.ts'
import { matchesName, parseCertificate } from './certificate.ts'
import { derOf, pemOf } from './testdata/fixtures.ts'

function posture(name: string): CertificatePosture {
  const parsed = parseCertificate(derOf(name))
  assert.ok(parsed)
  return parsed.posture
}

describe('parseCertificate()', () => {
  test('tells everything that a certificate says', () => {
    const { notBefore, notAfter, sha256, pem, ...said } = posture('leaf')
    assert.deepEqual(said, {
      subject: 'CN=common.example.com, O=Example, C=DE',
      issuer: 'CN=Example Intermediate, O=Example',
      names: ['mail.example.com', '*.example.org', '192.0.2.7', '2001:DB8:0:0:0:0:0:7'],
      serial: '0123456789ABCDEF',
      keyType: 'ECDSA',
      keyBits: 256,
      curve: 'secp256r1',
      signatureAlgorithm: 'ecdsa-with-SHA256',
      signatureHash: 'SHA-256',
      selfSigned: false,
      isCa: false,
      keyUsage: ['digitalSignature', 'keyAgreement', 'decipherOnly'],
      extendedKeyUsage: ['serverAuth', 'clientAuth', '1.2.3.4'],
      mustStaple: true,
      scts: 2,
      ocspUrls: ['http://ocsp.example.com/one', 'http://ocsp.example.com/two'],
    })
    assert.match(notBefore, /^2026-11-\d\dT\d\d:\d\d:\d\d\.000Z$/)
    assert.ok(Date.parse(notAfter) > Date.parse(notBefore))
    const x509 = new X509Certificate(pemOf('leaf'))
    assert.deepEqual([sha256, new X509Certificate(pem).raw], [x509.fingerprint256.replaceAll(':', ''), x509.raw])
  })

  test('and nothing that it does not say', () => {
    const bare = posture('no-names')
    assert.deepEqual([bare.names, bare.ocspUrls, bare.mustStaple, bare.scts], [[], [], false, 0])
    assert.equal('keyUsage' in bare || 'extendedKeyUsage' in bare, false, 'which means that any use is allowed, RFC 5280 §4.2.1.3')
  })

  test('and one whose names stand in subjectAltName alone, RFC 5280 §4.1.2.6', () => {
    const { subject, issuer, names, selfSigned, keyType } = posture('no-subject')
    assert.deepEqual([subject, issuer, names, selfSigned, keyType], ['', '', ['no-subject.example.com'], true, 'ECDSA'])
  })

  const keys: readonly { name: string; key: Partial<CertificatePosture> }[] = [
    { name: 'rsa', key: { keyType: 'RSA', keyBits: 2048, signatureHash: 'SHA-256' } },
    { name: 'rsa-pss', key: { keyType: 'RSA-PSS', keyBits: 2048 } },
    { name: 'p384', key: { keyType: 'ECDSA', keyBits: 384, curve: 'secp384r1' } },
    { name: 'ed25519', key: { keyType: 'Ed25519', keyBits: 256, signatureHash: 'none' } },
    { name: 'ed448', key: { keyType: 'Ed448', keyBits: 456, signatureHash: 'none' } },
    { name: 'dsa', key: { keyType: 'DSA', keyBits: 1024, signatureHash: 'SHA-256' } },
    { name: 'sha1', key: { keyType: 'RSA', signatureHash: 'SHA-1' } },
    { name: 'md5', key: { keyType: 'RSA', signatureHash: 'MD5' } },
  ]
  for (const { name, key } of keys) {
    test(`${name}: ${JSON.stringify(key)}, signed by itself`, () => {
      const found = posture(name)
      assert.deepEqual({ ...found, ...key, selfSigned: true }, found)
    })
  }

  const authorities = [
    { name: 'root', isCa: true, selfSigned: true },
    { name: 'intermediate', isCa: true, selfSigned: false },
    { name: 'not-ca', isCa: false, selfSigned: false },
  ]
  for (const { name, isCa, selfSigned } of authorities) {
    test(`${name}: authority ${String(isCa)}, signed by itself ${String(selfSigned)}`, () => {
      const found = posture(name)
      assert.deepEqual([found.isCa, found.selfSigned], [isCa, selfSigned])
    })
  }

  const staples = [
    { name: 'must-staple', mustStaple: true, ocspUrls: [], reason: 'status_request' },
    { name: 'responder', mustStaple: false, ocspUrls: ['http://ocsp.example.com/'], reason: 'another feature' },
  ]
  for (const { name, mustStaple, ocspUrls, reason } of staples) {
    test(`${name}: has to be stapled ${String(mustStaple)}: ${reason}`, () => {
      const found = posture(name)
      assert.deepEqual([found.mustStaple, found.ocspUrls], [mustStaple, ocspUrls])
    })
  }

  test('a name that looks like several is none of them', () => {
    assert.deepEqual(posture('quoted').names, ['mail.example.com'])
  })

  test('what is no certificate, or a part of one, is undefined', () => {
    const leaf = derOf('leaf')
    for (const der of [new Uint8Array(0), Uint8Array.of(0x30, 0), Buffer.from('hello'), leaf.subarray(0, leaf.length - 1)])
      assert.equal(parseCertificate(der), undefined)
  })
})

describe('matchesName()', () => {
  const rows: readonly { certificate: string; host: string; matches: boolean; reason: string }[] = [
    { certificate: 'leaf', host: 'mail.example.com', matches: true, reason: 'a name of it' },
    { certificate: 'leaf', host: 'MAIL.Example.COM', matches: true, reason: 'in any case, RFC 6125 §6.4.1' },
    { certificate: 'leaf', host: 'mail.example.com.', matches: true, reason: 'with the dot of DNS' },
    { certificate: 'leaf', host: 'example.com', matches: false, reason: 'a parent' },
    { certificate: 'leaf', host: 'www.mail.example.com', matches: false, reason: 'a child' },
    { certificate: 'leaf', host: 'common.example.com', matches: false, reason: 'the common name of one that has others, RFC 6125 §6.4.4' },
    { certificate: 'leaf', host: 'imap.example.org', matches: true, reason: 'a wildcard' },
    { certificate: 'leaf', host: 'example.org', matches: false, reason: 'nothing is no label' },
    { certificate: 'leaf', host: 'a.b.example.org', matches: false, reason: 'a wildcard is one label, RFC 6125 §6.4.3' },
    { certificate: 'leaf', host: '192.0.2.7', matches: true, reason: 'its address' },
    { certificate: 'leaf', host: '192.0.2.8', matches: false, reason: 'another one' },
    { certificate: 'leaf', host: '2001:db8::7', matches: true, reason: 'its address of IPv6, however written' },
    { certificate: 'no-names', host: 'old.example.com', matches: false, reason: 'nor where there is nothing else, RFC 9525 §6' },
    { certificate: 'no-names', host: 'new.example.com', matches: false, reason: 'not that either' },
    { certificate: 'quoted', host: 'bank.example', matches: false, reason: 'a name inside a name' },
  ]
  for (const { certificate, host, matches, reason } of rows) {
    test(`${host} ${matches ? 'is' : 'is not'} what ${certificate} is for: ${reason}`, () => {
      assert.equal(matchesName(new X509Certificate(pemOf(certificate)), host), matches)
    })
  }
})
