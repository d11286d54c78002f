import type { OpensslGeneration } from '../../policy/index.ts'
import { PROTOCOLS, suiteByName } from '../../registry/index.ts'
import type { ReadOptions } from '../adapter.ts'
import { agreed } from '../agreed.ts'
import { dhBitsOf } from '../openssl/dh-file.ts'
import { parseGroups } from '../openssl/openssl-ability.ts'
import { suitesOfList, type ListMeaning } from '../openssl/openssl-list.ts'
import { bothLists, groupsWord, spokenBy, sslv2HelloWord, tls13Word } from '../openssl/openssl-words.ts'
import { lookUp, type Found } from '../scopes.ts'
import { parseCiphersuites } from '../openssl/tls13-suites.ts'
import { compareVersions, defaultOf } from '../versions.ts'
import type { LegWords, Origin, Word } from '../words.ts'
import { NGINX_DEFAULTS } from './defaults.ts'
import type { Door, Server } from './doors.ts'

export interface Setup {
  readonly version: string
  readonly openssl: OpensslGeneration
  readonly options: Pick<ReadOptions, 'more' | 'list'>
  /** The folder that relative paths begin at. */
  readonly root: string
}

export interface Setting {
  readonly value: string
  readonly found: Found | undefined
  readonly origin: Origin
}

export function settingOf(door: Server, setting: string, { version }: Setup): Setting {
  const found = lookUp(door, setting)
  if (found !== undefined) return { value: found.value, found, origin: { kind: 'file', setting, place: found.place } }
  const row = defaultOf(NGINX_DEFAULTS, setting, version)
  const source = row?.source ?? 'https://nginx.org/en/docs/http/ngx_http_ssl_module.html'
  return { value: row?.value ?? '', found, origin: { kind: 'default', setting, of: `nginx ${version}`, source } }
}

/** Commands that reach OpenSSL behind the settings that are read here. */
export function strangeCommands({ commands }: Server): readonly string[] {
  return commands.filter((command) => command !== 'Ciphersuites')
}

/** What a server has; where it is not the first one at its address, some of it is what the first one has. */
export function wordsOf(door: Door, setup: Setup): LegWords {
  const shared = (word: SharedWord): Word<readonly string[]> =>
    agreed(
      ownWord(door, word, setup),
      holdersOf(door, word, setup).map((one) => ownWord(one, word, setup)),
    )
  const holders = holdersOf(door, 'protocols', setup)
  const protocols = agreed(
    protocolsOf(door, setup),
    holders.map((one) => protocolsOf(one, setup)),
  )
  return hidden(door, {
    protocols,
    suites: bothLists(shared('tls13'), olderOf(door, setup), protocols),
    order: agreed(
      orderOf(door, setup),
      choosersOf(door, setup).map((one) => orderOf(one, setup)),
    ),
    groups: shared('groups'),
    dh: dhOf(door, setup),
    sslv2Hello: sslv2HelloWord('server', protocols),
  })
}

export const ORDER = 'ssl_prefer_server_ciphers'

function orderOf(door: Server, setup: Setup): LegWords['order'] {
  const { value, origin } = settingOf(door, ORDER, setup)
  return { value: value === 'on' ? 'server' : 'client', origin }
}

/** Words that can be those of another server, and their settings. */
export const SHARED = { protocols: 'ssl_protocols', groups: 'ssl_ecdh_curve', tls13: 'ssl_conf_command Ciphersuites' } as const

export type SharedWord = keyof typeof SHARED

/**
 * The servers that a word is taken from. OpenSSL has the groups before it knows the name that is asked for; so it has the versions and
 * the suite of TLS 1.3, but for nginx 1.29.2 and later, which look at the name first.
 */
export function holdersOf(door: Door, word: SharedWord, { version, openssl }: Setup): readonly Server[] {
  const looksFirst = compareVersions(version, '1.29.2') >= 0 && openssl !== '1.0.2'
  return door.first.length === 0 || (word !== 'groups' && looksFirst) ? [door] : door.first
}

/** Who decides who chooses the suite: the server itself, and for TLS 1.3 the one that its suites are taken from. */
export function choosersOf(door: Door, setup: Setup): readonly Server[] {
  const holders = holdersOf(door, 'tls13', setup).filter((one) => one.door !== door.door)
  const speaks13 = holdersOf(door, 'protocols', setup).some((one) => {
    const { value } = protocolsOf(one, setup)
    return value === 'unknown' || value.includes('TLSv1.3')
  })
  return speaks13 ? [door, ...holders] : [door]
}

