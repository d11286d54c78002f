import type { ReadOptions } from '../adapter.ts'
import { indentOf } from '../lines/block-lines.ts'
import { lineEndOf } from '../lines/line-ends.ts'
import { listenTarget } from '../listens.ts'
import { addition, type Addition, type Found, type Scope, type ScopedLeg } from '../scopes.ts'
import { placeIn, type Edit, type SettingsFile } from '../settings-file.ts'
import type { Word } from './lines.ts'
import { parseProftpd, type Directive, type Sections, type ServerSection } from './sections.ts'
import { setsTls13Suites } from './versions.ts'

/** The list for TLS 1.3 counts as a setting of its own. */
export const CIPHERS = 'TLSCipherSuite'
export const CIPHERS_13 = 'TLSCipherSuite TLSv1.3'

/** A server with `TLSEngine on`. */
export interface Door extends ScopedLeg {
  /** Its own directives in their order, and behind them those of `<Global>`. */
  readonly directives: readonly Directive[]
  /** How many of these are its own. */
  readonly own: number
  readonly version: string
  /** The main server answers where its host name leads, unless it is told an address. */
  readonly listens: readonly string[]
  /** Files that `<Global>` includes and a server as well: nothing in them can be changed for one alone. */
  readonly entangled: readonly SettingsFile[]
}

export interface ProftpdDoors {
  readonly doors: readonly Door[]
  readonly files: readonly SettingsFile[]
}

export function doorsOf(main: SettingsFile, version: string, options: Pick<ReadOptions, 'more' | 'list'>): ProftpdDoors {
  const sections = parseProftpd(main, options)
  const entangled = entangledIn(sections)
  const doors = sections.servers.flatMap((server) => doorOf(server, sections, version, entangled))
  return { doors: distinct(doors), files: sections.files }
}

function distinct(doors: readonly Door[]): readonly Door[] {
  return doors.map((door, index) => {
    const alike = doors.slice(0, index).filter((one) => one.door === door.door).length
    return alike === 0 ? door : { ...door, door: `${door.door} #${alike + 1}` }
  })
}

function doorOf(server: ServerSection, sections: Sections, version: string, entangled: readonly SettingsFile[]): readonly Door[] {
  const directives = [...server.directives, ...(sections.global?.directives ?? [])]
  const port = firstOf(directives, 'Port', version)?.args[0]?.value ?? '21'
  if (booleanOf(firstOf(directives, 'TLSEngine', version)) !== true || port === '0') return []
  const door = [...(server.addresses === '' ? [] : [server.addresses]), `port ${port}`].join(' ')
  return [
    {
      door,
      role: 'server',
      scopes: scopesOf(server, sections, version, entangled),
      heeds: () => true,
      directives,
      own: server.directives.length,
      entangled,
      version,
      listens: listensAt(server, directives, port, version),
    },
  ]
}

function listensAt({ addresses }: ServerSection, directives: readonly Directive[], port: string, version: string): readonly string[] {
  const told = firstOf(directives, 'DefaultAddress', version)?.args.map(({ value }) => value) ?? []
  const places = addresses === '' ? told : addresses.split(/\s+/)
  const atOnce = allOf(directives, 'TLSOptions', version).some(({ args }) => args.some(({ value }) => value === 'UseImplicitSSL'))
  const targets = places.flatMap((place) => listenTarget(atOnce ? 'ftps' : 'ftp', place, port) ?? [])
  return [...new Set(targets)]
}

function entangledIn({ servers, global }: Sections): readonly SettingsFile[] {
  const files = new Set(servers.flatMap(({ directives }) => directives.map(({ file }) => file)))
  return [...new Set(global?.directives.map(({ file }) => file))].filter((file) => files.has(file) && file !== global?.file)
}

/** Every directive that sets this, in their order. */
export function allOf(directives: readonly Directive[], setting: string, version: string): readonly Directive[] {
  return directives.filter(about(setting, version))
}

function firstOf(directives: readonly Directive[], setting: string, version: string): Directive | undefined {
  return directives.find(about(setting, version))
}

function about(setting: string, version: string): (directive: Directive) => boolean {
  const [wanted = '', tls13] = setting.split(' ')
  const name = wanted.toLowerCase()
  if (wanted !== CIPHERS) return ({ key }) => key === name
  const is13 = ({ args }: Directive): boolean => setsTls13Suites(version) && args.length > 1 && /^TLSv1\.3$/i.test(args[0]?.value ?? '')
  return (one) => one.key === name && is13(one) === (tls13 !== undefined)
}

/** The directive that counts among these: the first one, but the last one of those lists that are read in turn. */
export function winnerOf(directives: readonly Directive[], setting: string, version: string): Directive | undefined {
  return lastCounts(setting, version) ? directives.findLast(about(setting, version)) : firstOf(directives, setting, version)
}

function lastCounts(setting: string, version: string): boolean {
  return setting.startsWith(CIPHERS) && setsTls13Suites(version)
}

const ON = ['on', 'yes', 'true', '1']
const OFF = ['off', 'no', 'false', '0']

/** Undefined: it is not there, or ProFTPD does not start with it. */
export function booleanOf(directive: Directive | undefined): boolean | undefined {
  const value = directive?.args[0]?.value.toLowerCase() ?? ''
  return ON.includes(value) ? true : OFF.includes(value) ? false : undefined
}

