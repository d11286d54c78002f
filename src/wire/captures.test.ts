import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { extensionType, suiteByCode } from '../registry/index.ts'
import * as wire from './index.ts'
import { serverKeyExchangeContent, verifySignature } from './session/signature.ts'
import { hex, toHex } from './testdata/hex.ts'

const { EXTENSION_TYPE, HANDSHAKE_TYPE } = wire
const CAPTURES = new URL('testdata/captures/', import.meta.url)

/** What programs that nobody here wrote really sent. */
function capture(file: string): Uint8Array {
  return hex(readFileSync(new URL(file, CAPTURES), 'utf8'))
}

function flight(bytes: Uint8Array): wire.FlightItem[] {
  const reader = new wire.FlightReader()
  reader.push(bytes)
  const items: wire.FlightItem[] = []
  for (let item = reader.next(); item; item = reader.next()) items.push(item)
  assert.equal(reader.left, 0)
  return items
}

function body(items: readonly wire.FlightItem[], type: number): Uint8Array {
  for (const item of items) if (item.kind === 'handshake' && item.type === type) return item.body
  return assert.fail(`no handshake message of type ${type}`)
}

function clientHello(file: string): wire.ClientHello {
  return wire.decodeClientHello(body(flight(capture(file)), HANDSHAKE_TYPE.client_hello))
}

function data(hello: Pick<wire.ClientHello, 'extensions'>, type: number): Uint8Array {
  return wire.findExtension(hello.extensions, type) ?? assert.fail(`no extension of type ${type}`)
}

