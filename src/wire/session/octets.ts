import { timingSafeEqual } from 'node:crypto'
import { Writer } from '../writer.ts'

/** The parts behind one another, as a new array. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer()
  for (const part of parts) writer.bytes(part)
  return writer.done()
}

/** The octets of a label; the labels of all versions are ASCII. */
export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Octet by octet; both are of one length. */
export function xor(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.map((octet, index) => octet ^ (right[index] ?? 0))
}

export function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right)
}

/** A copy that is no Buffer, for what leaves this folder: `Buffer.slice()` shares memory. */
export function plain(octets: Uint8Array): Uint8Array {
  return Uint8Array.from(octets)
}

/** An unsigned big-endian number. */
export function toBigInt(octets: Uint8Array): bigint {
  return octets.length === 0 ? 0n : BigInt(`0x${Buffer.from(octets).toString('hex')}`)
}

/** The number in as few octets as it needs, or in `length` octets with zeros in front. */
export function fromBigInt(value: bigint, length = 0): Uint8Array {
  const digits = value.toString(16)
  const width = Math.max(length * 2, digits.length + (digits.length % 2))
  return plain(Buffer.from(digits.padStart(width, '0'), 'hex'))
}
