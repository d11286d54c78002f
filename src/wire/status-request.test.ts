import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeStatusRequest } from './status-request.ts'
import { toHex } from './testdata/hex.ts'

test('encodeStatusRequest() asks for OCSP of any responder when nothing is said, as everybody does (RFC 6066 §8)', () => {
  assert.equal(toHex(encodeStatusRequest()), '0100000000')
})
