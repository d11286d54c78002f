import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { Handshake } from '../handshake.ts'
import { handshakeReport, printHandshakeSchema } from './handshake-schema.ts'
import { handshakeReportOf, printHandshakeJson } from './handshake.ts'

const PUBLISHED = new URL('../../../schemas/handshake.schema.json', import.meta.url)
const STARTED = new Date('2026-11-22T12:00:00Z')

/** A handshake that came to nothing: almost everything is missing. */
const REFUSED: Handshake = {
  target: 'tls://192.0.2.1:443',
  address: '192.0.2.1',
  connected: false,
  failure: { kind: 'alert', level: 2, description: 40 },
  protocol: undefined,
  suite: undefined,
  chain: [],
  verification: undefined,
  temporaryKey: undefined,
  helloRetryRequest: false,
  signature: undefined,
  secureRenegotiation: undefined,
  extendedMasterSecret: undefined,
  encryptThenMac: undefined,
  compression: undefined,
  alpn: undefined,
  staple: undefined,
  clientCertificateWanted: false,
  tickets: [],
  cost: { connections: 1, milliseconds: 12 },
}

const MADE: Handshake = {
  ...REFUSED,
  connected: true,
  failure: undefined,
  protocol: 'TLSv1.3',
  suite: { code: 0x1302, iana: 'TLS_AES_256_GCM_SHA384', openssl: 'TLS_AES_256_GCM_SHA384' },
  temporaryKey: { kind: 'ECDH', name: 'X25519', bits: 253 },
  signature: { scheme: 0x0804, valid: true },
  compression: 0,
  alpn: 'h\u009b2',
  tickets: [{ lifetime: 7200, maxEarlyData: undefined }],
}

describe('handshakeReportOf()', () => {
  const made = handshakeReportOf(MADE, STARTED, '0.1.0')
  const refused = handshakeReportOf(REFUSED, STARTED, '0.1.0')

  test('says codes in hex and everything else by name', () => {
    assert.deepEqual(
      [made.suite?.code, made.signature?.scheme, made.compression, made.tickets[0]?.maxEarlyData],
      ['0x1302', 'rsa_pss_rsae_sha256', 'null', null],
    )
    assert.deepEqual(refused.failure, { kind: 'alert', level: 'fatal', description: 'handshake_failure' })
    const unknown = handshakeReportOf({ ...REFUSED, failure: { kind: 'alert', level: 2, description: 0xee } }, STARTED, '0.1.0')
    assert.deepEqual(unknown.failure, { kind: 'alert', level: 'fatal', description: '0xee' })
  })

  test('has every field in every report, and the schema takes it', () => {
    for (const report of [made, refused]) assert.deepEqual(handshakeReport.parse(JSON.parse(printHandshakeJson(report))), report)
    assert.deepEqual(Object.keys(made), Object.keys(refused))
  })

  test('prints nothing that a terminal obeys', () => {
    assert.ok(!printHandshakeJson(made).includes('\u009b'))
    assert.match(printHandshakeJson(made), /"h\\u009b2"/)
  })
})

describe('schemas/handshake.schema.json', () => {
  test('is what the schema prints (GOLDEN=update writes it)', () => {
    if (process.env['GOLDEN'] === 'update') writeFileSync(PUBLISHED, printHandshakeSchema())
    assert.equal(readFileSync(PUBLISHED, 'utf8'), printHandshakeSchema())
  })

  test('lets later versions add fields', () => {
    assert.doesNotMatch(printHandshakeSchema(), /"additionalProperties": false/)
  })
})
