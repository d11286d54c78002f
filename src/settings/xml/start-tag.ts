import type { SettingsFile } from '../settings-file.ts'
import type { XmlAttribute } from './element.ts'
import { malformed } from './problem.ts'
import { isName, NAME_BYTES } from './names.ts'
import { badReference } from './references.ts'

export interface StartTag {
  readonly name: string
  readonly attributes: readonly XmlAttribute[]
  readonly start: number
  /** Behind the `>`. */
  readonly end: number
  readonly selfClosing: boolean
}

const NAME = new RegExp(`<(${NAME_BYTES})`, 'y')
const ATTRIBUTE = new RegExp(String.raw`[ \t\r\n]+(${NAME_BYTES})[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')`, 'y')
const CLOSE = /[ \t\r\n]*(\/?)>/y

/** Reads `<name a="b" …>` from its `<` on. Errors: `SETTINGS_MALFORMED`. */
export function readStartTag(file: SettingsFile, start: number): StartTag {
  return plainStartTag(file.text, start) ?? anyStartTag(file, start)
}

const [SPACE, QUOTE, AMPERSAND, LESS, EQUALS, GREATER] = [0x20, 0x22, 0x26, 0x3c, 0x3d, 0x3e]

/**
 * The same for `<name>` and `<name a="b">` in ASCII, as most tags of large files are, without a regular expression for each part.
 * Undefined for everything else, right or wrong.
 */
function plainStartTag(text: string, start: number): StartTag | undefined {
  const nameEnd = endOfPlainName(text, start + 1)
  const behind = text.charCodeAt(nameEnd)
  if (nameEnd === start + 1 || (behind !== SPACE && behind !== GREATER)) return undefined
  const name = text.slice(start + 1, nameEnd)
  if (behind === GREATER) return { name, attributes: [], start, end: nameEnd + 1, selfClosing: false }
  const equals = endOfPlainName(text, nameEnd + 1)
  if (equals === nameEnd + 1 || text.charCodeAt(equals) !== EQUALS || text.charCodeAt(equals + 1) !== QUOTE) return undefined
  const valueStart = equals + 2
  let valueEnd = valueStart
  for (let code = text.charCodeAt(valueEnd); code !== QUOTE; code = text.charCodeAt(++valueEnd)) {
    if (code === LESS || code === AMPERSAND || Number.isNaN(code)) return undefined
  }
  if (text.charCodeAt(valueEnd + 1) !== GREATER) return undefined
  const attribute: XmlAttribute = {
    name: text.slice(nameEnd + 1, equals),
    raw: text.slice(valueStart, valueEnd),
    start: nameEnd + 1,
    end: valueEnd + 1,
    valueStart,
    valueEnd,
    quote: '"',
  }
  return { name, attributes: [attribute], start, end: valueEnd + 2, selfClosing: false }
}

/** Where a name of ASCII letters ends; the same place where none begins. */
export function endOfPlainName(text: string, start: number): number {
  let at = start
  while (isLetter(text.charCodeAt(at))) at++
  return at
}

function isLetter(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)
}

function anyStartTag(file: SettingsFile, start: number): StartTag {
  const { text } = file
  NAME.lastIndex = start
  const name = NAME.exec(text)?.[1]
  if (name === undefined || !isName(name))
    throw malformed(file, start, '< stands there without a name behind it', 'Write &lt; for the character <.')
  const attributes: XmlAttribute[] = []
  let at = start + 1 + name.length
  for (;;) {
    ATTRIBUTE.lastIndex = at
    const found = ATTRIBUTE.exec(text)
    if (found === null) break
    attributes.push(attributeAt(found))
    at = ATTRIBUTE.lastIndex
  }
  CLOSE.lastIndex = at
  const close = CLOSE.exec(text)
  if (close === null) throw brokenTag(file, name, start, at)
  checkAttributes(file, attributes)
  return { name, attributes, start, end: CLOSE.lastIndex, selfClosing: close[1] === '/' }
}

