import type { ReadMore } from '../adapter.ts'
import { listenTarget } from '../listens.ts'
import { lookUp, type Found, type Scope, type ScopedLeg } from '../scopes.ts'
import { compareVersions, defaultOf } from '../versions.ts'
import type { OpensslGeneration } from '../../policy/index.ts'
import type { SettingsFile } from '../settings-file.ts'
import type { Origin, Role } from '../words.ts'
import { POSTFIX_DEFAULTS } from './defaults.ts'
import { expandValue } from './expand.ts'
import { mainScope } from './main-cf.ts'
import { parseMasterCf, serviceScope } from './master-cf.ts'
import { parsePolicyMap, policyScope } from './policy-map.ts'

/** How much is asked of TLS: not at all, if it can be had, always, or with a certificate that is checked. */
export type Level = 'none' | 'may' | 'encrypt' | 'verify'

export type Prefix = 'smtpd' | 'smtp' | 'lmtp'

/** A parameter as one service has it. */
export interface Parameter {
  /** With `$name` replaced; undefined where it cannot be told. */
  readonly value: string | undefined
  readonly found: Found | undefined
  readonly origin: Origin
}

/** One leg of Postfix: a service of master.cf, or one destination that a policy table names. */
export interface Door extends ScopedLeg {
  readonly prefix: Prefix
  readonly level: Level
  readonly parameter: (name: string) => Parameter
  /** The parameter to change for this one: another one where the value is nothing but its name. */
  readonly target: (name: string) => string
  readonly listens?: readonly string[]
}

/** What all doors have in common. */
export interface Setup {
  readonly version: string
  readonly openssl: OpensslGeneration
  readonly main: SettingsFile
  readonly master: SettingsFile | undefined
  readonly more: ReadMore
}

export interface Doors {
  readonly doors: readonly Door[]
  /** Policy tables that were read. */
  readonly tables: readonly SettingsFile[]
  /** How main.cf names each of them: `hash:/etc/postfix/tls_policy`. */
  readonly maps: ReadonlyMap<string, string>
}

interface Service {
  readonly door: string
  /** Where it listens, without what is spoken there. */
  readonly listens?: readonly [address: string, port: string]
  readonly prefix: Prefix
  readonly scopes: readonly Scope[]
  /** The level where nothing but main.cf is known and a service of master.cf may ask for more. */
  readonly level?: Level
}

const PREFIXES: Readonly<Record<string, Prefix>> = { smtpd: 'smtpd', smtp: 'smtp', lmtp: 'lmtp' }
const PORTS: Readonly<Record<string, string>> = { smtp: '25', submission: '587', submissions: '465', smtps: '465' }

export function doorsOf(setup: Setup): Doors {
  const main = mainScope(setup.main)
  const services = setup.master === undefined ? servicesUnknown(main) : servicesOf(setup.master, main)
  const doors = services.flatMap((service) => doorsOfService(service, setup))
  const tables = tablesOf(doors, setup)
  const destinations = tables.flatMap(({ table, door }) => destinationsOf(table, door, setup))
  return {
    doors: [...doors, ...destinations],
    tables: tables.map(({ table }) => table),
    maps: new Map(tables.map(({ table, map }) => [table.path, map])),
  }
}

function servicesOf(master: SettingsFile, main: Scope): readonly Service[] {
  const services = parseMasterCf(master).flatMap((service): readonly Service[] => {
    const prefix = PREFIXES[service.command]
    if (prefix === undefined) return []
    const port = service.type === 'inet' ? PORTS[service.name] : undefined
    const door = port === undefined ? service.name : `${service.name} (${port})`
    const listens = service.type === 'inet' && prefix === 'smtpd' ? listensAt(service.name) : undefined
    return [{ door, prefix, scopes: [serviceScope(master, service), main], ...(listens === undefined ? {} : { listens }) }]
  })
  return services.map((service, index) => {
    const alike = services
      .slice(0, index)
      .filter(({ door, prefix }) => door === service.door && (prefix === 'smtpd') === (service.prefix === 'smtpd'))
    return alike.length === 0 ? service : { ...service, door: `${service.door} #${alike.length + 1}` }
  })
}

/** `smtp`, `2525`, `127.0.0.1:submission`, master(5). */
function listensAt(name: string): readonly [address: string, port: string] {
  const [, address = '', port = ''] = /^(?:(.*):)?([^:]+)$/.exec(name) ?? []
  return [address, PORTS[port] ?? port]
}

