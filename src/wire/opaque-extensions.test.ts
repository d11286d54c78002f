import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeEmptyExtension, decodePadding } from './opaque-extensions.ts'
import { hex } from './testdata/hex.ts'

test('decodePadding() refuses padding that is not zeros (RFC 7685 §3)', () => {
  assert.equal(decodePadding(hex('000000')), 3)
  assert.throws(() => decodePadding(hex('000100')), { message: 'Cannot decode padding.zero at offset 3: another byte' })
})

test('decodeEmptyExtension() refuses data where being there is everything (RFC 7627 §5.1)', () => {
  assert.throws(() => decodeEmptyExtension(hex('00')), { message: 'Cannot decode extension_data at offset 0: 1 bytes too many' })
})
