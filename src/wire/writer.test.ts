import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hex } from './testdata/hex.ts'
import { Writer } from './writer.ts'

const OVERFLOW = { code: 'FIELD_OVERFLOW', fault: 'bug' }

describe('Writer', () => {
  test('writes numbers big-endian, up to the largest', () => {
    assert.deepEqual(new Writer().u8(0xff).u16(0xfffe).u24(0xfffffd).u32(0xfffffffc).done(), hex('ff fffe fffffd fffffffc'))
  })

  const numbers: readonly (readonly [why: string, write: (writer: Writer) => Writer])[] = [
    ['256 in one byte', (writer) => writer.u8(256)],
    ['65536 in two', (writer) => writer.u16(65_536)],
    ['16777216 in three', (writer) => writer.u24(16_777_216)],
    ['2^32 in four', (writer) => writer.u32(2 ** 32)],
    ['a negative number', (writer) => writer.u8(-1)],
    ['a fraction', (writer) => writer.u16(1.5)],
    ['no number', (writer) => writer.u8(Number.NaN)],
  ]
  for (const [why, write] of numbers) test(`refuses ${why}`, () => assert.throws(() => write(new Writer()), OVERFLOW))

  const vectors: readonly (readonly [width: 1 | 2 | 3, most: number])[] = [
    [1, 255],
    [2, 65_535],
    [3, 16_777_215],
  ]
  for (const [width, most] of vectors) {
    test(`a vector with ${width} bytes of length holds ${most} bytes and no more`, () => {
      const whole = new Writer().opaque(width, new Uint8Array(most)).done()
      assert.equal(whole.length, width + most)
      assert.ok(whole.slice(0, width).every((byte) => byte === 0xff))
      assert.throws(() => new Writer().opaque(width, new Uint8Array(most + 1)), OVERFLOW)
    })
  }

  test('measures what a body writes, and vectors in it', () => {
    const bytes = new Writer().vector(2, (outer) => outer.u8(7).vector(1, (inner) => inner.u16(0x0102))).done()
    assert.deepEqual(bytes, hex('0004 07 02 0102'))
  })

  test('writes lists of numbers with their length', () => {
    assert.deepEqual(new Writer().u8s(1, [1, 2]).u16s(2, [0x1301]).u16s(3, []).done(), hex('02 0102 0002 1301 000000'))
  })

  test('gives a copy: writing on does not change it', () => {
    const writer = new Writer().u8(1)
    const before = writer.done()
    writer.u8(2)
    assert.deepEqual(before, hex('01'))
    assert.deepEqual(writer.done(), hex('0102'))
  })
})
