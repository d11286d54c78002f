import { groups, suiteByName } from '../../registry/index.ts'
import { gnutlsWords, meaningOfPriority } from '../gnutls/gnutls-words.ts'
import { parseGroups } from '../openssl/openssl-ability.ts'
import { suitesOfList, type ListMeaning } from '../openssl/openssl-list.ts'
import { bothLists, CLIENT_ORDER, groupsWord, spokenBy, sslv2HelloWord, tls13Word, withoutTls } from '../openssl/openssl-words.ts'
import type { LegWords, Origin } from '../words.ts'
import type { Setup } from './build.ts'
import { mostBits, parametersOf } from './dh.ts'
import { itemsOf, type Door } from './doors.ts'
import { parseOpensslOptions } from './openssl-options.ts'
import { settingOf, type Setting } from './settings.ts'

export function wordsOf(door: Door, setup: Setup): LegWords {
  if (door.off !== undefined) return withoutTls(door.off.origin)
  return setup.build.library === 'gnutls' ? ofGnutls(door, setup) : ofOpenssl(door, setup)
}

/** The option with the list of a door. */
export function listSetting(door: Door, setup: Setup): Setting {
  return settingOf(setup, door.block, door.list)
}

/** The priority string, which is NORMAL where nothing is said. */
export function priorityOf(setting: Setting): string | undefined {
  return setting.value === '' ? 'NORMAL' : setting.value
}

function ofGnutls(door: Door, setup: Setup): LegWords {
  const setting = listSetting(door, setup)
  const priority = priorityOf(setting)
  return gnutlsWords(priority ?? '', setting.origin, door.role, gnutlsDh(door, setup, priority))
}

/**
 * A server gives a client that names groups one of those that its priority string has too, and others the first that is large enough;
 * parameters of its own count where the string has none. As large as its own parameters, by GnuTLS's steps, it has to be in any case.
 */
export function gnutlsDh(door: Door, setup: Setup, priority: string | undefined): LegWords['dh'] {
  if (door.role === 'client') {
    const { value, origin } = settingOf(setup, door.block, 'tls_dh_min_bits')
    return { value: value !== undefined && /^\d+$/.test(value) ? Math.max(Number(value), LEAST_MIN_BITS) : 'unknown', origin }
  }
  const { origin } = listSetting(door, setup)
  const meaning = priority === undefined ? undefined : meaningOfPriority(priority)
  if (meaning === undefined || meaning.refused !== undefined) return { value: 'unknown', origin }
  const own = parametersOf(setup)
  const named = fieldSizes(meaning.groups)
  if (named.length === 0) return { value: own.bits, origin: own.origin }
  const step = STEPS.findLast((bits) => typeof own.bits === 'number' && bits <= own.bits) ?? 0
  const least = Math.min(...named.filter((bits) => bits >= step))
  if (own.bits === 'unknown' || !Number.isFinite(least)) return { value: 'unknown', origin: own.origin }
  return { value: least, origin: named.includes(least) && step > Math.min(...named) ? own.origin : origin }
}

/** Sizes by which GnuTLS tells how strong parameters are: https://gitlab.com/gnutls/gnutls/-/blob/3.7.9/lib/algorithms/secparams.c. */
const STEPS = [2048, 3072, 8192, 15_360]

/** https://github.com/Exim/exim/blob/exim-4.98.2/src/src/tls-gnu.c: EXIM_CLIENT_DH_MIN_MIN_BITS. */
const LEAST_MIN_BITS = 512

/** Bits of the finite fields among groups. */
export function fieldSizes(names: readonly string[]): readonly number[] {
  return groups.filter(({ name, kind }) => kind === 'ffdhe' && names.includes(name)).map(({ bits }) => bits)
}

function ofOpenssl(door: Door, setup: Setup): LegWords {
  const { config, openssl } = setup
  const options = settingOf(setup, config.main, 'openssl_options')
  const on = options.value === undefined ? undefined : parseOpensslOptions(options.value)
  const protocols = {
    value: on?.protocols.filter((one) => spokenBy(openssl).includes(one)) ?? ('unknown' as const),
    origin: options.origin,
  }
  const list = listSetting(door, setup)
  const dh = opensslDh(door, setup)
  const meaning = meaningOf(list, setup)
  const usable = meaning?.suites.filter((suite) => dh.value !== null || suiteByName(suite)?.kx !== 'DHE')
  const older = { value: usable === undefined || meaning?.refused !== undefined ? ('unknown' as const) : usable, origin: list.origin }
  return {
    protocols,
    suites: bothLists(tls13Word(openssl, 'tls_require_ciphers'), older, protocols),
    order: door.role === 'client' ? CLIENT_ORDER : { value: on?.order ?? 'unknown', origin: options.origin },
    groups: groupsOf(door, setup),
    dh,
    sslv2Hello: sslv2HelloWord(door.role, protocols),
  }
}

/** The list as OpenSSL gets it: Exim puts hyphens where underscores stand. */
export function opensslList({ set, value }: Setting): string | undefined {
  return set ? value?.replaceAll('_', '-') : value === undefined ? undefined : 'DEFAULT'
}

/** Undefined where it cannot be told. */
export function meaningOf(list: Setting, { openssl }: Setup): ListMeaning | undefined {
  const text = opensslList(list)
  return text === undefined ? undefined : suitesOfList(text, { generation: openssl })
}

function opensslDh({ role }: Door, setup: Setup): LegWords['dh'] {
  if (role === 'client') {
    return { value: 'unknown', origin: { kind: 'fixed', why: 'the server at the other end decides', source: 'RFC 5246 §7.4.3' } }
  }
  const { bits, origin } = parametersOf(setup)
  const most = mostBits(setup)
  if (typeof bits !== 'number') return { value: bits, origin }
  return { value: most === undefined ? 'unknown' : bits > most ? null : bits, origin }
}

function groupsOf(door: Door, setup: Setup): LegWords['groups'] {
  const fixed = groupsWord(setup.openssl, 'tls_eccurve')
  if (door.role === 'client') return fixed
  const { value, set, origin } = settingOf(setup, setup.config.main, 'tls_eccurve')
  if (value === undefined) return { value: 'unknown', origin }
  const items = itemsOf(value)
  const own: Origin = set ? origin : fixed.origin
  if (items.length === 0 || items.includes('auto')) return { value: fixed.value, origin: own }
  return { value: curvesOf(items, setup) ?? 'unknown', origin: own }
}

/** Exim asks OpenSSL for each by its short name or that of NIST; undefined where one has none. */
export function curvesOf(names: readonly string[], { openssl }: Setup): readonly string[] | undefined {
  return names.every(hasNumber) ? parseGroups(names.join(':'), /:/, openssl) : undefined
}

/** Hybrid groups have no number of the kind that Exim asks for. */
export function hasNumber(name: string): boolean {
  return groups.some(
    (group) => !/MLKEM/i.test(group.name) && (group.openssl === name || (/^P-\d+$/.test(name) && group.aliases.includes(name))),
  )
}
