import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sslv2CipherKind } from '../registry/index.ts'
import { decodeSslv2ClientHello, decodeSslv2Record } from '../wire/index.ts'
import { encodeSslv2Offer } from './sslv2-hello.ts'

const SCSV = 0x00ff

const offered = (...given: Parameters<typeof encodeSslv2Offer>): ReturnType<typeof decodeSslv2ClientHello> =>
  decodeSslv2ClientHello(decodeSslv2Record(encodeSslv2Offer(...given)).data)

describe('encodeSslv2Offer()', () => {
  test('SSL 2.0 itself: every kind of cipher there was, a challenge of 16 bytes and no session', () => {
    const { version, cipherSpecs, challenge, sessionId } = offered('SSLv2')
    assert.deepEqual([version, challenge.length, sessionId.length], [0x0002, 16, 0])
    assert.deepEqual(cipherSpecs, sslv2CipherKind.codes)
  })

  const rows: readonly { suites?: readonly number[]; has: readonly number[]; count: number | undefined; reason: string }[] = [
    { has: [0x2f, 0x0a, 0x05, 0xc013, SCSV], count: undefined, reason: 'what clients of that time had' },
    { suites: [], has: [0x2f, SCSV], count: undefined, reason: 'the same, where the server is known to have nothing' },
    { suites: [0xc030], has: [0xc030, SCSV], count: 2, reason: 'what the server has and nothing that might break it' },
    { suites: [0x2f, 0x2f, SCSV], has: [0x2f, SCSV], count: 2, reason: 'each once' },
  ]
  for (const { suites, has, count, reason } of rows) {
    test(`TLS 1.2 in the format of SSL 2.0, RFC 5246 §E.2: ${reason}`, () => {
      const { version, cipherSpecs } = offered('TLSv1.2', suites)
      assert.equal(version, 0x0303)
      for (const code of has) assert.ok(cipherSpecs.includes(code), code.toString(16))
      assert.equal(cipherSpecs.length, count ?? new Set(cipherSpecs).size)
    })
  }

  test('no two challenges are alike', () => assert.notDeepEqual([offered('SSLv2').challenge], [offered('SSLv2').challenge]))
})
