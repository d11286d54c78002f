/** Bytes written as hex digits, with white space anywhere and comments from `#` to the end of a line. */
export function hex(text: string): Uint8Array {
  const digits = text.replace(/#.*/g, '').replace(/\s+/g, '')
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(digits)) throw new Error(`Cannot read hex: ${digits}`)
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) => Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16))
}

/** Hex digits without spaces. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
