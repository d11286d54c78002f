import { dirname, join } from 'node:path'
import type { OpensslGeneration } from '../../policy/index.ts'
import { suiteByName, type ProtocolName } from '../../registry/index.ts'
import type { ReadOptions } from '../adapter.ts'
import { agreed } from '../agreed.ts'
import { dhBitsOf } from '../openssl/dh-file.ts'
import { parseGroups } from '../openssl/openssl-ability.ts'
import { suitesOfList, type ListMeaning } from '../openssl/openssl-list.ts'
import { bothLists, groupsWord, spokenBy, sslv2HelloWord, tls13Word, withoutTls } from '../openssl/openssl-words.ts'
import { lookUp, type Found, type ScopedLeg } from '../scopes.ts'
import { parseCiphersuites } from '../openssl/tls13-suites.ts'
import { compareVersions, defaultOf } from '../versions.ts'
import type { LegWords, Origin, Word } from '../words.ts'
import { DOVECOT_DEFAULTS } from './defaults.ts'
import type { DovecotLeg } from './doors.ts'

export interface Setup {
  readonly version: string
  readonly openssl: OpensslGeneration
  readonly more: ReadOptions['more']
}

export interface Value {
  readonly value: string
  readonly found: Found | undefined
  readonly origin: Origin
}

/** The name of a setting in this version: 2.4 has other ones for what only servers heed. */
export function nameOf(word: 'order' | 'dh', { version }: Setup): string {
  const newer = compareVersions(version, '2.4') >= 0
  if (word === 'order') return newer ? 'ssl_server_prefer_ciphers' : 'ssl_prefer_server_ciphers'
  return newer ? 'ssl_server_dh_file' : 'ssl_dh'
}

/** The value that says that the server chooses, or that it does not. */
export function orderValue(server: boolean, setup: Setup): string {
  if (compareVersions(setup.version, '2.4') >= 0) return server ? 'server' : 'client'
  return server ? 'yes' : 'no'
}

export function valueOf(leg: ScopedLeg, setting: string, { version }: Setup): Value {
  const found = lookUp(leg, setting)
  if (found !== undefined) return { value: found.value, found, origin: { kind: 'file', setting, place: found.place } }
  const row = defaultOf(DOVECOT_DEFAULTS, setting, version)
  const source = row?.source ?? 'https://doc.dovecot.org/'
  return { value: row?.value ?? '', found, origin: { kind: 'default', setting, of: `Dovecot ${version}`, source } }
}

/**
 * OpenSSL has versions, groups, the order and the suites of TLS 1.3 before Dovecot knows the name that is asked for, so that nothing of
 * this is taken from a `local_name` block.
 */
export function startOf(leg: DovecotLeg): readonly ScopedLeg[] {
  return leg.starts.length === 0 ? [leg] : leg.starts
}

export function wordsOf(leg: DovecotLeg, setup: Setup): LegWords {
  const ssl = valueOf(leg, 'ssl', setup)
  if (ssl.value.toLowerCase() === 'no') return withoutTls(ssl.origin)
  const atStart = <T>(word: (one: ScopedLeg) => Word<T>): Word<T> => agreed(word(leg), startOf(leg).map(word))
  const protocols = atStart((one) => protocolsOf(one, setup))
  return {
    protocols,
    suites: bothLists(
      atStart((one) => tls13Of(one, setup)),
      olderOf(leg, setup),
      protocols,
    ),
    order: atStart((one) => orderOf(one, setup)),
    groups: atStart((one) => groupsOf(one, setup)),
    dh: dhOf(leg, setup),
    sslv2Hello: sslv2HelloWord('server', protocols),
  }
}

function orderOf(leg: ScopedLeg, setup: Setup): LegWords['order'] {
  const { value, origin } = valueOf(leg, nameOf('order', setup), setup)
  return { value: value.toLowerCase() === orderValue(true, setup) ? 'server' : 'client', origin }
}

const LOWEST: Readonly<Record<string, ProtocolName>> = {
  any: 'SSLv3',
  sslv3: 'SSLv3',
  tlsv1: 'TLSv1',
  'tlsv1.1': 'TLSv1.1',
  'tlsv1.2': 'TLSv1.2',
  'tlsv1.3': 'TLSv1.3',
  latest: 'TLSv1.3',
}
const ORDER: readonly ProtocolName[] = ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

export function protocolsOf(leg: ScopedLeg, setup: Setup): LegWords['protocols'] {
  const { value, origin } = valueOf(leg, 'ssl_min_protocol', setup)
  const lowest = LOWEST[value.toLowerCase()]
  if (lowest === undefined) return { value: 'unknown', origin }
  return { value: spokenBy(setup.openssl).filter((protocol) => ORDER.indexOf(protocol) >= ORDER.indexOf(lowest)), origin }
}

export function meaningOf(leg: ScopedLeg, setup: Setup): ListMeaning {
  return suitesOfList(valueOf(leg, 'ssl_cipher_list', setup).value, { generation: setup.openssl })
}

/** Dovecot speaks no DHE where nobody gives it parameters. */
function olderOf(leg: ScopedLeg, setup: Setup): Word<readonly string[]> {
  const { origin } = valueOf(leg, 'ssl_cipher_list', setup)
  const { suites, refused } = meaningOf(leg, setup)
  if (refused !== undefined) return { value: 'unknown', origin }
  const withDh = valueOf(leg, nameOf('dh', setup), setup).value !== ''
  return { value: suites.filter((suite) => withDh || suiteByName(suite)?.kx !== 'DHE'), origin }
}

/** Before 2.3.15 there is no setting for them. */
export function setsTls13({ version }: Setup): boolean {
  return compareVersions(version, '2.3.15') >= 0
}

function tls13Of(leg: ScopedLeg, setup: Setup): Word<readonly string[]> {
  const { value, origin } = valueOf(leg, 'ssl_cipher_suites', setup)
  if (value === '' || !setsTls13(setup)) return tls13Word(setup.openssl, 'ssl_cipher_suites')
  return { value: parseCiphersuites(value) ?? 'unknown', origin }
}

function groupsOf(leg: ScopedLeg, setup: Setup): LegWords['groups'] {
  const { value, origin } = valueOf(leg, 'ssl_curve_list', setup)
  if (value === '') return groupsWord(setup.openssl, 'ssl_curve_list')
  return { value: parseGroups(value, /:/, setup.openssl) ?? 'unknown', origin }
}

function dhOf(leg: ScopedLeg, setup: Setup): LegWords['dh'] {
  const { value, found, origin } = valueOf(leg, nameOf('dh', setup), setup)
  if (found === undefined || value === '') return { value: null, origin }
  const path = dhPathOf(leg, setup)
  const text = path === undefined ? value : setup.more?.(path)?.text
  return { value: (text === undefined ? undefined : dhBitsOf(text)) ?? 'unknown', origin }
}

/** The file with the parameters; undefined where they stand in the settings themselves. */
export function dhPathOf(leg: ScopedLeg, setup: Setup): string | undefined {
  const { value, found } = valueOf(leg, nameOf('dh', setup), setup)
  if (found === undefined || value === '' || value.includes('-----BEGIN')) return undefined
  const path = value.replace(/^<\s*/, '')
  return path.startsWith('/') ? path : join(dirname(found.place.file), path)
}
