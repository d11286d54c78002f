import { dirname, join } from 'node:path'
import type { ReadOptions } from '../adapter.ts'
import { lineAfter } from '../lines/block-lines.ts'
import { lineEndOf } from '../lines/line-ends.ts'
import { addition, type Addition, type Found, type Scope, type ScopedLeg } from '../scopes.ts'
import type { SettingsFile } from '../settings-file.ts'
import { compareVersions } from '../versions.ts'
import { parseOptions, parseServices, placeOf, type Option, type Service } from './options.ts'

export interface CyrusDoor extends ScopedLeg {
  /** TLS begins with a command, if it is allowed to. */
  readonly starttls: boolean
  readonly listens: readonly string[]
  readonly value: (name: string) => Found | undefined
}

export interface Cyrus {
  readonly doors: readonly CyrusDoor[]
  readonly files: readonly SettingsFile[]
  readonly options: readonly Option[]
  /** Services that cyrus.conf has, undefined where it is not beside. */
  readonly services: readonly Service[] | undefined
}

/** Names that are still understood in place of newer ones, where the newer one stands nowhere. */
const OLDER: Readonly<Record<string, string>> = {
  tls_ciphers: 'tls_cipher_list',
  tls_server_cert: 'tls_cert_file',
  tls_server_key: 'tls_key_file',
}

const EVERY: Service = { name: 'every service', implicit: true, listens: [] }

export function cyrusOf(main: SettingsFile, reach: Pick<ReadOptions, 'more' | 'list'>): Cyrus {
  const options = parseOptions(main, reach)
  const master = reach.more?.(join(dirname(main.path), 'cyrus.conf'))
  const services = master && parseServices(master, main.path)
  const global = scopeOf(main, options, '')
  const named = services === undefined || services.length === 0 ? [EVERY, ...prefixed(options)] : services
  const doors = named.map((service): CyrusDoor => {
    const own = service === EVERY ? [] : [scopeOf(main, options, `${service.name.toLowerCase()}_`)]
    const scopes = [...own, global]
    const value = (name: string): Found | undefined => scopes.map((scope) => scope.find(name)).find((found) => found !== undefined)
    return { door: service.name, role: 'server', scopes, heeds: () => true, starttls: !service.implicit, listens: service.listens, value }
  })
  const files = [...new Set([main, ...options.map(({ file }) => file)])]
  return { doors: numbered(doors), files: [...files, ...(master === undefined ? [] : [master])], options, services }
}

function numbered(doors: readonly CyrusDoor[]): readonly CyrusDoor[] {
  return doors.map((door, index) => {
    const alike = doors.slice(0, index).filter((one) => one.door === door.door).length
    return alike === 0 ? door : { ...door, door: `${door.door} #${alike + 1}` }
  })
}

const OWN =
  /^([a-z0-9]+)_(?:tls_(?:versions|ciphers|cipher_list|eccurve|prefer_server_ciphers|server_\w+|cert_file|key_file)|allowstarttls)$/

/** Services that options name before those of TLS. */
export function prefixOf({ name }: Option): string | undefined {
  return OWN.exec(name)?.[1]
}

function prefixed(options: readonly Option[]): readonly Service[] {
  return [...new Set(options.flatMap((option) => prefixOf(option) ?? []))].map((name) => ({ name, implicit: true, listens: [] }))
}

/** Where an option is given twice, Cyrus does not start. The first one is read here. */
function scopeOf(main: SettingsFile, options: readonly Option[], prefix: string): Scope {
  const named = (name: string): Option | undefined => options.find((one) => one.name === name)
  return {
    id: `${main.path} ${prefix}`,
    find: (name) => {
      const older = OLDER[name]
      const stale = named(name) !== undefined
      const found = named(`${prefix}${name}`) ?? (older === undefined || stale ? undefined : named(`${prefix}${older}`))
      return found && foundIn(found)
    },
    add: (name, value) => {
      // A newer name for all services would take an older one of a single service out of force.
      const older = OLDER[name]
      const beside = prefix === '' && older !== undefined && options.some((one) => one.name.endsWith(`_${older}`))
      return added(main, options, `${prefix}${beside ? older : name}: ${value}`)
    },
  }
}

/** An empty value begins at its colon, so that a line that is added behind it does not come before it. */
function foundIn(option: Option): Found {
  const { value, file, valueStart, end } = option
  const from = value === '' ? file.text.lastIndexOf(':', valueStart) : valueStart
  return {
    value,
    get place() {
      return placeOf(option)
    },
    put: (text) => [
      { file: file.path, start: from, end: Math.max(end, from + (value === '' ? 1 : 0)), text: value === '' ? `: ${text}` : text },
    ],
  }
}

/** Behind the last option of TLS, else at the end. */
function added(main: SettingsFile, options: readonly Option[], statement: string): Addition {
  const neighbour = options.findLast(({ name, file }) => file === main && /(?:^|_)tls_/.test(name))
  if (neighbour !== undefined && neighbour.value !== '') return lineAfter(main, { start: neighbour.start, end: neighbour.end }, statement)
  const { text } = main
  const eol = lineEndOf(text)
  // A last line that ends with a backslash would swallow the new one.
  const before = text === '' || (text.endsWith('\n') && !text.endsWith('\\\n')) ? '' : text.endsWith('\\') ? `${eol}${eol}` : eol
  return addition(main, text.length, `${before}${statement}${eol}`)
}

/** STARTTLS has to be allowed since 3.10.2. */
export function needsAllowance(version: string): boolean {
  return compareVersions(version, '3.10.2') >= 0
}
