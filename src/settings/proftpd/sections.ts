import { dirname } from 'node:path'
import type { ReadOptions } from '../adapter.ts'
import { filesNamed } from '../lines/includes.ts'
import type { SettingsFile } from '../settings-file.ts'
import { malformed } from '../xml/problem.ts'
import { linesOf, type Line } from './lines.ts'

/** A directive where it counts. */
export interface Directive extends Line {
  /** Its name, in small letters: case does not count. */
  readonly key: string
  /** It stands in a section of which nobody here knows whether ProFTPD reads it, such as `<IfDefine>`. */
  readonly doubtful: boolean
}

/** What one server has of its own: the main server, a `<VirtualHost>`, or `<Global>`, which all of them get. */
export interface ServerSection {
  readonly kind: 'main' | 'virtual' | 'global'
  /** As it stands behind `<VirtualHost`. */
  readonly addresses: string
  /** Where it begins. */
  readonly file: SettingsFile
  readonly start: number
  readonly directives: Directive[]
}

export interface Sections {
  /** The main server first. */
  readonly servers: readonly ServerSection[]
  readonly global: ServerSection | undefined
  readonly files: readonly SettingsFile[]
}

interface State {
  readonly options: Pick<ReadOptions, 'more' | 'list'>
  readonly root: string
  readonly files: SettingsFile[]
  readonly servers: ServerSection[]
  global: ServerSection | undefined
}

/** A section that is open. `server`: whose directives stand in it; undefined: none of them counts for TLS. */
interface Open {
  readonly tag: string
  readonly line: Line | undefined
  readonly server: ServerSection | undefined
  readonly doubtful: boolean
}

/** As ProFTPD's own limit for files that include each other. */
const MOST_DEPTH = 8

/** The servers of a file and of all that it includes. Errors: `input` where a section is not closed, or closed and not opened. */
export function parseProftpd(main: SettingsFile, options: Pick<ReadOptions, 'more' | 'list'>): Sections {
  const first: ServerSection = { kind: 'main', addresses: '', file: main, start: 0, directives: [] }
  const state: State = { options, root: dirname(main.path), files: [], servers: [first], global: undefined }
  readFile(state, main, { tag: '', line: undefined, server: first, doubtful: false }, 0)
  return { servers: state.servers, global: state.global, files: [...new Set(state.files)] }
}

function readFile(state: State, file: SettingsFile, outer: Open, depth: number): void {
  state.files.push(file)
  const open: [Open, ...Open[]] = [outer]
  for (const line of linesOf(file)) {
    const tag = line.name.value
    const [here] = open
    if (tag.startsWith('</')) {
      if (open.length === 1 || here.tag !== nameOf(tag))
        throw malformed(file, line.name.start, `no section is open that ${tag} could close`, CLOSE)
      open.shift()
    } else if (tag.startsWith('<')) open.unshift(opened(state, here, line))
    else if (here.server !== undefined) readDirective(state, here, line, depth)
  }
  const [last] = open
  if (open.length > 1 && last.line !== undefined) {
    throw malformed(
      file,
      last.line.name.start,
      'the section that begins here is never closed',
      `Write </${last.line.name.value.replace(/[<>]/g, '')}> where it ends.`,
    )
  }
}

const CLOSE = 'Take it out, or find the section that is missing.'

function nameOf(tag: string): string {
  return tag.toLowerCase().replace(/^<\/?/, '').replace(/>$/, '')
}

function opened(state: State, { server, doubtful }: Open, line: Line): Open {
  const { file, name, args } = line
  const tag = nameOf(name.value)
  const value = args
    .map((one) => one.value)
    .join(' ')
    .replace(/>$/, '')
    .trim()
  if (tag === 'global')
    return { tag, line, server: (state.global ??= { kind: 'global', addresses: '', file, start: name.start, directives: [] }), doubtful }
  if (tag === 'virtualhost') {
    const own: ServerSection = { kind: 'virtual', addresses: value, file, start: name.start, directives: [] }
    state.servers.push(own)
    return { tag, line, server: own, doubtful }
  }
  // Whoever sets TLS has mod_tls.
  if (tag === 'ifmodule' && /^mod_tls\.c$/i.test(value)) return { tag, line, server, doubtful }
  if (tag === 'ifmodule' && /^!mod_tls\.c$/i.test(value)) return { tag, line, server: undefined, doubtful }
  if (CONDITIONS.includes(tag)) return { tag, line, server, doubtful: true }
  return { tag, line, server: undefined, doubtful }
}

const CONDITIONS = ['ifmodule', 'ifdefine', 'ifversion']

function readDirective(state: State, here: Open, line: Line, depth: number): void {
  const key = line.name.value.toLowerCase()
  if (key !== 'include') {
    here.server?.directives.push({ ...line, key, doubtful: here.doubtful })
    return
  }
  const pattern = line.args[0]?.value
  if (pattern === undefined || depth === MOST_DEPTH) return
  for (const file of includedFiles(pattern, state)) readFile(state, file, { ...here, tag: '', line: undefined }, depth + 1)
}

/** A pattern, a file, or a folder with all that is in it. */
function includedFiles(pattern: string, { options, root }: State): readonly SettingsFile[] {
  const named = filesNamed(pattern, root, options)
  return named.length > 0 ? named : filesNamed(`${pattern.replace(/\/$/, '')}/*`, root, options)
}
