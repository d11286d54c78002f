import { dirname } from 'node:path'
import type { ReadOptions } from '../adapter.ts'
import { filesNamed } from '../lines/includes.ts'
import type { SettingsFile } from '../settings-file.ts'
import { expandM4, parseM4, type M4File } from './m4.ts'
import type { NamedValue } from '../lines/named-value.ts'

/** One option of sendmail.cf, or what makes it in a .mc. */
export type Option = NamedValue

export interface SendmailFile {
  readonly isMc: boolean
  /** In the order in which Sendmail reads them. */
  readonly options: readonly Option[]
  readonly files: readonly SettingsFile[]
  readonly m4: M4File | undefined
  /** Macros of m4 that are named inside of quotes, behind conditions that are not followed. */
  readonly conditional: readonly string[]
}

/** Names of m4 that become options, cf/README. */
const CONF: Readonly<Record<string, string>> = {
  confCIPHER_LIST: 'cipherlist',
  confSERVER_SSL_OPTIONS: 'serverssloptions',
  confCLIENT_SSL_OPTIONS: 'clientssloptions',
  confDH_PARAMETERS: 'dhparameters',
  confSERVER_CERT: 'servercertfile',
  confSERVER_KEY: 'serverkeyfile',
  confCACERT: 'cacertfile',
  confCACERT_PATH: 'cacertpath',
}

/** The name of an option in a .mc; undefined where only a section LOCAL_CONFIG can set it. */
export function confName(option: string): string | undefined {
  return Object.keys(CONF).find((name) => CONF[name] === option)
}

export function isMc({ path, text }: SettingsFile): boolean {
  return /\.m[c4]$/.test(path) || (!path.endsWith('.cf') && /^[ \t]*(?:define\(|OSTYPE\(|MAILER\(|VERSIONID\()/m.test(text))
}

export function parseSendmail(file: SettingsFile, reach: Pick<ReadOptions, 'more' | 'list'>): SendmailFile {
  if (!isMc(file)) return { isMc: false, options: optionsOf(file), files: [file], m4: undefined, conditional: [] }
  const macros = new Map(GIVEN)
  const found = macrosOf(file, reach, macros, 0)
  // A value is expanded where the option is written into sendmail.cf, behind all definitions.
  const all = found.map((one) => ({ ...one, value: expandM4(one.value, macros) }))
  const local = all.filter(({ isLine }) => isLine)
  const defined = all.filter(({ isLine }) => !isLine)
  // The last definition of a name counts, and all of them come behind LOCAL_CONFIG; daemons add up.
  const last = defined.filter(
    ({ name, isGone }, index) => !isGone && (ADDING.includes(name) || defined.findLastIndex((one) => one.name === name) === index),
  )
  const quoted = [...file.text.matchAll(/\b(?:ifdef|ifelse)\([^]*?\)dnl/g)].flatMap(([part]) =>
    Object.keys(CONF).filter((name) => part.includes(name)),
  )
  return {
    isMc: true,
    options: [...local, ...last],
    files: [...new Set([file, ...all.map((one) => one.file)])],
    m4: parseM4(file),
    conditional: [...new Set(quoted)],
  }
}

/** Macros that add a line each, and the option that it has. */
const PORT_OPTIONS: Readonly<Record<string, string>> = { DAEMON_OPTIONS: 'daemonportoptions', CLIENT_OPTIONS: 'clientportoptions' }
const ADDING = Object.values(PORT_OPTIONS)
const DEFINED_BY_FIRST = [...Object.keys(PORT_OPTIONS), 'undefine']
const MOST_DEPTH = 8

interface Macro extends Option {
  readonly isLine: boolean
  /** It is taken out again, by `undefine`. */
  readonly isGone: boolean
}

/** What Sendmail's own m4 files define, where nobody says otherwise. */
const GIVEN: readonly (readonly [name: string, value: string])[] = [['MAIL_SETTINGS_DIR', '/etc/mail/']]

/** A name of Sendmail's own m4 files, which are not read: nobody here knows what it stands for. */
export function hasUnknownMacro(value: string): boolean {
  return /^(?:[A-Z][A-Z_]+|conf[A-Z_]+)\b/.test(value)
}

function macrosOf(
  file: SettingsFile,
  reach: Pick<ReadOptions, 'more' | 'list'>,
  macros: Map<string, string>,
  depth: number,
): readonly Macro[] {
  const { calls, lines } = parseM4(file)
  const found = calls.flatMap(({ name, args, start }): readonly Macro[] => {
    const [first, second] = args
    const value = name === 'define' ? second : DEFINED_BY_FIRST.includes(name) ? first : undefined
    const option = PORT_OPTIONS[name] ?? CONF[first?.text ?? '']
    const isGone = name === 'undefine'
    if (isGone) macros.delete(first?.text ?? '')
    if (name === 'define') macros.set(first?.text ?? '', second?.text ?? '')
    if (value !== undefined && option !== undefined)
      return [{ name: option, value: value.text, file, start, valueStart: value.start, end: value.end, isLine: false, isGone }]
    const included = /^s?include$/.test(name) && first !== undefined && !first.text.endsWith('cf.m4') && depth < MOST_DEPTH
    if (!included) return []
    return filesNamed(first.text, dirname(file.path), reach).flatMap((one) => macrosOf(one, reach, macros, depth + 1))
  })
  const raw = lines.flatMap((line) => optionAt(file, line.text, line.start).map((option) => ({ ...option, isLine: true, isGone: false })))
  return [...raw, ...found]
}

/** A line that begins with a blank continues the one before. */
function optionsOf(file: SettingsFile): readonly Option[] {
  return [...file.text.matchAll(/^O[ \t][^\n]*(?:\n[ \t][^\n]*)*/gm)].flatMap(({ index, 0: line }) => optionAt(file, line, index))
}

/** `O Name=value`; what follows a # is a comment. */
function optionAt(file: SettingsFile, line: string, start: number): readonly Option[] {
  const match = /^O[ \t]+([A-Za-z.]+)[ \t]*=[ \t]*([^]*)$/.exec(line)
  if (match === null) return []
  const [, name = '', rest = ''] = match
  const value = rest.replace(/(?<![$\\])#[^]*$/, '').trimEnd()
  const valueStart = start + line.length - rest.length
  return [{ name: name.toLowerCase(), value: value.replaceAll(/\s*\n\s*/g, ' '), file, start, valueStart, end: valueStart + value.length }]
}
