import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * signed_certificate_timestamp of a server. RFC 6962 §3.3:
 *
 *     opaque SerializedSCT<1..2^16-1>;
 *     struct { SerializedSCT sct_list <1..2^16-1>; } SignedCertificateTimestampList;
 *
 * A ClientHello sends empty data.
 */
export function decodeSignedCertificateTimestampList(data: Uint8Array): readonly Uint8Array[] {
  const reader = new Reader(data, 'SignedCertificateTimestampList')
  const timestamps = reader.vector(2, 'sct_list', (inner) => inner.list((item) => item.opaque(2, 'serialized_sct')))
  reader.end()
  return timestamps
}

export function encodeSignedCertificateTimestampList(timestamps: readonly Uint8Array[]): Uint8Array {
  return new Writer()
    .vector(2, (inner) => {
      for (const timestamp of timestamps) inner.opaque(2, timestamp)
    })
    .done()
}
