import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PosternError } from '../errors.ts'
import { MalformedError, Reader } from './reader.ts'
import { hex } from './testdata/hex.ts'

describe('Reader', () => {
  test('reads numbers big-endian, up to the largest', () => {
    const reader = new Reader(hex('01 0203 040506 fffffffe'), 'X')
    assert.deepEqual([reader.u8('a'), reader.u16('b'), reader.u24('c'), reader.u32('d')], [0x01, 0x0203, 0x040506, 0xfffffffe])
    reader.end()
  })

  const vectors: readonly (readonly [why: string, bytes: string, read: (reader: Reader) => unknown, value: unknown])[] = [
    ['a vector of bytes', '02 aabb', (reader) => reader.opaque(1, 'v'), hex('aabb')],
    ['an empty vector', '0000', (reader) => reader.opaque(2, 'v'), hex('')],
    ['one-byte numbers', '000002 0102', (reader) => reader.u8s(3, 'v'), [1, 2]],
    ['two-byte numbers', '0004 00ff 1301', (reader) => reader.u16s(2, 'v'), [0x00ff, 0x1301]],
    ['what is behind something that nobody asks for', 'aabb 01', (reader) => (reader.skip(2, 's'), reader.u8('n')), 1],
    ['a length that stands elsewhere', 'aabb', (reader) => reader.within(2, 'v', (inner) => inner.u16('n')), 0xaabb],
  ]
  for (const [why, bytes, read, value] of vectors) {
    test(`reads ${why}`, () => {
      const reader = new Reader(hex(bytes), 'X')
      assert.deepEqual(read(reader), value)
      reader.end()
    })
  }

  const bad: readonly (readonly [why: string, bytes: string, read: (reader: Reader) => unknown, message: string])[] = [
    ['a number that is cut', '01', (reader) => reader.u16('n'), 'Cannot decode X.n at offset 0: 1 bytes short'],
    ['a length that is cut', '00', (reader) => reader.opaque(2, 'v'), 'Cannot decode X.v.length at offset 0: 1 bytes short'],
    ['something to pass over that is cut', '00', (reader) => reader.skip(2, 's'), 'Cannot decode X.s at offset 0: 1 bytes short'],
    ['a vector that is cut', '0003 aa', (reader) => reader.opaque(2, 'v'), 'Cannot decode X.v at offset 2: 2 bytes short'],
    ['an odd list of pairs', '0003 000102', (reader) => reader.u16s(2, 'v'), 'Cannot decode X.v.item at offset 2: 1 bytes short'],
    [
      'bytes that a body leaves',
      '02 0102',
      (reader) => reader.vector(1, 'v', (inner) => inner.u8('n')),
      'Cannot decode X.v at offset 1: 1 bytes too many',
    ],
    ['bytes behind the end', '0102', (reader) => reader.end(), 'Cannot decode X at offset 0: 2 bytes too many'],
    ['what a codec refuses', '01', (reader) => reader.refuse('n', 'no'), 'Cannot decode X.n at offset 0: no'],
  ]
  for (const [why, bytes, read, message] of bad) {
    test(`refuses ${why}, and says where`, () => {
      assert.throws(() => read(new Reader(hex(bytes), 'X')), { name: 'PosternError', code: 'MALFORMED', fault: 'peer', message })
    })
  }

  test('is an error of the peer that names field and offset', () => {
    const error = new MalformedError('Record.type', 3, 'no')
    assert.ok(error instanceof PosternError)
    assert.deepEqual([error.field, error.offset], ['Record.type', 3])
  })

  test('gives copies, although sockets deliver Buffers, whose slices share memory', () => {
    const buffer = Buffer.from([1, 2, 3])
    const taken = new Reader(buffer, 'X').rest()
    buffer.fill(9)
    assert.deepEqual(taken, hex('010203'))
    assert.equal(Object.getPrototypeOf(taken), Uint8Array.prototype)
  })

  test('knows how much is left and how far it is', () => {
    const reader = new Reader(hex('010203'), 'X')
    reader.u8('a')
    assert.deepEqual([reader.offset, reader.left], [1, 2])
  })
})
