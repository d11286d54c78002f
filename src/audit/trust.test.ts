import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { rootCertificates } from 'node:tls'
import { PosternError } from '../errors.ts'
import { findPath, trustStore, TrustStore } from './trust.ts'

const [PEM = '', OTHER_PEM = ''] = rootCertificates
const ROOT = new X509Certificate(PEM)
const OTHER_ROOT = new X509Certificate(OTHER_PEM)
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