/** Without master.cf: what main.cf says for services that encrypt where they can and for those that always do. */
function servicesUnknown(main: Scope): readonly Service[] {
  return (['smtpd', 'smtp'] as const).flatMap((prefix) => [
    { door: `${prefix} as in main.cf`, prefix, scopes: [main] },
    { door: `${prefix} where TLS is mandatory`, prefix, scopes: [main], level: 'encrypt' as const },
  ])
}

function doorsOfService(service: Service, setup: Setup): readonly Door[] {
  const { door, prefix, scopes } = service
  const leg = { door, role: roleOf(prefix), scopes }
  const own = levelOf(prefix, (name) => parameterOf(leg, name, setup).value ?? '')
  if (service.level !== undefined && own !== 'none' && own !== 'may') return []
  const level = service.level ?? own
  const first = doorAt(leg, prefix, level, setup)
  if (service.listens !== undefined && level !== 'none') {
    const target = listenTarget(first.parameter('smtpd_tls_wrappermode').value === 'yes' ? 'smtps' : 'smtp', ...service.listens)
    return [{ ...first, listens: target === undefined ? [] : [target] }]
  }
  const asked = first.parameter(`${prefix}_tls_security_level`).value
  if (asked !== 'dane' || service.level !== undefined) return [first]
  return [first, doorAt({ ...leg, door: `${door} where DANE does not apply` }, prefix, 'may', setup)]
}

function roleOf(prefix: Prefix): Role {
  return prefix === 'smtpd' ? 'server' : 'client'
}

const VERIFIED = ['verify', 'secure', 'fingerprint', 'dane', 'dane-only', 'half-dane']

function levelNamed(name: string, prefix: Prefix): Level {
  if (VERIFIED.includes(name)) return prefix === 'smtpd' ? 'encrypt' : 'verify'
  return name === 'may' || name === 'encrypt' ? name : 'none'
}

function levelOf(prefix: Prefix, value: (name: string) => string): Level {
  const named = value(`${prefix}_tls_security_level`).toLowerCase()
  const level = named === '' ? byOlderSwitches(prefix, value) : levelNamed(named, prefix)
  const wrapped = value(`${prefix}_tls_wrappermode`) === 'yes'
  return wrapped && (level === 'none' || level === 'may') ? 'encrypt' : level
}

function byOlderSwitches(prefix: Prefix, value: (name: string) => string): Level {
  if (value(`${prefix}_enforce_tls`) === 'yes') return 'encrypt'
  return value(`${prefix}_use_tls`) === 'yes' ? 'may' : 'none'
}

function doorAt(leg: Omit<ScopedLeg, 'heeds'>, prefix: Prefix, level: Level, setup: Setup): Door {
  const known = new Map<string, Parameter>()
  let references: ReadonlySet<string> | undefined
  const referred = (): ReadonlySet<string> => {
    const own = TLS_PARAMETERS.filter((name) => heeds(name, prefix, level))
    return (references ??= referredBy(leg, own))
  }
  return {
    ...leg,
    prefix,
    level,
    parameter: (name) => {
      const parameter = known.get(name) ?? parameterOf(leg, name, setup)
      known.set(name, parameter)
      return parameter
    },
    target: (name) => targetOf(leg, name, setup),
    heeds: (setting) => level !== 'none' && (heeds(setting, prefix, level) || referred().has(setting)),
  }
}

function rawOf({ scopes }: Omit<ScopedLeg, 'heeds'>, name: string): string | undefined {
  return scopes.map((scope) => scope.find(name)?.value).find((value) => value !== undefined)
}

function targetOf(leg: Omit<ScopedLeg, 'heeds'>, name: string, setup: Setup): string {
  const seen = [name]
  for (;;) {
    const next = /^\$(?:(\w+)|\{(\w+)\}|\((\w+)\))$/.exec(rawOf(leg, seen.at(-1) ?? name) ?? '')
    const other = next?.[1] ?? next?.[2] ?? next?.[3]
    if (other === undefined || seen.includes(other)) return seen.at(-1) ?? name
    if (rawOf(leg, other) === undefined && defaultValue(other, setup) === undefined) return seen.at(-1) ?? name
    seen.push(other)
  }
}

