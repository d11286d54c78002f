import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { MalformedError } from '../reader.ts'
import { DER_TAG, decodeDer, derField, encodeDer, oidText, openDer } from './der.ts'

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values)

const element = fc.record(
  { tag: fc.nat({ max: 255 }), contents: fc.uint8Array({ maxLength: 400, size: 'max' }) },
  { noNullPrototype: true },
)

describe('decodeDer()', () => {
  test('gives every element that was written, one after the other', () => {
    fc.assert(
      fc.property(fc.array(element, { maxLength: 5 }), (elements) => {
        const all = Buffer.concat(elements.map(({ tag, contents }) => encodeDer(tag, contents)))
        assert.deepEqual(
          decodeDer(all, 'x').map(({ tag, contents }) => [tag, Buffer.from(contents)]),
          elements.map(({ tag, contents }) => [tag, Buffer.from(contents)]),
        )
      }),
      { numRuns: 60 },
    )
  })

  test('refuses every element that is cut', () => {
    fc.assert(
      fc.property(element, ({ tag, contents }) => {
        const whole = encodeDer(tag, contents)
        for (let length = 1; length < whole.length; length += 1 + Math.floor(whole.length / 40))
          assert.throws(() => decodeDer(whole.subarray(0, length), 'x'), MalformedError)
      }),
      { numRuns: 30 },
    )
  })

  test('any bytes are decoded or malformed, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (any) => {
        try {
          decodeDer(any, 'x')
        } catch (error) {
          assert.ok(error instanceof MalformedError)
        }
      }),
    )
  })

  const lengths: readonly { length: readonly number[]; reason: string }[] = [
    { length: [0x80], reason: 'an indefinite length, which DER has not, X.690 §10.1' },
    { length: [0x84, 0, 0, 0, 1], reason: 'a length of four bytes: nothing is so long' },
    { length: [0xff], reason: 'a reserved one, X.690 §8.1.3.5' },
  ]
  for (const { length, reason } of lengths) {
    test(`refuses ${reason}`, () => assert.throws(() => decodeDer(bytes(0x04, ...length, 1, 2, 3), 'x'), /Cannot decode x/))
  }

  test('reads a length of three bytes', () => {
    const [one] = decodeDer(Buffer.concat([bytes(0x04, 0x83, 1, 0, 0), new Uint8Array(65536)]), 'x')
    assert.equal(one?.contents.length, 65536)
  })
})

describe('openDer()', () => {
  test('gives what stands in the one element, or in the first', () => {
    const inner = [encodeDer(DER_TAG.integer, bytes(1)), encodeDer(DER_TAG.oid, bytes(0x2a))]
    const tags = (all: Uint8Array): number[] => openDer(all, 'x').map(({ tag }) => tag)
    assert.deepEqual(tags(encodeDer(DER_TAG.sequence, Buffer.concat(inner))), [DER_TAG.integer, DER_TAG.oid])
    assert.deepEqual(tags(bytes()), [])
  })
})

describe('oidText()', () => {
  const rows: readonly [hex: string, text: string][] = [
    ['2a864886f70d01010b', '1.2.840.113549.1.1.11'],
    ['551d25', '2.5.29.37'],
    ['2b06010505070118', '1.3.6.1.5.5.7.1.24'],
    ['2b06010401d679020402', '1.3.6.1.4.1.11129.2.4.2'],
    ['00', '0.0'],
    ['27', '0.39'],
    ['28', '1.0'],
    ['50', '2.0'],
    ['8837', '2.999'],
  ]
  for (const [hex, text] of rows) test(`${hex} is ${text}`, () => assert.equal(oidText(Buffer.from(hex, 'hex')), text))
})

describe('derField()', () => {
  test('gives the first of its tag that opening all of them gives', () => {
    fc.assert(
      fc.property(fc.array(element, { maxLength: 5 }), fc.nat({ max: 255 }), (elements, other) => {
        const sequence = encodeDer(
          DER_TAG.sequence,
          elements.map(({ tag, contents }) => encodeDer(tag, contents)),
        )
        for (const wanted of [other, ...elements.map(({ tag }) => tag)])
          assert.deepEqual(derField(sequence, 'x', wanted), openDer(sequence, 'x').find(({ tag }) => tag === wanted)?.contents)
      }),
      { numRuns: 60 },
    )
  })

  test('any bytes have it, have it not, or are malformed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat({ max: 255 }), (any, wanted) => {
        try {
          derField(any, 'x', wanted)
        } catch (error) {
          assert.ok(error instanceof MalformedError)
        }
      }),
    )
  })
})