/** What its own settings, and those around it, say of a shared word. */
export function ownWord(server: Server, word: SharedWord, setup: Setup): Word<readonly string[]> {
  if (word === 'tls13') return tls13Of(server, setup)
  return word === 'protocols' ? protocolsOf(server, setup) : groupsOf(server, setup)
}

const HIDES: Readonly<Record<string, readonly (keyof LegWords)[]>> = {
  protocol: ['protocols'],
  minprotocol: ['protocols'],
  maxprotocol: ['protocols'],
  cipherstring: ['suites'],
  curves: ['groups'],
  groups: ['groups'],
  options: ['order'],
}

/** The words that `ssl_conf_command` decides here, or at the server that is first at its address. */
export function hiddenWords(door: Server & Partial<Door>): readonly (keyof LegWords)[] {
  const commands = [door, ...(door.first ?? [])].flatMap(strangeCommands)
  return [...new Set(commands.flatMap((command) => HIDES[command.toLowerCase()] ?? []))]
}

function hidden(door: Server, words: LegWords): LegWords {
  const names = hiddenWords(door)
  const dark = <T>(name: keyof LegWords, word: Word<T>): Word<T> => (names.includes(name) ? { ...word, value: 'unknown' } : word)
  return {
    protocols: dark('protocols', words.protocols),
    suites: names.includes('suites') ? { value: 'unknown', origin: words.suites.origin } : words.suites,
    order: dark('order', words.order),
    groups: dark('groups', words.groups),
    dh: words.dh,
    sslv2Hello: words.sslv2Hello,
  }
}

function protocolsOf(door: Server, setup: Setup): LegWords['protocols'] {
  const { value, origin } = settingOf(door, 'ssl_protocols', setup)
  const names = value.toLowerCase().split(/\s+/)
  const known = PROTOCOLS.map((protocol) => protocol.toLowerCase())
  if (names.some((name) => !known.includes(name))) return { value: 'unknown', origin }
  return { value: spokenBy(setup.openssl).filter((protocol) => names.includes(protocol.toLowerCase())), origin }
}

/** The list as it stands, and what it means. Without `ssl_dhparam` no DHE suite can be spoken. */
export function listOf(door: Server, setup: Setup): { readonly list: string; readonly meaning: ListMeaning; readonly origin: Origin } {
  const { value, origin } = settingOf(door, 'ssl_ciphers', setup)
  return { list: value, meaning: suitesOfList(value, { generation: setup.openssl }), origin }
}

function olderOf(door: Server, setup: Setup): Word<readonly string[]> {
  const { meaning, origin } = listOf(door, setup)
  if (meaning.refused !== undefined) return { value: 'unknown', origin }
  const withDh = settingOf(door, 'ssl_dhparam', setup).value !== ''
  return { value: meaning.suites.filter((suite) => withDh || suiteByName(suite)?.kx !== 'DHE'), origin }
}

function tls13Of(door: Server, setup: Setup): Word<readonly string[]> {
  const { value, found, origin } = settingOf(door, SHARED.tls13, setup)
  if (found === undefined) return tls13Word(setup.openssl, SHARED.tls13)
  return { value: parseCiphersuites(value) ?? 'unknown', origin }
}

function groupsOf(door: Server, setup: Setup): LegWords['groups'] {
  const { value, found, origin } = settingOf(door, 'ssl_ecdh_curve', setup)
  if (value !== 'auto') return { value: parseGroups(value, /:/, setup.openssl) ?? 'unknown', origin }
  const word = groupsWord(setup.openssl, 'ssl_ecdh_curve')
  return found === undefined ? word : { value: word.value, origin }
}

function dhOf(door: Server, setup: Setup): LegWords['dh'] {
  const { origin } = settingOf(door, 'ssl_dhparam', setup)
  const path = dhPathOf(door, setup)
  if (path === undefined) return { value: null, origin }
  const file = setup.options.more?.(path)
  return { value: (file && dhBitsOf(file.text)) ?? 'unknown', origin }
}

/** The file with the parameters, where one is named. */
export function dhPathOf(door: Server, setup: Setup): string | undefined {
  const { value, found } = settingOf(door, 'ssl_dhparam', setup)
  return found === undefined ? undefined : value.startsWith('/') ? value : `${setup.root}/${value}`
}
