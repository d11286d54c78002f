import { readExtensions, writeExtensions, type RawExtension } from './extension.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** EncryptedExtensions: `Extension extensions<0..2^16-1>`, RFC 8446 §4.3.1. */
export function decodeEncryptedExtensions(body: Uint8Array): readonly RawExtension[] {
  const reader = new Reader(body, 'EncryptedExtensions')
  const extensions = readExtensions(reader)
  reader.end()
  return extensions
}

export function encodeEncryptedExtensions(extensions: readonly RawExtension[]): Uint8Array {
  return writeExtensions(new Writer(), extensions).done()
}
