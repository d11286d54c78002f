import { dirname, join } from 'node:path'
import type { OpensslGeneration } from '../../policy/index.ts'
import { groups, type ProtocolName } from '../../registry/index.ts'
import type { ReadOptions } from '../adapter.ts'
import { dhBitsOf } from '../openssl/dh-file.ts'
import { opensslAbility } from '../openssl/openssl-ability.ts'
import { suitesOfList, type ListMeaning } from '../openssl/openssl-list.ts'
import { bothLists, groupsWord, spokenBy, sslv2HelloWord, tls13Word, withoutTls } from '../openssl/openssl-words.ts'
import type { Found } from '../scopes.ts'
import { compareVersions, defaultOf, type DefaultRow } from '../versions.ts'
import type { LegWords, Origin } from '../words.ts'
import { needsAllowance, type CyrusDoor } from './doors.ts'

/** The newest version that the defaults below were read for. */
export const NEWEST = '3.12'

export interface Setup {
  readonly version: string
  readonly openssl: OpensslGeneration
  readonly more: ReadOptions['more']
}

const source = (version: string): string => `https://github.com/cyrusimap/cyrus-imapd/blob/cyrus-imapd-${version}/lib/imapoptions`
const row = (setting: string, value: string, since = '', version = '3.10.2'): DefaultRow => ({
  setting,
  value,
  since,
  source: source(version),
})

const DEFAULTS: readonly DefaultRow[] = [
  row('tls_versions', 'tls1_0 tls1_1 tls1_2', '', '2.5.17'),
  row('tls_versions', 'tls1_0 tls1_1 tls1_2 tls1_3', '3.0.12', '3.0.18'),
  row('tls_ciphers', 'DEFAULT'),
  row('tls_eccurve', 'prime256v1'),
  row('tls_prefer_server_ciphers', '0'),
  row('allowstarttls', '1', '', '3.8.4'),
  row('allowstarttls', '0', '3.10.2'),
]

export interface Value {
  readonly value: string
  readonly found: Found | undefined
  readonly origin: Origin
}

export function valueOf(door: CyrusDoor, setting: string, { version }: Setup): Value {
  const found = door.value(setting)
  if (found !== undefined) return { value: found.value, found, origin: { kind: 'file', setting, place: found.place } }
  const known = defaultOf(DEFAULTS, setting, version)
  const of = `Cyrus IMAP ${version}`
  return { value: known?.value ?? '', found, origin: { kind: 'default', setting, of, source: known?.source ?? source('3.10.2') } }
}

/** As Cyrus reads switches; undefined: it does not start. */
export function switchOf(value: string): boolean | undefined {
  if (/^(?:0|n|of|f)/.test(value)) return false
  return /^(?:1|y|on|t)/.test(value) ? true : undefined
}

/** What keeps a door without TLS: no certificate or key, or no leave to begin it. */
export function offBy(door: CyrusDoor, setup: Setup): string | undefined {
  const missing = ['tls_server_cert', 'tls_server_key'].find((name) => /^(?:disabled)?$/i.test(valueOf(door, name, setup).value))
  if (missing !== undefined) return missing
  if (!door.starttls || !needsAllowance(setup.version)) return undefined
  return switchOf(valueOf(door, 'allowstarttls', setup).value) === true ? undefined : 'allowstarttls'
}

export function wordsOf(door: CyrusDoor, setup: Setup): LegWords {
  const off = offBy(door, setup)
  if (off !== undefined) return withoutTls(valueOf(door, off, setup).origin)
  const protocols = protocolsOf(door, setup)
  const list = valueOf(door, 'tls_ciphers', setup)
  const { suites, refused } = meaningOf(door, setup)
  const order = valueOf(door, 'tls_prefer_server_ciphers', setup)
  const server = switchOf(order.value)
  return {
    protocols,
    suites: bothLists(
      tls13Word(setup.openssl, 'suites of TLS 1.3'),
      { value: refused === undefined ? suites : 'unknown', origin: list.origin },
      protocols,
    ),
    order: { value: server === undefined ? 'unknown' : server ? 'server' : 'client', origin: order.origin },
    groups: groupsOf(door, setup),
    dh: dhOf(door, setup),
    sslv2Hello: sslv2HelloWord('server', protocols),
  }
}

