import { indentOf } from '../lines/block-lines.ts'
import { lineEndOf } from '../lines/line-ends.ts'
import { addressAndPort, listenTarget } from '../listens.ts'
import { addition, type Addition, type Found, type Scope, type ScopedLeg } from '../scopes.ts'
import { placeIn, type Edit, type SettingsFile } from '../settings-file.ts'
import { parseHaproxy, type Line, type Section, type Word } from './lines.ts'

type Side = 'bind' | 'server'

/** Words of bind and server lines that take a value, with the line of `global` that is their default. */
const LISTS: Readonly<Record<string, string>> = { ciphers: 'ciphers', ciphersuites: 'ciphersuites', curves: 'curves' }
const OPTIONS_WITH_VALUE = ['ssl-min-ver', 'ssl-max-ver', 'crt-list', 'ecdhe']
const GLOBAL_ONLY = ['tune.ssl.default-dh-param', 'ssl-dh-param-file']

/** A leg, and where it listens. */
export interface HaproxyLeg extends ScopedLeg {
  readonly listens: readonly string[]
}

const BINDING = ['frontend', 'listen', 'peers', 'log-forward']
const SERVING = ['backend', 'listen', 'peers', 'ring']

/** Each bind line with `ssl` is a door, and each server line with `ssl` one in the other direction. */
export function doorsOf(file: SettingsFile): readonly HaproxyLeg[] {
  const sections = parseHaproxy(file)
  const global = sections.filter(({ kind }) => kind === 'global')
  const legs = sections.flatMap((section) => [
    ...(BINDING.includes(section.kind) ? legsOf(file, section, 'bind', global, sections) : []),
    ...(SERVING.includes(section.kind) ? legsOf(file, section, 'server', global, sections) : []),
  ])
  return legs.map((leg, index) => {
    const alike = legs.slice(0, index).filter((one) => one.door === leg.door && one.role === leg.role).length
    return alike === 0 ? leg : { ...leg, door: `${leg.door} #${alike + 1}` }
  })
}

function legsOf(
  file: SettingsFile,
  section: Section,
  side: Side,
  global: readonly Section[],
  sections: readonly Section[],
): readonly HaproxyLeg[] {
  const { kind, name, lines } = section
  const inherited =
    side === 'server'
      ? defaultsOf(section, sections)
          .toReversed()
          .flatMap((one) => one.lines)
      : []
  return lines.flatMap((line) => {
    const [first, second, third] = line.words
    const isTemplate = side === 'server' && first.value === 'server-template'
    // A server of peers without an address is this HAProxy itself.
    if ((first.value !== side && !isTemplate) || (side === 'server' && third === undefined)) return []
    const before = lines.filter(({ words }) => words[0].start < first.start)
    const defaults = [...inherited, ...before].filter(({ words }) => words[0].value === `default-${side}`)
    if (!usesTls([...defaults.map(({ words }) => words.slice(1)), line.words.slice(isTemplate ? 3 : 2)])) return []
    return [
      {
        door: `${kind} ${name} ${second?.value ?? ''}`,
        role: side === 'bind' ? ('server' as const) : ('client' as const),
        scopes: [lineScope(file, line), ...defaults.toReversed().map((one) => lineScope(file, one)), globalScope(file, global, side)],
        heeds: () => true,
        listens: side === 'bind' ? listensOf(line) : [],
      },
    ]
  })
}

/** The last word counts. */
function usesTls(words: readonly (readonly Word[])[]): boolean {
  return (
    words
      .flat()
      .map(({ value }) => value)
      .findLast((value) => value === 'ssl' || value === 'no-ssl') === 'ssl'
  )
}

/** What a section inherits from, the nearest first: what it names behind `from`, else the last one before it. */
function defaultsOf(section: Section, sections: readonly Section[]): readonly Section[] {
  const from = section.head.words.findIndex(({ value }, index) => index > 0 && value === 'from')
  const named = from < 0 ? undefined : section.head.words[from + 1]?.value
  const before = sections.slice(0, sections.indexOf(section)).filter(({ kind }) => kind === 'defaults')
  if (section.kind === 'defaults' && named === undefined) return []
  const next = named === undefined ? before.at(-1) : before.findLast(({ name }) => name === named)
  return next === undefined ? [] : [next, ...defaultsOf(next, sections)]
}

/** Whoever sends no PROXY header is turned away where one is expected. */
function listensOf({ words }: Line): readonly string[] {
  if (words.some(({ value }) => value === 'accept-proxy')) return []
  return (words[1]?.value ?? '').split(',').flatMap((one) => {
    const [address, port] = addressAndPort(one.replace(/^ipv[46]@/, '')) ?? []
    return listenTarget('tls', address ?? '', port ?? '') ?? []
  })
}

