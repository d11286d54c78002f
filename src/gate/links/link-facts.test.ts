import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ClientFacts } from '../facts.ts'
import { decodeFacts, encodeFacts } from './link-facts.ts'

const port = fc.integer({ min: 0, max: 0xffff })
const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant(''))
const certificate = fc.record(
  { verified: fc.boolean(), sha256: fc.string(), commonName: fc.string() },
  { requiredKeys: ['verified', 'sha256'] },
)
const tls = fc.record(
  {
    version: fc.string(),
    suite: fc.string(),
    serverName: fc.string(),
    alpn: fc.string(),
    group: fc.string(),
    clientCertificate: certificate,
  },
  { requiredKeys: ['version', 'suite'] },
)
const facts: fc.Arbitrary<ClientFacts> = fc.record(
  { address, port, localAddress: address, localPort: port, tls },
  { requiredKeys: ['address', 'port', 'localAddress', 'localPort'] },
)

test('encodeFacts(): what one end says the other hears, and a field of HTTP has nothing else in it', () => {
  fc.assert(
    fc.property(facts, (said) => {
      assert.match(encodeFacts(said), /^[\w-]*$/)
      assert.deepEqual(decodeFacts(encodeFacts(said)), JSON.parse(JSON.stringify(said)))
    }),
  )
})

test('decodeFacts(): anything else is nobody', () => {
  fc.assert(
    fc.property(fc.string(), fc.json(), (text, json) => {
      assert.equal(decodeFacts(text), undefined)
      assert.equal(decodeFacts(Buffer.from(json).toString('base64url')), undefined)
    }),
  )
  for (const [why, wrong] of [
    ['no address', { address: 'x', port: 1, localAddress: '', localPort: 1 }],
    ['no port', { address: '', port: 65_536, localAddress: '', localPort: 1 }],
    ['too long', { address: '', port: 1, localAddress: '', localPort: 1, more: 'x'.repeat(8192) }],
  ] as const)
    assert.equal(decodeFacts(Buffer.from(JSON.stringify(wrong)).toString('base64url')), undefined, why)
})
