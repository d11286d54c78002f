import type { OpensslGeneration } from '../../policy/index.ts'
import { PROTOCOLS, suiteByName, type ProtocolName } from '../../registry/index.ts'
import type { ReadOptions } from '../adapter.ts'
import { suitesOfList, type ListMeaning } from '../openssl/openssl-list.ts'
import { bothLists, CLIENT_ORDER, groupsWord, spokenBy, sslv2HelloWord, tls13Word, withoutTls } from '../openssl/openssl-words.ts'
import { lookUp } from '../scopes.ts'
import { placeIn } from '../settings-file.ts'
import type { LegWords, Origin, Word } from '../words.ts'
import { dheOf, isOutOfReach, type Door } from './doors.ts'
import type { Statement } from './statements.ts'
import { defaultList, hasLibtls, hasOldProtocols, LIST_WORDS, sourceOf } from './versions.ts'

export interface Setup {
  readonly version: string
  readonly openssl: OpensslGeneration
  readonly options: Pick<ReadOptions, 'more' | 'list'>
  readonly statements: readonly Statement[]
}

export function originOf(door: Door, setting: string, { version }: Setup): Origin {
  const found = lookUp(door, setting)
  if (found !== undefined) return { kind: 'file', setting, place: found.place }
  return { kind: 'default', setting, of: `OpenSMTPD ${version}`, source: sourceOf(version) }
}

function fixed(why: string, { version }: Setup): Origin {
  return { kind: 'fixed', why, source: sourceOf(version) }
}

export function wordsOf(door: Door, setup: Setup): LegWords {
  const { statement } = door
  if (door.plain) {
    const { file, tokens, end } = statement
    return withoutTls({ kind: 'file', setting: 'host', place: placeIn(file, tokens[0].start, end) })
  }
  const protocols = protocolsOf(door, setup)
  const dh = dhOf(door, setup)
  const server = door.role === 'server'
  return {
    protocols,
    suites: bothLists(tls13Word(setup.openssl, 'ciphersuites'), olderOf(door, setup, dh), protocols),
    order: server ? { value: 'server', origin: fixed('OpenSMTPD lets the server choose', setup) } : CLIENT_ORDER,
    groups: hasLibtls(setup.version)
      ? { value: LIBTLS_GROUPS, origin: fixed('libtls names three', setup) }
      : groupsWord(setup.openssl, 'groups'),
    dh,
    sslv2Hello: sslv2HelloWord(door.role, protocols),
  }
}

const LIBTLS_GROUPS = ['x25519', 'secp256r1', 'secp384r1']

function protocolsOf(door: Door, setup: Setup): LegWords['protocols'] {
  const spoken = spokenBy(setup.openssl).filter((protocol) => protocol !== 'SSLv3')
  if (!hasLibtls(setup.version)) return { value: spoken, origin: fixed('OpenSMTPD before 7 has no setting for versions', setup) }
  const origin = originOf(door, 'protocols', setup)
  const value = lookUp(door, 'protocols')?.value
  const named =
    isOutOfReach(door, 'protocols', setup.statements, setup.version) && value === '' ? undefined : protocolsNamed(value, setup.version)
  return { value: named === undefined ? 'unknown' : spoken.filter((protocol) => named.includes(protocol)), origin }
}

/** Versions that names can bring: since 7.4 TLS 1.0 and 1.1 are names that bring nothing. */
export function canSpeak({ version, openssl }: Setup): readonly ProtocolName[] {
  const all = spokenBy(openssl).filter((protocol) => protocol !== 'SSLv3')
  return hasLibtls(version) && !hasOldProtocols(version) ? all.filter((protocol) => protocol === 'TLSv1.2' || protocol === 'TLSv1.3') : all
}

/** As tls_config_parse_protocols(3) reads it. Undefined: smtpd does not start with it. */
export function protocolsNamed(value: string | undefined, version: string): readonly ProtocolName[] | undefined {
  const all = PROTOCOLS.filter((one) => one === 'TLSv1.2' || one === 'TLSv1.3' || (hasOldProtocols(version) && /^TLSv1(?:\.1)?$/.test(one)))
  const newer: readonly ProtocolName[] = ['TLSv1.2', 'TLSv1.3']
  const words: Readonly<Record<string, readonly ProtocolName[]>> = {
    all,
    legacy: all,
    default: newer,
    secure: newer,
    tlsv1: all,
    'tlsv1.0': all.filter((one) => one === 'TLSv1'),
    'tlsv1.1': all.filter((one) => one === 'TLSv1.1'),
    'tlsv1.2': ['TLSv1.2'],
    'tlsv1.3': ['TLSv1.3'],
  }
  let chosen: readonly ProtocolName[] = []
  for (const part of (value ?? 'default').split(/[,:]/)) {
    const [, not, word = ''] = /^[ \t]*(!?)([^]*)$/.exec(part) ?? []
    const named = words[word.toLowerCase()]
    if (named === undefined) return undefined
    if (not === '!') chosen = (chosen.length === 0 ? all : chosen).filter((one) => !named.includes(one))
    else chosen = [...chosen, ...named]
  }
  return chosen
}

/** The list in OpenSSL's own words. */
export function listOf(door: Door, { version }: Setup): string {
  const value = lookUp(door, 'ciphers')?.value
  if (value === undefined) return defaultList(version)
  return (hasLibtls(version) ? LIST_WORDS[value.toLowerCase()] : undefined) ?? value
}

/** Undefined: a macro that is not in the files. */
export function meaningOf(door: Door, setup: Setup): ListMeaning | undefined {
  if (isOutOfReach(door, 'ciphers', setup.statements, setup.version) && lookUp(door, 'ciphers')?.value === '') return undefined
  return suitesOfList(listOf(door, setup), { generation: setup.openssl })
}

function olderOf(door: Door, setup: Setup, dh: LegWords['dh']): Word<readonly string[]> {
  const origin = originOf(door, 'ciphers', setup)
  const meaning = meaningOf(door, setup)
  if (meaning === undefined || meaning.refused !== undefined) return { value: 'unknown', origin }
  return { value: meaning.suites.filter((suite) => dh.value !== null || suiteByName(suite)?.kx !== 'DHE'), origin }
}

/** No DHE unless it is asked for; then it fits the key of the certificate, or has 1024 bits. Before 7 nothing turned it on. */
function dhOf(door: Door, setup: Setup): LegWords['dh'] {
  if (door.role === 'client') {
    return { value: 'unknown', origin: { kind: 'fixed', why: 'the server at the other end decides', source: 'RFC 5246 §7.4.3' } }
  }
  if (!hasLibtls(setup.version)) return { value: null, origin: fixed('OpenSMTPD before 7 turns no DHE on', setup) }
  const setting = dheOf(door.pki)
  const value = lookUp(door, setting)?.value ?? 'none'
  return {
    value: value === 'none' ? null : value === 'legacy' ? legacyBits(door, setup) : 'unknown',
    origin: originOf(door, setting, setup),
  }
}

/** OpenSSL gives 1024 bits, unless its level asks for more: that of the list, or of its build. */
function legacyBits(door: Door, setup: Setup): number {
  const level = /@SECLEVEL=(\d)/.exec(listOf(door, setup))?.[1]
  return (level === undefined ? setup.openssl === '3.5' : Number(level) > 1) ? 2048 : 1024
}