describe('a captured ClientHello', () => {
  const rows: readonly (readonly [file: string, suites: number, extensions: string, ja4: string])[] = [
    [
      'client-hello-openssl-3.0.hex',
      31,
      'server_name ec_point_formats supported_groups session_ticket status_request application_layer_protocol_negotiation encrypt_then_mac extended_master_secret signature_algorithms supported_versions psk_key_exchange_modes key_share',
      't13d3112h2_e8f1e7e78f70_f6eeaf393d2e',
    ],
    [
      'client-hello-openssl-3.0-tls1.hex',
      23,
      'ec_point_formats supported_groups session_ticket encrypt_then_mac extended_master_secret',
      't10i230500_44099cda8a52_195413a0cc0f',
    ],
    [
      'client-hello-node-24.hex',
      52,
      'renegotiation_info server_name ec_point_formats supported_groups session_ticket application_layer_protocol_negotiation encrypt_then_mac extended_master_secret signature_algorithms supported_versions psk_key_exchange_modes key_share',
      't13d5212sp_b262b3658495_8e6e362c5eac',
    ],
    [
      'client-hello-jsse-17.hex',
      56,
      'status_request supported_groups ec_point_formats status_request_v2 extended_master_secret session_ticket signature_algorithms supported_versions psk_key_exchange_modes signature_algorithms_cert key_share',
      't13i561100_bc01e4e2260a_7c76daad20ec',
    ],
  ]
  for (const [file, suites, extensions, ja4] of rows) {
    test(`${file} is read, and written again byte for byte`, () => {
      const hello = clientHello(file)
      const bytes = capture(file)
      assert.equal(toHex(wire.encodeClientHelloRecords(hello, wire.decodeRecord(bytes).legacyRecordVersion)), toHex(bytes))
      const names = (hello.extensions ?? []).map(({ type }) => extensionType.name(type)).join(' ')
      assert.deepEqual([hello.cipherSuites.length, names, wire.ja4(hello)], [suites, extensions, ja4])
    })
  }

  test('of OpenSSL: every extension says what s_client was told', () => {
    const hello = clientHello('client-hello-openssl-3.0.hex')
    assert.deepEqual(wire.decodeServerNameList(data(hello, EXTENSION_TYPE.server_name)), [{ nameType: 0, name: 'mail.example.com' }])
    assert.deepEqual(wire.decodeProtocolNameList(data(hello, EXTENSION_TYPE.application_layer_protocol_negotiation)), ['h2', 'smtp'])
    assert.deepEqual(
      wire.decodeSupportedVersionsClientHello(data(hello, EXTENSION_TYPE.supported_versions)),
      [0x0304, 0x0303, 0x0302, 0x0301],
    )
    assert.deepEqual(wire.decodeEcPointFormats(data(hello, EXTENSION_TYPE.ec_point_formats)), [0, 1, 2])
    assert.deepEqual(wire.decodePskKeyExchangeModes(data(hello, EXTENSION_TYPE.psk_key_exchange_modes)), [1])
    assert.deepEqual(data(hello, EXTENSION_TYPE.status_request), wire.encodeStatusRequest())
    wire.decodeEmptyExtension(data(hello, EXTENSION_TYPE.encrypt_then_mac))
    assert.equal(hello.cipherSuites.at(-1), 0x00ff)
  })

  test('of Node 24 shares a hybrid and a plain key (RFC 8446 §4.2.8)', () => {
    const hello = clientHello('client-hello-node-24.hex')
    const shares = wire.decodeKeyShareClientHello(data(hello, EXTENSION_TYPE.key_share))
    assert.deepEqual(
      shares.map(({ group, keyExchange }) => [group, keyExchange.length]),
      [
        [0x11ec, 1216],
        [0x001d, 32],
      ],
    )
    assert.deepEqual(toHex(wire.decodeRenegotiationInfo(data(hello, EXTENSION_TYPE.renegotiation_info))), '')
  })

  test('of JSSE asks for stapled answers in both ways (RFC 6961 §2.2)', () => {
    const hello = clientHello('client-hello-jsse-17.hex')
    const requests = wire.decodeStatusRequestV2(data(hello, EXTENSION_TYPE.status_request_v2))
    const any = { responderIdList: [], requestExtensions: new Uint8Array(0) }
    assert.deepEqual(
      requests.map((request) => [request.statusType, wire.decodeOcspStatusRequest(request.request)]),
      [[2, any]],
    )
    assert.equal(wire.decodeSignatureSchemes(data(hello, EXTENSION_TYPE.signature_algorithms_cert))[0], 0x0403)
  })

  test('of JSSE in SSLv2 format offers TLS 1.0 (RFC 5246 §E.2)', () => {
    const [item, ...rest] = flight(capture('client-hello-jsse-17-sslv2.hex'))
    assert.ok(item?.kind === 'sslv2-client-hello')
    assert.deepEqual([item.hello.version, item.hello.sessionId.length, item.hello.challenge.length], [0x0301, 0, 32])
    assert.ok(item.hello.cipherSpecs.includes(0x00002f))
    assert.deepEqual(rest, [])
  })
})

