import type { OpensslGeneration } from '../../policy/index.ts'
import { PROTOCOLS, type ProtocolName } from '../../registry/index.ts'
import type { ReadOptions } from '../adapter.ts'
import { dhSizesOf } from '../openssl/dh-file.ts'
import { parseGroups } from '../openssl/openssl-ability.ts'
import { suitesOfList, type ListMeaning } from '../openssl/openssl-list.ts'
import { bothLists, groupsWord, spokenBy, sslv2HelloWord, tls13Word } from '../openssl/openssl-words.ts'
import { parseCiphersuites } from '../openssl/tls13-suites.ts'
import { lookUp } from '../scopes.ts'
import { defaultOf } from '../versions.ts'
import type { LegWords, Origin, Word } from '../words.ts'
import { allOf, booleanOf, CIPHERS, CIPHERS_13, valueWords, winnerOf, type Door } from './doors.ts'
import type { Directive } from './sections.ts'
import { leastDh, listInForce, namesTls13, PROFTPD_DEFAULTS, setsTls13Suites, sourceOf } from './versions.ts'

export interface Setup {
  readonly version: string
  readonly openssl: OpensslGeneration
  readonly options: Pick<ReadOptions, 'more' | 'list'>
}

export interface Setting {
  /** Its words, with blanks between; the default where there is none. */
  readonly value: string
  readonly found: boolean
  /** ProFTPD may or may not read it, or puts something else in its place. */
  readonly doubtful: boolean
  readonly origin: Origin
}

export function settingOf(door: Door, setting: string, { version }: Setup): Setting {
  const found = lookUp(door, setting)
  const doubtful = isDoubtful(door, setting)
  if (found !== undefined) return { value: found.value, found: true, doubtful, origin: { kind: 'file', setting, place: found.place } }
  const row = defaultOf(PROFTPD_DEFAULTS, setting, version)
  const origin: Origin = { kind: 'default', setting, of: `ProFTPD ${version}`, source: row?.source ?? sourceOf(version) }
  return { value: row?.value ?? '', found: false, doubtful, origin }
}

/** In a section that may not be read, or with `%{env:…}`, which stands for what nobody here can see. */
export function isDoubtful({ directives, version }: Door, setting: string): boolean {
  return allOf(directives, setting, version).some(({ doubtful, args }) => doubtful || args.some(({ value }) => value.includes('%{')))
}

/** What `TLSOptions` say, which add up. */
export function hasOption({ directives, version }: Door, option: string): boolean {
  return allOf(directives, 'TLSOptions', version).some(({ args }) => args.some(({ value }) => value === option))
}

export function wordsOf(door: Door, setup: Setup): LegWords {
  const protocols = protocolsOf(door, setup)
  return {
    protocols,
    suites: bothLists(tls13Of(door, setup), olderOf(door, setup), protocols),
    order: orderOf(door, setup),
    groups: groupsOf(door, setup),
    dh: dhOf(door, setup),
    sslv2Hello: sslv2HelloWord('server', protocols),
  }
}

function protocolsOf(door: Door, setup: Setup): LegWords['protocols'] {
  const { value, doubtful, origin } = settingOf(door, 'TLSProtocol', setup)
  const own = winnerIn(door, 'TLSProtocol')?.args.map((one) => one.value)
  const named = protocolsNamed(own ?? value.split(' '), setup.version)
  if (doubtful || named === undefined) return { value: 'unknown', origin }
  const on = namesTls13(setup.version) ? named : [...named, 'TLSv1.3']
  return { value: spokenBy(setup.openssl).filter((protocol) => on.includes(protocol)), origin }
}

/** Names, or ALL and what is taken from it. Case does not count. Undefined: ProFTPD does not start with it. */
export function protocolsNamed(words: readonly string[], version: string): readonly ProtocolName[] | undefined {
  const known = PROTOCOLS.filter((protocol) => protocol !== 'SSLv2' && (protocol !== 'TLSv1.3' || namesTls13(version)))
  const protocolOf = (name: string): ProtocolName | undefined =>
    known.find((one) => one.toLowerCase() === name.replace(/^tlsv1\.0$/i, 'TLSv1').toLowerCase())
  const [first = '', ...rest] = words
  if (first.toLowerCase() === 'all') {
    const chosen = new Set<ProtocolName>(known)
    for (const word of rest) {
      const protocol = protocolOf(word.slice(1))
      if (protocol === undefined || !/^[+-]/.test(word)) return undefined
      if (word.startsWith('-')) chosen.delete(protocol)
      else chosen.add(protocol)
    }
    return [...chosen]
  }
  const named = [first, ...rest].map((word) => (word.toLowerCase() === 'sslv23' ? known : (protocolOf(word) ?? [])))
  return named.some((one) => one.length === 0) ? undefined : named.flat()
}

