import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** compress_certificate: `CertificateCompressionAlgorithm algorithms<2..2^8-2>`, RFC 8879 §3. 1 zlib, 2 brotli, 3 zstd. */
export function decodeCompressCertificate(data: Uint8Array): readonly number[] {
  const reader = new Reader(data, 'CertificateCompressionAlgorithms')
  const algorithms = reader.u16s(1, 'algorithms')
  reader.end()
  return algorithms
}

export function encodeCompressCertificate(algorithms: readonly number[]): Uint8Array {
  return new Writer().u16s(1, algorithms).done()
}

/**
 * The message that stands for a Certificate. RFC 8879 §4:
 *
 *     struct {
 *         CertificateCompressionAlgorithm algorithm;
 *         uint24 uncompressed_length;
 *         opaque compressed_certificate_message<1..2^24-1>;
 *     } CompressedCertificate;
 */
export interface CompressedCertificate {
  readonly algorithm: number
  /** What the peer promises: never unpack more. */
  readonly uncompressedLength: number
  readonly compressedCertificateMessage: Uint8Array
}

export function decodeCompressedCertificate(body: Uint8Array): CompressedCertificate {
  const reader = new Reader(body, 'CompressedCertificate')
  const message = {
    algorithm: reader.u16('algorithm'),
    uncompressedLength: reader.u24('uncompressed_length'),
    compressedCertificateMessage: reader.opaque(3, 'compressed_certificate_message'),
  }
  reader.end()
  return message
}

export function encodeCompressedCertificate(message: CompressedCertificate): Uint8Array {
  return new Writer().u16(message.algorithm).u24(message.uncompressedLength).opaque(3, message.compressedCertificateMessage).done()
}
