/**
 * Bytes to records, messages and hellos and back, SSLv2 to TLS 1.3: what the RFCs write as structs.
 *
 * It is not a TLS stack and has no opinion: it decodes what is well-formed, however foolish, encodes what is asked for,
 * however illegal, and throws `MalformedError` for anything else. No socket, no clock. Whether a value is allowed is decided elsewhere.
 *
 *     const hello = { legacyVersion: 0x0303, random, legacySessionId, cipherSuites: [0xc02f], legacyCompressionMethods: [0], extensions: undefined }
 *     socket.write(encodeClientHelloRecords(hello, 0x0301))
 *     const flight = new FlightReader()
 *     flight.push(bytes)
 *     for (let item = flight.next(); item; item = flight.next()) console.log(item.kind)
 */
export { MalformedError, Reader } from './reader.ts'
export { Writer } from './writer.ts'

export { decodeAlert, encodeAlert, type Alert } from './alert.ts'
export { decodeClientHello, encodeClientHello, encodeClientHelloRecords, RANDOM_LENGTH, type ClientHello } from './client-hello.ts'
export { EXTENSION_TYPE, findExtension, type RawExtension } from './extension.ts'
export { FlightReader, MAX_BUFFERED, MAX_FRAGMENT_LENGTH, MAX_HANDSHAKE_LENGTH, type FlightItem, type RecordOpener } from './flight.ts'
export { decodeHandshake, encodeHandshake, HANDSHAKE_TYPE, type HandshakeMessage } from './handshake.ts'
export {
  decodeKeyShareClientHello,
  decodeKeyShareHelloRetryRequest,
  decodeKeyShareServerHello,
  encodeKeyShareClientHello,
  encodeKeyShareHelloRetryRequest,
  encodeKeyShareServerHello,
  type KeyShareEntry,
} from './key-share.ts'
export { CONTENT_TYPE, decodeRecord, encodeRecord, encodeRecords, fragmentRecords, MAX_PLAINTEXT_LENGTH, type TlsRecord } from './record.ts'
export {
  decodeServerHello,
  downgradeSentinel,
  encodeServerHello,
  HELLO_RETRY_REQUEST_RANDOM,
  isHelloRetryRequest,
  selectedGroup,
  selectedVersion,
  type ServerHello,
} from './server-hello.ts'
export {
  decodeSslv2ClientHello,
  decodeSslv2Error,
  decodeSslv2Record,
  decodeSslv2ServerHello,
  encodeSslv2ClientHello,
  encodeSslv2Error,
  encodeSslv2Record,
  encodeSslv2ServerHello,
  SSLV2_ERROR,
  SSLV2_MESSAGE_TYPE,
  type Sslv2ClientHello,
  type Sslv2Record,
  type Sslv2ServerHello,
} from './sslv2.ts'
export {
  decodeSupportedVersionsClientHello,
  decodeSupportedVersionsServerHello,
  encodeSupportedVersionsClientHello,
  encodeSupportedVersionsServerHello,
} from './supported-versions.ts'
