import { PROTOCOLS, suiteByName, type ProtocolName } from '../../registry/index.ts'
import { suitesOfEngines } from '../openssl/several-engines.ts'
import { CLIENT_ORDER, sslv2HelloWord } from '../openssl/openssl-words.ts'
import { defaultTls13Suites } from '../openssl/tls13-suites.ts'
import type { LegWords, Origin, Role, Word } from '../words.ts'
import { variableOf, type Table, type Variable } from './tables.ts'
import { DEFAULT_CIPHERS, PAGE, PURPOSE_WORDS, type Matches, type NamedVariable, type Purpose } from './variables.ts'
import { speaksOldTls, type Abilities } from './versions.ts'

/** What the words of a leg come from. */
export interface Source {
  readonly table: Table
  readonly role: Role
  readonly abilities: Abilities
  readonly matches: Matches
}

export function wordsOf(source: Source): LegWords {
  const protocols = protocolsWord(source)
  if (source.role === 'client') return { ...clientWords(source), protocols, suites: suitesWord(source, protocols) }
  const dh = dhWord(source)
  const groups = groupsWord(source)
  const suites = suitesWord(source, protocols, (suite) => usesOf(suite, dh, groups))
  return { protocols, suites, order: orderWord(source), groups, dh, sslv2Hello: sslv2HelloWord('server', protocols) }
}

function clientWords({ role }: Source): Pick<LegWords, 'order' | 'groups' | 'dh' | 'sslv2Hello'> {
  const fixed = (why: string): { readonly value: 'unknown'; readonly origin: Origin } => ({
    value: 'unknown',
    origin: { kind: 'fixed', why, source: PAGE },
  })
  return {
    order: CLIENT_ORDER,
    groups: fixed('no variable names the curves of outgoing connections'),
    dh: fixed('the server at the other end chooses the group'),
    sslv2Hello: sslv2HelloWord(role, { value: 'unknown', origin: CLIENT_ORDER.origin }),
  }
}

/** Whether (EC)DHE, where it is off, leaves a suite. */
function usesOf(name: string, dh: LegWords['dh'], groups: LegWords['groups']): boolean {
  const kx = suiteByName(name)?.kx
  if (kx === 'DHE') return dh.value !== null
  return kx !== 'ECDHE' || groups.value === 'unknown' || groups.value.length > 0
}