function attributeAt({ 0: whole, 1: name = '', 2: double, 3: single = '', index }: RegExpExecArray): XmlAttribute {
  const raw = double ?? single
  const end = index + whole.length
  const start = index + whole.indexOf(name)
  return { name, raw, start, end, valueStart: end - 1 - raw.length, valueEnd: end - 1, quote: double === undefined ? "'" : '"' }
}

function checkAttributes(file: SettingsFile, attributes: readonly XmlAttribute[]): void {
  // Most tags have one, and a large file has many tags.
  const seen = attributes.length > 1 ? new Set<string>() : undefined
  for (const { name, raw, start, valueStart } of attributes) {
    if (seen?.has(name) === true) throw malformed(file, start, `the attribute ${name} is given twice`, 'Remove one of the two.')
    seen?.add(name)
    if (!isName(name)) throw malformed(file, start, 'the name of an attribute has a character that no name has', 'Remove it.')
    const bad = raw.includes('&') ? badReference(raw) : undefined
    if (bad !== undefined) {
      const what = bad.named
        ? `${bad.text} is a name of this file's own, which Postern does not follow`
        : '& stands there without a meaning'
      throw malformed(file, valueStart + bad.at, what, 'Write &amp; for the character &.')
    }
  }
}

/** Curly quotes of UTF-8 and of Windows, as office programs and web pages write them. */
const CURLY = /^\s*=\s*(?:\xe2\x80[\x98-\x9f]|[\x91-\x94](?![\x80-\xbf]))/
const MEND = 'Run `postern settings mend` on the file, or'

/** Says why a start tag cannot go on at `at`. */
function brokenTag(file: SettingsFile, name: string, start: number, at: number): Error {
  const rest = file.text.slice(at, at + LONGEST_EXCERPT)
  const glued = /^(variable|table|list)(name)$/i.exec(name)
  if (glued !== null && /^\s*=/.test(rest)) {
    const [, element = '', attribute = ''] = glued
    return malformed(file, start, `a blank is missing in <${name}=`, `${MEND} write <${element} ${attribute}=.`)
  }
  const [gap = ''] = /^[ \t\r\n]*/.exec(rest) ?? []
  const attribute = /^[A-Za-z_:\x80-\xff][\w.:-]*/.exec(rest.slice(gap.length))?.[0]
  if (attribute === undefined) return brokenEnd(file, name, start, at + gap.length, rest.slice(gap.length))
  if (gap === '') return malformed(file, at, `a blank is missing before ${attribute}`, 'Write a blank between one attribute and the next.')
  const behind = rest.slice(gap.length + attribute.length)
  const value = at + gap.length + attribute.length
  if (CURLY.test(behind)) {
    const quote = value + (/^\s*=\s*/.exec(behind)?.[0].length ?? 0)
    return malformed(file, quote, `the value of ${attribute} stands in curly quotes`, `${MEND} write straight quotes (") around the value.`)
  }
  const equals = /^[ \t\r\n]*=[ \t\r\n]*/.exec(behind)?.[0]
  if (equals === undefined) return malformed(file, value, `the attribute ${attribute} has no value`, `Write ${attribute}="…".`)
  const opening = behind[equals.length]
  if (opening === '"' || opening === "'") {
    const what = `the value of ${attribute} has no closing quote before the next <`
    return malformed(file, value + equals.length, what, 'Write the closing quote, and &lt; for < in the value.')
  }
  return malformed(
    file,
    value + equals.length,
    `the value of ${attribute} stands without quotes`,
    'Write straight quotes (") around the value.',
  )
}

function brokenEnd(file: SettingsFile, name: string, start: number, at: number, rest: string): Error {
  if (rest === '' || rest.startsWith('<')) return malformed(file, start, `the tag <${name} has no end`, 'Write > where the tag ends.')
  return malformed(file, at, `${printable(rest)} cannot stand in the tag <${name}`, 'Remove it: a tag has name="value" and nothing else.')
}

function printable(rest: string): string {
  const [first = ''] = rest
  return /[\x21-\x7e]/.test(first) ? first : `byte 0x${first.charCodeAt(0).toString(16)}`
}

/** Enough to say what is wrong. */
const LONGEST_EXCERPT = 400
