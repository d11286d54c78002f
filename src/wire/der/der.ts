import { Reader } from '../reader.ts'
import { Writer } from '../writer.ts'

/** One DER element: tag, contents and, for constructed ones, what stands in them. X.690 §8.1. */
export interface DerElement {
  readonly tag: number
  readonly contents: Uint8Array
}

export const DER_TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  enumerated: 0x0a,
  sequence: 0x30,
  set: 0x31,
  generalizedTime: 0x18,
} as const

/** Longer lengths than this stand in no certificate or response. */
const MAX_LENGTH_BYTES = 3

/** The elements that fill `bytes` exactly. Throws `MalformedError`. */
export function decodeDer(bytes: Uint8Array, what: string): readonly DerElement[] {
  return new Reader(bytes, what).list((reader) => {
    const tag = reader.u8('tag')
    const length = readLength(reader)
    return { tag, contents: reader.take(length, 'contents') }
  })
}

/** The one element that fills `bytes`, opened. */
export function openDer(bytes: Uint8Array, what: string): readonly DerElement[] {
  const [only] = decodeDer(bytes, what)
  return only === undefined ? [] : decodeDer(only.contents, what)
}

/** The contents of the first element with this tag within the one that `bytes` begin with; of the others nothing is read but how long they are. */
export function derField(bytes: Uint8Array, what: string, wanted: number): Uint8Array | undefined {
  const reader = new Reader(bytes, what)
  reader.u8('tag')
  readLength(reader)
  while (reader.left > 0) {
    const tag = reader.u8('tag')
    const length = readLength(reader)
    if (tag === wanted) return reader.take(length, 'contents')
    reader.skip(length, 'contents')
  }
  return undefined
}

/** An object identifier in dots, X.690 §8.19. */
export function oidText(contents: Uint8Array): string {
  const arcs: number[] = []
  let arc = 0
  for (const byte of contents) {
    arc = arc * 128 + (byte & 0x7f)
    if ((byte & 0x80) !== 0) continue
    arcs.push(arc)
    arc = 0
  }
  const [first = 0, ...rest] = arcs
  const top = Math.min(2, Math.floor(first / 40))
  return [top, first - top * 40, ...rest].join('.')
}

/** One element with this content, or with all of these one after the other. X.690 §8.1. */
export function encodeDer(tag: number, contents: Uint8Array | readonly Uint8Array[]): Uint8Array {
  const bytes = contents instanceof Uint8Array ? contents : Buffer.concat(contents)
  const writer = new Writer().u8(tag)
  if (bytes.length < 0x80) writer.u8(bytes.length)
  else if (bytes.length < 0x100) writer.u8(0x81).u8(bytes.length)
  else writer.u8(0x82).u16(bytes.length)
  return writer.bytes(bytes).done()
}

function readLength(reader: Reader): number {
  const first = reader.u8('length')
  if (first < 0x80) return first
  const count = first & 0x7f
  if (count === 0 || count > MAX_LENGTH_BYTES) reader.refuse('length', `${count} bytes of length`)
  let length = 0
  for (let index = 0; index < count; index++) length = length * 256 + reader.u8('length')
  return length
}
