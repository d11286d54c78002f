import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeClientHello, encodeClientHello, encodeClientHelloRecords, type ClientHello } from './client-hello.ts'
import { FlightReader } from './flight.ts'
import { HANDSHAKE_TYPE } from './handshake.ts'
import { hex, toHex } from './testdata/hex.ts'

const hello: ClientHello = {
  legacyVersion: 0x0303,
  random: new Uint8Array(32).fill(0x2a),
  legacySessionId: new Uint8Array(0),
  cipherSuites: [0x1301, 0xc02f, 0x0a0a],
  legacyCompressionMethods: [1, 0],
  extensions: undefined,
}

/** Up to the extensions. */
const start = toHex(hex(`0303 ${'2a'.repeat(32)} 00 0006 1301c02f0a0a 02 0100`))

describe('ClientHello', () => {
  test('without an extensions block is not one with an empty block (RFC 5246 §7.4.1.2)', () => {
    assert.equal(toHex(encodeClientHello(hello)), start)
    assert.equal(toHex(encodeClientHello({ ...hello, extensions: [] })), `${start}0000`)
    assert.equal(decodeClientHello(encodeClientHello(hello)).extensions, undefined)
    assert.deepEqual(decodeClientHello(encodeClientHello({ ...hello, extensions: [] })).extensions, [])
  })

  test('keeps the order of extensions, duplicates and types that nobody knows', () => {
    const extensions = [0xfafa, 0, 0xfafa, 13172].map((type, index) => ({ type, data: new Uint8Array(index) }))
    const bytes = encodeClientHello({ ...hello, extensions })
    assert.equal(toHex(bytes), toHex(hex(`${start} 0016 fafa 0000  0000 0001 00  fafa 0002 0000  3374 0003 000000`)))
    assert.deepEqual(decodeClientHello(bytes).extensions, extensions)
  })

  test('may name every suite there can be', () => {
    const cipherSuites = Array.from({ length: 32_767 }, (_, index) => index)
    assert.deepEqual(decodeClientHello(encodeClientHello({ ...hello, cipherSuites })).cipherSuites, cipherSuites)
  })
})

describe('encodeClientHelloRecords()', () => {
  test('puts the message into one record with the version asked for', () => {
    assert.equal(toHex(encodeClientHelloRecords(hello, 0x0300)), `16030000320100002e${start}`)
  })

  test('spreads it over records of the size asked for', () => {
    const bytes = encodeClientHelloRecords(hello, 0x0301, 20)
    assert.equal(bytes.length, 3 * 5 + 4 + encodeClientHello(hello).length)
    const reader = new FlightReader()
    reader.push(bytes)
    assert.deepEqual(reader.next(), {
      kind: 'handshake',
      type: HANDSHAKE_TYPE.client_hello,
      body: encodeClientHello(hello),
      recordVersion: 0x0301,
    })
  })
})
