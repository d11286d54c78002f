import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** KeyUpdate: `KeyUpdateRequest request_update`, RFC 8446 §4.6.3. 0 is update_not_requested, 1 is update_requested. */
export function decodeKeyUpdate(body: Uint8Array): number {
  const reader = new Reader(body, 'KeyUpdate')
  const requestUpdate = reader.u8('request_update')
  reader.end()
  return requestUpdate
}

export function encodeKeyUpdate(requestUpdate: number): Uint8Array {
  return new Writer().u8(requestUpdate).done()
}
