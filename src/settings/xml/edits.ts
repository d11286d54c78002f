import type { Edit, SettingsFile } from '../settings-file.ts'
import { textsOf, type XmlAttribute, type XmlElement } from './element.ts'
import { attributeValue, escapedText, escapedValue, resolved } from './references.ts'

/** The value of an attribute as a program sees it, or undefined where it is not there. */
export function valueOf(element: XmlElement, name: string): string | undefined {
  const found = element.attributes.find((attribute) => attribute.name === name)
  return found === undefined ? undefined : attributeValue(found.raw)
}

/** The text of an element as a program sees it, without comments and the text of elements in it. */
export function textOf({ text }: SettingsFile, element: XmlElement): string {
  return textsOf(text, element)
    .map(({ start, end, cdata }) => (cdata ? text.slice(start + '<![CDATA['.length, end - ']]>'.length) : resolved(text.slice(start, end))))
    .join('')
}

/** Puts another value between the quotes of an attribute. */
export function setAttribute({ path }: SettingsFile, attribute: XmlAttribute, value: string): Edit {
  return { file: path, start: attribute.valueStart, end: attribute.valueEnd, text: escapedValue(value, attribute.quote) }
}

/** Adds an attribute behind the last one, separated from it and quoted as that is. */
export function addAttribute({ path, text }: SettingsFile, element: XmlElement, name: string, value: string): Edit {
  const last = element.attributes.at(-1)
  const at = last?.end ?? element.start + 1 + element.name.length
  const before = last === undefined ? '' : text.slice(element.start, last.start)
  const gap = /[ \t\r\n]+$/.exec(before)?.[0] ?? ' '
  const quote = last?.quote ?? '"'
  return { file: path, start: at, end: at, text: `${gap}${name}=${quote}${escapedValue(value, quote)}${quote}` }
}

/** Puts another text into an element, where the old one stood; comments in it stay. */
export function setText({ path, text }: SettingsFile, element: XmlElement, name: string, value: string): readonly Edit[] {
  const put = escapedText(value)
  if (element.selfClosing) {
    return [{ file: path, start: element.contentStart - '/>'.length, end: element.contentStart, text: `>${put}</${name}>` }]
  }
  const [first, ...others] = textsOf(text, element)
  if (first === undefined) return [{ file: path, start: element.contentStart, end: element.contentStart, text: put }]
  return [
    { file: path, start: first.start, end: first.end, text: put },
    ...others.map(({ start, end }) => ({ file: path, start, end, text: '' })),
  ]
}

/** What stands between one element in `parent` and the next: a line end and an indentation, or nothing. */
export function elementGap(file: SettingsFile, parent: XmlElement): string {
  const last = parent.children.at(-1)
  if (last !== undefined) return gapBefore(file, last.start)
  const outer = gapBefore(file, parent.start)
  return /[\r\n]/.test(outer) ? outer + (outer.endsWith('\t') ? '\t' : '  ') : ''
}

/** Adds an element behind the last one in `parent`, in the indentation and with the line ends of its neighbours. */
export function addElement(file: SettingsFile, parent: XmlElement, made: string): Edit {
  const { path, text } = file
  const last = parent.children.at(-1)
  const inner = elementGap(file, parent)
  if (last !== undefined) return { file: path, start: last.end, end: last.end, text: inner + made }
  const outer = gapBefore(file, parent.start)
  if (parent.selfClosing) {
    const closing = `>${inner}${made}${/[\r\n]/.test(outer) ? outer : ''}</${parent.name}>`
    return { file: path, start: parent.contentStart - '/>'.length, end: parent.contentStart, text: closing }
  }
  const blank = /^[ \t\r\n]*$/.test(text.slice(parent.contentStart, parent.contentEnd))
  const end = blank ? parent.contentEnd : parent.contentStart
  return { file: path, start: parent.contentStart, end, text: inner + made + (blank && inner !== '' ? outer : '') }
}

/** The line end and the indentation that stand before something. */
function gapBefore({ text }: SettingsFile, at: number): string {
  let start = at
  while (start > 0 && /[ \t]/.test(text.charAt(start - 1))) start--
  if (text[start - 1] === '\n') start -= text[start - 2] === '\r' ? 2 : 1
  else if (text[start - 1] === '\r') start -= 1
  else return ''
  return text.slice(start, at)
}
