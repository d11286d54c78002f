import { registry, type Registry } from './open-code.ts'

export type CompressionMethodName = 'null' | 'DEFLATE' | 'LZS'

/** TLS Compression Method Identifiers, RFC 3749 §2. */
export const compressionMethod: Registry<CompressionMethodName> = registry('TLS Compression Method', 1, { null: 0, DEFLATE: 1, LZS: 64 })

export type PointFormatName = 'uncompressed' | 'ansiX962_compressed_prime' | 'ansiX962_compressed_char2'

/** EC point formats, RFC 8422 §5.1.2. */
export const ecPointFormat: Registry<PointFormatName> = registry('TLS EC Point Formats', 1, {
  uncompressed: 0,
  ansiX962_compressed_prime: 1,
  ansiX962_compressed_char2: 2,
})

export type ClientCertificateTypeName =
  | 'rsa_sign'
  | 'dss_sign'
  | 'rsa_fixed_dh'
  | 'dss_fixed_dh'
  | 'rsa_ephemeral_dh'
  | 'dss_ephemeral_dh'
  | 'fortezza_dms'
  | 'ecdsa_sign'
  | 'rsa_fixed_ecdh'
  | 'ecdsa_fixed_ecdh'
  | 'gost_sign256'
  | 'gost_sign512'

/** TLS ClientCertificateType Identifiers, RFC 5246 §7.4.4. */
export const clientCertificateType: Registry<ClientCertificateTypeName> = registry('TLS ClientCertificateType', 1, {
  rsa_sign: 1,
  dss_sign: 2,
  rsa_fixed_dh: 3,
  dss_fixed_dh: 4,
  rsa_ephemeral_dh: 5,
  dss_ephemeral_dh: 6,
  fortezza_dms: 20,
  ecdsa_sign: 64,
  rsa_fixed_ecdh: 65,
  ecdsa_fixed_ecdh: 66,
  gost_sign256: 67,
  gost_sign512: 68,
})

export type PskModeName = 'psk_ke' | 'psk_dhe_ke'

/** RFC 8446 §4.2.9. */
export const pskKeyExchangeMode: Registry<PskModeName> = registry('TLS PskKeyExchangeMode', 1, { psk_ke: 0, psk_dhe_ke: 1 })

export type CertificateCompressionName = 'zlib' | 'brotli' | 'zstd'

/** TLS Certificate Compression Algorithm IDs, RFC 8879 §7.3. */
export const certificateCompression: Registry<CertificateCompressionName> = registry('TLS Certificate Compression Algorithm', 2, {
  zlib: 1,
  brotli: 2,
  zstd: 3,
})
