/** A name as far as bytes tell: any byte beyond ASCII may be part of one. */
export const NAME_BYTES: string = String.raw`[A-Za-z_:\x80-\xff][\w.:\x80-\xff-]*`

const START =
  'A-Za-z_:\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}-\\u{200D}' +
  '\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}'
const NAME = new RegExp(`^[${START}][${START}.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}-\\u{2040}-]*$`, 'u')

/** Whether these bytes, where they are UTF-8, are a name (XML 1.0, section 2.3). Curly quotes are in none. */
export function isName(bytes: string): boolean {
  if (/^[\0-\x7f]*$/.test(bytes)) return true
  return NAME.test(Buffer.from(bytes, 'latin1').toString())
}