/** Names in the order and the spelling of the page. */
export const PROTOCOL_NAMES: readonly ProtocolName[] = ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
const DEFAULT_PROTOCOLS: readonly ProtocolName[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2']

export function protocolSetting(role: Role): NamedVariable {
  return role === 'server' ? 'ServerTlsProtocols' : 'ClientTlsProtocols'
}

export function cipherSetting(role: Role): NamedVariable {
  return role === 'server' ? 'ServerTlsCiphers' : 'ClientTlsCiphers'
}

/** A list of protocols as it is written: `odd` are elements that are none of the names, so that nobody knows what they do. */
export function parseProtocols(value: string): { readonly known: readonly ProtocolName[]; readonly odd: readonly string[] } {
  const elements = value.split(',')
  const known = PROTOCOL_NAMES.filter((name) => elements.includes(name))
  return { known, odd: elements.filter((element) => !PROTOCOL_NAMES.some((name) => name === element)) }
}

function protocolsWord(source: Source): LegWords['protocols'] {
  const setting = protocolSetting(source.role)
  const found = variableOf(source.table, setting)
  const { described } = source.abilities
  if (found === undefined || found === 'several' || found.value === '') {
    return {
      value: found !== 'several' && described ? spoken(DEFAULT_PROTOCOLS, source) : 'unknown',
      origin: originOf(source, setting, found),
    }
  }
  const { known, odd } = parseProtocols(found.value)
  return { value: odd.length > 0 ? 'unknown' : spoken(known, source), origin: originOf(source, setting, found) }
}

/** Without what no OpenSSL that may be there speaks. Where nothing is left, nobody knows what comes of it. */
function spoken(protocols: readonly ProtocolName[], { table, role, abilities }: Source): readonly ProtocolName[] | 'unknown' {
  const able = ableProtocols(listIn(table, role), abilities)
  const left = PROTOCOLS.filter((name) => protocols.includes(name) && able.includes(name))
  return left.length === 0 ? 'unknown' : left
}

/** What can be spoken with a cipher list: it may set the security level that old versions need. */
export function ableProtocols(list: string | undefined, { engines, tls13 }: Abilities): readonly ProtocolName[] {
  const old = engines.some((engine) => speaksOldTls(list ?? '', engine))
  return PROTOCOL_NAMES.filter((name) => (name === 'TLSv1.3' ? tls13 : old || name === 'TLSv1.2'))
}

/** The cipher list in force; undefined where nobody knows it. */
export function listIn(table: Table, role: Role): string | undefined {
  const found = variableOf(table, cipherSetting(role))
  if (found === 'several') return undefined
  if (found !== undefined && found.value !== '') return found.value
  return role === 'server' ? DEFAULT_CIPHERS : undefined
}

function suitesWord(source: Source, protocols: LegWords['protocols'], used?: (suite: string) => boolean): LegWords['suites'] {
  const { table, role, abilities } = source
  const setting = cipherSetting(role)
  const origin = originOf(source, setting, variableOf(table, setting))
  const list = abilities.described ? listIn(table, role) : variableValue(table, setting)
  const older = list === undefined ? undefined : suitesOfEngines(list, abilities.engines)
  if (older === undefined) return { value: 'unknown', origin }
  const newer = protocols.value === 'unknown' || !protocols.value.includes('TLSv1.3') ? [] : defaultTls13Suites('1.1.1')
  return { value: [...newer, ...older.filter((suite) => used?.(suite) ?? true)], origin }
}

function variableValue(table: Table, name: string): string | undefined {
  const found = variableOf(table, name)
  return found === undefined || found === 'several' || found.value === '' ? undefined : found.value
}

function originOf({ table, abilities }: Source, setting: string, found: Variable | undefined | 'several'): Origin {
  const name = `${setting} in ${table.name}`
  const [first] = found === 'several' ? table.variables.filter((variable) => variable.name === setting) : [found]
  if (first !== undefined && first.value !== '') return { kind: 'file', setting: name, place: first.place }
  return { kind: 'default', setting: name, of: `Kerio Connect ${abilities.version}`, source: PAGE }
}

/** A variable whose name is only guessed or told: its value, its default where it is absent, and where that stands. */
export function purposeValue(source: Source, purpose: Purpose, defaultValue: string): Word<string> {
  const match = source.matches[purpose]
  const { described } = source.abilities
  if (match === 'several') return { value: 'unknown', origin: originOf(source, `the variable that ${PURPOSE_WORDS[purpose]}`, undefined) }
  const found = variableOf(source.table, match?.name)
  const origin = originOf(source, match?.name ?? `the variable that ${PURPOSE_WORDS[purpose]}`, found)
  if (found === 'several') return { value: 'unknown', origin }
  if (found !== undefined && found.value !== '') return { value: found.value, origin }
  return { value: described ? defaultValue : 'unknown', origin }
}

/** 0 or 1. */
export function switchValue({ value, origin }: Word<string>): Word<boolean> {
  return { value: value === '1' || value === '0' ? value === '1' : 'unknown', origin }
}

function orderWord(source: Source): LegWords['order'] {
  const { value, origin } = switchValue(purposeValue(source, 'order', '1'))
  return { value: value === 'unknown' ? value : value ? 'server' : 'client', origin }
}

/** Which curves there are is written nowhere. */
function groupsWord(source: Source): LegWords['groups'] {
  const { value, origin } = switchValue(purposeValue(source, 'ecdhe', '1'))
  return { value: value === false ? [] : 'unknown', origin }
}

/** Size 0: 2048, but 1024 for SMTP. */
const AUTOMATIC = { Security: 2048, SmtpSecurity: 1024 } as const
export const DH_SIZES: readonly number[] = [1024, 2048, 4096]

function dhWord(source: Source): LegWords['dh'] {
  const on = dheSwitch(source)
  if (on.value === false) return { value: null, origin: on.origin }
  const size = purposeValue(source, 'dhe-size', '0')
  const bits = size.value === '0' ? AUTOMATIC[source.table.name] : DH_SIZES.find((one) => String(one) === size.value)
  if (on.value === 'unknown') return { value: 'unknown', origin: on.origin }
  return { value: bits ?? 'unknown', origin: size.origin }
}

/** Up to 9.0.1 it is `DisableEphemeralDH`, whose 1 turns DHE off, and whose default nobody wrote down. */
function dheSwitch(source: Source): Word<boolean> {
  if (!source.abilities.reversedDhe) return switchValue(purposeValue(source, 'dhe', '1'))
  const found = variableOf(source.table, 'DisableEphemeralDH')
  const origin = originOf(source, 'DisableEphemeralDH', found)
  const value = found === undefined || found === 'several' ? '' : found.value
  return { value: value === '0' || value === '1' ? value === '0' : 'unknown', origin }
}
