import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import * as wire from './index.ts'
import { MalformedError } from './reader.ts'
import * as any from './testdata/arbitraries.ts'

/** A codec and every value it can carry. */
interface Codec<T> {
  /** What the message is when the same bytes mean several things. */
  readonly as?: string
  readonly decode: (bytes: Uint8Array) => T
  readonly encode: (value: T) => Uint8Array
  readonly values: Arbitrary<T>
  /** Where a proper prefix is also a message: how long it may be, and why that cannot be otherwise. */
  readonly alsoWhole?: { readonly why: string; readonly lengths: (value: T, whole: Uint8Array) => (length: number) => boolean }
  /** Why a byte more can be right. */
  readonly alsoLonger?: string
}

interface Row {
  readonly name: string
  readonly laws: () => void
}

const RUNS = { numRuns: 60 }

/** `name` is that of the exported decoder: the last test below looks for it. */
function row<T>(name: string, codec: Codec<T>): Row {
  return {
    name,
    laws: () => {
      describe(codec.as === undefined ? `${name}()` : `${name}() as ${codec.as}`, () => laws(codec))
    },
  }
}

function laws<T>({ decode, encode, values, alsoWhole, alsoLonger }: Codec<T>): void {
  test('undoes its encoder, illegal values included', () => {
    fc.assert(
      fc.property(values, (value) => assert.deepEqual(decode(encode(value)), value)),
      RUNS,
    )
  })

  test('is undone by its encoder byte for byte, whatever bytes it accepts', () => {
    const check = (bytes: Uint8Array): void => {
      const value = answer(decode, bytes)
      if (value !== undefined) assert.deepEqual(encode(value.is), plain(bytes))
    }
    fc.assert(fc.property(nearly(values, encode), check), RUNS)
  })

  test(alsoWhole ? `refuses every proper prefix, except where ${alsoWhole.why}` : 'refuses every proper prefix', () => {
    fc.assert(
      fc.property(values, (value) => {
        const whole = encode(value)
        const allowed = alsoWhole?.lengths(value, whole) ?? ((): boolean => false)
        for (let length = 0; length < whole.length; length++) {
          if (allowed(length)) continue
          assert.throws(() => decode(whole.slice(0, length)), MalformedError, `${length} of ${whole.length} bytes`)
        }
      }),
      { numRuns: 25 },
    )
  })

  test(alsoLonger === undefined ? 'refuses a byte too many' : `takes a byte more, since ${alsoLonger}`, () => {
    fc.assert(
      fc.property(values, any.u8, (value, byte) => {
        const longer = Uint8Array.of(...encode(value), byte)
        if (alsoLonger === undefined) assert.throws(() => decode(longer), MalformedError)
        else answer(decode, longer)
      }),
      { numRuns: 25 },
    )
  })

  test('answers or throws MalformedError on any bytes', () => {
    const anything = fc.oneof(fc.uint8Array({ maxLength: 120 }), nearly(values, encode))
    fc.assert(
      fc.property(anything, (bytes) => void answer(decode, bytes)),
      RUNS,
    )
  })
}

/** What `decode` gives, or undefined for a MalformedError. Anything else that is thrown goes through. */
function answer<T>(decode: (bytes: Uint8Array) => T, bytes: Uint8Array): { is: T } | undefined {
  try {
    return { is: decode(bytes) }
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}

/** Messages with one byte changed, where chance alone would never get past the first length. */
function nearly<T>(values: Arbitrary<T>, encode: (value: T) => Uint8Array): Arbitrary<Uint8Array> {
  return fc.tuple(values, fc.nat(), any.u8).map(([value, at, byte]) => {
    const bytes = encode(value)
    if (bytes.length > 0) bytes[at % bytes.length] = byte
    return bytes
  })
}

/** Without the prototype of Buffer, which deepEqual would see. */
function plain(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes)
}

const OPAQUE_END = 'the last field reaches to the end of what carries it'

