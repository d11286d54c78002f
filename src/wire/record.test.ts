import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CONTENT_TYPE, decodeRecord, encodeRecord, encodeRecords, fragmentRecords, MAX_PLAINTEXT_LENGTH } from './record.ts'
import { hex } from './testdata/hex.ts'

describe('decodeRecord()', () => {
  const good: readonly (readonly [why: string, bytes: string, type: number, version: number, length: number])[] = [
    ['an alert from a TLS 1.2 server', '15 0303 0002 0228', 21, 0x0303, 2],
    ['an empty application data record, which is legal, RFC 8446 §5.1', '17 0303 0000', 23, 0x0303, 0],
    ['an unknown content type, which is kept', '7f 0301 0001 00', 0x7f, 0x0301, 1],
    ['an SSLv3 record version, which is kept', '16 0300 0001 01', 22, 0x0300, 1],
  ]
  for (const [why, bytes, type, version, length] of good) {
    test(`accepts ${why}`, () => {
      const record = decodeRecord(hex(bytes))
      assert.deepEqual([record.type, record.legacyRecordVersion, record.fragment.length], [type, version, length])
      assert.deepEqual(encodeRecord(record), hex(bytes))
    })
  }

  const bad: readonly (readonly [why: string, bytes: string, message: string])[] = [
    ['nothing', '', 'Cannot decode Record.type at offset 0: 1 bytes short'],
    ['a cut header', '16 03', 'Cannot decode Record.legacy_record_version at offset 1: 1 bytes short'],
    ['a cut fragment', '16 0303 0005 0102', 'Cannot decode Record.fragment at offset 5: 3 bytes short'],
    ['a trailing byte', '15 0303 0002 0228 00', 'Cannot decode Record at offset 7: 1 bytes too many'],
  ]
  for (const [why, bytes, message] of bad) test(`refuses ${why}`, () => assert.throws(() => decodeRecord(hex(bytes)), { message }))
})

describe('fragmentRecords()', () => {
  const rows: readonly (readonly [why: string, length: number, max: number, lengths: readonly number[]])[] = [
    ['one byte less than fits', 9, 10, [9]],
    ['what just fits', 10, 10, [10]],
    ['one byte more', 11, 10, [10, 1]],
    ['several whole records', 30, 10, [10, 10, 10]],
    ['no bytes', 0, 10, [0]],
  ]
  for (const [why, length, max, lengths] of rows) {
    test(`spreads ${why}`, () => {
      const bytes = Uint8Array.from({ length }, (_, index) => index)
      const records = fragmentRecords(CONTENT_TYPE.handshake, 0x0301, bytes, max)
      assert.deepEqual(
        records.map((record) => record.fragment.length),
        lengths,
      )
      assert.ok(records.every((record) => record.type === 22 && record.legacyRecordVersion === 0x0301))
      assert.deepEqual(
        records.flatMap((record) => [...record.fragment]),
        [...bytes],
      )
    })
  }

  test(`fills records with ${MAX_PLAINTEXT_LENGTH} bytes when nothing else is said (RFC 8446 §5.1)`, () => {
    const records = fragmentRecords(CONTENT_TYPE.application_data, 0x0303, new Uint8Array(MAX_PLAINTEXT_LENGTH + 1))
    assert.deepEqual(
      records.map((record) => record.fragment.length),
      [16_384, 1],
    )
  })
})

test('encodeRecords() puts records back to back', () => {
  const records = fragmentRecords(CONTENT_TYPE.handshake, 0x0303, hex('010203'), 2)
  assert.deepEqual(encodeRecords(records), hex('16 0303 0002 0102  16 0303 0001 03'))
})
