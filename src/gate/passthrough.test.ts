import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { RelayStep } from '../dialects/index.ts'
import {
  encodeHandshake,
  encodeRecord,
  encodeServerHello,
  HANDSHAKE_TYPE,
  HELLO_RETRY_REQUEST_RANDOM,
  type ServerHello,
} from '../wire/index.ts'
import { alertRecord, PassingRelay, type ServerAnswer } from './passthrough.ts'

const HELLO: ServerHello = {
  legacyVersion: 0x0303,
  random: new Uint8Array(32),
  legacySessionIdEcho: new Uint8Array(),
  cipherSuite: 0xc02f,
  legacyCompressionMethod: 0,
  extensions: undefined,
}

function flightOf(hello: ServerHello, more = ''): Buffer {
  const fragment = encodeHandshake({ type: HANDSHAKE_TYPE.server_hello, body: encodeServerHello(hello) })
  return Buffer.concat([encodeRecord({ type: 22, legacyRecordVersion: 0x0303, fragment }), Buffer.from(more)])
}

const tls13 = (random: Uint8Array): ServerHello => ({
  ...HELLO,
  random,
  cipherSuite: 0x1301,
  extensions: [
    { type: 43, data: Uint8Array.of(3, 4) },
    { type: 51, data: random === HELLO_RETRY_REQUEST_RANDOM ? Uint8Array.of(0, 24) : Uint8Array.of(0, 29, 0, 1, 9) },
  ],
})

const answers: readonly (readonly [why: string, bytes: Uint8Array, answer: ServerAnswer])[] = [
  [
    'TLS 1.2',
    flightOf(HELLO, 'and more'),
    { kind: 'chosen', chosen: { version: 'TLSv1.2', suite: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256' } },
  ],
  [
    'TLS 1.0 with ALPN',
    flightOf({ ...HELLO, legacyVersion: 0x0301, cipherSuite: 0x2f, extensions: [{ type: 16, data: Uint8Array.of(0, 3, 2, 0x68, 0x32) }] }),
    { kind: 'chosen', chosen: { version: 'TLSv1', suite: 'TLS_RSA_WITH_AES_128_CBC_SHA', alpn: 'h2' } },
  ],
  [
    'TLS 1.3',
    flightOf(tls13(HELLO.random)),
    { kind: 'chosen', chosen: { version: 'TLSv1.3', suite: 'TLS_AES_128_GCM_SHA256', group: 'x25519' } },
  ],
  [
    'TLS 1.3 that asks for another share',
    flightOf(tls13(HELLO_RETRY_REQUEST_RANDOM)),
    { kind: 'chosen', chosen: { version: 'TLSv1.3', suite: 'TLS_AES_128_GCM_SHA256', group: 'secp384r1' } },
  ],
  ['an alert', alertRecord('handshake_failure'), { kind: 'alert' }],
  ['plain text', Buffer.from('220 mail.example ESMTP\r\n'), { kind: 'unreadable' }],
  ['a hello that ends too early', flightOf(HELLO).fill(0xff, 43, 44), { kind: 'unreadable' }],
]

describe('PassingRelay', () => {
  for (const [why, bytes, answer] of answers) {
    test(`sees what the server answers, however it is cut, and passes it on: ${why}`, () => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }), (sizes) => {
          const seen: ServerAnswer[] = []
          const relay = new PassingRelay((one) => void seen.push(one))
          const heard: Uint8Array[] = []
          let copied = false
          for (let at = 0, index = 0; at < bytes.length; at += sizes[index++ % sizes.length]!) {
            const part = bytes.subarray(at, at + sizes[index % sizes.length]!)
            const step: RelayStep = copied ? { toClient: part } : relay.fromServer(part)
            if (step.toClient !== undefined) heard.push(step.toClient)
            copied ||= 'copy' in step
          }
          assert.deepEqual(Buffer.concat(heard), Buffer.from(bytes))
          if (why.endsWith('too early')) assert.equal(seen[0]?.kind, 'unreadable')
          else assert.deepEqual(seen, [answer])
        }),
      )
    })
  }

  test('gives an alert in place of what the policy refuses', () => {
    const relay = new PassingRelay(() => 'protocol_version')
    assert.deepEqual(relay.fromServer(flightOf(HELLO)), { toClient: Uint8Array.of(21, 3, 1, 0, 2, 2, 70), end: 'turned-away' })
  })

  test('holds no more of a server than a hello has, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
        const relay = new PassingRelay(() => undefined)
        let held = 0
        for (let times = 0; times < 5000; times += 1) {
          const step = relay.fromServer(bytes)
          if ('copy' in step) return
          held += bytes.length
          assert.ok(held < 400_000)
        }
      }),
      { numRuns: 50 },
    )
  })
})
