import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rc4 } from './rc4.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

const VECTORS: readonly (readonly [key: string, keystream: string])[] = [
  ['0102030405', 'b2396305f03dc027ccc3524a0a1118a8 6982944f18fc82d589c403a47a0d0919'],
  ['0102030405060708090a0b0c0d0e0f10', '9ac7cc9a609d1ef7b2932899cde41b97 5248c4959014126a6e8a84f11d1a9e1c'],
]

for (const [key, keystream] of VECTORS) {
  test(`the keystream of ${key} is that of RFC 6229 §2, over two calls`, () => {
    const cipher = new Rc4(hex(key))
    const octets = [...cipher.apply(new Uint8Array(7)), ...cipher.apply(new Uint8Array(25))]
    assert.deepEqual(Uint8Array.from(octets), hex(keystream))
  })
}
