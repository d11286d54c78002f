import { indentOf } from '../lines/block-lines.ts'
import { lineEndOf } from '../lines/line-ends.ts'
import { addition, type Addition, type Found } from '../scopes.ts'
import type { SettingsFile } from '../settings-file.ts'
import type { ConfigLine, ConfigLines, Doubt, Gap } from './lines.ts'
import type { Macros } from './macros.ts'
import { foundIn, OPTION_HEAD } from './values.ts'

/** `name = value` in the main section or in a transport. */
export interface Option {
  readonly name: string
  /** Without quotes, macros replaced as far as they are known. */
  readonly text: string
  readonly doubt: Doubt | undefined
  /** Undefined: it cannot be changed where it stands. */
  readonly found: Found | undefined
  readonly line: ConfigLine
}

/** The main section, or one transport. */
export interface Block {
  readonly name: string
  readonly options: ReadonlyMap<string, readonly Option[]>
  /** A file that cannot be read may say more. */
  readonly gap: Doubt | undefined
  readonly add: (setting: string, value: string) => Addition | undefined
}

/** What a configuration says of TLS, and where. */
export interface Config {
  readonly files: readonly SettingsFile[]
  readonly macros: Macros
  readonly main: Block
  readonly transports: readonly Block[]
  readonly missing: readonly Doubt[]
}

interface Draft {
  readonly name: string
  readonly options: Map<string, Option[]>
  gap?: Doubt
  /** The line behind which a new one goes best, and the next best. */
  neighbour?: ConfigLine
  other?: ConfigLine
}

/** Sorts lines by the sections and transports that they stand in. */
export function configOf(lines: ConfigLines): Config {
  const main: Draft = { name: '', options: new Map() }
  const transports: Draft[] = []
  let section = ''
  let begin: ConfigLine | undefined
  let draft: Draft | undefined = main
  for (const item of lines.items) {
    if ('gap' in item) {
      if (draft !== undefined) draft.gap ??= item.gap
      continue
    }
    const next = /^begin\s+(\S+)/i.exec(item.text)?.[1]?.toLowerCase()
    const driver = section === 'transports' ? /^(\w+)\s*:$/.exec(item.text)?.[1] : undefined
    if (next !== undefined) {
      begin ??= item
      section = next
      draft = undefined
    } else if (driver !== undefined) {
      draft = { name: driver, options: new Map(), neighbour: item }
      transports.push(draft)
    } else if (draft !== undefined) addTo(draft, item, lines.files)
  }
  return {
    files: lines.files,
    macros: lines.macros,
    main: blockOf(main, () => behind(main.neighbour ?? main.other) ?? inFront(begin) ?? atEnd(lines)),
    transports: transports.map((one) => blockOf(one, () => behind(one.neighbour))),
    missing: lines.items.flatMap((item) => ('gap' in item && item.needed ? [item.gap] : [])),
  }
}

function addTo(draft: Draft, line: ConfigLine, files: readonly SettingsFile[]): void {
  const sure = line.doubt === undefined && line.whole
  if (sure && line.depth === 0) draft.other = line
  const [head, name] = OPTION_HEAD.exec(line.text) ?? []
  if (head === undefined || name === undefined) return
  if (sure && (draft.name === '' ? /^(?:tls|openssl|gnutls)_/.test(name) : name === 'driver')) draft.neighbour = line
  const text = unquoted(line.text.slice(head.length).trim())
  const all = draft.options.get(name) ?? []
  all.push({
    name,
    text,
    doubt: line.doubt,
    get found() {
      return placeOf(line, text, files)
    },
    line,
  })
  draft.options.set(name, all)
}

/** The macro, where the value is nothing but a macro that is used nowhere else; else the value itself. */
function placeOf(line: ConfigLine, text: string, files: readonly SettingsFile[]): Found | undefined {
  const own = foundIn(line, OPTION_HEAD, text)
  const [macro, ...others] = line.used
  const [{ file, start, end }] = line.pieces
  const found = macro?.found
  if (own === undefined || found === undefined || others.length > 0 || line.pieces.length > 1) return own
  if (file.text.slice(start, end).replace(OPTION_HEAD, '').trim() !== macro?.name || linesWith(macro.name, files) > 2) return own
  return {
    value: text,
    get place() {
      return found.place
    },
    put: found.put,
  }
}

/** Lines with this in them, other than comments and conditions. */
function linesWith(name: string, files: readonly SettingsFile[]): number {
  const lines = new Set<string>()
  for (const { path, text } of files) {
    for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
      const start = text.lastIndexOf('\n', at) + 1
      if (!/^\s*[#.]/.test(text.slice(start, at + 1))) lines.add(`${start} ${path}`)
    }
  }
  return lines.size
}

function unquoted(text: string): string {
  return /^"([^"]*)"$/.exec(text)?.[1] ?? text
}

/** Where a new line begins, and what stands before its first and behind its last character. */
interface Spot {
  readonly file: SettingsFile
  readonly at: number
  readonly before: string
  readonly after: string
}

function blockOf({ name, options, gap }: Draft, spot: () => Spot | undefined): Block {
  return {
    name,
    options,
    gap,
    add: (setting, value) => {
      const where = spot()
      return where && addition(where.file, where.at, `${where.before}${setting} = ${value}${where.after}`)
    },
  }
}

function behind(line: ConfigLine | undefined): Spot | undefined {
  const last = line?.pieces.at(-1)
  const first = line?.pieces[0]
  if (first === undefined || last === undefined) return undefined
  const { file, end } = last
  // A line that is still continued at the end of its file would swallow the new one.
  if (file.text.charAt(end - 1) === '\\') return undefined
  const driver = line?.text.endsWith(':') === true ? '  ' : ''
  return spotAt(file, file.text.indexOf('\n', end), `${indentOf(first.file.text, first.start)}${driver}`)
}

function inFront(begin: ConfigLine | undefined): Spot | undefined {
  if (begin === undefined || begin.depth > 0 || begin.doubt !== undefined) return undefined
  const [{ file, start }] = begin.pieces
  return { file, at: file.text.lastIndexOf('\n', start - 1) + 1, before: '', after: lineEndOf(file.text) }
}

function atEnd({ files, depth, items }: ConfigLines): Spot | undefined {
  const [file] = files
  if (file === undefined || depth > 0 || items.some(isDoubtful)) return undefined
  return file.text === '' || file.text.endsWith('\n')
    ? { file, at: file.text.length, before: '', after: lineEndOf(file.text) }
    : spotAt(file, -1, '')
}

function isDoubtful(item: ConfigLine | Gap): boolean {
  return 'gap' in item || item.text.endsWith('\\')
}

function spotAt(file: SettingsFile, newline: number, indent: string): Spot {
  const eol = lineEndOf(file.text)
  return newline < 0
    ? { file, at: file.text.length, before: `${eol}${indent}`, after: '' }
    : { file, at: newline + 1, before: indent, after: eol }
}