/** The included files, which other servers may include as well, the section itself, and `<Global>` around all. */
function scopesOf(
  server: ServerSection,
  { servers, global }: Sections,
  version: string,
  entangled: readonly SettingsFile[],
): readonly Scope[] {
  const { directives, file } = server
  const hidden = (setting: string): boolean =>
    lastCounts(setting, version) && global !== undefined && firstOf(global.directives, setting, version) !== undefined
  const find = (within: SettingsFile, setting: string): Found | undefined => {
    const winner = hidden(setting) ? undefined : winnerOf(directives, setting, version)
    return winner?.file === within ? foundAt(winner, setting, version) : undefined
  }
  const scopeIn = (within: SettingsFile, id: string, mayAdd: (setting: string) => boolean): Scope => ({
    id,
    find: (setting) => find(within, setting),
    add: (setting, value) => (hidden(setting) || !mayAdd(setting) ? undefined : addBehind(directives, within, setting, value)),
  })
  const included = [...new Set(directives.map((one) => one.file))].filter((one) => one !== file)
  const sharing = (one: SettingsFile): readonly ServerSection[] =>
    servers.filter((other) => other.directives.some((line) => line.file === one))
  // A new line in a shared file must not come before what another server has of its own, nor reach all of them through `<Global>`.
  const free = (one: SettingsFile) => (setting: string) =>
    !entangled.includes(one) && sharing(one).every((other) => firstOf(other.directives, setting, version) === undefined)
  const isAboutTls = (one: SettingsFile): boolean => directives.some((line) => line.file === one && TLS.test(line.key))
  // A new line stands beside others about TLS where there are any.
  const here = (setting: string): boolean => isAboutTls(file) || !included.some((one) => isAboutTls(one) && free(one)(setting))
  return [
    ...included.map((one) => scopeIn(one, one.path, free(one))),
    scopeIn(file, `${server.kind} ${file.path} ${server.start}`, here),
    ...(global === undefined ? [] : [globalScope(global, servers, version, entangled)]),
  ]
}

function globalScope(
  { directives }: ServerSection,
  servers: readonly ServerSection[],
  version: string,
  entangled: readonly SettingsFile[],
): Scope {
  return {
    id: 'global',
    find: (setting) => {
      const winner = winnerOf(directives, setting, version)
      return winner && foundAt(winner, setting, version)
    },
    add: (setting, value) => {
      const overridden = lastCounts(setting, version) && servers.some((one) => firstOf(one.directives, setting, version) !== undefined)
      const file = directives.findLast((one) => isNeighbour(one) && !entangled.includes(one.file))?.file
      return overridden || file === undefined ? undefined : addBehind(directives, file, setting, value)
    },
  }
}

const TLS = /^tls/

function isNeighbour({ doubtful }: Directive): boolean {
  return !doubtful
}

/** A line of its own behind the last one that is about TLS, else behind the last one. One without a value gets its own at its end. */
function addBehind(directives: readonly Directive[], file: SettingsFile, setting: string, value: string): Addition | undefined {
  const lines = directives.filter((one) => one.file === file && isNeighbour(one))
  const whole = lines.filter(({ args }) => args.length > 0)
  const behind = whole.findLast(({ key }) => TLS.test(key)) ?? whole.at(-1)
  const neighbour = behind ?? lines[0]
  if (neighbour === undefined) return undefined
  const { start } = neighbour.name
  const [eol, indent, statement] = [lineEndOf(file.text), indentOf(file.text, start), `${setting} ${value}`]
  return behind === undefined
    ? addition(file, start, `${statement}${eol}${indent}`)
    : addition(file, behind.end, `${eol}${indent}${statement}`)
}

/** The words that make the value. */
export function valueWords({ args }: Directive, setting: string, version: string): readonly Word[] {
  if (setting === 'TLSProtocol') return args
  if (!lastCounts(setting, version)) return args.slice(0, 1)
  return args.length > 1 && /^TLSv1\.[0-3]$/i.test(args[0]?.value ?? '') ? args.slice(1, 2) : args
}

function foundAt(directive: Directive, setting: string, version: string): Found {
  const { file, name } = directive
  const words = valueWords(directive, setting, version)
  const [first, last] = [words[0], words.at(-1)]
  return {
    value: words.map(({ value }) => value).join(' '),
    get place() {
      return placeIn(file, first?.start ?? name.end, last?.end ?? name.end)
    },
    put: (value) => replaced(file, words, value) ?? [{ file: file.path, start: name.end, end: name.end, text: ` ${value}` }],
  }
}

/** The value in place of the first word, and the others gone, each for itself: a comment may stand between them. */
function replaced(file: SettingsFile, words: readonly Word[], value: string): readonly Edit[] | undefined {
  const [first, ...others] = words
  if (first === undefined) return undefined
  const around = ({ quoted, start, end }: Word) => ({
    file: file.path,
    start: start - Number(quoted),
    end: end + Number(quoted && file.text.charAt(end) === '"'),
  })
  const { start, end } = value.includes(' ') ? around(first) : first
  return [
    { file: file.path, start, end, text: value },
    ...others.map((one): Edit => {
      const whole = around(one)
      const blank = /[ \t]/.test(file.text.charAt(whole.start - 1)) && whole.start - 1 >= end ? 1 : 0
      return { ...whole, start: whole.start - blank, text: '' }
    }),
  ]
}
