import assert from 'node:assert/strict'
import { createHash, createPublicKey, encapsulate, generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { groupByCode } from '../../registry/index.ts'
import { ffdhe, generateFiniteFieldShare, MAX_PRIME_BITS, withoutLeadingZeros } from './finite-field.ts'
import { agreeWithCertificate, generateKeyShare, SUPPORTED_GROUPS } from './key-agreement.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

describe('generateKeyShare()', () => {
  for (const group of SUPPORTED_GROUPS.filter((group) => group < 512)) {
    test(`both sides of ${groupByCode(group)?.name ?? group} agree, and refuse what is none of its values`, () => {
      const [client, server] = [generateKeyShare(group)!, generateKeyShare(group)!]
      const secret = client.agree(server.publicValue)
      assert.ok(secret && secret.length > 0)
      assert.deepEqual(secret, server.agree(client.publicValue))
      if (group < 256) assert.equal(client.agree(server.publicValue.slice(1)), undefined)
    })
  }

  test('the hybrids are both of their parts, in the order of draft-ietf-tls-ecdhe-mlkem §4', () => {
    for (const [group, classical, kemFirst, keyLength, curve] of [
      [4588, 29, true, 1184, 32],
      [4587, 23, false, 1184, 65],
      [4589, 24, false, 1568, 97],
    ] as const) {
      const client = generateKeyShare(group)!
      assert.equal(client.publicValue.length, keyLength + curve)
      const kemKey = kemFirst ? client.publicValue.slice(0, keyLength) : client.publicValue.slice(-keyLength)
      const point = kemFirst ? client.publicValue.slice(keyLength) : client.publicValue.slice(0, curve)
      const { sharedKey, ciphertext } = encapsulate(kemPublicKey(kemKey))
      const server = generateKeyShare(classical)!
      const parts = [sharedKey, server.agree(point)!]
      const values = [ciphertext, server.publicValue]
      if (!kemFirst) [parts, values].forEach((both) => both.reverse())
      assert.deepEqual(Buffer.from(client.agree(Buffer.concat(values))!), Buffer.concat(parts))
      assert.equal(client.agree(new Uint8Array(3)), undefined)
    }
  })

  test('a group that nobody here can do is undefined', () => assert.equal(generateKeyShare(0x2a2a), undefined))
})

/** Puts a raw encapsulation key behind the head of another key's SubjectPublicKeyInfo. */
function kemPublicKey(raw: Uint8Array): ReturnType<typeof createPublicKey> {
  const { publicKey } = raw.length === 1184 ? generateKeyPairSync('ml-kem-768') : generateKeyPairSync('ml-kem-1024')
  const head = publicKey.export({ format: 'der', type: 'spki' }).subarray(0, -raw.length)
  return createPublicKey({ key: Buffer.concat([head, raw]), format: 'der', type: 'spki' })
}

describe('agreeWithCertificate()', () => {
  test("agrees with a server's static key on a curve, and not with a key of RSA", () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    const agreed = agreeWithCertificate(publicKey)!
    assert.equal(agreed.publicValue.length, 65)
    assert.equal(agreed.sharedSecret.length, 32)
    assert.equal(privateKey.asymmetricKeyDetails?.namedCurve, 'prime256v1')
    assert.equal(agreeWithCertificate(generateKeyPairSync('rsa', { modulusLength: 512 }).publicKey), undefined)
  })
})

describe('generateFiniteFieldShare()', () => {
  test('calculates with small and composite primes as servers serve them', () => {
    const field = { prime: hex('0017'), generator: Uint8Array.of(5) }
    const client = generateFiniteFieldShare(field, () => Uint8Array.of(6 - 1))!
    const server = generateFiniteFieldShare(field, () => Uint8Array.of(15 - 1))!
    // 5^6 mod 23 and 5^15 mod 23, and 2 for both.
    assert.deepEqual([client.publicValue, server.publicValue], [Uint8Array.of(8), Uint8Array.of(19)])
    assert.deepEqual([client.agree(server.publicValue), server.agree(client.publicValue)], [Uint8Array.of(2), Uint8Array.of(2)])
  })

  test('refuses primes that are none, and those that would take too long', () => {
    const generator = Uint8Array.of(2)
    for (const prime of [new Uint8Array(), Uint8Array.of(0), Uint8Array.of(2), new Uint8Array(MAX_PRIME_BITS / 8 + 1).fill(0xff)]) {
      assert.equal(generateFiniteFieldShare({ prime, generator }), undefined)
    }
    assert.ok(generateFiniteFieldShare({ prime: new Uint8Array(MAX_PRIME_BITS / 8).fill(0xff), generator }, () => Uint8Array.of(1)))
  })
})

/** SHA-256 of the primes as OpenSSL has them: `openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048`. */
const FFDHE_PRIMES: readonly (readonly [bits: number, sha256: string])[] = [
  [2048, '9cd3b7f336872f46c09428d1bbc19877a4d440512cda8d1c1cf0cd6e33698966'],
  [3072, '0eaf67db3a839156d5013494a5318a772b5697d270d721f37f092efc69ea5a17'],
  [4096, '4648414224ac881b3d0dc59b466f96d06a558278776807797ecf1f66ff397b3e'],
  [6144, '227ac9066b3ddd9e193670cda2388fa884f65ba0cf98b742d1fe77a6687c79c7'],
  [8192, '770b14efaf6f049929c523113b3fa99a8d11dab1b18af3609590122075d19833'],
]

describe('ffdhe()', () => {
  for (const [bits, sha256] of FFDHE_PRIMES) {
    test(`of ${bits} bits is the prime of RFC 7919 §A`, () => {
      assert.equal(createHash('sha256').update(ffdhe(bits).prime).digest('hex'), sha256)
    })
  }
})

describe('withoutLeadingZeros()', () => {
  test('takes zeros from the front only, RFC 5246 §8.1.2', () => {
    assert.deepEqual(withoutLeadingZeros(Uint8Array.of(0, 0, 1, 0)), Uint8Array.of(1, 0))
    assert.deepEqual(withoutLeadingZeros(Uint8Array.of(0)), new Uint8Array())
  })
})
