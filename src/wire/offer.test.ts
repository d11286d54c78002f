import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeProtocolNameList } from './application-protocols.ts'
import type { ClientHello } from './client-hello.ts'
import { EXTENSION_TYPE } from './extension.ts'
import { offerOf, offerOfSslv2, type Offer } from './offer.ts'
import { MalformedError } from './reader.ts'
import { encodeServerNameList } from './server-name.ts'
import { encodeSignatureSchemes } from './signature-algorithms.ts'
import { encodeStatusRequest } from './status-request.ts'
import { encodeSupportedGroups } from './supported-groups.ts'
import { encodeSupportedVersionsClientHello } from './supported-versions.ts'

const hello: ClientHello = {
  legacyVersion: 0x0303,
  random: new Uint8Array(32),
  legacySessionId: new Uint8Array(0),
  cipherSuites: [0x0a0a, 0xc02f, 0x00ff, 0x5600],
  legacyCompressionMethods: [0],
  extensions: [
    { type: EXTENSION_TYPE.server_name, data: encodeServerNameList([{ nameType: 7, name: 'x' }, 'mail.example']) },
    { type: EXTENSION_TYPE.supported_versions, data: encodeSupportedVersionsClientHello([0x7a7a, 0x0304, 0x0303]) },
    { type: EXTENSION_TYPE.supported_groups, data: encodeSupportedGroups([0x2a2a, 29]) },
    { type: EXTENSION_TYPE.signature_algorithms, data: encodeSignatureSchemes([0x0804]) },
    { type: EXTENSION_TYPE.application_layer_protocol_negotiation, data: encodeProtocolNameList(['h2', 'imap']) },
    { type: EXTENSION_TYPE.status_request, data: encodeStatusRequest() },
  ],
}

const old: Offer = {
  sslv2Format: false,
  newest: 0x0301,
  versions: undefined,
  suites: [0x002f],
  groups: undefined,
  signatureSchemes: undefined,
  secureRenegotiation: false,
  fallback: false,
  serverName: undefined,
  alpn: [],
  statusRequest: false,
}

describe('offerOf()', () => {
  test('has all that decides a handshake, without GREASE and signals', () => {
    assert.deepEqual(offerOf(hello), {
      sslv2Format: false,
      newest: 0x0304,
      versions: [0x0304, 0x0303],
      suites: [0xc02f],
      groups: [29],
      signatureSchemes: [0x0804],
      secureRenegotiation: true,
      fallback: true,
      serverName: 'mail.example',
      alpn: ['h2', 'imap'],
      statusRequest: true,
    })
  })

  test('of a hello without extensions has what is there', () => {
    assert.deepEqual(offerOf({ ...hello, legacyVersion: 0x0301, cipherSuites: [0x002f], extensions: undefined }), old)
  })

  test('of a hello in the format of SSL 2.0 leaves out what is no suite of TLS', () => {
    const challenge = new Uint8Array(16)
    const specs = [0x010080, 0x00002f, 0x0000ff, 0x005600]
    const offer = offerOfSslv2({ version: 0x0301, cipherSpecs: specs, sessionId: new Uint8Array(0), challenge })
    assert.deepEqual(offer, { ...old, sslv2Format: true, secureRenegotiation: true, fallback: true })
  })

  test('an extension that does not decode is an error and no offer', () => {
    const broken = { ...hello, extensions: [{ type: EXTENSION_TYPE.supported_groups, data: new Uint8Array([1]) }] }
    assert.throws(() => offerOf(broken), MalformedError)
  })
})
