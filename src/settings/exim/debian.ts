import { basename, dirname, join } from 'node:path'
import type { ReadOptions } from '../adapter.ts'
import type { SettingsFile } from '../settings-file.ts'
import { ConfigLines, type Doubt } from './lines.ts'
import type { Library } from './macros.ts'
import { placeIn } from '../settings-file.ts'
import { ANSWERS, debianRole, TEMPLATE } from './debian-role.ts'

const LOCAL_MACROS = 'exim4.conf.localmacros'
/** It is read in place of all others where it is there. */
const OWN = 'exim4.conf'
/** In this order, update-exim4.conf(8). */
const SECTIONS = ['main', 'acl', 'router', 'transport', 'retry', 'rewrite', 'auth']
/** Behind this line the answers are put as macros. */
const MARK = /^UPEX4CmacrosUPEX4C/

/** What is said of the files themselves, beside what stands in them. */
export interface Sources {
  readonly lines: ConfigLines
  /** The configuration is split into the files of conf.d. */
  readonly split: boolean
  /** This file is there, and the one that was named is not read by Exim. */
  readonly instead: string | undefined
}

/** Reads a configuration from the file that was named: the whole of it, or what Debian makes it of. */
export function readSources(file: SettingsFile, library: Library | undefined, { more, list }: Pick<ReadOptions, 'more' | 'list'>): Sources {
  const lines = new ConfigLines(library, more)
  const { kind } = debianRole(file)
  const folder = dirname(file.path)
  const answers = kind === 'answers' ? file : kind === 'template' ? more?.(join(folder, ANSWERS)) : undefined
  if (kind !== 'answers' && kind !== 'template') {
    lines.read(file)
    lines.end()
    return { lines, split: false, instead: undefined }
  }
  const split = answers !== undefined && /^[ \t]*dc_use_split_config=["']?true["']?[ \t\r]*$/im.test(answers.text)
  const seeds = answers === undefined ? [] : seedsOf(answers)
  const named = kind === 'template' || !split ? [LOCAL_MACROS, TEMPLATE].map((name) => join(folder, name)) : partsOf(folder, list)
  const parts = named.flatMap((path) => (path === file.path ? file : (more?.(path) ?? [])))
  for (const part of parts) {
    lines.read(part, (line) => {
      if (MARK.test(line)) for (const [name, value] of seeds) seed(lines, name, value)
    })
    // update-exim4.conf puts an empty line behind each file of conf.d, which ends what is continued.
    if (split && part.text.endsWith('\n')) lines.end()
  }
  lines.end()
  if (parts.length === 0) lines.items.push({ gap: nothing(file, named), needed: false })
  const own = more?.(join(folder, OWN))
  return { lines, split, instead: own === undefined ? (kind === 'template' && split ? join(folder, 'conf.d') : undefined) : own.path }
}

function nothing(file: SettingsFile, named: readonly string[]): Doubt {
  return { why: `what it is made of, ${named.join(' and ') || 'conf.d'}, cannot be read`, place: placeIn(file, 0, 0) }
}

/** As update-exim4.conf takes them: names of letters, digits, `_` and `-`, and `NAME.rul` in the place of NAME. */
function partsOf(folder: string, list: ReadOptions['list']): readonly string[] {
  return SECTIONS.flatMap((section) => {
    const all = list?.(join(folder, 'conf.d', section)) ?? []
    const parts = all.filter((path) => /^[A-Za-z0-9_-]+$/.test(basename(path))).toSorted()
    return parts.map((path) => (all.includes(`${path}.rul`) ? `${path}.rul` : path))
  })
}

/** Macros that are always there, and those of answers that are not empty. What their values are matters for one of them only. */
const ALWAYS =
  'MAIN_PACKAGE_VERSION MAIN_LOCAL_DOMAINS MAIN_RELAY_TO_DOMAINS ETC_MAILNAME LOCAL_DELIVERY MAIN_RELAY_NETS DCreadhost DCsmarthost'

function seedsOf({ text }: SettingsFile): readonly (readonly [name: string, value: string | undefined])[] {
  const answer = (name: string): string => new RegExp(`^[ \\t]*${name}=["']?([^"'\\n]*)["']?[ \\t\\r]*$`, 'm').exec(text)?.[1]?.trim() ?? ''
  const type = answer('dc_eximconfig_configtype').toLowerCase()
  if (!['satellite', 'smarthost', 'local', 'internet'].includes(type)) return []
  const interfaces = answer('dc_local_interfaces').replaceAll(/\s+/g, ' ').toLowerCase()
  const hides = (type === 'satellite' || type === 'smarthost') && answer('dc_hide_mailname') === 'true' && answer('dc_readhost') !== ''
  return [
    ...(interfaces === '' ? [] : [['MAIN_LOCAL_INTERFACES', interfaces.includes(';') ? `<; ${interfaces}` : interfaces] as const]),
    ...(answer('dc_minimaldns') === 'true' ? [['DC_minimaldns', '1'] as const] : []),
    ...(hides ? [['HIDE_MAILNAME', '1'] as const] : []),
    ...ALWAYS.split(' ').map((name) => [name, undefined] as const),
    ['DC_eximconfig_configtype', type],
    [`DCconfig_${type}`, '1'],
    ...[...text.matchAll(/^([A-Z]\w*)\s*=(.*)$/gm)]
      .filter(([, name]) => name !== 'CFILEMODE')
      .map(([, name = '', value = '']) => [name, value.trim()] as const),
  ]
}

function seed({ macros }: ConfigLines, name: string, value: string | undefined): void {
  if (!macros.has(name)) macros.define({ name, value, sure: true, found: undefined })
}
