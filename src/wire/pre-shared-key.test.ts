import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bindersLength, encodeOfferedPsks } from './pre-shared-key.ts'
import { hex, toHex } from './testdata/hex.ts'

test('bindersLength() is what a ClientHello must lose at its end to be hashed for the binders (RFC 8446 §4.2.11.2)', () => {
  const offer = { identities: [{ identity: hex('aa'), obfuscatedTicketAge: 1 }], binders: [new Uint8Array(32), new Uint8Array(48)] }
  const whole = encodeOfferedPsks(offer)
  assert.equal(bindersLength(offer.binders), 2 + 33 + 49)
  assert.equal(toHex(whole.slice(0, whole.length - bindersLength(offer.binders))), '00070001aa00000001')
})