function lineScope(file: SettingsFile, { words }: Line): Scope {
  const [first] = words
  return {
    id: `${file.path} ${first.start}`,
    find: (setting) => (GLOBAL_ONLY.includes(setting) ? undefined : wordOf(file, words, setting)),
    add: (setting, value) =>
      GLOBAL_ONLY.includes(setting) ? undefined : behind(file, words, `${setting}${value === '' ? '' : ` ${value}`}`),
  }
}

function takesValue(setting: string): boolean {
  return setting in LISTS || OPTIONS_WITH_VALUE.includes(setting)
}

/** A word of a line, or the word behind it where it takes one. */
function wordOf(file: SettingsFile, words: readonly Word[], setting: string): Found | undefined {
  const index = words.findLastIndex(({ value }, at) => at > 0 && value === setting)
  const word = words[index]
  if (word === undefined) return undefined
  const value = takesValue(setting) ? words[index + 1] : undefined
  return found(file, value?.value ?? '', value ?? { start: word.end, end: word.end }, () => withoutFlag(file, words, setting))
}

function found(
  file: SettingsFile,
  value: string,
  { start, end }: { readonly start: number; readonly end: number },
  remove: () => readonly Edit[],
): Found {
  return {
    value,
    get place() {
      return placeIn(file, start, end)
    },
    put: (text) => [{ file: file.path, start, end, text: start === end ? ` ${text}` : text }],
    remove,
  }
}

/** Takes each word of this name out with the blanks before it. A line with nothing else but its first word goes as a whole. */
function withoutFlag(file: SettingsFile, words: readonly Word[], flag: string): readonly Edit[] {
  const [first, ...rest] = words
  const last = words.at(-1)
  if (first === undefined || last === undefined) return []
  if (rest.every(({ value }) => value === flag)) return [{ file: file.path, start: first.start, end: last.end, text: '' }]
  return rest.flatMap(({ value, end }, index) =>
    value === flag ? [{ file: file.path, start: words[index]?.end ?? end, end, text: '' }] : [],
  )
}

function behind(file: SettingsFile, words: readonly Word[], text: string): Addition | undefined {
  const last = words.at(-1)
  return last && addition(file, last.end, ` ${text}`)
}

function globalScope(file: SettingsFile, sections: readonly Section[], side: Side): Scope {
  const lines = sections.flatMap((section) => section.lines)
  const options = lines.filter(({ words }) => words[0].value === `ssl-default-${side}-options`)
  const keyword = (setting: string): string => (setting in LISTS ? `ssl-default-${side}-${setting}` : setting)
  return {
    id: `${file.path} global ${side}`,
    find: (setting) => {
      if (!(setting in LISTS) && !GLOBAL_ONLY.includes(setting)) {
        const all = options.toReversed().flatMap(({ words }) => wordOf(file, words, setting) ?? [])
        return all[0] && { ...all[0], remove: () => all.flatMap((one) => one.remove?.() ?? []) }
      }
      const words = lines.findLast((line) => line.words[0].value === keyword(setting))?.words
      const value = words?.[1]
      return words && found(file, value?.value ?? '', value ?? { start: words[0].end, end: words[0].end }, () => [])
    },
    add: (setting, value) => {
      const whole = setting in LISTS || GLOBAL_ONLY.includes(setting)
      // A line with this word alone goes when the word goes, so nothing may be added to it.
      const last = options.findLast(({ words }) => words.slice(1).some((word) => word.value !== 'prefer-client-ciphers'))
      const text = value === '' ? '' : ` ${value}`
      if (!whole && last !== undefined) return behind(file, last.words, `${setting}${text}`)
      return inGlobal(file, sections, whole ? `${keyword(setting)}${text}` : `ssl-default-${side}-options ${setting}${text}`)
    },
  }
}

/**
 * A new line behind the last one of `global`, or behind its first where the last one ends the file, so that it never comes before words
 * that are added to a line. With no such section there is no place for it.
 */
function inGlobal(file: SettingsFile, sections: readonly Section[], statement: string): Addition | undefined {
  const section = sections.at(-1)
  if (section === undefined) return undefined
  const { text } = file
  const last = section.lines.at(-1)
  const indent = last === undefined ? `${indentOf(text, section.head.words[0].start)}    ` : indentOf(text, last.words[0].start)
  const end = last === undefined ? undefined : endOfLine(text, last)
  const eol = end === undefined ? '' : (/^(?:\r\n|\r|\n)/.exec(text.slice(end, end + 2))?.[0] ?? '')
  if (end !== undefined && eol !== '') return addition(file, end + eol.length, `${indent}${statement}${eol}`)
  return addition(file, endOfLine(text, section.head), `${lineEndOf(text)}${indent}${statement}`)
}

function endOfLine(text: string, { words }: Line): number {
  const rest = /[^\r\n]*/y
  rest.lastIndex = words.at(-1)?.end ?? 0
  rest.exec(text)
  return rest.lastIndex
}