/** A hello whose extensions block may be missing: the prefix that ends before it is a hello too. */
function bareLength<T extends { extensions?: unknown }>(encode: (value: T) => Uint8Array): Required<Codec<T>>['alsoWhole'] {
  return {
    why: 'only the extensions block is cut off (RFC 5246 §7.4.1.2)',
    lengths: (value) => {
      const bare = encode({ ...value, extensions: undefined }).length
      return (length) => length === bare
    },
  }
}

const atLeast = (least: number): Required<Codec<unknown>>['alsoWhole'] => ({
  why: OPAQUE_END,
  lengths: () => (length) => length >= least,
})

/** A list of values ends with what carries it: it may end behind each of them. */
function betweenTlvs(start: number): Required<Codec<{ readonly tlvs: readonly wire.ProxyTlv[] }>>['alsoWhole'] {
  return {
    why: 'whole values are cut off',
    lengths: ({ tlvs }) => {
      const ends = tlvs.map((_, index) => tlvs.slice(0, index).reduce((sum, { value }) => sum + 3 + value.length, start))
      return (length) => ends.includes(length)
    },
  }
}

const { serverParams, signature } = any
const TLS12 = 0x0303
const TLS11 = 0x0302

function serverKeyExchange(shape: wire.ServerKeyExchangeShape, params: Arbitrary<wire.ServerParams> | undefined): Row {
  return row('decodeServerKeyExchange', {
    as: `${shape.keyExchange}${shape.signed ? ', signed' : ''}, version 0x0${shape.version.toString(16)}`,
    decode: (body) => wire.decodeServerKeyExchange(body, shape),
    encode: wire.encodeServerKeyExchange,
    values: any.record({
      pskIdentityHint: shape.keyExchange.endsWith('PSK') ? any.bytes : fc.constant(undefined),
      params: params ?? fc.constant(undefined),
      signature: shape.signed ? signature(shape.version) : fc.constant(undefined),
    }),
  })
}

function clientKeyExchange(keyExchange: wire.ClientKeyExchangeShape['keyExchange'], version: number): Row {
  const shape = { keyExchange, version }
  const unframed = keyExchange === 'RSA' && version === 0x0300
  return row('decodeClientKeyExchange', {
    as: `${keyExchange}, version 0x0${version.toString(16)}`,
    decode: (body) => wire.decodeClientKeyExchange(body, shape),
    encode: (message) => wire.encodeClientKeyExchange(message, shape),
    values: any.record({
      pskIdentity: keyExchange.endsWith('PSK') ? any.bytes : fc.constant(undefined),
      exchangeKeys: keyExchange === 'PSK' ? fc.constant(undefined) : any.bytes,
    }),
    ...(unframed ? { alsoWhole: atLeast(0), alsoLonger: OPAQUE_END } : {}),
  })
}

