import { PosternError } from '../errors.ts'

/**
 * Bytes as text, one character a byte (U+0000 to U+00FF): names on the wire are nearly always ASCII, and whatever else
 * a peer sends comes through unchanged in both directions.
 */
export function octetsToText(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** Throws a `PosternError` of fault `bug` when a character has no byte. */
export function textToOctets(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0
    if (code > 0xff)
      throw new PosternError('bug', 'FIELD_OVERFLOW', `Cannot write ${JSON.stringify(text)} as bytes: ${character} is not one`)
    return code
  })
}
