import { endOfPlainName } from './start-tag.ts'

const [SPACE, QUOTE, AMPERSAND, SLASH, LESS, EQUALS, GREATER, BRACKET] = [0x20, 0x22, 0x26, 0x2f, 0x3c, 0x3d, 0x3e, 0x5d]

/**
 * Behind `<name>text</name>` or `<name a="b">text</name>` with names of ASCII letters, as most of a large file is; -1 for everything
 * else, right or wrong, and for elements with the name that is wanted. What it accepts is well-formed.
 */
export function endOfPlainLeaf(text: string, start: number, wanted: string): number {
  const nameEnd = endOfPlainName(text, start + 1)
  const length = nameEnd - start - 1
  if (length === 0 || (length === wanted.length && text.startsWith(wanted, start + 1))) return -1
  const tagEnd = text.charCodeAt(nameEnd) === SPACE ? endOfPlainAttribute(text, nameEnd + 1) : nameEnd
  if (tagEnd === -1 || text.charCodeAt(tagEnd) !== GREATER) return -1
  const contentEnd = endOfRun(text, tagEnd + 1, LESS)
  if (contentEnd === -1 || text.charCodeAt(contentEnd + 1) !== SLASH) return -1
  const endTag = contentEnd + 2
  for (let at = 0; at < length; at++) if (text.charCodeAt(endTag + at) !== text.charCodeAt(start + 1 + at)) return -1
  return text.charCodeAt(endTag + length) === GREATER ? endTag + length + 1 : -1
}

/** Behind `a="b"`. */
function endOfPlainAttribute(text: string, start: number): number {
  const equals = endOfPlainName(text, start)
  if (equals === start || text.charCodeAt(equals) !== EQUALS || text.charCodeAt(equals + 1) !== QUOTE) return -1
  const valueEnd = endOfRun(text, equals + 2, QUOTE)
  return valueEnd === -1 ? -1 : valueEnd + 1
}

/** Where the first of these characters stands; -1 if something comes before it that has to be looked at. */
function endOfRun(text: string, start: number, stop: number): number {
  for (let at = start; ; at++) {
    const code = text.charCodeAt(at)
    if (code === stop) return at
    // The start of ]]> among them, and the end of the file.
    if (code === LESS || code === BRACKET || Number.isNaN(code) || (code === AMPERSAND && !isPredefined(text, at + 1))) return -1
  }
}

/** The references that every file may use (XML 1.0, section 4.6). */
function isPredefined(text: string, at: number): boolean {
  return ['amp;', 'lt;', 'gt;', 'quot;', 'apos;'].some((name) => text.startsWith(name, at))
}
