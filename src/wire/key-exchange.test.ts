import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { suiteByName } from '../registry/index.ts'
import { clientKeyExchangeShape, encodeClientKeyExchange, type ClientKeyExchangeShape } from './client-key-exchange.ts'
import { decodeServerKeyExchange, encodeServerParams, serverKeyExchangeShape, type ServerKeyExchangeShape } from './server-key-exchange.ts'
import { hex, toHex } from './testdata/hex.ts'

type Server = ServerKeyExchangeShape['keyExchange']
type Client = ClientKeyExchangeShape['keyExchange']

const rows: readonly (readonly [suite: string, server: Server | undefined, signed: boolean, client: Client | undefined, why: string])[] = [
  ['TLS_RSA_WITH_AES_128_CBC_SHA', undefined, false, 'RSA', 'the certificate is all there is'],
  ['TLS_RSA_EXPORT_WITH_RC4_40_MD5', 'RSA_EXPORT', true, 'RSA', 'a short key of its own, RFC 2246 §7.4.3'],
  ['TLS_DHE_RSA_WITH_AES_128_CBC_SHA', 'DHE', true, 'DHE', 'RFC 5246 §7.4.3'],
  ['TLS_DHE_DSS_WITH_AES_128_CBC_SHA', 'DHE', true, 'DHE', 'RFC 5246 §7.4.3'],
  ['TLS_DH_anon_WITH_AES_128_CBC_SHA', 'DHE', false, 'DHE', 'nobody signs, RFC 5246 §7.4.3'],
  ['TLS_DH_RSA_WITH_AES_128_CBC_SHA', undefined, false, 'DHE', 'the public value stands in the certificate'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE', true, 'ECDHE', 'RFC 8422 §5.4'],
  ['TLS_ECDH_anon_WITH_AES_128_CBC_SHA', 'ECDHE', false, 'ECDHE', 'nobody signs, RFC 8422 §5.4'],
  ['TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA', undefined, false, 'ECDHE', 'the point stands in the certificate'],
  ['TLS_PSK_WITH_AES_128_CBC_SHA', 'PSK', false, 'PSK', 'a hint or nothing, RFC 4279 §2'],
  ['TLS_RSA_PSK_WITH_AES_128_CBC_SHA', 'RSA_PSK', false, 'RSA_PSK', 'a certificate, and nothing it signs, RFC 4279 §4'],
  ['TLS_DHE_PSK_WITH_AES_128_CBC_SHA', 'DHE_PSK', false, 'DHE_PSK', 'RFC 4279 §3'],
  ['TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA', 'ECDHE_PSK', false, 'ECDHE_PSK', 'RFC 5489 §2'],
  ['TLS_SRP_SHA_WITH_AES_128_CBC_SHA', 'SRP', false, undefined, 'a password stands for a certificate, RFC 5054 §2.5.2'],
  ['TLS_SRP_SHA_RSA_WITH_AES_128_CBC_SHA', 'SRP', true, undefined, 'beside a certificate, RFC 5054 §2.5.2'],
  ['TLS_AES_128_GCM_SHA256', undefined, false, undefined, 'TLS 1.3 has no such messages'],
  ['TLS_KRB5_WITH_RC4_128_SHA', undefined, false, undefined, 'nobody speaks it'],
]

describe('serverKeyExchangeShape() and clientKeyExchangeShape()', () => {
  for (const [name, server, signed, client, why] of rows) {
    test(`${name}: ${why}`, () => {
      const suite = suiteByName(name)
      assert.ok(suite)
      assert.deepEqual(serverKeyExchangeShape(suite, 0x0303), server && { keyExchange: server, signed, version: 0x0303 })
      assert.deepEqual(clientKeyExchangeShape(suite, 0x0301), client && { keyExchange: client, version: 0x0301 })
    })
  }
})

describe('decodeServerKeyExchange()', () => {
  const ecdhe = { keyExchange: 'ECDHE', signed: false, version: 0x0303 } as const

  test('gives the params so that what is signed can be written again (RFC 8422 §5.4)', () => {
    const { params } = decodeServerKeyExchange(hex('03 0017 02 0401  0403 0001 ff'), { ...ecdhe, signed: true })
    assert.deepEqual(params, { kind: 'ECDHE', curveParams: { kind: 'named_curve', namedCurve: 0x0017 }, point: hex('0401') })
    assert.equal(toHex(encodeServerParams(params)), '030017020401')
  })

  test('keeps leading zeros of Diffie-Hellman numbers', () => {
    const message = decodeServerKeyExchange(hex('0002 0017  0001 02  0002 0005'), { ...ecdhe, keyExchange: 'DHE' })
    assert.deepEqual(message.params, { kind: 'DHE', dhP: hex('0017'), dhG: hex('02'), dhYs: hex('0005') })
  })

  const bad: readonly (readonly [why: string, bytes: string, message: string])[] = [
    ['a curve type nobody knows', '04', 'Cannot decode ServerKeyExchange.curve_type at offset 1: 4 has no known shape'],
    ['a basis nobody knows', '02 0009 03', 'Cannot decode ServerKeyExchange.basis at offset 4: 3 has no known shape'],
  ]
  for (const [why, bytes, message] of bad)
    test(`refuses ${why}`, () => assert.throws(() => decodeServerKeyExchange(hex(bytes), ecdhe), { message }))
})

test('encodeClientKeyExchange() puts no length before an encrypted secret in SSLv3 (RFC 5246 §7.4.7.1)', () => {
  const message = { pskIdentity: undefined, exchangeKeys: hex('aabb') }
  assert.equal(toHex(encodeClientKeyExchange(message, { keyExchange: 'RSA', version: 0x0300 })), 'aabb')
  assert.equal(toHex(encodeClientKeyExchange(message, { keyExchange: 'RSA', version: 0x0301 })), '0002aabb')
})
