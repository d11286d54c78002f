import type { SettingsFile } from '../settings-file.ts'
import { checkEncoding } from './encoding.ts'
import type { XmlElement } from './element.ts'
import { isName, NAME_BYTES } from './names.ts'
import { endOfPlainLeaf } from './plain-leaf.ts'
import { malformed } from './problem.ts'
import { badReference } from './references.ts'
import { readStartTag } from './start-tag.ts'

/** An element while it is read. */
interface Open extends XmlElement {
  children: XmlElement[]
  contentEnd: number
  end: number
  /** It stays with all that is below it. */
  readonly kept: boolean
}

/** Most elements have nothing in them, and a large file has many. */
const NOTHING: XmlElement[] = []

/**
 * The root element of an XML file, strictly: what a parser must refuse (XML 1.0, "fatal error") is refused here. Nothing is printed
 * anew, all is told as places in the text. Errors: `SETTINGS_MALFORMED`.
 */
export function parseXml(file: SettingsFile): XmlElement {
  const known = roots.get(file)
  if (known !== undefined) return known
  const begin = checkEncoding(file)
  checkCharacters(file)
  const root = new Scan(file, begin).root()
  roots.set(file, root)
  return root
}

/** Whoever writes has read before, and large files take their time. */
const roots = new WeakMap<SettingsFile, XmlElement>()

/**
 * Every element with this name, in the order of the file, of a file that is checked as `parseXml` does. All others are forgotten once
 * they are read, as most of a large file should be. Errors: `SETTINGS_MALFORMED`.
 */
export function elementsNamed(file: SettingsFile, name: string): readonly XmlElement[] {
  const known = named.get(file)?.get(name)
  if (known !== undefined) return known
  const begin = checkEncoding(file)
  checkCharacters(file)
  const scan = new Scan(file, begin, name)
  scan.root()
  named.set(file, new Map([...(named.get(file) ?? []), [name, scan.found]]))
  return scan.found
}

const named = new WeakMap<SettingsFile, ReadonlyMap<string, readonly XmlElement[]>>()

const NO_CHARACTER = new RegExp(String.raw`[\0-\x08\x0b\x0c\x0e-\x1f]`)

function checkCharacters(file: SettingsFile): void {
  const at = file.text.search(NO_CHARACTER)
  if (at === -1) return
  const code = file.text.charCodeAt(at).toString(16).padStart(2, '0')
  throw malformed(file, at, `byte 0x${code} cannot stand in XML`, 'Remove it, or put a backup of the file back.')
}

const END_TAG = new RegExp(String.raw`</(${NAME_BYTES})\s*>`, 'y')

const PROLOG_REMEDY = 'Name the settings file itself, or put a backup of it back.'

class Scan {
  readonly #file: SettingsFile
  readonly #text: string
  #at: number
  readonly #open: Open[] = []
  #root: XmlElement | undefined
  /** Only elements with this name are kept, and what is below them; undefined: all are. */
  readonly #wanted: string | undefined
  /** Those with that name. */
  readonly found: XmlElement[] = []

  constructor(file: SettingsFile, begin: number, wanted?: string) {
    this.#file = file
    this.#wanted = wanted
    this.#text = file.text
    this.#at = begin
  }

