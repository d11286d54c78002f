import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { EXTENSION_TYPE } from './extension.ts'
import { encodeKeyShareHelloRetryRequest, encodeKeyShareServerHello } from './key-share.ts'
import { MalformedError } from './reader.ts'
import {
  downgradeSentinel,
  HELLO_RETRY_REQUEST_RANDOM,
  isHelloRetryRequest,
  selectedGroup,
  selectedVersion,
  type ServerHello,
} from './server-hello.ts'
import { encodeSupportedVersionsServerHello } from './supported-versions.ts'
import { hex } from './testdata/hex.ts'

const random = (end: string): Uint8Array => Uint8Array.of(...new Uint8Array(32 - end.length / 2), ...hex(end))

const hello: ServerHello = {
  legacyVersion: 0x0303,
  random: new Uint8Array(32),
  legacySessionIdEcho: new Uint8Array(0),
  cipherSuite: 0x1301,
  legacyCompressionMethod: 0,
  extensions: undefined,
}

test('HELLO_RETRY_REQUEST_RANDOM is SHA-256 of "HelloRetryRequest" (RFC 8446 §4.1.3)', () => {
  assert.equal(Buffer.from(HELLO_RETRY_REQUEST_RANDOM).toString('hex'), createHash('sha256').update('HelloRetryRequest').digest('hex'))
})

test('isHelloRetryRequest() looks at every byte of random', () => {
  assert.equal(isHelloRetryRequest({ ...hello, random: HELLO_RETRY_REQUEST_RANDOM }), true)
  for (const at of [0, 15, 31]) {
    const other = HELLO_RETRY_REQUEST_RANDOM.slice()
    other[at]! ^= 1
    assert.equal(isHelloRetryRequest({ ...hello, random: other }), false)
  }
})

describe('selectedVersion()', () => {
  const version = (code: number): ServerHello['extensions'] => [
    { type: EXTENSION_TYPE.supported_versions, data: encodeSupportedVersionsServerHello(code) },
  ]
  const rows: readonly (readonly [why: string, fields: Partial<ServerHello>, version: number])[] = [
    ['TLS 1.3 stands in supported_versions', { extensions: version(0x0304) }, 0x0304],
    ['a draft of TLS 1.3 too', { extensions: version(0x7f1c) }, 0x7f1c],
    ['older versions stand in legacy_version', { legacyVersion: 0x0301 }, 0x0301],
    ['also beside other extensions', { legacyVersion: 0x0302, extensions: [] }, 0x0302],
  ]
  for (const [why, fields, expected] of rows)
    test(`${why} (RFC 8446 §4.2.1)`, () => assert.equal(selectedVersion({ ...hello, ...fields }), expected))

  test('throws MalformedError when supported_versions has another shape', () => {
    const extensions = [{ type: EXTENSION_TYPE.supported_versions, data: hex('020304') }]
    assert.throws(() => selectedVersion({ ...hello, extensions }), MalformedError)
  })
})

describe('selectedGroup()', () => {
  const share = encodeKeyShareServerHello({ group: 0x001d, keyExchange: new Uint8Array(32) })
  const extensions = (data: Uint8Array): ServerHello['extensions'] => [{ type: EXTENSION_TYPE.key_share, data }]
  const retry = { random: HELLO_RETRY_REQUEST_RANDOM }
  const rows: readonly (readonly [why: string, fields: Partial<ServerHello>, group: number | undefined])[] = [
    ['that of the share of a ServerHello', { extensions: extensions(share) }, 0x001d],
    ['that a HelloRetryRequest asks for', { ...retry, extensions: extensions(encodeKeyShareHelloRetryRequest(0x11ec)) }, 0x11ec],
    ['none in a HelloRetryRequest for a cookie', { ...retry, extensions: [] }, undefined],
    ['none before TLS 1.3', {}, undefined],
  ]
  for (const [why, fields, group] of rows)
    test(`gives ${why} (RFC 8446 §4.2.8)`, () => assert.equal(selectedGroup({ ...hello, ...fields }), group))
})

describe('downgradeSentinel()', () => {
  const rows: readonly (readonly [why: string, random: Uint8Array, sentinel: ReturnType<typeof downgradeSentinel>])[] = [
    ['01 says TLS 1.2', random('444f574e47524401'), 'TLSv1.2'],
    ['00 says TLS 1.1 or below', random('444f574e47524400'), 'TLSv1.1 or below'],
    ['02 says nothing', random('444f574e47524402'), undefined],
    ['another start says nothing', random('454f574e47524401'), undefined],
    ['the same bytes a place earlier say nothing', random('444f574e4752440100'), undefined],
    ['chance says nothing', new Uint8Array(32).fill(1), undefined],
  ]
  for (const [why, bytes, sentinel] of rows) {
    test(`${why} (RFC 8446 §4.1.3)`, () => assert.equal(downgradeSentinel({ ...hello, random: bytes }), sentinel))
  }
})
