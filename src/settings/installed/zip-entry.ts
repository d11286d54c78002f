import { readFileSync, statSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'

const LARGEST_ARCHIVE = 64 * 1024 * 1024
const LARGEST_ENTRY = 64 * 1024
const END = 0x0605_4b50
const CENTRAL = 0x0201_4b50
const LOCAL = 0x0403_4b50

/**
 * A small text file in a .zip or .jar, by its whole name; undefined where there is none, or the archive is not what it should be.
 * PKWARE's APPNOTE.TXT, 4.3: the table of contents stands at the end, and says where each file begins.
 */
export function zipEntry(archive: string, name: string): string | undefined {
  try {
    if (statSync(archive).size > LARGEST_ARCHIVE) return undefined
    return entryIn(readFileSync(archive), name)
  } catch {
    // It is not there, may not be read, or ends in the middle.
    return undefined
  }
}

function entryIn(bytes: Buffer, name: string): string | undefined {
  const signature = Buffer.alloc(4)
  signature.writeUInt32LE(END)
  const end = bytes.lastIndexOf(signature)
  if (end === -1) return undefined
  let at = bytes.readUInt32LE(end + 16)
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    if (bytes.readUInt32LE(at) !== CENTRAL) return undefined
    const lengths = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset))
    const [nameLength = 0] = lengths
    if (bytes.toString('utf8', at + 46, at + 46 + nameLength) === name) {
      return content(bytes, bytes.readUInt32LE(at + 42), bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20))
    }
    at += 46 + lengths.reduce((sum, length) => sum + length, 0)
  }
  return undefined
}

function content(bytes: Buffer, local: number, method: number, packed: number): string | undefined {
  if (bytes.readUInt32LE(local) !== LOCAL) return undefined
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
  const data = bytes.subarray(start, start + packed)
  if (method === 0) return data.length > LARGEST_ENTRY ? undefined : data.toString('utf8')
  return method === 8 ? inflateRawSync(data, { maxOutputLength: LARGEST_ENTRY }).toString('utf8') : undefined
}
