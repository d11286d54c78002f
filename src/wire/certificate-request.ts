import { readDistinguishedNames, writeDistinguishedNames } from './certificate-authorities.ts'
import { readExtensions, writeExtensions, type RawExtension } from './extension.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** The version that put signature algorithms in, RFC 5246 §7.4.4. */
const TLS12 = 0x0303

/**
 * CertificateRequest up to TLS 1.2. RFC 5246 §7.4.4, and RFC 4346 §7.4.4 without the middle field:
 *
 *     struct {
 *         ClientCertificateType certificate_types<1..2^8-1>;
 *         SignatureAndHashAlgorithm supported_signature_algorithms<2..2^16-2>;
 *         DistinguishedName certificate_authorities<0..2^16-1>;
 *     } CertificateRequest;
 */
export interface CertificateRequest {
  readonly certificateTypes: readonly number[]
  /** Undefined before TLS 1.2. */
  readonly supportedSignatureAlgorithms: readonly number[] | undefined
  /** DER. */
  readonly certificateAuthorities: readonly Uint8Array[]
}

/** `version` as on the wire, such as 0x0303. */
export function decodeCertificateRequest(body: Uint8Array, version: number): CertificateRequest {
  const reader = new Reader(body, 'CertificateRequest')
  const request = {
    certificateTypes: reader.u8s(1, 'certificate_types'),
    supportedSignatureAlgorithms: version >= TLS12 ? reader.u16s(2, 'supported_signature_algorithms') : undefined,
    certificateAuthorities: readDistinguishedNames(reader, 'certificate_authorities'),
  }
  reader.end()
  return request
}

export function encodeCertificateRequest(request: CertificateRequest): Uint8Array {
  const writer = new Writer().u8s(1, request.certificateTypes)
  if (request.supportedSignatureAlgorithms) writer.u16s(2, request.supportedSignatureAlgorithms)
  return writeDistinguishedNames(writer, request.certificateAuthorities).done()
}

/**
 * CertificateRequest of TLS 1.3. RFC 8446 §4.3.2:
 *
 *     struct {
 *         opaque certificate_request_context<0..2^8-1>;
 *         Extension extensions<2..2^16-1>;
 *     } CertificateRequest;
 */
export interface CertificateRequestTls13 {
  readonly certificateRequestContext: Uint8Array
  readonly extensions: readonly RawExtension[]
}

export function decodeCertificateRequestTls13(body: Uint8Array): CertificateRequestTls13 {
  const reader = new Reader(body, 'CertificateRequest')
  const request = {
    certificateRequestContext: reader.opaque(1, 'certificate_request_context'),
    extensions: readExtensions(reader),
  }
  reader.end()
  return request
}

export function encodeCertificateRequestTls13(request: CertificateRequestTls13): Uint8Array {
  return writeExtensions(new Writer().opaque(1, request.certificateRequestContext), request.extensions).done()
}