describe('a captured flight of a server', () => {
  /** The random of every hello that these servers answered. */
  const clientRandom = new Uint8Array(32).fill(0x2a)

  const rows: readonly (readonly [file: string, version: number, suite: string, kind: string, detail: number, messages: string])[] = [
    ['server-flight-openssl-3.0-tls1_2.hex', 0x0303, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE', 0x0017, '2 11 12 13 14'],
    ['server-flight-openssl-3.0-downgraded.hex', 0x0303, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE', 0x0017, '2 11 12 14'],
    ['server-flight-openssl-3.0-tls1.hex', 0x0301, 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA', 'DHE', 1024, '2 11 12 14'],
    ['server-flight-gnutls-3.7-tls1_2.hex', 0x0303, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE', 0x0017, '2 11 12 13 14'],
    ['server-flight-jsse-17-ssl3.hex', 0x0300, 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA', 'DHE', 2048, '2 11 12 14'],
  ]
  for (const [file, version, suite, kind, detail, messages] of rows) {
    test(`${file} is read to its end, and its key exchange is signed by its certificate`, () => {
      const items = flight(capture(file))
      assert.equal(items.map((item) => (item.kind === 'handshake' ? item.type : item.kind)).join(' '), messages)
      const hello = wire.decodeServerHello(body(items, HANDSHAKE_TYPE.server_hello))
      assert.deepEqual([wire.selectedVersion(hello), suiteByCode(hello.cipherSuite)?.iana], [version, suite])

      const shape = wire.serverKeyExchangeShape(suiteByCode(hello.cipherSuite)!, version)
      const exchange = wire.decodeServerKeyExchange(body(items, HANDSHAKE_TYPE.server_key_exchange), shape!)
      assert.deepEqual(wire.encodeServerKeyExchange(exchange), body(items, HANDSHAKE_TYPE.server_key_exchange))
      const { params, signature } = exchange
      assert.equal(params?.kind, kind)
      if (params?.kind === 'DHE') assert.equal(params.dhP.length * 8, detail)
      if (params?.kind === 'ECDHE') assert.deepEqual(params.curveParams, { kind: 'named_curve', namedCurve: detail })

      const { certificateList } = wire.decodeCertificate(body(items, HANDSHAKE_TYPE.certificate))
      const { publicKey, subject } = new X509Certificate(certificateList[0]!)
      assert.equal(subject, 'CN=mail.example.com')
      const content = serverKeyExchangeContent(clientRandom, hello.random, wire.encodeServerParams(params))
      assert.equal(verifySignature(publicKey, signature?.algorithm, content, signature!.signature), true)
      wire.decodeEmptyMessage(body(items, HANDSHAKE_TYPE.server_hello_done), 'ServerHelloDone')
    })
  }

  test('of OpenSSL asks for a client certificate of its authority (RFC 5246 §7.4.4)', () => {
    const request = wire.decodeCertificateRequest(
      body(flight(capture('server-flight-openssl-3.0-tls1_2.hex')), HANDSHAKE_TYPE.certificate_request),
      0x0303,
    )
    assert.deepEqual(request.certificateTypes, [1, 2, 64])
    assert.equal(request.supportedSignatureAlgorithms?.[0], 0x0403)
    assert.deepEqual(
      request.certificateAuthorities.map((name) => Buffer.from(name).toString('latin1').endsWith('mail.example.com')),
      [true],
    )
  })

  test('of OpenSSL that could speak TLS 1.3 says that it was talked down (RFC 8446 §4.1.3)', () => {
    const hello = (file: string): wire.ServerHello => wire.decodeServerHello(body(flight(capture(file)), HANDSHAKE_TYPE.server_hello))
    assert.equal(wire.downgradeSentinel(hello('server-flight-openssl-3.0-downgraded.hex')), 'TLSv1.2')
    assert.equal(wire.downgradeSentinel(hello('server-flight-openssl-3.0-tls1_2.hex')), undefined)
  })

  test('of TLS 1.3 is read as far as it is in clear', () => {
    const items = flight(capture('server-flight-openssl-3.0-tls1_3.hex'))
    assert.deepEqual(
      items.map((item) => item.kind),
      ['handshake', 'change-cipher-spec', ...Array.from({ length: 4 }, () => 'encrypted')],
    )
    const hello = wire.decodeServerHello(body(items, HANDSHAKE_TYPE.server_hello))
    assert.deepEqual([wire.selectedVersion(hello), wire.selectedGroup(hello), wire.isHelloRetryRequest(hello)], [0x0304, 0x001d, false])
  })

  test('of TLS 1.3 may ask for another hello (RFC 8446 §4.1.4)', () => {
    const items = flight(capture('hello-retry-request-openssl-3.0.hex'))
    assert.deepEqual(
      items.map((item) => item.kind),
      ['handshake', 'change-cipher-spec'],
    )
    const hello = wire.decodeServerHello(body(items, HANDSHAKE_TYPE.server_hello))
    assert.deepEqual([wire.selectedVersion(hello), wire.selectedGroup(hello), wire.isHelloRetryRequest(hello)], [0x0304, 0x0018, true])
  })
})

test('every capture is read by a test of this file', () => {
  const text = readFileSync(new URL(import.meta.url), 'utf8')
  assert.deepEqual(
    readdirSync(CAPTURES).filter((file) => !text.includes(`'${file}'`)),
    [],
  )
})
