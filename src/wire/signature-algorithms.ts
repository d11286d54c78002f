import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * signature_algorithms and signature_algorithms_cert: `SignatureScheme supported_signature_algorithms<2..2^16-2>`,
 * RFC 8446 §4.2.3. The pairs of hash and signature of RFC 5246 §7.4.1.4.1 are the same two bytes.
 */
export function decodeSignatureSchemes(data: Uint8Array): readonly number[] {
  const reader = new Reader(data, 'SignatureSchemeList')
  const schemes = reader.u16s(2, 'supported_signature_algorithms')
  reader.end()
  return schemes
}

export function encodeSignatureSchemes(schemes: readonly number[]): Uint8Array {
  return new Writer().u16s(2, schemes).done()
}
