import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { cipherSuites, suiteByName, type CipherSuite } from '../../registry/index.ts'
import { createProtection, createTls13Protection, type RecordProtection } from './record-protection.ts'
import { suiteCipher, TLS13_IV_LENGTH } from './suite-cipher.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

function pair(suite: CipherSuite, version: number, encryptThenMac = false): readonly [RecordProtection, RecordProtection] {
  const { cipher, mac, macLength } = suiteCipher(suite)!
  const keys = {
    macSecret: new Uint8Array(macLength).fill(1),
    key: new Uint8Array(cipher.keyLength).fill(2),
    iv: new Uint8Array(version > 0x0303 ? TLS13_IV_LENGTH : cipher.ivLength).fill(3),
  }
  const make = (): RecordProtection =>
    version > 0x0303
      ? createTls13Protection(cipher, keys)
      : createProtection(version, cipher, { hash: mac, length: macLength, encryptThenMac }, keys)
  return [make(), make()]
}

/** One suite of every way to protect records that there is here. */
const WAYS = new Map(
  cipherSuites.filter((suite) => suiteCipher(suite)).map((suite) => [`${suite.kx === 'any'} ${suite.enc} ${suite.mac}`, suite]),
)

describe('createProtection()', () => {
  for (const suite of WAYS.values()) {
    const versions = suite.kx === 'any' ? [0x0304] : suite.aead ? [0x0303] : [0x0300, 0x0301, 0x0302, 0x0303]
    for (const version of versions) {
      for (const encryptThenMac of suite.mode === 'CBC' && version > 0x0300 ? [false, true] : [false]) {
        const name = `${suite.enc} with ${suite.mac} in 0x0${version.toString(16)}${encryptThenMac ? ', encrypt-then-MAC' : ''}`
        // SSLv3 knows MD5 and SHA-1 only.
        if (version === 0x0300 && (suite.mac === 'SHA256' || suite.mac === 'SHA384')) continue
        test(`open() undoes seal() for ${name}, record after record, and finds a changed bit`, () => {
          const [seal, open] = pair(suite, version, encryptThenMac)
          fc.assert(
            fc.property(fc.constantFrom(20, 21, 22, 23, 24), fc.uint8Array({ maxLength: 100 }), (type, fragment) => {
              assert.deepEqual(open.open(seal.seal(type, fragment)), { type, fragment })
            }),
            { numRuns: 20 },
          )
          if (suite.mac === 'NULL') return
          const record = seal.seal(23, new Uint8Array(20))
          record.fragment[record.fragment.length - 1]! ^= 0x80
          assert.equal(open.open(record), undefined)
        })
      }
    }
  }

  test('the IV of TLS 1.0 is the last block of the record before, and that of TLS 1.1 stands in the record, RFC 4346 §6.2.3.2', () => {
    const suite = suiteByName('TLS_RSA_WITH_AES_128_CBC_SHA')!
    const [early, late] = [pair(suite, 0x0301)[0], pair(suite, 0x0302)[0]]
    assert.equal(early.seal(23, new Uint8Array(0)).fragment.length, 32)
    assert.equal(late.seal(23, new Uint8Array(0)).fragment.length, 48)
  })

  test('garbage of any length is undefined, never an exception', () => {
    for (const suite of WAYS.values()) {
      if (suite.mac === 'NULL') continue
      const version = suite.kx === 'any' ? 0x0304 : suite.aead ? 0x0303 : 0x0301
      for (let length = 0; length < 70; length++) {
        const record = { type: 23, legacyRecordVersion: 0x0303, fragment: new Uint8Array(length) }
        assert.equal(pair(suite, version)[1].open(record), undefined, `${suite.iana}, ${length}`)
      }
    }
  })
})

describe('createTls13Protection()', () => {
  const { cipher } = suiteCipher(suiteByName('TLS_AES_128_GCM_SHA256')!)!
  const keys = { key: hex('dbfaa693d1762c5b666af5d950258d01'), iv: hex('5bd3c71b836e0b76bb73265f') }

  test('seals the client Finished as RFC 8448 §3 does', () => {
    const finished = hex('14000020a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61')
    const record = createTls13Protection(cipher, keys).seal(22, finished)
    assert.deepEqual(record, {
      type: 23,
      legacyRecordVersion: 0x0303,
      fragment: hex('75ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338ac98fc46deb384bd1caeacab6867d726c40546'),
    })
  })

  test('padding is taken away, and a record of nothing but padding is none, RFC 8446 §5.4', () => {
    const [seal, open] = [createTls13Protection(cipher, keys), createTls13Protection(cipher, keys)]
    const padded = seal.seal(21, Uint8Array.of(1, 0), 100)
    assert.equal(padded.fragment.length, 2 + 1 + 100 + 16)
    assert.deepEqual(open.open(padded), { type: 21, fragment: Uint8Array.of(1, 0) })
    assert.equal(open.open(seal.seal(0, new Uint8Array(4))), undefined)
  })
})

describe('suiteCipher()', () => {
  test('does not take the ChaCha20 of the drafts for that of RFC 7905 §2, nor EXPORT1024 for EXPORT', () => {
    for (const name of ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256_OLD', 'TLS_RSA_EXPORT1024_WITH_DES_CBC_SHA']) {
      const suite = suiteByName(name)
      assert.ok(suite, name)
      assert.equal(suiteCipher(suite), undefined)
    }
  })

  test('suites whose cipher nobody here can do are undefined', () => {
    for (const name of ['TLS_RSA_WITH_IDEA_CBC_SHA', 'TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5', 'TLS_SM4_GCM_SM3', 'TLS_SHA256_SHA256']) {
      assert.equal(suiteCipher(suiteByName(name)!), undefined, name)
    }
  })
})