/** Every parameter that one of these names with `$`, and those that they name in their turn. */
function referredBy(leg: Omit<ScopedLeg, 'heeds'>, names: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>()
  const open = [...names]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const named = [...(rawOf(leg, name) ?? '').matchAll(/\$[{(]*\s*(\w+)/g)].map(([, one = '']) => one)
    for (const one of named) {
      if (seen.has(one)) continue
      seen.add(one)
      open.push(one)
    }
  }
  return seen
}

const TLS_PARAMETERS = [...new Set(POSTFIX_DEFAULTS.map(({ setting }) => setting))]

function heeds(setting: string, prefix: Prefix, level: Level): boolean {
  if (setting === 'tls_preempt_cipherlist') return prefix === 'smtpd'
  if (setting.startsWith('tls_')) return true
  if (!setting.startsWith(`${prefix}_`)) return false
  const mandatory = setting.includes('_mandatory_')
  return setting.endsWith('_tls_exclude_ciphers') || mandatory === (level !== 'may') || !/(?:protocols|_ciphers)$/.test(setting)
}

function parameterOf(leg: Omit<ScopedLeg, 'heeds'>, name: string, setup: Setup): Parameter {
  const raw = (one: string): string | undefined => lookUp({ ...leg, heeds: () => true }, one)?.value ?? defaultValue(one, setup)?.value
  const found = lookUp({ ...leg, heeds: () => true }, name)
  const value = expandValue(found?.value ?? byCompatibility(name, raw, setup) ?? raw(name) ?? '', raw)
  if (found !== undefined) return { value, found, origin: { kind: 'file', setting: name, place: found.place } }
  const row = defaultValue(name, setup)
  const origin: Origin = { kind: 'default', setting: name, of: `Postfix ${setup.version}`, source: row?.source ?? 'postconf(5)' }
  return { value, found, origin }
}

/** Since 3.11 the client uses TLS where it can, unless main.cf asks for the compatibility of older versions. */
function byCompatibility(name: string, raw: (name: string) => string | undefined, { version }: Setup): string | undefined {
  const since = '3.11'
  if (name !== 'smtp_tls_security_level' || compareVersions(version, since) < 0) return undefined
  return compareVersions(raw('compatibility_level') ?? '0', since) < 0 ? undefined : 'may'
}

/** Rows of 3.11 for groups hold with OpenSSL 3.5 only. */
function defaultValue(name: string, setup: Setup): { readonly value: string; readonly source: string } | undefined {
  const groups = name === 'tls_eecdh_auto_curves' || name === 'tls_ffdhe_auto_groups'
  const older = groups && setup.openssl !== '3.5' && compareVersions(setup.version, '3.10') > 0 ? '3.10' : setup.version
  return defaultOf(POSTFIX_DEFAULTS, name, older)
}

const FILES = /^(?:hash|texthash|btree|lmdb|cdb|dbm|sdbm):(.+)$/

interface Table {
  readonly table: SettingsFile
  readonly map: string
  readonly door: Door
}

function tablesOf(doors: readonly Door[], { more }: Setup): readonly Table[] {
  const seen = new Set<string>()
  return doors.flatMap((door) => {
    if (door.prefix === 'smtpd' || door.door.endsWith('where TLS is mandatory')) return []
    return mapsOf(door).flatMap((map) => {
      const path = FILES.exec(map)?.[1]
      if (path === undefined || seen.has(path)) return []
      seen.add(path)
      const table = more(path)
      return table === undefined ? [] : [{ table, map, door }]
    })
  })
}

/** Each table of a client, `inline:{ {a = b} }` as one; postconf(5) smtp_tls_policy_maps. */
function mapsOf({ prefix, parameter }: Door): readonly string[] {
  return (parameter(`${prefix}_tls_policy_maps`).value ?? '').match(/(?:[^\s,{]|\{(?:[^{}]|\{[^{}]*\})*\})+/g) ?? []
}

/** Tables that the destinations of a client are not read from: of another kind, or without a text beside them. */
export function unreadMaps(door: Door, { more }: Setup): readonly string[] {
  if (door.prefix === 'smtpd') return []
  return mapsOf(door).filter((map) => {
    const path = FILES.exec(map)?.[1]
    return path === undefined || more(path) === undefined
  })
}

function destinationsOf(table: SettingsFile, { door, role, scopes, prefix }: Door, setup: Setup): readonly Door[] {
  return parsePolicyMap(table).map((line) => {
    const leg = { door: `${door} to ${line.destination}`, role, scopes: [policyScope(table, line), ...scopes] }
    return doorAt(leg, prefix, levelNamed(line.level, prefix), setup)
  })
}

/** Whether bounds such as `>=TLSv1.2` are understood. */
export function knowsBounds(version: string): boolean {
  return compareVersions(version, '3.6') >= 0
}
