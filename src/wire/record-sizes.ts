import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** max_fragment_length: 1 to 4 for 2^9 to 2^12 bytes, RFC 6066 §4. */
export function decodeMaxFragmentLength(data: Uint8Array): number {
  const reader = new Reader(data, 'MaxFragmentLength')
  const code = reader.u8('max_fragment_length')
  reader.end()
  return code
}

export function encodeMaxFragmentLength(code: number): Uint8Array {
  return new Writer().u8(code).done()
}

/** record_size_limit: `uint16 RecordSizeLimit`, in bytes of plaintext, RFC 8449 §4. */
export function decodeRecordSizeLimit(data: Uint8Array): number {
  const reader = new Reader(data, 'RecordSizeLimit')
  const limit = reader.u16('record_size_limit')
  reader.end()
  return limit
}

export function encodeRecordSizeLimit(limit: number): Uint8Array {
  return new Writer().u16(limit).done()
}
