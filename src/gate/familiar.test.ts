import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { decodeClientHello, encodeClientHello, EXTENSION_TYPE, ja4, MalformedError, offerOf, type ClientHello } from '../wire/index.ts'
import { FamiliarHellos } from './familiar.ts'

const hello: ClientHello = {
  legacyVersion: 0x0303,
  random: new Uint8Array(32),
  legacySessionId: new Uint8Array(0),
  cipherSuites: [0x1301, 0xc02f],
  legacyCompressionMethods: [0],
  extensions: [
    { type: EXTENSION_TYPE.supported_groups, data: Uint8Array.of(0, 2, 0, 29) },
    { type: EXTENSION_TYPE.key_share, data: Uint8Array.of(1, 2, 3) },
  ],
}
const codes = fc.uint8Array({ maxLength: 6 })
const some = fc.record({
  legacyVersion: fc.constantFrom(0x0301, 0x0303),
  random: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  legacySessionId: codes,
  cipherSuites: fc.array(fc.constantFrom(0x1301, 0x002f, 0x0a0a, 0x00ff, 0x5600), { maxLength: 4 }),
  legacyCompressionMethods: fc.constant([0]),
  extensions: fc.option(fc.array(fc.record({ type: fc.constantFrom(1, 21, 35, 41, 44, 51, 57, 65281), data: codes }), { maxLength: 4 }), {
    nil: undefined,
  }),
})

describe('FamiliarHellos', () => {
  test('hears of each hello what it would if it had heard no other', () => {
    fc.assert(
      fc.property(fc.array(some, { maxLength: 20 }), (hellos) => {
        const familiar = new FamiliarHellos()
        for (const one of hellos) {
          const { offer, ja4: fingerprint } = familiar.heard(encodeClientHello(one))
          assert.deepEqual([offer, fingerprint], [offerOf(one), ja4(one)])
        }
      }),
    )
  })

  test('answers or throws MalformedError on any bytes, as if it had heard nothing before', () => {
    const familiar = new FamiliarHellos()
    const outcome = (hear: () => unknown): unknown => {
      try {
        return hear()
      } catch (error) {
        assert.ok(error instanceof MalformedError)
        return error.message
      }
    }
    const damaged = fc.tuple(some, fc.nat(), fc.nat(255), fc.nat()).map(([one, at, octet, cut]) => {
      const bytes = encodeClientHello(one)
      bytes[at % bytes.length] = octet
      return cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes
    })
    fc.assert(
      fc.property(damaged, (bytes) => {
        const fresh = outcome(() => offerOf(decodeClientHello(bytes)))
        assert.deepEqual(
          outcome(() => familiar.heard(bytes).offer),
          typeof fresh === 'string' ? fresh : (outcome(() => ja4(decodeClientHello(bytes))), fresh),
        )
      }),
      { numRuns: 2000 },
    )
  })

  test('looks once at what is said again with other keys, and again at what differs', () => {
    const familiar = new FamiliarHellos()
    const first = familiar.heard(encodeClientHello(hello))
    const [groups = { type: 0, data: new Uint8Array(0) }] = hello.extensions ?? []
    const again = { ...hello, random: new Uint8Array(32).fill(1), extensions: [groups, { type: 51, data: Uint8Array.of(9) }] }
    assert.equal(familiar.heard(encodeClientHello(again)), first)
    assert.notEqual(familiar.heard(encodeClientHello({ ...hello, cipherSuites: [0x1301] })), first)
    const without = encodeClientHello({ ...hello, extensions: undefined })
    assert.notEqual(familiar.heard(without), first)
    assert.notEqual(familiar.heard(encodeClientHello({ ...hello, extensions: [] })), familiar.heard(without))
  })

  test('forgets the oldest kind, and keeps none that is very long', () => {
    const familiar = new FamiliarHellos()
    const kind = (number: number): Uint8Array =>
      encodeClientHello({ ...hello, extensions: [{ type: 60_000, data: Uint8Array.of(number >> 8, number & 255) }] })
    const [first, second] = [familiar.heard(kind(0)), familiar.heard(kind(1))]
    for (let number = 2; number <= 512; number += 1) familiar.heard(kind(number))
    assert.equal(familiar.heard(kind(1)), second)
    assert.notEqual(familiar.heard(kind(0)), first)
    const long = encodeClientHello({ ...hello, extensions: [{ type: 60_000, data: new Uint8Array(5000) }] })
    assert.notEqual(familiar.heard(long), familiar.heard(long))
  })
})
