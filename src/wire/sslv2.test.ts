import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  decodeSslv2ClientHello,
  decodeSslv2Error,
  decodeSslv2Record,
  decodeSslv2ServerHello,
  encodeSslv2ClientHello,
  encodeSslv2Record,
} from './sslv2.ts'
import { hex, toHex } from './testdata/hex.ts'

describe('SSL 2.0 records', () => {
  test('have two bytes of header, a set bit and 15 bits of length', () => {
    assert.deepEqual(decodeSslv2Record(hex('8003 000001')), { longHeader: undefined, data: hex('000001') })
  })

  test('or three, with an escape bit, 14 bits of length and the padding', () => {
    assert.deepEqual(decodeSslv2Record(hex('0003 01 0000ff')), { longHeader: { isEscape: false, padding: 1 }, data: hex('0000ff') })
    assert.deepEqual(decodeSslv2Record(hex('4001 00 aa')), { longHeader: { isEscape: true, padding: 0 }, data: hex('aa') })
  })

  const edges: readonly (readonly [
    why: string,
    longHeader: { isEscape: boolean; padding: number } | undefined,
    most: number,
    header: string,
  ])[] = [
    ['two bytes of header', undefined, 32_767, 'ffff'],
    ['three bytes of header', { isEscape: false, padding: 9 }, 16_383, '3fff09'],
  ]
  for (const [why, longHeader, most, header] of edges) {
    test(`with ${why} hold ${most} bytes and no more`, () => {
      const bytes = encodeSslv2Record({ longHeader, data: new Uint8Array(most) })
      assert.equal(toHex(bytes.slice(0, header.length / 2)), header)
      assert.equal(decodeSslv2Record(bytes).data.length, most)
      assert.throws(() => encodeSslv2Record({ longHeader, data: new Uint8Array(most + 1) }), { code: 'FIELD_OVERFLOW', fault: 'bug' })
    })
  }
})

describe('SSL 2.0 hellos', () => {
  test('name suites of SSLv3 and TLS beside their own (RFC 5246 §E.2)', () => {
    const bytes = hex('01 0301 0006 0000 0010  010080 00002f  000102030405060708090a0b0c0d0e0f')
    const hello = {
      version: 0x0301,
      cipherSpecs: [0x010080, 0x00002f],
      sessionId: hex(''),
      challenge: hex('000102030405060708090a0b0c0d0e0f'),
    }
    assert.deepEqual(decodeSslv2ClientHello(bytes), hello)
    assert.deepEqual(encodeSslv2ClientHello(hello), bytes)
  })

  const bad: readonly (readonly [why: string, decode: (data: Uint8Array) => unknown, bytes: string, message: string])[] = [
    ['another message', decodeSslv2ClientHello, '04', 'Cannot decode Sslv2ClientHello.msg_type at offset 1: 4 instead of 1'],
    ['another message', decodeSslv2ServerHello, '01', 'Cannot decode Sslv2ServerHello.msg_type at offset 1: 1 instead of 4'],
    ['another message', decodeSslv2Error, '04 0001', 'Cannot decode Sslv2Error.msg_type at offset 1: 4 instead of 0'],
    [
      'cipher specs that are not three bytes each',
      decodeSslv2ClientHello,
      '01 0002 0004 0000 0000 01008000',
      'Cannot decode Sslv2ClientHello.cipher_specs.cipher_spec at offset 3: 2 bytes short',
    ],
  ]
  for (const [why, decode, bytes, message] of bad)
    test(`refuse ${why}: ${message}`, () => assert.throws(() => decode(hex(bytes)), { message }))
})
