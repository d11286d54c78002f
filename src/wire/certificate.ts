import { readExtensions, writeExtensions, type RawExtension } from './extension.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * Certificate up to TLS 1.2. RFC 5246 §7.4.2:
 *
 *     opaque ASN.1Cert<1..2^24-1>;
 *     struct { ASN.1Cert certificate_list<0..2^24-1>; } Certificate;
 */
export interface Certificate {
  /** DER, the peer's own first. */
  readonly certificateList: readonly Uint8Array[]
}

export function decodeCertificate(body: Uint8Array): Certificate {
  const reader = new Reader(body, 'Certificate')
  const certificateList = reader.vector(3, 'certificate_list', (inner) => inner.list((item) => item.opaque(3, 'certificate')))
  reader.end()
  return { certificateList }
}

export function encodeCertificate(certificate: Certificate): Uint8Array {
  return new Writer()
    .vector(3, (inner) => {
      for (const der of certificate.certificateList) inner.opaque(3, der)
    })
    .done()
}

/**
 * Certificate of TLS 1.3. RFC 8446 §4.4.2:
 *
 *     struct {
 *         select (certificate_type) { case X509: opaque cert_data<1..2^24-1>; … };
 *         Extension extensions<0..2^16-1>;
 *     } CertificateEntry;
 *     struct {
 *         opaque certificate_request_context<0..2^8-1>;
 *         CertificateEntry certificate_list<0..2^24-1>;
 *     } Certificate;
 */
export interface CertificateTls13 {
  readonly certificateRequestContext: Uint8Array
  /** The peer's own first. */
  readonly certificateList: readonly CertificateEntry[]
}

export interface CertificateEntry {
  /** DER. */
  readonly certData: Uint8Array
  /** status_request holds a whole CertificateStatus, RFC 8446 §4.4.2.1. */
  readonly extensions: readonly RawExtension[]
}

export function decodeCertificateTls13(body: Uint8Array): CertificateTls13 {
  const reader = new Reader(body, 'Certificate')
  const certificate = {
    certificateRequestContext: reader.opaque(1, 'certificate_request_context'),
    certificateList: reader.vector(3, 'certificate_list', (inner) =>
      inner.list((item) => ({ certData: item.opaque(3, 'cert_data'), extensions: readExtensions(item) })),
    ),
  }
  reader.end()
  return certificate
}

export function encodeCertificateTls13(certificate: CertificateTls13): Uint8Array {
  return new Writer()
    .opaque(1, certificate.certificateRequestContext)
    .vector(3, (inner) => {
      for (const entry of certificate.certificateList) writeExtensions(inner.opaque(3, entry.certData), entry.extensions)
    })
    .done()
}
