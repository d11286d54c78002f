import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  deriveSecret,
  earlySecret,
  expandLabel,
  finishedVerifyData,
  handshakeSecret,
  masterSecret,
  nextTrafficSecret,
  pskBinder,
  resumptionPsk,
  trafficKeys,
  transcriptHash,
} from './key-schedule.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))
const same = (actual: Uint8Array, expected: string): void => assert.equal(Buffer.from(actual).toString('hex'), expected)

// The simple 1-RTT handshake of RFC 8448 §3: the shared secret and the Transcript-Hashes at each place.
const SHARED_SECRET = hex('8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d')
const TO_SERVER_HELLO = hex('860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8')
const TO_SERVER_FINISHED = hex('9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13')
const TO_CLIENT_FINISHED = hex('209145a96ee8e2a122ff810047cc952684658d6049e86429426db87c54ad143d')

describe('the TLS 1.3 key schedule, RFC 8446 §7.1', () => {
  const early = earlySecret('sha256')
  const handshake = handshakeSecret('sha256', early, SHARED_SECRET)
  const master = masterSecret('sha256', handshake)

  test('its three secrets are those of RFC 8448 §3', () => {
    same(early, '33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a')
    same(handshake, '1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac')
    same(master, '18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919')
  })

  const secrets: readonly (readonly [label: string, from: Uint8Array, messages: Uint8Array, secret: string])[] = [
    ['c hs traffic', handshake, TO_SERVER_HELLO, 'b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21'],
    ['s hs traffic', handshake, TO_SERVER_HELLO, 'b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38'],
    ['c ap traffic', master, TO_SERVER_FINISHED, '9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5'],
    ['s ap traffic', master, TO_SERVER_FINISHED, 'a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643'],
    ['res master', master, TO_CLIENT_FINISHED, '7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c'],
  ]
  for (const [label, from, messages, secret] of secrets) {
    test(`deriveSecret() of "${label}" is that of RFC 8448 §3`, () => same(deriveSecret('sha256', from, label, messages), secret))
  }

  test('trafficKeys() are those of RFC 8448 §3', () => {
    const server = trafficKeys('sha256', deriveSecret('sha256', handshake, 's hs traffic', TO_SERVER_HELLO), 16, 12)
    same(server.key, '3fce516009c21727d0f2e4e86ee403bc')
    same(server.iv, '5d313eb2671276ee13000b30')
  })

  test('finishedVerifyData() of the client is that of RFC 8448 §3', () => {
    const secret = deriveSecret('sha256', handshake, 'c hs traffic', TO_SERVER_HELLO)
    same(finishedVerifyData('sha256', secret, TO_SERVER_FINISHED), 'a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61')
  })

  test('resumptionPsk() is that of RFC 8448 §3', () => {
    const resumption = deriveSecret('sha256', master, 'res master', TO_CLIENT_FINISHED)
    same(resumptionPsk('sha256', resumption, hex('0000')), '4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3')
  })

  test('earlySecret() and pskBinder() of a resumption are those of RFC 8448 §4', () => {
    const psk = hex('4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3')
    same(earlySecret('sha256', psk), '9b2188e9b2fc6d64d71dc329900e20bb41915000f678aa839cbb797cb7d8332c')
    const truncated = hex('63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14')
    same(pskBinder('sha256', psk, truncated), '3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d')
  })

  test('a PSK alone stands in for the shared secret, RFC 8446 §7.1: zeros of the length of the hash', () => {
    const zeros = new Uint8Array(48)
    assert.deepEqual(handshakeSecret('sha384', earlySecret('sha384'), undefined), handshakeSecret('sha384', earlySecret('sha384'), zeros))
  })

  test('expandLabel() goes on over several blocks, and nextTrafficSecret() is "traffic upd", RFC 8446 §7.2', () => {
    const long = expandLabel('sha256', early, 'key', new Uint8Array(), 80)
    assert.equal(long.length, 80)
    assert.notDeepEqual(long.slice(0, 32), long.slice(32, 64))
    assert.deepEqual(nextTrafficSecret('sha256', master), expandLabel('sha256', master, 'traffic upd', new Uint8Array(), 32))
  })

  test('transcriptHash() is the plain hash of the messages, RFC 8446 §4.4.1', () => {
    same(transcriptHash('sha256', new Uint8Array()), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })
})