/** The list as it stands. Undefined: that of the machine's crypto policy, or more words than ProFTPD takes. */
export function listOf(door: Door, setup: Setup): string | undefined {
  const { value } = settingOf(door, CIPHERS, setup)
  const winner = winnerIn(door, CIPHERS)
  const words = winner === undefined ? [] : valueWords(winner, CIPHERS, setup.version)
  return words.length > 1 || value.startsWith('PROFILE=') ? undefined : value
}

/** The directive that decides; undefined: none does. */
export function winnerIn({ directives, version }: Door, setting: string): Directive | undefined {
  return winnerOf(directives, setting, version)
}

export function meaningOf(door: Door, setup: Setup): ListMeaning | undefined {
  const list = listOf(door, setup)
  if (list === undefined) return undefined
  const { found } = settingOf(door, CIPHERS, setup)
  return suitesOfList(found ? listInForce(list, setup.version) : list, listUse(door, setup))
}

/** `AllowWeakSecurity` takes away the level that OpenSSL was built with. */
export function listUse(door: Door, { openssl, version }: Setup): { generation: OpensslGeneration; securityLevel?: number } {
  const weak = setsTls13Suites(version) && hasOption(door, 'AllowWeakSecurity')
  return { generation: openssl, ...(weak ? { securityLevel: 0 } : {}) }
}

function olderOf(door: Door, setup: Setup): Word<readonly string[]> {
  const { doubtful, origin } = settingOf(door, CIPHERS, setup)
  const meaning = meaningOf(door, setup)
  return { value: doubtful || meaning === undefined || meaning.refused !== undefined ? 'unknown' : meaning.suites, origin }
}

function tls13Of(door: Door, setup: Setup): Word<readonly string[]> {
  const { value, found, doubtful, origin } = settingOf(door, CIPHERS_13, setup)
  if (!found) return tls13Word(setup.openssl, CIPHERS_13)
  return { value: doubtful ? 'unknown' : (parseCiphersuites(value) ?? 'unknown'), origin }
}

function orderOf(door: Door, setup: Setup): LegWords['order'] {
  const { value, found, doubtful, origin } = settingOf(door, 'TLSServerCipherPreference', setup)
  const on = found ? booleanOf(winnerIn(door, 'TLSServerCipherPreference')) : value === 'on'
  return { value: doubtful || on === undefined ? 'unknown' : on ? 'server' : 'client', origin }
}

function groupsOf(door: Door, setup: Setup): LegWords['groups'] {
  const { value, found, doubtful, origin } = settingOf(door, 'TLSECDHCurve', setup)
  if (doubtful) return { value: 'unknown', origin }
  if (value.toLowerCase() !== 'auto') return { value: parseGroups(value, /:/, setup.openssl) ?? 'unknown', origin }
  const word = groupsWord(setup.openssl, 'TLSECDHCurve')
  return found ? { value: word.value, origin } : word
}

/** OpenSSL asks for 1024 bits, and ProFTPD gives the smallest parameters of its files that are no smaller, else built-in ones. */
function dhOf(door: Door, { options, ...setup }: Setup): LegWords['dh'] {
  const { doubtful, origin } = settingOf(door, 'TLSDHParamFile', { ...setup, options })
  const files = allOf(door.directives, 'TLSDHParamFile', door.version).map(({ args }) => options.more?.(args[0]?.value ?? '')?.text)
  const sizes = files.flatMap((text) => (text === undefined ? [] : dhSizesOf(text)))
  if (doubtful || files.includes(undefined) || (files.length > 0 && sizes.length === 0)) return { value: 'unknown', origin }
  const usable = sizes.filter((bits) => bits >= 1024)
  const builtIn = hasOption(door, 'AllowWeakDH') ? undefined : leastDh(setup.version)
  return { value: usable.length > 0 ? Math.min(...usable) : (builtIn ?? 'unknown'), origin }
}

/** The file with the parameters, where it is one. */
export function onlyDhFileOf(door: Door): string | undefined {
  const [path, ...others] = allOf(door.directives, 'TLSDHParamFile', door.version).map(({ args }) => args[0]?.value)
  return others.length === 0 ? path : undefined
}
