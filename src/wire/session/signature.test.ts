import assert from 'node:assert/strict'
import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { describe, test } from 'node:test'
import { certificateVerifyContent, verifySignature } from './signature.ts'

const CONTENT = Buffer.from('what is signed')
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const dsa = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 })
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }

interface Row {
  readonly why: string
  readonly scheme: number | undefined
  readonly keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
  readonly hash: string | null
  readonly options?: object
}

const SIGNED: readonly Row[] = [
  { why: 'RSA over MD5 and SHA-1 up to TLS 1.1', scheme: undefined, keys: rsa, hash: 'md5-sha1' },
  { why: 'ECDSA over SHA-1 up to TLS 1.1', scheme: undefined, keys: ec, hash: 'sha1' },
  { why: 'DSA over SHA-1 up to TLS 1.1', scheme: undefined, keys: dsa, hash: 'sha1' },
  { why: 'rsa_pkcs1_md5', scheme: 0x0101, keys: rsa, hash: 'md5' },
  { why: 'rsa_pkcs1_sha256', scheme: 0x0401, keys: rsa, hash: 'sha256' },
  { why: 'dsa_sha256', scheme: 0x0402, keys: dsa, hash: 'sha256' },
  { why: 'ecdsa_secp521r1_sha512 on another curve, as TLS 1.2 allows', scheme: 0x0603, keys: ec, hash: 'sha512' },
  { why: 'rsa_pss_rsae_sha256', scheme: 0x0804, keys: rsa, hash: 'sha256', options: PSS },
  {
    why: 'rsa_pss_pss_sha256',
    scheme: 0x0809,
    keys: generateKeyPairSync('rsa-pss', { modulusLength: 1024 }),
    hash: 'sha256',
    options: PSS,
  },
  { why: 'ed25519', scheme: 0x0807, keys: generateKeyPairSync('ed25519'), hash: null },
  { why: 'ed448', scheme: 0x0808, keys: generateKeyPairSync('ed448'), hash: null },
  {
    why: 'ecdsa_brainpoolP384r1tls13_sha384',
    scheme: 0x081b,
    keys: generateKeyPairSync('ec', { namedCurve: 'brainpoolP384r1' }),
    hash: 'sha384',
  },
  { why: 'mldsa65', scheme: 0x0905, keys: generateKeyPairSync('ml-dsa-65'), hash: null },
]

describe('verifySignature()', () => {
  for (const { why, scheme, keys, hash, options } of SIGNED) {
    test(`knows right from wrong for ${why}`, () => {
      const signature = sign(hash, CONTENT, { key: keys.privateKey, ...options })
      assert.equal(verifySignature(keys.publicKey, scheme, CONTENT, signature), true)
      assert.equal(verifySignature(keys.publicKey, scheme, Buffer.from('something else'), signature), false)
    })
  }

  test('a scheme that does not go with the key is wrong', () => {
    const signature = sign('sha256', CONTENT, rsa.privateKey)
    assert.equal(verifySignature(ec.publicKey, 0x0401, CONTENT, signature), false)
  })

  test('what cannot be told is unknown: no key, a number without meaning, SM2', () => {
    const signature = new Uint8Array(64)
    assert.equal(verifySignature(undefined, 0x0401, CONTENT, signature), 'unknown')
    assert.equal(verifySignature(ec.publicKey, 0xfefe, CONTENT, signature), 'unknown')
    assert.equal(verifySignature(ec.publicKey, 0x0708, CONTENT, signature), 'unknown')
    assert.equal(verifySignature(generateKeyPairSync('x25519').publicKey, undefined, CONTENT, signature), 'unknown')
  })
})

describe('certificateVerifyContent()', () => {
  test('is 64 spaces, the label, a zero and the hash, RFC 8446 §4.4.3', () => {
    const content = Buffer.from(certificateVerifyContent(Uint8Array.of(1, 2)))
    assert.equal(content.toString('latin1'), `${' '.repeat(64)}TLS 1.3, server CertificateVerify\0\u0001\u0002`)
  })
})
