import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { rootCertificates } from 'node:tls'
import { PosternError } from '../errors.ts'
import { parseCertificate } from './certificate.ts'
import { judgeChain } from './chain.ts'
import { findPath, isPublicRoot, trustStore, TrustStore } from './trust.ts'

/** Roots that may sign handshakes too, so that they can stand for a server’s own certificate. */
const [PEM = '', OTHER_PEM = ''] = rootCertificates.filter(
  (pem) => parseCertificate(new X509Certificate(pem).raw)?.posture.keyUsage?.includes('digitalSignature') === true,
)
const ROOT = new X509Certificate(PEM)
const OTHER_ROOT = new X509Certificate(OTHER_PEM)
const PRIVATE_PEM = `-----BEGIN CERTIFICATE-----
MIIBkzCCATugAwIBAgIUBeydLsg2shslS30vyWD86nQzNiwwCgYIKoZIzj0EAwIw
HzEdMBsGA1UEAwwURXhhbXBsZSBQcml2YXRlIFJvb3QwIBcNMjYxMTIyMDczODEy
WhgPMjEyNjEwMjkwNzM4MTJaMB8xHTAbBgNVBAMMFEV4YW1wbGUgUHJpdmF0ZSBS
b290MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf6Z7eAe22QTfNnEJn33nNi0u
pjz0oGTwgMgKn4nwOaGN12cgn7n6CHcMUW3EP8uw4kQkWkcIvSFlILKaEXVfMaNT
MFEwHQYDVR0OBBYEFFJoZzGlbj+YqVD4k0i9nluFJIXfMB8GA1UdIwQYMBaAFFJo
ZzGlbj+YqVD4k0i9nluFJIXfMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID
RgAwQwIgEWeiia3x7W6f1oel1erotfeMRJE826HkmbHRdgbDzYsCHyZdUulB+MlP
URp/8EN50meoISjA3VT2fVMYWwHruJk=
-----END CERTIFICATE-----`
const PRIVATE_NOW = new Date('2027-01-01T00:00:00Z')
const NOW = new Date((ROOT.validFromDate.getTime() + ROOT.validToDate.getTime()) / 2)

test('A store reads the system’s roots once, and not before a certificate is looked up', () => {
  let reads = 0
  const store = new TrustStore([], () => {
    reads++
    return [PEM, PEM]
  })
  assert.equal(reads, 0)
  assert.equal(store.issuersOf(ROOT).length, 1)
  assert.equal(store.has(ROOT), true)
  assert.equal(store.has(OTHER_ROOT), false)
  assert.equal(reads, 1)
})

test('A root is trusted wherever it was named', () => {
  const rows = [
    { store: new TrustStore([PEM]), trusted: true, reason: 'named by the person' },
    { store: new TrustStore([], () => [PEM]), trusted: true, reason: 'of the system' },
    { store: new TrustStore([OTHER_PEM]), trusted: false, reason: 'another one' },
  ]
  for (const { store, trusted, reason } of rows) assert.equal(findPath([ROOT], store, NOW).trusted, trusted, reason)
})

test('A root is public when Mozilla’s programs come with it, in whichever store it was found', () => {
  for (const store of [new TrustStore([PEM]), new TrustStore([], () => [PEM])]) {
    const { root } = findPath([ROOT], store, NOW)
    assert.equal(root?.fingerprint256, ROOT.fingerprint256)
    assert.equal(root !== undefined && isPublicRoot(root), true)
  }
  assert.equal(isPublicRoot(new X509Certificate(PRIVATE_PEM)), false)
})

test('A path that is not trusted ends in no root', () => {
  assert.equal(findPath([ROOT], new TrustStore([OTHER_PEM]), NOW).root, undefined)
  assert.equal(findPath([ROOT], new TrustStore([PEM]), new Date(0)).root, undefined, 'not yet valid')
})

test('A chain is publicly trusted by a public root alone', () => {
  const rows = [
    { pem: PEM, store: [PEM], now: NOW, publiclyTrusted: true, reason: 'a public root' },
    { pem: PRIVATE_PEM, store: [PRIVATE_PEM], now: PRIVATE_NOW, publiclyTrusted: false, reason: 'a root of one’s own' },
    { pem: PEM, store: [], now: NOW, publiclyTrusted: false, reason: 'not trusted at all' },
  ]
  for (const { pem, store, now, publiclyTrusted, reason } of rows) {
    const served = { ders: [new X509Certificate(pem).raw], servedFor: ['sni'], staple: null, sctsInHandshake: 0 } as const
    assert.equal(judgeChain(served, 'mail.example.com', new TrustStore(store), now).publiclyTrusted, publiclyTrusted, reason)
  }
  const broken = { ders: [new Uint8Array([1])], servedFor: ['sni'], staple: null, sctsInHandshake: 0 } as const
  assert.equal(judgeChain(broken, 'mail.example.com', new TrustStore([PEM]), NOW).publiclyTrusted, 'unknown', 'nothing could be read')
})

test('A file of authorities that holds none, or a damaged one, is wrong input', () => {
  const rows = [
    { pem: 'nothing', words: /there is no certificate in it/ },
    { pem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', words: /a certificate in it is damaged/ },
  ]
  for (const { pem, words } of rows) {
    assert.throws(
      () => trustStore([{ file: 'ca.pem', pem }]),
      (error) => error instanceof PosternError && error.fault === 'input' && error.code === 'CA_FILE_INVALID' && words.test(error.message),
    )
  }
})
