import type { Mending } from '../adapter.ts'
import { placeIn, type Edit, type SettingsFile } from '../settings-file.ts'

/** The same text with blanks in place of comments and CDATA, whose contents are nobody's settings. Every offset stays. */
export function withoutComments(text: string): string {
  return text.replace(/<!--[^]*?-->|<!\[CDATA\[[^]*?\]\]>/g, (whole) => ' '.repeat(whole.length))
}

const NAME = String.raw`[A-Za-z_][\w.:-]*\s*=\s*`
/** Curly quotes in UTF-8, and in Windows' own encodings. */
const CURLY = String.raw`\xe2\x80[\x98-\x9f]`
const WINDOWS_CURLY = String.raw`[\x91-\x94]`

/** Text between tags, a value in straight quotes, or one in quotes of which one or both are curly. */
const PIECES = new RegExp(
  [
    '>[^<]*',
    String.raw`${NAME}(?:"[^"<]*"|'[^'<]*')(?=[\s/>?])`,
    String.raw`(?<name>${NAME})(?<open>${CURLY}|["'])(?<value>[^<>"]*?)(?<close>${CURLY}|["'])(?=[\s/>?])`,
    String.raw`(?<name>${NAME})(?<open>${WINDOWS_CURLY}|["'])(?<value>[^<>"]*?)(?<close>${WINDOWS_CURLY}|["'])(?=[\s/>?])`,
  ].join('|'),
  'g',
)

/** Puts straight quotes where a web page or an office program wrote curly ones around the value of an attribute. */
export function mendQuotes(file: SettingsFile): readonly Mending[] {
  const found = [...withoutComments(file.text).matchAll(PIECES)]
  return found.flatMap(({ index, groups: { name = '', open = '', value = '', close = '' } = {} }) => {
    if (name === '') return []
    const opening = index + name.length
    const closing = opening + open.length + value.length
    const edits = [straight(file, opening, open), straight(file, closing, close)].flat()
    if (edits.length === 0) return []
    const attribute = name.replace(/\s*=\s*$/, '')
    const what = `The value of ${attribute} stood in curly quotes; now they are straight.`
    return [{ what, place: placeIn(file, opening, closing + close.length), edits }]
  })
}

function straight({ path }: SettingsFile, start: number, quote: string): readonly Edit[] {
  return quote === '"' ? [] : [{ file: path, start, end: start + quote.length, text: '"' }]
}

/** Puts the blank back that `<variablename="…">` lacks. */
export function mendGluedNames(file: SettingsFile): readonly Mending[] {
  return [...withoutComments(file.text).matchAll(/<(variable|table|list)name(?=\s*=)/gi)].map(({ index, 0: whole, 1: element = '' }) => {
    const at = index + 1 + element.length
    const what = `A blank was missing in ${whole}=; now it is <${element} name=.`
    return { what, place: placeIn(file, index, index + whole.length), edits: [{ file: file.path, start: at, end: at, text: ' ' }] }
  })
}
