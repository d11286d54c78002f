const PREDEFINED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const REFERENCE = /&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(amp|lt|gt|quot|apos));/g

/** Text with its references resolved. What is beyond a byte comes out as UTF-8, one character a byte, like all of the file. */
export function resolved(raw: string): string {
  if (!raw.includes('&')) return raw
  return raw.replace(REFERENCE, (_whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return PREDEFINED[name] ?? ''
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return Buffer.from(String.fromCodePoint(code)).toString('latin1')
  })
}

/** The value of an attribute: line breaks and tabs count as blanks there (XML 1.0, section 3.3.3). */
export function attributeValue(raw: string): string {
  return resolved(raw.replace(/\r\n|[\r\n\t]/g, ' '))
}

/** Text for between two tags. */
export function escapedText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Text for between the quotes of an attribute. */
export function escapedValue(text: string, quote: '"' | "'"): string {
  const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return quote === '"' ? plain.replaceAll('"', '&quot;') : plain.replaceAll("'", '&apos;')
}

/** What is wrong with the first reference that is none, if there is one. */
export function badReference(raw: string): { readonly at: number; readonly text: string; readonly named: boolean } | undefined {
  for (let at = raw.indexOf('&'); at !== -1; at = raw.indexOf('&', at + 1)) {
    const rest = raw.slice(at, at + MOST_REFERENCE)
    const [whole, hex, decimal] = FIRST.exec(rest) ?? []
    if (whole === undefined) return { at, text: /^&[\w.:-]*;?/.exec(rest)?.[0] ?? '&', named: /^&[A-Za-z_][\w.:-]*;/.test(rest) }
    const code = hex === undefined ? (decimal === undefined ? 0x20 : Number(decimal)) : Number.parseInt(hex, 16)
    if (!isCharacter(code)) return { at, text: whole, named: false }
  }
  return undefined
}

const FIRST = /^&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(?:amp|lt|gt|quot|apos));/

/** Longer references name no character. */
const MOST_REFERENCE = 64

/** XML 1.0, section 2.2. */
function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x1_0000 && code <= 0x10_ffff)
}
