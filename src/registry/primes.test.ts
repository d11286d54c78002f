import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { getDiffieHellman } from 'node:crypto'
import { describe, test } from 'node:test'
import { groupByName } from './groups.ts'
import { knownPrime, knownPrimes } from './primes.ts'

/** e - 2, scaled by 2^bits. */
function eulerFraction(bits: number): bigint {
  const guard = 64
  let term = 1n << BigInt(bits + guard)
  let sum = 0n
  for (let index = 2n; term > 0n; index++) {
    term /= index
    sum += term
  }
  return sum >> BigInt(guard)
}

/** RFC 7919 §A: p = 2^b - 2^(b-64) + ([2^(b-130) e] + x) * 2^64 - 1. */
function ffdhe(bits: number, x: bigint): Uint8Array {
  const e = (2n << BigInt(bits - 130)) + eulerFraction(bits - 130)
  const prime = (1n << BigInt(bits)) - (1n << BigInt(bits - 64)) + ((e + x) << 64n) - 1n
  return Buffer.from(prime.toString(16), 'hex')
}

describe('knownPrime()', () => {
  const modp = [
    ['modp1', 'RFC 2409 group 1'],
    ['modp2', 'RFC 2409 group 2'],
    ['modp5', 'RFC 3526 group 5'],
    ['modp14', 'RFC 3526 group 14'],
    ['modp15', 'RFC 3526 group 15'],
    ['modp16', 'RFC 3526 group 16'],
    ['modp17', 'RFC 3526 group 17'],
    ['modp18', 'RFC 3526 group 18'],
  ] as const
  for (const [node, name] of modp) {
    test(`knows ${name} from the bytes that OpenSSL has for ${node}`, () => {
      const prime = getDiffieHellman(node).getPrime()
      const known = knownPrime(prime)
      assert.deepEqual([known?.name, known?.bits, known?.kind], [name, prime.length * 8, 'safe'])
    })
  }

  const rfc7919 = [
    [2048, 560316n],
    [3072, 2625351n],
    [4096, 5736041n],
    [6144, 15705020n],
    [8192, 10965728n],
  ] as const
  for (const [bits, x] of rfc7919) {
    test(`knows ffdhe${bits} from its definition, RFC 7919 §A`, () => {
      assert.equal(knownPrime(ffdhe(bits, x))?.name, `ffdhe${bits}`)
      assert.equal(groupByName(`ffdhe${bits}`)?.bits, bits)
    })
  }

  for (const [number, group] of [
    [1, 22],
    [2, 23],
    [3, 24],
  ] as const) {
    const made = spawnSync('openssl', ['genpkey', '-genparam', '-algorithm', 'DHX', '-pkeyopt', `dh_rfc5114:${number}`], {
      encoding: 'utf8',
    })
    const skip = made.status === 0 ? false : 'this machine has no openssl that makes the groups of RFC 5114 §2'
    test(`knows RFC 5114 group ${group}, which is no safe prime`, { skip }, () => {
      // DomainParameters ::= SEQUENCE { p INTEGER, … }, RFC 3279 §2.3.3: a header of four bytes, then one whose length has one or two.
      const der = Buffer.from(made.stdout.replace(/-----[^-]+-----/g, ''), 'base64')
      const width = (der[5] ?? 0) - 0x80
      const start = 6 + width
      const known = knownPrime(der.subarray(start, start + der.readUIntBE(6, width)))
      assert.deepEqual([known?.name, known?.kind], [`RFC 5114 group ${group}`, 'prime'])
    })
  }

  test('looks past leading zeros, which DER puts in front', () => {
    const prime = getDiffieHellman('modp14').getPrime()
    assert.equal(knownPrime(Buffer.concat([Buffer.from([0, 0]), prime]))?.name, 'RFC 3526 group 14')
  })

  test('does not know a prime of one’s own, nor nothing at all', () => {
    const own = getDiffieHellman('modp14').getPrime()
    own[100] = (own[100] ?? 0) ^ 1
    assert.equal(knownPrime(own), undefined)
    assert.equal(knownPrime(new Uint8Array()), undefined)
    assert.equal(knownPrime(new Uint8Array(4)), undefined)
  })

  test('has each prime once', () => {
    assert.equal(new Set(knownPrimes.map((prime) => prime.sha256)).size, knownPrimes.length)
  })
})