/** Every codec joins this list, and must then obey every law above. */
const rows: readonly Row[] = [
  row('decodeRecord', {
    decode: wire.decodeRecord,
    encode: wire.encodeRecord,
    values: any.record({ type: any.u8, legacyRecordVersion: any.u16, fragment: any.bytes }),
  }),
  row('decodeAlert', {
    decode: wire.decodeAlert,
    encode: wire.encodeAlert,
    values: any.record({ level: any.u8, description: any.u8 }),
  }),
  row('decodeHandshake', {
    decode: wire.decodeHandshake,
    encode: wire.encodeHandshake,
    values: any.record({ type: any.u8, body: any.bytes }),
  }),
  row('decodeClientHello', {
    decode: wire.decodeClientHello,
    encode: wire.encodeClientHello,
    values: any.record({
      legacyVersion: any.u16,
      random: any.random,
      legacySessionId: any.bytes,
      cipherSuites: any.u16s,
      legacyCompressionMethods: any.u8s,
      extensions: any.extensionsOrNone,
    }),
    alsoWhole: bareLength(wire.encodeClientHello),
  }),
  row('decodeServerHello', {
    decode: wire.decodeServerHello,
    encode: wire.encodeServerHello,
    values: any.record({
      legacyVersion: any.u16,
      random: any.random,
      legacySessionIdEcho: any.bytes,
      cipherSuite: any.u16,
      legacyCompressionMethod: any.u8,
      extensions: any.extensionsOrNone,
    }),
    alsoWhole: bareLength(wire.encodeServerHello),
  }),
  row('decodeEncryptedExtensions', {
    decode: wire.decodeEncryptedExtensions,
    encode: wire.encodeEncryptedExtensions,
    values: any.extensions,
  }),
  row('decodeCertificate', {
    decode: wire.decodeCertificate,
    encode: wire.encodeCertificate,
    values: any.record({ certificateList: any.byteStrings }),
  }),
  row('decodeCertificateTls13', {
    decode: wire.decodeCertificateTls13,
    encode: wire.encodeCertificateTls13,
    values: any.record({
      certificateRequestContext: any.bytes,
      certificateList: fc.array(any.record({ certData: any.bytes, extensions: any.extensions }), { maxLength: 3 }),
    }),
  }),
  row('decodeCompressedCertificate', {
    decode: wire.decodeCompressedCertificate,
    encode: wire.encodeCompressedCertificate,
    values: any.record({ algorithm: any.u16, uncompressedLength: any.u24, compressedCertificateMessage: any.bytes }),
  }),
  row('decodeCertificateStatus', {
    decode: wire.decodeCertificateStatus,
    encode: wire.encodeCertificateStatus,
    values: any.certificateStatus.filter((status) => status.kind !== 'unknown'),
  }),
  row('decodeCertificateStatus', {
    as: 'a status of unknown type',
    decode: wire.decodeCertificateStatus,
    encode: wire.encodeCertificateStatus,
    values: any.certificateStatus.filter((status) => status.kind === 'unknown'),
    alsoWhole: atLeast(1),
    alsoLonger: OPAQUE_END,
  }),
  ...[TLS12, TLS11, 0x0300].flatMap((version) => [
    serverKeyExchange({ keyExchange: 'DHE', signed: true, version }, serverParams.DHE),
    serverKeyExchange({ keyExchange: 'ECDHE', signed: true, version }, serverParams.ECDHE),
  ]),
  serverKeyExchange({ keyExchange: 'RSA_EXPORT', signed: true, version: TLS11 }, serverParams.RSA_EXPORT),
  serverKeyExchange({ keyExchange: 'SRP', signed: true, version: TLS12 }, serverParams.SRP),
  serverKeyExchange({ keyExchange: 'DHE', signed: false, version: TLS12 }, serverParams.DHE),
  serverKeyExchange({ keyExchange: 'ECDHE', signed: false, version: TLS12 }, serverParams.ECDHE),
  serverKeyExchange({ keyExchange: 'SRP', signed: false, version: TLS12 }, serverParams.SRP),
  serverKeyExchange({ keyExchange: 'PSK', signed: false, version: TLS12 }, undefined),
  serverKeyExchange({ keyExchange: 'RSA_PSK', signed: false, version: TLS12 }, undefined),
  serverKeyExchange({ keyExchange: 'DHE_PSK', signed: false, version: TLS12 }, serverParams.DHE),
  serverKeyExchange({ keyExchange: 'ECDHE_PSK', signed: false, version: TLS12 }, serverParams.ECDHE),
  ...[TLS12, TLS11].map((version) =>
    row('decodeCertificateRequest', {
      as: `version 0x0${version.toString(16)}`,
      decode: (body) => wire.decodeCertificateRequest(body, version),
      encode: wire.encodeCertificateRequest,
      values: any.record({
        certificateTypes: any.u8s,
        supportedSignatureAlgorithms: version === TLS12 ? any.u16s : fc.constant(undefined),
        certificateAuthorities: any.byteStrings,
      }),
    }),
  ),
  row('decodeCertificateRequestTls13', {
    decode: wire.decodeCertificateRequestTls13,
    encode: wire.encodeCertificateRequestTls13,
    values: any.record({ certificateRequestContext: any.bytes, extensions: any.extensions }),
  }),
  ...[0x0304, TLS12, TLS11].map((version) =>
    row('decodeCertificateVerify', {
      as: `version 0x0${version.toString(16)}`,
      decode: (body) => wire.decodeCertificateVerify(body, version),
      encode: wire.encodeCertificateVerify,
      values: signature(version),
    }),
  ),
  clientKeyExchange('RSA', TLS12),
  clientKeyExchange('RSA', 0x0300),
  clientKeyExchange('DHE', TLS12),
  clientKeyExchange('ECDHE', TLS12),
  clientKeyExchange('PSK', TLS12),
  clientKeyExchange('RSA_PSK', TLS12),
  clientKeyExchange('DHE_PSK', TLS12),
  clientKeyExchange('ECDHE_PSK', TLS12),
  row('decodeFinished', {
    decode: (body) => wire.decodeFinished(body, 32),
    encode: wire.encodeFinished,
    values: any.random,
  }),
  row('decodeNewSessionTicket', {
    decode: wire.decodeNewSessionTicket,
    encode: wire.encodeNewSessionTicket,
    values: any.record({ ticketLifetimeHint: any.u32, ticket: any.bytes }),
  }),
  row('decodeNewSessionTicketTls13', {
    decode: wire.decodeNewSessionTicketTls13,
    encode: wire.encodeNewSessionTicketTls13,
    values: any.record({
      ticketLifetime: any.u32,
      ticketAgeAdd: any.u32,
      ticketNonce: any.bytes,
      ticket: any.bytes,
      extensions: any.extensions,
    }),
  }),
  row('decodeKeyUpdate', { decode: wire.decodeKeyUpdate, encode: wire.encodeKeyUpdate, values: any.u8 }),
  row('decodeEmptyMessage', {
    decode: (body) => wire.decodeEmptyMessage(body, 'ServerHelloDone'),
    encode: wire.encodeEmptyMessage,
    values: fc.constant(undefined),
  }),
  row('decodeHeartbeatMessage', {
    decode: wire.decodeHeartbeatMessage,
    encode: wire.encodeHeartbeatMessage,
    values: any
      .record({ type: any.u8, payload: any.bytes, padding: any.bytes })
      .map((message) => ({ ...message, payloadLength: message.payload.length })),
    alsoWhole: {
      why: 'only padding is cut off (RFC 6520 §4)',
      lengths: (message, whole) => (length) => length >= whole.length - message.padding.length,
    },
    alsoLonger: OPAQUE_END,
  }),
  row('decodeProxyHeader', {
    decode: wire.decodeProxyHeader,
    encode: wire.encodeProxyHeader,
    values: any.record({ command: any.u4, family: any.u4, transport: any.u4, block: any.bytes }),
  }),
  ...([4, 16] as const).map((width) =>
    row('decodeProxyEnds', {
      as: `addresses of ${width} octets`,
      decode: (block) => wire.decodeProxyEnds(block, width),
      encode: wire.encodeProxyEnds,
      values: any.record({
        source: any.octets(width),
        destination: any.octets(width),
        sourcePort: any.u16,
        destinationPort: any.u16,
        tlvs: any.proxyTlvs,
      }),
      alsoWhole: betweenTlvs(2 * width + 4),
    }),
  ),
  row('decodeProxySsl', {
    decode: wire.decodeProxySsl,
    encode: wire.encodeProxySsl,
    values: any.record({ client: any.u8, verify: any.u32, tlvs: any.proxyTlvs }),
    alsoWhole: betweenTlvs(5),
  }),
  row('decodeProxyLine', {
    decode: wire.decodeProxyLine,
    encode: wire.encodeProxyLine,
    values: any.record({ protocol: any.word, words: fc.array(any.word, { maxLength: 5 }) }),
  }),
  row('decodeSslv2Record', {
    decode: wire.decodeSslv2Record,
    encode: wire.encodeSslv2Record,
    values: any.record({
      longHeader: fc.option(any.record({ isEscape: fc.boolean(), padding: any.u8 }), { nil: undefined }),
      data: fc.uint8Array({ maxLength: 300 }),
    }),
  }),
  row('decodeSslv2ClientHello', {
    decode: wire.decodeSslv2ClientHello,
    encode: wire.encodeSslv2ClientHello,
    values: any.record({ version: any.u16, cipherSpecs: any.cipherSpecs, sessionId: any.bytes, challenge: any.bytes }),
  }),
  row('decodeSslv2ServerHello', {
    decode: wire.decodeSslv2ServerHello,
    encode: wire.encodeSslv2ServerHello,
    values: any.record({
      sessionIdHit: any.u8,
      certificateType: any.u8,
      serverVersion: any.u16,
      certificate: any.bytes,
      cipherSpecs: any.cipherSpecs,
      connectionId: any.bytes,
    }),
  }),
  row('decodeSslv2Error', { decode: wire.decodeSslv2Error, encode: wire.encodeSslv2Error, values: any.u16 }),
  row('decodeServerNameList', {
    decode: wire.decodeServerNameList,
    encode: wire.encodeServerNameList,
    values: fc.array(any.record({ nameType: any.u8, name: any.octetText }), { maxLength: 4 }),
  }),
  row('decodeSupportedGroups', { decode: wire.decodeSupportedGroups, encode: wire.encodeSupportedGroups, values: any.u16s }),
  row('decodeEcPointFormats', { decode: wire.decodeEcPointFormats, encode: wire.encodeEcPointFormats, values: any.u8s }),
  row('decodeSignatureSchemes', { decode: wire.decodeSignatureSchemes, encode: wire.encodeSignatureSchemes, values: any.u16s }),
  row('decodeOcspStatusRequest', {
    decode: wire.decodeOcspStatusRequest,
    encode: wire.encodeOcspStatusRequest,
    values: any.record({ responderIdList: any.byteStrings, requestExtensions: any.bytes }),
  }),
  row('decodeStatusRequest', {
    decode: wire.decodeStatusRequest,
    encode: wire.encodeStatusRequest,
    values: any.record({ statusType: any.u8, request: any.bytes }),
    alsoWhole: atLeast(1),
    alsoLonger: OPAQUE_END,
  }),
  row('decodeStatusRequestV2', {
    decode: wire.decodeStatusRequestV2,
    encode: wire.encodeStatusRequestV2,
    values: fc.array(any.record({ statusType: any.u8, request: any.bytes }), { maxLength: 4 }),
  }),
  row('decodeProtocolNameList', { decode: wire.decodeProtocolNameList, encode: wire.encodeProtocolNameList, values: any.octetTexts }),
  row('decodeNextProtocols', {
    decode: wire.decodeNextProtocols,
    encode: wire.encodeNextProtocols,
    values: any.octetTexts,
    alsoWhole: {
      why: 'whole names are cut off: nothing counts them (draft-agl-tls-nextprotoneg-04, section 3)',
      lengths: (names) => {
        const ends = names.map((_, index) => wire.encodeNextProtocols(names.slice(0, index)).length)
        return (length) => ends.includes(length)
      },
    },
    alsoLonger: 'a zero is an empty name',
  }),
  row('decodeSignedCertificateTimestampList', {
    decode: wire.decodeSignedCertificateTimestampList,
    encode: wire.encodeSignedCertificateTimestampList,
    values: any.byteStrings,
  }),
  row('decodeMaxFragmentLength', { decode: wire.decodeMaxFragmentLength, encode: wire.encodeMaxFragmentLength, values: any.u8 }),
  row('decodeRecordSizeLimit', { decode: wire.decodeRecordSizeLimit, encode: wire.encodeRecordSizeLimit, values: any.u16 }),
  row('decodeHeartbeatMode', { decode: wire.decodeHeartbeatMode, encode: wire.encodeHeartbeatMode, values: any.u8 }),
  row('decodeCompressCertificate', { decode: wire.decodeCompressCertificate, encode: wire.encodeCompressCertificate, values: any.u16s }),
  row('decodeOfferedPsks', {
    decode: wire.decodeOfferedPsks,
    encode: wire.encodeOfferedPsks,
    values: any.record({
      identities: fc.array(any.record({ identity: any.bytes, obfuscatedTicketAge: any.u32 }), { maxLength: 4 }),
      binders: any.byteStrings,
    }),
  }),
  row('decodeSelectedIdentity', { decode: wire.decodeSelectedIdentity, encode: wire.encodeSelectedIdentity, values: any.u16 }),
  row('decodePskKeyExchangeModes', { decode: wire.decodePskKeyExchangeModes, encode: wire.encodePskKeyExchangeModes, values: any.u8s }),
  row('decodeMaxEarlyDataSize', { decode: wire.decodeMaxEarlyDataSize, encode: wire.encodeMaxEarlyDataSize, values: any.u32 }),
  row('decodeEmptyExtension', { decode: wire.decodeEmptyExtension, encode: wire.encodeEmptyExtension, values: fc.constant(undefined) }),
  row('decodeCookie', { decode: wire.decodeCookie, encode: wire.encodeCookie, values: any.bytes }),
  row('decodeRenegotiationInfo', { decode: wire.decodeRenegotiationInfo, encode: wire.encodeRenegotiationInfo, values: any.bytes }),
  row('decodeSessionTicket', {
    decode: wire.decodeSessionTicket,
    encode: wire.encodeSessionTicket,
    values: any.bytes,
    alsoWhole: atLeast(0),
    alsoLonger: OPAQUE_END,
  }),
  row('decodePadding', {
    decode: wire.decodePadding,
    encode: wire.encodePadding,
    values: any.u8,
    alsoWhole: atLeast(0),
    alsoLonger: OPAQUE_END,
  }),
  row('decodeCertificateAuthorities', {
    decode: wire.decodeCertificateAuthorities,
    encode: wire.encodeCertificateAuthorities,
    values: any.byteStrings,
  }),
  row('decodeSupportedVersionsClientHello', {
    decode: wire.decodeSupportedVersionsClientHello,
    encode: wire.encodeSupportedVersionsClientHello,
    values: any.u16s,
  }),
  row('decodeSupportedVersionsServerHello', {
    decode: wire.decodeSupportedVersionsServerHello,
    encode: wire.encodeSupportedVersionsServerHello,
    values: any.u16,
  }),
  row('decodeKeyShareClientHello', {
    decode: wire.decodeKeyShareClientHello,
    encode: wire.encodeKeyShareClientHello,
    values: fc.array(any.keyShare, { maxLength: 4 }),
  }),
  row('decodeKeyShareHelloRetryRequest', {
    decode: wire.decodeKeyShareHelloRetryRequest,
    encode: wire.encodeKeyShareHelloRetryRequest,
    values: any.u16,
  }),
  row('decodeKeyShareServerHello', {
    decode: wire.decodeKeyShareServerHello,
    encode: wire.encodeKeyShareServerHello,
    values: any.keyShare,
  }),
]

for (const { laws } of rows) laws()

describe('the list of codecs', () => {
  const sources = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  const decoders = sources.flatMap((file) => {
    const text = readFileSync(new URL(file, import.meta.url), 'utf8')
    return Array.from(text.matchAll(/^export function (decode\w+)/gm), ([, name = '']) => ({ file, name, text }))
  })

  test('holds every exported decoder of this folder: none goes without laws', () => {
    const held = new Set(rows.map((row) => row.name))
    assert.deepEqual(
      decoders.filter(({ name }) => !held.has(name)).map(({ file, name }) => `${file}: ${name}`),
      [],
    )
    assert.ok(decoders.length >= 50, `only ${decoders.length} decoders were found`)
  })

  test('every decoder has its encoder in the same file', () => {
    const alone = decoders.filter(({ name, text }) => !text.includes(`export function ${name.replace('decode', 'encode')}(`))
    assert.deepEqual(
      alone.map(({ file, name }) => `${file}: ${name}`),
      [],
    )
  })

  test('the door exports every decoder and encoder', () => {
    const missing = decoders.filter(({ name }) => !(name in wire) || !(name.replace('decode', 'encode') in wire))
    assert.deepEqual(
      missing.map(({ name }) => name),
      [],
    )
  })
})
