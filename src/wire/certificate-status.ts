import { Reader } from './reader.ts'
import { CERTIFICATE_STATUS_TYPE } from './status-request.ts'
import { Writer } from './writer.ts'

/**
 * What a server staples: a message of its own up to TLS 1.2, the data of status_request beside a certificate in TLS 1.3
 * (RFC 8446 §4.4.2.1). RFC 6066 §8, with ocsp_multi of RFC 6961 §2.2:
 *
 *     struct {
 *         CertificateStatusType status_type;
 *         select (status_type) {
 *             case ocsp: OCSPResponse;
 *             case ocsp_multi: OCSPResponseList;
 *         } response;
 *     } CertificateStatus;
 *     opaque OCSPResponse<0..2^24-1>;
 *     struct { OCSPResponse ocsp_response_list<1..2^24-1>; } OCSPResponseList;
 */
export type CertificateStatus =
  | { readonly kind: 'ocsp'; readonly ocspResponse: Uint8Array }
  /** One for each certificate of the chain, in its order; empty where there is none. */
  | { readonly kind: 'ocsp-multi'; readonly ocspResponseList: readonly Uint8Array[] }
  /** A type without a known shape: neither 1 nor 2. */
  | { readonly kind: 'unknown'; readonly statusType: number; readonly response: Uint8Array }

export function decodeCertificateStatus(body: Uint8Array): CertificateStatus {
  const reader = new Reader(body, 'CertificateStatus')
  const statusType = reader.u8('status_type')
  const status = readResponse(reader, statusType)
  reader.end()
  return status
}

export function encodeCertificateStatus(status: CertificateStatus): Uint8Array {
  if (status.kind === 'unknown') return new Writer().u8(status.statusType).bytes(status.response).done()
  if (status.kind === 'ocsp') return new Writer().u8(CERTIFICATE_STATUS_TYPE.ocsp).opaque(3, status.ocspResponse).done()
  return new Writer()
    .u8(CERTIFICATE_STATUS_TYPE.ocsp_multi)
    .vector(3, (inner) => {
      for (const response of status.ocspResponseList) inner.opaque(3, response)
    })
    .done()
}

function readResponse(reader: Reader, statusType: number): CertificateStatus {
  if (statusType === CERTIFICATE_STATUS_TYPE.ocsp) return { kind: 'ocsp', ocspResponse: reader.opaque(3, 'ocsp_response') }
  if (statusType === CERTIFICATE_STATUS_TYPE.ocsp_multi) {
    const read = (inner: Reader): Uint8Array[] => inner.list((item) => item.opaque(3, 'ocsp_response'))
    return { kind: 'ocsp-multi', ocspResponseList: reader.vector(3, 'ocsp_response_list', read) }
  }
  return { kind: 'unknown', statusType, response: reader.rest() }
}