  root(): XmlElement {
    this.#declaration()
    while (this.#at < this.#text.length) this.#next()
    const last = this.#open.at(-1)
    if (last !== undefined) {
      const { name, start } = last
      throw this.#wrong(start, `<${name}> has no end tag`, `Write </${name}> where the element ends, or / before its >.`)
    }
    if (this.#root === undefined) throw this.#wrong(this.#at, 'it is not XML: there is no element', PROLOG_REMEDY)
    return this.#root
  }

  /** `<?xml …?>`, which may stand at the very start only. */
  #declaration(): void {
    if (!/^<\?xml[\s?]/.test(this.#text.slice(this.#at, this.#at + 6))) return
    const declaration =
      /<\?xml\s+version\s*=\s*(?:"1\.\d"|'1\.\d')(?:\s+encoding\s*=\s*(?:"[\w.-]+"|'[\w.-]+'))?(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*\?>/y
    declaration.lastIndex = this.#at
    const [whole] = declaration.exec(this.#text) ?? []
    if (whole === undefined) {
      throw this.#wrong(this.#at, 'the XML declaration is broken', 'Write <?xml version="1.0" encoding="UTF-8"?> with straight quotes.')
    }
    this.#at += whole.length
  }

  #next(): void {
    const text = this.#text
    if (text[this.#at] !== '<') return this.#characters()
    const sign = text[this.#at + 1]
    if (sign === '/') return this.#endTag()
    if (sign === '?') return this.#instruction()
    if (sign !== '!') return this.#passed() ? undefined : this.#startTag()
    if (text.startsWith('<!--', this.#at)) this.#comment()
    else if (text.startsWith('<![CDATA[', this.#at)) this.#cdata()
    else if (text.startsWith('<!DOCTYPE', this.#at)) this.#doctype()
    else this.#startTag()
  }

  #characters(): void {
    const start = this.#at
    const inside = this.#open.at(-1)
    while (isBlank(this.#text.charCodeAt(this.#at))) this.#at++
    // What indents tags is most of the text between them.
    if (inside !== undefined && this.#text[this.#at] === '<') return
    const next = this.#text.indexOf('<', this.#at)
    this.#at = next === -1 ? this.#text.length : next
    const raw = this.#text.slice(start, this.#at)
    if (inside === undefined) return this.#outside(raw, start)
    const closing = raw.indexOf(']]>')
    if (closing !== -1) throw this.#wrong(start + closing, ']]> stands outside of CDATA', 'Write ]]&gt; instead.')
    this.#references(raw, start)
  }

  #outside(raw: string, start: number): void {
    const found = raw.search(/[^ \t\r\n]/)
    if (found === -1) return
    const at = start + found
    if (this.#root === undefined) throw this.#wrong(at, 'it is not XML, which begins with <', PROLOG_REMEDY)
    throw this.#wrong(at, `text stands behind the end of <${this.#root.name}>`, 'Remove it, or the end tag that comes too early.')
  }

  #references(raw: string, start: number): void {
    const bad = raw.includes('&') ? badReference(raw) : undefined
    if (bad === undefined) return
    const own = `${bad.text} is a name of this file's own, which Postern does not follow`
    if (bad.named) throw this.#wrong(start + bad.at, own, 'Put what it stands for in its place, or write &amp; for the character &.')
    const what = bad.text.startsWith('&#') ? `${bad.text} is no character` : '& stands there without a meaning'
    throw this.#wrong(start + bad.at, what, 'Write &amp; for the character &.')
  }

  #comment(): void {
    const end = this.#text.indexOf('--', this.#at + 4)
    if (end === -1) throw this.#wrong(this.#at, 'the comment has no end', 'Write --> where it ends.')
    if (this.#text[end + 2] !== '>') throw this.#wrong(end, '-- stands in a comment', 'Remove one -, or end the comment with -->.')
    this.#at = end + 3
  }

  #cdata(): void {
    const start = this.#at
    const inside = this.#open.at(-1)
    if (inside === undefined) throw this.#wrong(start, 'CDATA stands outside of all elements', 'Remove it.')
    const end = this.#text.indexOf(']]>', start)
    if (end === -1) throw this.#wrong(start, 'the CDATA section has no end', 'Write ]]> where it ends.')
    this.#at = end + 3
  }

  #instruction(): void {
    const name = /^<\?([A-Za-z_:\x80-\xff][\w.:\x80-\xff-]*)(?=\s|\?>)/.exec(this.#text.slice(this.#at, this.#at + LONGEST_NAME))?.[1]
    const end = this.#text.indexOf('?>', this.#at)
    if (name === undefined || !isName(name) || end === -1)
      throw this.#wrong(this.#at, 'the instruction <? is broken', 'End it with ?>, or remove it.')
    if (name.toLowerCase() === 'xml') {
      throw this.#wrong(this.#at, 'the XML declaration does not stand at the very start', 'Remove all that stands before <?xml.')
    }
    this.#at = end + 2
  }

  #doctype(): void {
    const doctype =
      /<!DOCTYPE\s+[A-Za-z_:\x80-\xff][\w.:\x80-\xff-]*(?:\s+(?:SYSTEM|PUBLIC\s+(?:"[^"]*"|'[^']*'))\s+(?:"[^"]*"|'[^']*'))?\s*(?:\[(?:"[^"]*"|'[^']*'|<!--(?:(?!-->)[^])*-->|(?!<!--)[^\]"'])*\]\s*)?>/y
    doctype.lastIndex = this.#at
    const [whole] = doctype.exec(this.#text) ?? []
    if (whole === undefined || this.#root !== undefined || this.#open.length > 0) {
      throw this.#wrong(this.#at, 'the DOCTYPE is broken or stands in the wrong place', 'Remove it, or put a backup of the file back.')
    }
    this.#at += whole.length
  }

  /** Goes past an element that is not kept, if there is nothing about it that has to be looked at. */
  #passed(): boolean {
    if (this.#wanted === undefined || this.#open.at(-1)?.kept !== false) return false
    const end = endOfPlainLeaf(this.#text, this.#at, this.#wanted)
    if (end !== -1) this.#at = end
    return end !== -1
  }

  #startTag(): void {
    const tag = readStartTag(this.#file, this.#at)
    if (this.#root !== undefined) {
      const what = `<${tag.name}> stands behind the end of <${this.#root.name}>`
      throw this.#wrong(this.#at, what, `Move it into <${this.#root.name}>: a file has one outermost element.`)
    }
    const { name, attributes, start, end, selfClosing } = tag
    this.#at = end
    const kept = this.#wanted === undefined || name === this.#wanted || this.#open.at(-1)?.kept === true
    const open: Open = { name, attributes, children: NOTHING, start, contentStart: end, contentEnd: end, end, selfClosing, kept }
    if (name === this.#wanted) this.found.push(open)
    if (selfClosing) this.#close(open)
    else this.#open.push(open)
  }

  #endTag(): void {
    const expected = this.#open.at(-1)
    // As it is in most places, told without a regular expression.
    if (expected !== undefined && this.#text.startsWith(`${expected.name}>`, this.#at + 2)) {
      this.#open.pop()
      return this.#end(expected, expected.name.length + 3)
    }
    END_TAG.lastIndex = this.#at
    const [whole, name = ''] = END_TAG.exec(this.#text) ?? []
    if (whole === undefined) throw this.#wrong(this.#at, 'the end tag is broken', 'Write it as </name>, as its start tag has it.')
    const open = this.#open.pop()
    if (open === undefined) throw this.#wrong(this.#at, `</${name}> has no start tag`, 'Remove it, or write its start tag.')
    if (open.name !== name) {
      const line = this.#text.slice(0, open.start).split(/\r\n|\r|\n/).length
      const what = `</${name}> ends <${open.name}> of line ${line}`
      throw this.#wrong(this.#at, what, `Write </${open.name}> before it, or mend the start tag in line ${line}.`)
    }
    this.#end(open, whole.length)
  }

  #end(open: Open, length: number): void {
    open.contentEnd = this.#at
    this.#at += length
    open.end = this.#at
    this.#close(open)
  }

  #close(element: Open): void {
    const parent = this.#open.at(-1)
    if (parent === undefined) this.#root = element
    else if (!element.kept) return
    else if (parent.children === NOTHING) parent.children = [element]
    else parent.children.push(element)
  }

  #wrong(at: number, what: string, remedy: string): Error {
    return malformed(this.#file, at, what, remedy)
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

/** No name in a settings file comes near. */
const LONGEST_NAME = 1000
