/**
 * Bytes to records, messages and hellos and back, SSLv2 to TLS 1.3: what the RFCs write as structs.
 *
 * It is not a TLS stack and has no opinion: it decodes what is well-formed, however foolish, encodes what is asked for,
 * however illegal, and throws `MalformedError` for anything else. No socket, no clock. Whether a value is allowed is decided elsewhere.
 * `ClientSession` carries out whole handshakes over a transport of the caller's, for an auditor and for nobody else.
 *
 *     const hello = { legacyVersion: 0x0303, random, legacySessionId, cipherSuites: [0xc02f], legacyCompressionMethods: [0], extensions: undefined }
 *     socket.write(encodeClientHelloRecords(hello, 0x0301))
 *     const flight = new FlightReader()
 *     flight.push(bytes)
 *     for (let item = flight.next(); item; item = flight.next()) console.log(item.kind)
 */
export { MalformedError, Reader } from './reader.ts'
export { Writer } from './writer.ts'
export { ByteQueue } from './byte-queue.ts'
export { decodeAlert, encodeAlert, type Alert } from './alert.ts'
export { decodeNextProtocols, decodeProtocolNameList, encodeNextProtocols, encodeProtocolNameList } from './application-protocols.ts'
export { decodeCertificateAuthorities, encodeCertificateAuthorities } from './certificate-authorities.ts'
export {
  decodeCertificateRequest,
  decodeCertificateRequestTls13,
  encodeCertificateRequest,
  encodeCertificateRequestTls13,
  type CertificateRequest,
  type CertificateRequestTls13,
} from './certificate-request.ts'
export { decodeCertificateStatus, encodeCertificateStatus, type CertificateStatus } from './certificate-status.ts'
export { decodeCertificateVerify, encodeCertificateVerify } from './certificate-verify.ts'
export {
  decodeCertificate,
  decodeCertificateTls13,
  encodeCertificate,
  encodeCertificateTls13,
  type Certificate,
  type CertificateEntry,
  type CertificateTls13,
} from './certificate.ts'
export { decodeClientHello, encodeClientHello, encodeClientHelloRecords, RANDOM_LENGTH, type ClientHello } from './client-hello.ts'
export {
  decodeClientKeyExchange,
  encodeClientKeyExchange,
  clientKeyExchangeShape,
  type ClientKeyExchange,
  type ClientKeyExchangeShape,
} from './client-key-exchange.ts'
export {
  decodeCompressCertificate,
  decodeCompressedCertificate,
  encodeCompressCertificate,
  encodeCompressedCertificate,
  type CompressedCertificate,
} from './compress-certificate.ts'
export { type DigitallySigned } from './digitally-signed.ts'
export { EC_CURVE_TYPE, type EcParameters } from './ec-parameters.ts'
export { decodeEmptyMessage, encodeEmptyMessage } from './empty-message.ts'
export { decodeEncryptedExtensions, encodeEncryptedExtensions } from './encrypted-extensions.ts'
export { EXTENSION_TYPE, findExtension, type RawExtension } from './extension.ts'
export { decodeFinished, encodeFinished } from './finished.ts'
export {
  FlightReader,
  MAX_BUFFERED,
  MAX_FRAGMENT_LENGTH,
  MAX_HANDSHAKE_LENGTH,
  wholeClientHello,
  type FlightItem,
  type RecordOpener,
} from './flight.ts'
export { decodeHandshake, encodeHandshake, HANDSHAKE_TYPE, type HandshakeMessage } from './handshake.ts'
export {
  decodeHeartbeatMessage,
  decodeHeartbeatMode,
  encodeHeartbeatMessage,
  encodeHeartbeatMode,
  HEARTBEAT_MESSAGE_TYPE,
  type HeartbeatMessage,
} from './heartbeat.ts'
export {
  decodeKeyShareClientHello,
  decodeKeyShareHelloRetryRequest,
  decodeKeyShareServerHello,
  encodeKeyShareClientHello,
  encodeKeyShareHelloRetryRequest,
  encodeKeyShareServerHello,
  type KeyShareEntry,
} from './key-share.ts'
export { ipOctets, ipText } from './ip-address.ts'
export { decodeKeyUpdate, encodeKeyUpdate } from './key-update.ts'
export {
  decodeNewSessionTicket,
  decodeNewSessionTicketTls13,
  encodeNewSessionTicket,
  encodeNewSessionTicketTls13,
  type NewSessionTicket,
  type NewSessionTicketTls13,
} from './new-session-ticket.ts'
export {
  decodeCookie,
  decodeEmptyExtension,
  decodePadding,
  decodeRenegotiationInfo,
  decodeSessionTicket,
  encodeCookie,
  encodeEmptyExtension,
  encodePadding,
  encodeRenegotiationInfo,
  encodeSessionTicket,
} from './opaque-extensions.ts'
export {
  bindersLength,
  decodeMaxEarlyDataSize,
  decodeOfferedPsks,
  decodePskKeyExchangeModes,
  decodeSelectedIdentity,
  encodeMaxEarlyDataSize,
  encodeOfferedPsks,
  encodePskKeyExchangeModes,
  encodeSelectedIdentity,
  type OfferedPsks,
  type PskIdentity,
} from './pre-shared-key.ts'
export { decodeMaxFragmentLength, decodeRecordSizeLimit, encodeMaxFragmentLength, encodeRecordSizeLimit } from './record-sizes.ts'
export {
  crc32c,
  decodeProxyEnds,
  decodeProxyHeader,
  decodeProxySsl,
  encodeProxyEnds,
  encodeProxyHeader,
  encodeProxySsl,
  isProxyHeaderSound,
  PROXY_COMMAND,
  PROXY_FAMILY,
  PROXY_SSL_CLIENT,
  PROXY_TLV,
  PROXY_TRANSPORT,
  proxyHeaderLength,
  sealProxyHeader,
  startsProxyHeader,
  type ProxyEnds,
  type ProxyHeader,
  type ProxySsl,
  type ProxyTlv,
} from './proxy-header.ts'
export { decodeProxyLine, encodeProxyLine, LONGEST_PROXY_LINE, type ProxyLine } from './proxy-line.ts'
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
  decodeServerKeyExchange,
  encodeServerKeyExchange,
  encodeServerParams,
  serverKeyExchangeShape,
  type ServerKeyExchange,
  type ServerKeyExchangeShape,
  type ServerParams,
} from './server-key-exchange.ts'
export { decodeServerNameList, encodeServerNameList, type ServerName } from './server-name.ts'
export { decodeSignatureSchemes, encodeSignatureSchemes } from './signature-algorithms.ts'
export { decodeSignedCertificateTimestampList, encodeSignedCertificateTimestampList } from './signed-certificate-timestamps.ts'
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
  CERTIFICATE_STATUS_TYPE,
  decodeOcspStatusRequest,
  decodeStatusRequest,
  decodeStatusRequestV2,
  encodeOcspStatusRequest,
  encodeStatusRequest,
  encodeStatusRequestV2,
  type CertificateStatusRequest,
  type OcspStatusRequest,
} from './status-request.ts'
export { decodeEcPointFormats, decodeSupportedGroups, encodeEcPointFormats, encodeSupportedGroups } from './supported-groups.ts'
export {
  decodeSupportedVersionsClientHello,
  decodeSupportedVersionsServerHello,
  encodeSupportedVersionsClientHello,
  encodeSupportedVersionsServerHello,
} from './supported-versions.ts'
export { offerOf, offerOfSslv2, type Offer } from './offer.ts'
export { ja4, ja4r, type Ja4Transport } from './ja4.ts'

export { ClientSession, type RenegotiationOptions } from './session/client-session.ts'
export { ffdhe, type FiniteField } from './session/finite-field.ts'
export { generateKeyShare, SUPPORTED_GROUPS, type KeyShare } from './session/key-agreement.ts'
export { encryptForRsa } from './session/premaster-secret.ts'
export type { Resumption } from './session/resumption.ts'
export type { Connected, SessionEvent, Step, Unsupported } from './session/session-event.ts'
export { DEFAULT_OPTIONS, type SessionOptions, type SessionProtocol } from './session/session-options.ts'
export type { SignatureValidity } from './session/signature.ts'
export { canSpeakSuite } from './session/suite-cipher.ts'
export type { HandmadeKeyExchange } from './session/tls12-handshake.ts'
export { decodeDer, DER_TAG, derField, encodeDer, oidText, openDer, type DerElement } from './der/der.ts'
export {
  CERTIFICATE_EXTENSION,
  extendedKeyUsages,
  extensionsOf,
  derElement,
  keyUsages,
  mustStaple,
  pathLength,
  type CertificateExtension,
} from './der/certificate-extensions.ts'
export { pathFaults, type PathFault } from './der/path-faults.ts'
