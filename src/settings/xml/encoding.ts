import { isUtf8 } from 'node:buffer'
import { bytesOf, type SettingsFile } from '../settings-file.ts'
import { malformed } from './problem.ts'

/** Encodings in which every ASCII character is its own byte and no other byte is one, so that tags can be found byte by byte. */
const ASCII_COMPATIBLE = /^(?:utf-?8|us-ascii|ascii|iso-8859-\d{1,2}|iso_8859-\d{1,2}|latin-?\d|windows-\d{3,4}|cp-?\d{3,4}|koi8-[ru])$/i

/** Where the document begins, behind a byte order mark. Errors: `SETTINGS_MALFORMED` where bytes cannot be read as characters. */
export function checkEncoding(file: SettingsFile): number {
  const { text } = file
  const wide = /^(?:\xff\xfe|\xfe\xff)/.test(text) || /^(?:<\0|\0<)/.test(text)
  if (wide) throw malformed(file, 0, 'it is text in UTF-16', 'Save the file as UTF-8, which Notepad offers beside the file name.')
  const begin = text.startsWith('\xef\xbb\xbf') ? 3 : 0
  const declared = /^<\?xml\s[^>]*?\bencoding\s*=\s*(["'])([^"'<>]*)\1/.exec(text.slice(begin, begin + LONGEST_DECLARATION))
  const encoding = declared?.[2] ?? 'utf-8'
  const at = begin + (declared?.[0].lastIndexOf(encoding) ?? 0)
  if (!ASCII_COMPATIBLE.test(encoding)) {
    throw malformed(
      file,
      at,
      `it says that it is in ${encoding}, which Postern does not read`,
      'Save the file as UTF-8, and say encoding="UTF-8".',
    )
  }
  if (/^utf-?8$/i.test(encoding) && !isUtf8(bytesOf(file))) {
    const wrong = firstWrongByte(text)
    const byte = text.charCodeAt(wrong).toString(16)
    throw malformed(file, wrong, `byte 0x${byte} is not UTF-8`, 'Save the file as UTF-8, or name its real encoding in its first line.')
  }
  return begin
}

const LONGEST_DECLARATION = 1000

/** Where the longest beginning that is UTF-8 ends. */
function firstWrongByte(text: string): number {
  const character = /[\0-\x7f]+|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/y
  let at = 0
  for (;;) {
    character.lastIndex = at
    const [found] = character.exec(text) ?? []
    if (found === undefined || !isUtf8(Buffer.from(found, 'latin1'))) return at
    at += found.length
  }
}
