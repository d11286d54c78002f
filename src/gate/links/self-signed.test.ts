import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { newKey, pinOf, selfSigned } from './self-signed.ts'

test('selfSigned(): a certificate for these dates that its own key has signed', () => {
  const key = newKey()
  const [from, until] = [new Date('2026-01-02T03:04:05Z'), new Date('2051-06-07T08:09:10Z')]
  const made = selfSigned(key, createPublicKey(key), 'office', from, until)
  const read = new X509Certificate(made.certificate)
  assert.deepEqual([read.subject, read.issuer], ['CN=office', 'CN=office'])
  assert.deepEqual([new Date(read.validFrom), new Date(read.validTo)], [from, until])
  assert.ok(read.verify(read.publicKey))
  assert.ok(read.checkPrivateKey(createPrivateKey(made.key)))
  assert.equal(pinOf(read.publicKey), pinOf(createPublicKey(key)))
  assert.match(read.serialNumber, /^[4-7][0-9A-F]{31}$/)
})
