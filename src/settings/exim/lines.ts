import { isAbsolute, dirname, join } from 'node:path'
import type { ReadMore } from '../adapter.ts'
import { trimmedEnd, trimmedStart } from '../lines/line-ends.ts'
import { placeIn, type Place, type SettingsFile } from '../settings-file.ts'
import { Conditions } from './conditions.ts'
import { Macros, type Library, type Macro } from './macros.ts'
import { foundIn, MACRO_HEAD } from './values.ts'

/** One physical line without blanks at its ends. */
export interface Piece {
  readonly file: SettingsFile
  readonly start: number
  readonly end: number
}

/** Why something cannot be told. */
export interface Doubt {
  readonly why: string
  readonly place: Place
}

/** A line as Exim takes it: continued by backslashes, macros replaced, comments left out. */
export interface ConfigLine {
  readonly pieces: readonly [Piece, ...Piece[]]
  readonly text: string
  /** Of macros that stand in it. */
  readonly used: readonly Macro[]
  readonly doubt: Doubt | undefined
  /** How many conditions are around it. */
  readonly depth: number
  /** No condition and no include stands between its parts. */
  readonly whole: boolean
}

/** Where a file that cannot be read would stand. */
export interface Gap {
  readonly gap: Doubt
  /** Exim does not start without it. */
  readonly needed: boolean
}

interface Open {
  readonly pieces: [Piece, ...Piece[]]
  readonly definition: boolean
  readonly doubt: Doubt | undefined
  readonly depth: number
  readonly used: Macro[]
  text: string
  known: boolean
  whole: boolean
}

const MOST_INCLUDES = 20

/** Goes through files as Exim does, from the first line to the last. */
export class ConfigLines {
  readonly macros: Macros
  readonly files: SettingsFile[] = []
  readonly items: (ConfigLine | Gap)[] = []
  readonly #conditions = new Conditions()
  readonly #more: ReadMore | undefined
  #open: Open | undefined
  /** In a section without settings of TLS, and behind a line there that is continued. */
  #idle = false
  #inside = false

  constructor(library: Library | undefined, more: ReadMore | undefined) {
    this.macros = new Macros(library)
    this.#more = more
  }

  /** Conditions that nothing has closed yet. */
  get depth(): number {
    return this.#conditions.depth
  }

  /** A file from its first line to its last; `behind` is told each line that makes Debian put macros behind it. */
  read(file: SettingsFile, behind?: (line: string) => void, level = 0): void {
    this.files.push(file)
    const { text } = file
    for (let start = 0; start < text.length;) {
      const next = text.indexOf('\n', start)
      const end = next < 0 ? text.length : next
      const from = trimmedStart(text, start, end)
      this.#physical({ file, start: from, end: trimmedEnd(text, from, end) }, level)
      behind?.(text.slice(from, end))
      start = end + 1
    }
  }

  /** What is continued at the very end is complete there. */
  end(): void {
    this.#close()
  }

  #physical(piece: Piece, level: number): void {
    const { file, start, end } = piece
    if (file.text.charAt(start) === '#' && start < end) return
    const raw = file.text.slice(start, end)
    const place = (): Place => placeIn(file, start, end)
    if (raw.startsWith('.')) {
      if (this.#open !== undefined) this.#open.whole = false
      if (this.#conditions.read(raw, this.macros, place)) return
    }
    if (this.#conditions.state === 'off') return
    if (this.#include(piece, raw, level)) return
    if (this.#matters(raw)) this.#append(piece, raw)
  }

  /** Other sections than these are long, and only macros and the next section matter in them. */
  #matters(raw: string): boolean {
    if (this.#open !== undefined) return true
    const inside = this.#inside
    this.#inside = raw.endsWith('\\')
    if (inside && this.#idle) return false
    const section = /^begin\s+(\S+)/i.exec(raw)?.[1]?.toLowerCase()
    if (section !== undefined) this.#idle = section !== 'transports'
    return !this.#idle || section !== undefined || MACRO_HEAD.test(raw)
  }

  #append(piece: Piece, raw: string): void {
    const head = this.#open === undefined ? (MACRO_HEAD.exec(raw)?.[0] ?? '') : ''
    const { text, known, used } = this.macros.expand(raw.slice(head.length))
    const line = head + text
    if (line.startsWith('#')) return
    if (this.#open === undefined && line === '') return
    const open = (this.#open ??= {
      pieces: [piece],
      definition: head !== '',
      doubt: this.#doubt(),
      depth: this.#conditions.depth,
      used: [],
      text: '',
      known: true,
      whole: true,
    })
    if (open.pieces[0] !== piece) open.pieces.push(piece)
    const continued = line.endsWith('\\')
    open.text += continued ? line.slice(0, -1) : line
    open.known &&= known
    open.used.push(...used)
    if (!continued) this.#close()
  }

  #doubt(): Doubt | undefined {
    const place = this.#conditions.doubt
    return place && { why: `it depends on a condition in line ${place.line} of ${place.file} that only the program knows`, place }
  }

  #close(): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    const { pieces, text, used, depth, whole } = open
    const [{ file, start, end }] = pieces
    const unknown = open.known
      ? undefined
      : { why: 'a macro stands in it of which nobody knows what it is', place: placeIn(file, start, end) }
    const line: ConfigLine = { pieces, text: text.trimEnd(), used, depth, whole, doubt: open.doubt ?? unknown }
    if (open.definition) this.#define(line, open.doubt === undefined)
    else this.items.push(line)
  }

  #define(line: ConfigLine, sure: boolean): void {
    const [head = '', name = ''] = MACRO_HEAD.exec(line.text) ?? []
    const value = line.doubt === undefined ? line.text.slice(head.length).trimStart() : undefined
    if (this.macros.has(name)) {
      if (head.includes('==')) this.macros.redefine(name, value)
    } else this.macros.define({ name, value, sure, found: foundIn(line, MACRO_HEAD, value ?? '') })
  }

  #include(piece: Piece, raw: string, level: number): boolean {
    const [, optional, quoted, plain] = /^\.include(_if_exists)?\s+(?:"(.*)"|(.*))$/.exec(raw) ?? []
    const named = quoted ?? plain
    if (named === undefined) return false
    const { file, start, end } = piece
    const { text, known } = this.macros.expand(named)
    const path = isAbsolute(text) ? text : join(dirname(file.path), text)
    const included = known && level < MOST_INCLUDES ? this.#more?.(path) : undefined
    const absent = included === undefined && known && this.#more !== undefined && level < MOST_INCLUDES
    if (included !== undefined) this.read(included, undefined, level + 1)
    else if (!absent || optional === undefined) {
      const gap = { why: `${path} is included there, and cannot be read`, place: placeIn(file, start, end) }
      this.items.push({ gap, needed: absent && this.#conditions.state === 'on' })
    }
    return true
  }
}
