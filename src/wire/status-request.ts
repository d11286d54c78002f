import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** `CertificateStatusType`: ocsp of RFC 6066 §8, ocsp_multi of RFC 6961 §2.2. */
export const CERTIFICATE_STATUS_TYPE = { ocsp: 1, ocsp_multi: 2 } as const

/**
 * What ocsp and ocsp_multi ask for. RFC 6066 §8:
 *
 *     struct {
 *         ResponderID responder_id_list<0..2^16-1>;
 *         Extensions  request_extensions;
 *     } OCSPStatusRequest;
 *     opaque ResponderID<1..2^16-1>;
 *     opaque Extensions<0..2^16-1>;
 */
export interface OcspStatusRequest {
  /** DER. */
  readonly responderIdList: readonly Uint8Array[]
  /** DER, or empty. */
  readonly requestExtensions: Uint8Array
}

export function decodeOcspStatusRequest(bytes: Uint8Array): OcspStatusRequest {
  const reader = new Reader(bytes, 'OCSPStatusRequest')
  const request = {
    responderIdList: reader.vector(2, 'responder_id_list', (inner) => inner.list((item) => item.opaque(2, 'responder_id'))),
    requestExtensions: reader.opaque(2, 'request_extensions'),
  }
  reader.end()
  return request
}

export function encodeOcspStatusRequest(request: OcspStatusRequest): Uint8Array {
  return new Writer()
    .vector(2, (inner) => {
      for (const id of request.responderIdList) inner.opaque(2, id)
    })
    .opaque(2, request.requestExtensions)
    .done()
}

/**
 * status_request of a ClientHello. RFC 6066 §8:
 *
 *     struct {
 *         CertificateStatusType status_type;
 *         select (status_type) { case ocsp: OCSPStatusRequest; } request;
 *     } CertificateStatusRequest;
 */
export interface CertificateStatusRequest {
  readonly statusType: number
  /** An `OcspStatusRequest` for ocsp and ocsp_multi. Whole, because other types have no known shape. */
  readonly request: Uint8Array
}

/** What everybody asks: OCSP, of any responder, without extensions. */
const ANY_RESPONDER: CertificateStatusRequest = {
  statusType: CERTIFICATE_STATUS_TYPE.ocsp,
  request: encodeOcspStatusRequest({ responderIdList: [], requestExtensions: new Uint8Array(0) }),
}

export function decodeStatusRequest(data: Uint8Array): CertificateStatusRequest {
  const reader = new Reader(data, 'CertificateStatusRequest')
  return { statusType: reader.u8('status_type'), request: reader.rest() }
}

export function encodeStatusRequest(request: CertificateStatusRequest = ANY_RESPONDER): Uint8Array {
  return new Writer().u8(request.statusType).bytes(request.request).done()
}

/**
 * status_request_v2 of a ClientHello, in the order of preference. RFC 6961 §2.2:
 *
 *     struct {
 *         CertificateStatusType status_type;
 *         uint16 request_length;
 *         select (status_type) { … } request;
 *     } CertificateStatusRequestItemV2;
 *     struct { CertificateStatusRequestItemV2 certificate_status_req_list<1..2^16-1>; } CertificateStatusRequestListV2;
 */
export function decodeStatusRequestV2(data: Uint8Array): readonly CertificateStatusRequest[] {
  const reader = new Reader(data, 'CertificateStatusRequestListV2')
  const requests = reader.vector(2, 'certificate_status_req_list', (inner) =>
    inner.list((item) => ({ statusType: item.u8('status_type'), request: item.opaque(2, 'request') })),
  )
  reader.end()
  return requests
}

export function encodeStatusRequestV2(requests: readonly CertificateStatusRequest[]): Uint8Array {
  return new Writer()
    .vector(2, (inner) => {
      for (const { statusType, request } of requests) inner.u8(statusType).opaque(2, request)
    })
    .done()
}