/** The word of each version. Others count for nothing, and so do these in another case. */
export const VERSION_WORDS: readonly (readonly [word: string, protocol: ProtocolName])[] = [
  ['tls1_0', 'TLSv1'],
  ['tls1_1', 'TLSv1.1'],
  ['tls1_2', 'TLSv1.2'],
  ['tls1_3', 'TLSv1.3'],
]

/** TLS 1.3 can be turned off since 3.0.12; before, it is on where OpenSSL has it. */
export function canRefuseTls13({ version }: Setup): boolean {
  return compareVersions(version, '3.0.12') >= 0
}

function protocolsOf(door: CyrusDoor, setup: Setup): LegWords['protocols'] {
  const { value, origin } = valueOf(door, 'tls_versions', setup)
  const on = VERSION_WORDS.filter(([word, protocol]) => value.includes(word) || (protocol === 'TLSv1.3' && !canRefuseTls13(setup)))
  const spoken = spokenBy(setup.openssl).filter((protocol) => on.some(([, one]) => one === protocol))
  return { value: spoken.length === 0 ? 'unknown' : spoken, origin }
}

export function meaningOf(door: CyrusDoor, setup: Setup): ListMeaning {
  return suitesOfList(valueOf(door, 'tls_ciphers', setup).value, { generation: setup.openssl })
}

/** Since 3.8 and with OpenSSL 3 every group that has a number of its own there; before, only curves that have points. */
function takesAny({ version, openssl }: Setup): boolean {
  return compareVersions(version, '3.8') >= 0 && openssl.startsWith('3')
}

const EDWARDS = ['X25519', 'X448']

/** OpenSSL's short names of the curves that can be asked for. */
export function curvesOf(setup: Setup): ReadonlyMap<string, string> {
  const can = opensslAbility(setup.openssl).groups
  const usable = groups.filter(({ name, kind, openssl }) => can.includes(name) && kind === 'ecdhe' && openssl !== undefined)
  const named = usable.map(({ name, openssl = '' }) => [openssl, name] as const)
  return new Map(named.filter(([short]) => takesAny(setup) || !EDWARDS.includes(short)))
}

/** One curve alone. What OpenSSL does not know leaves its own groups in force. */
function groupsOf(door: CyrusDoor, setup: Setup): LegWords['groups'] {
  const { value, origin } = valueOf(door, 'tls_eccurve', setup)
  const name = curvesOf(setup).get(value)
  return name === undefined ? groupsWord(setup.openssl, 'tls_eccurve') : { value: [name], origin }
}

const TLS_SOURCE = 'https://github.com/cyrusimap/cyrus-imapd/blob/cyrus-imapd-3.10.2/imap/tls.c'

/** Since 3.8, with OpenSSL 3, the parameters count for nothing. */
export function dhIsAutomatic(setup: Setup): boolean {
  return takesAny(setup)
}

/** Without a file: what is built in. One with parameters beside the key or certificate is not looked for. */
function dhOf(door: CyrusDoor, setup: Setup): LegWords['dh'] {
  if (dhIsAutomatic(setup)) {
    return { value: 'unknown', origin: { kind: 'fixed', why: 'OpenSSL chooses it by the certificate’s key', source: TLS_SOURCE } }
  }
  const { origin } = valueOf(door, 'tls_server_dhparam', setup)
  const path = dhPathOf(door, setup)
  if (path === undefined) return { value: 1024, origin }
  const text = setup.more?.(path)?.text
  return { value: (text === undefined ? undefined : dhBitsOf(text)) ?? 'unknown', origin }
}

/** The file with the parameters, where one is named that counts. */
export function dhPathOf(door: CyrusDoor, setup: Setup): string | undefined {
  const { value } = valueOf(door, 'tls_server_dhparam', setup)
  if (value === '' || compareVersions(setup.version, '3.1.4') < 0) return undefined
  return value.startsWith('/') ? value : join(dirname(door.scopes[0]?.id ?? ''), value)
}
