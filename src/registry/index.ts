/**
 * Names and numbers that others have registered: protocols, suites, groups, schemes, extensions, alerts, with their
 * OpenSSL, GnuTLS and JSSE spellings. Data only: nothing here decides whether a value is allowed.
 *
 *     protocolVersion.name(0x0304) // 'TLSv1.3'
 */
export { registry, type Registry } from './open-code.ts'
export { PROTOCOLS, protocolVersion, type ProtocolName } from './protocols.ts'
export { suiteByCode, suiteByName, suiteName, cipherSuites, oldOpensslNames, type CipherSuite } from './cipher-suites.ts'
export { TLS_EMPTY_RENEGOTIATION_INFO_SCSV, TLS_FALLBACK_SCSV } from './cipher-suites.ts'
export type { Authentication, CipherMode, KeyExchange, RecordMac, SuiteAttributes, SuiteHash } from './suite-attributes.ts'
export { sslv2CipherKind, sslv2Ciphers, type Sslv2Cipher, type Sslv2CipherName } from './sslv2-ciphers.ts'
export { groupByCode, groupByName, groups, supportedGroup, type GroupKind, type NamedGroup } from './groups.ts'
export { schemeHash, signatureScheme, signsTls13, type SchemeHash, type SignatureSchemeName } from './signature-schemes.ts'
export { extensionType, type ExtensionName } from './extensions.ts'
export { alertDescription, alertLevel, type AlertLevelName, type AlertName } from './alerts.ts'
export { handshakeType, type HandshakeTypeName } from './handshake-types.ts'
export { contentType, type ContentTypeName } from './content-types.ts'
export { certificateCompression, clientCertificateType, compressionMethod, ecPointFormat, pskKeyExchangeMode } from './small-lists.ts'
export type {
  CertificateCompressionName,
  ClientCertificateTypeName,
  CompressionMethodName,
  PointFormatName,
  PskModeName,
} from './small-lists.ts'
export { GREASE, GREASE_PSK_MODES, isGrease } from './grease.ts'
export { knownPrime, knownPrimes, type KnownPrime } from './primes.ts'
export type { PrimeSource } from './prime-table.ts'
