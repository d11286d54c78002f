import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * Finished: `opaque verify_data[verify_data_length]`. The length is known beforehand: 12 bytes in TLS 1.0 to 1.2
 * (RFC 5246 §7.4.9), 36 in SSLv3 (RFC 6101 §5.6.9), the hash of the suite in TLS 1.3 (RFC 8446 §4.4.4).
 */
export function decodeFinished(body: Uint8Array, verifyDataLength: number): Uint8Array {
  const reader = new Reader(body, 'Finished')
  const verifyData = reader.take(verifyDataLength, 'verify_data')
  reader.end()
  return verifyData
}

export function encodeFinished(verifyData: Uint8Array): Uint8Array {
  return new Writer().bytes(verifyData).done()
}
