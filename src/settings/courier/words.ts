import { dirname, join } from 'node:path'
import type { OpensslGeneration } from '../../policy/index.ts'
import { PROTOCOLS, type ProtocolName } from '../../registry/index.ts'
import type { ReadOptions } from '../adapter.ts'
import { gnutlsDhWord, gnutlsWords } from '../gnutls/gnutls-words.ts'
import { dhBitsOf } from '../openssl/dh-file.ts'
import { suitesOfList, type ListMeaning } from '../openssl/openssl-list.ts'
import {
  bothLists,
  CLIENT_DH,
  CLIENT_ORDER,
  groupsWord,
  spokenBy,
  sslv2HelloWord,
  tls13Word,
  withoutTls,
} from '../openssl/openssl-words.ts'
import type { Found } from '../scopes.ts'
import { compareVersions } from '../versions.ts'
import type { LegWords, Origin } from '../words.ts'
import type { Courier, CourierDoor } from './services.ts'

/** The newest version that the defaults below were read for. */
export const NEWEST = '2.0'

export interface Setup {
  /** Of Courier; that of Courier-IMAP is translated. */
  readonly version: string
  readonly library: Library
  readonly more: ReadOptions['more']
}

export interface Library {
  readonly name: 'OpenSSL' | 'GnuTLS'
  readonly openssl: OpensslGeneration
  readonly how: string
}

const COMMIT = 'b0017815b1c934ad8ca3deddcead9cd84d2b0225'
const SOURCE = `https://github.com/svarshavchik/courier-libs/blob/${COMMIT}/tcpd/libcouriertls.c`
const GNUTLS_SOURCE = `https://github.com/svarshavchik/courier-libs/blob/${COMMIT}/tcpd/libcouriergnutls.c`

/** Courier-IMAP counts on its own: 5.0.12 came out with 1.0.15, 5.1.5 with 1.1.6. */
export function courierVersion(told: string): string {
  if (compareVersions(told, '4') < 0) return told
  const pairs = [
    ['5.1.5', '1.1.6'],
    ['5.0.12', '1.0.15'],
    ['4.18.1', '0.78'],
  ] as const
  return pairs.find(([imap]) => compareVersions(told, imap) >= 0)?.[1] ?? '0.77'
}

/**
 * What couriertls is built with decides which variables count: what was told, else the program itself where it is on this machine,
 * else what the files use.
 */
export function libraryOf({ doors, parsed }: Courier, { openssl, more }: ReadOptions): Library {
  if (openssl !== undefined) return { name: 'OpenSSL', openssl, how: 'told' }
  const path = doors.map((door) => door.value('COURIERTLS')?.value).find((value) => value !== undefined)
  const program = path?.startsWith('/') === true ? more?.(path)?.text : undefined
  if (program?.includes('libgnutls.so') === true) return { name: 'GnuTLS', openssl: '3.5', how: `${path ?? ''} is linked with it` }
  if (program?.includes('libssl.so') === true) {
    return { name: 'OpenSSL', openssl: program.includes('libssl.so.1.1') ? '1.1.1' : '3.5', how: `${path ?? ''} is linked with it` }
  }
  const gnutls = parsed.some(({ assignments }) => assignments.some(({ name }) => name === 'TLS_PRIORITY'))
  return gnutls ? { name: 'GnuTLS', openssl: '3.5', how: 'assumed from TLS_PRIORITY' } : { name: 'OpenSSL', openssl: '3.5', how: 'assumed' }
}

export interface Value {
  readonly value: string
  readonly found: Found | undefined
  readonly origin: Origin
  /** sh does more here than Postern follows. */
  readonly unknown: boolean
}

const DEFAULTS: Readonly<Record<string, string>> = {
  TLS_CIPHER_LIST: 'TLSv1:HIGH:!LOW:!MEDIUM:!EXP:!NULL:!aNULL@STRENGTH',
  TLS_PRIORITY: 'NORMAL:-CTYPE-OPENPGP',
}

/** The variable as couriertls gets it. An empty one counts as absent. */
export function valueOf(door: CourierDoor, name: string, { version, library }: Setup): Value {
  const found = door.value(name)
  const origin: Origin =
    found === undefined
      ? { kind: 'default', setting: name, of: `Courier ${version}`, source: library.name === 'GnuTLS' ? GNUTLS_SOURCE : SOURCE }
      : { kind: 'file', setting: name, place: found.place }
  const value = found?.value ?? ''
  return { value: value === '' ? (DEFAULTS[name] ?? '') : value, found, origin, unknown: door.undecided(name) || /[$`]/.test(value) }
}

interface Row {
  readonly lowest: ProtocolName
  /** The first version that knows the name. */
  readonly since: string
}

/** Names of lowest versions. Whatever else stands there means TLSv1 and says nothing. */
const LOWEST: Readonly<Record<string, Row>> = {
  '': { lowest: 'TLSv1', since: '0.78' },
  TLS1: { lowest: 'TLSv1', since: '0.78' },
  TLSv1: { lowest: 'TLSv1', since: '0.78' },
  'TLSv1.1': { lowest: 'TLSv1.1', since: '0.78' },
  'TLSv1.1+': { lowest: 'TLSv1.1', since: '0.78' },
  'TLSv1.1++': { lowest: 'TLSv1.1', since: '1.0.15' },
  'TLSv1.2': { lowest: 'TLSv1.2', since: '0.78' },
  'TLSv1.2+': { lowest: 'TLSv1.2', since: '0.78' },
  'TLSv1.2++': { lowest: 'TLSv1.2', since: '1.0.15' },
}

/** Whether Courier knows this as a lowest version. */
export function isProtocol(value: string, { version }: Setup): boolean {
  const row = Object.hasOwn(LOWEST, value) ? LOWEST[value] : undefined
  return row !== undefined && compareVersions(version, row.since) >= 0
}

/** Before 0.78 some names meant one version alone. */
export function isKnownVersion({ version }: Setup): boolean {
  return compareVersions(version, '0.78') >= 0
}

/** The only name with which the server chooses, since 1.1.6. */
export const OWN_ORDER = 'TLSv1.2++'

export function hasOwnOrder({ version }: Setup): boolean {
  return compareVersions(version, '1.1.6') >= 0
}

export function wordsOf(door: CourierDoor, setup: Setup): LegWords {
  if (door.off !== undefined) return withoutTls(valueOf(door, door.off, setup).origin)
  return setup.library.name === 'GnuTLS' ? wordsOfGnutls(door, setup) : wordsOfOpenssl(door, setup)
}

function wordsOfGnutls(door: CourierDoor, setup: Setup): LegWords {
  const { value, origin, unknown } = valueOf(door, 'TLS_PRIORITY', setup)
  const dh = door.role === 'client' ? minimum(door, setup) : undefined
  return gnutlsWords(unknown ? '' : value, origin, door.role, dh ?? gnutlsDhWord(value, door.role, parameters(door, setup)))
}

/** The least size that a client takes. Servers do not heed it. */
function minimum(door: CourierDoor, setup: Setup): LegWords['dh'] | undefined {
  const { value, origin, found } = valueOf(door, 'TLS_MIN_DH_BITS', setup)
  return found !== undefined && /^[1-9]\d*$/.test(value) ? { value: Number(value), origin } : undefined
}

function parameters(door: CourierDoor, setup: Setup): { readonly bits: number | 'unknown'; readonly origin: Origin } | undefined {
  const { value, origin } = valueOf(door, 'TLS_DHPARAMS', setup)
  if (value === '') return undefined
  const path = dhPathOf(door, setup)
  const text = path === undefined ? undefined : setup.more?.(path)?.text
  return { bits: (text === undefined ? undefined : dhBitsOf(text)) ?? 'unknown', origin }
}

/** The file with the parameters, where one is named. */
export function dhPathOf(door: CourierDoor, setup: Setup): string | undefined {
  const { value, unknown } = valueOf(door, 'TLS_DHPARAMS', setup)
  if (value === '' || unknown) return undefined
  return value.startsWith('/') ? value : join(dirname(door.scopes[0]?.id ?? ''), value)
}

function wordsOfOpenssl(door: CourierDoor, setup: Setup): LegWords {
  const { role } = door
  const protocols = protocolsOf(door, setup)
  const list = valueOf(door, 'TLS_CIPHER_LIST', setup)
  const lowest = valueOf(door, door.protocol, setup)
  return {
    protocols,
    suites: bothLists(
      tls13Word(setup.library.openssl, 'suites of TLS 1.3'),
      { value: list.unknown ? 'unknown' : meaningOf(door, setup).suites, origin: list.origin },
      protocols,
    ),
    order:
      role === 'client'
        ? CLIENT_ORDER
        : {
            value: lowest.unknown ? 'unknown' : lowest.value === OWN_ORDER && hasOwnOrder(setup) ? 'server' : 'client',
            origin: lowest.origin,
          },
    groups: groupsWord(setup.library.openssl, 'groups'),
    dh: opensslDh(door, setup),
    sslv2Hello: sslv2HelloWord(role, protocols),
  }
}

function protocolsOf(door: CourierDoor, setup: Setup): LegWords['protocols'] {
  const { value, origin, unknown } = valueOf(door, door.protocol, setup)
  if (unknown || !isKnownVersion(setup)) return { value: 'unknown', origin }
  const lowest = isProtocol(value, setup) ? (LOWEST[value]?.lowest ?? 'TLSv1') : 'TLSv1'
  const spoken = spokenBy(setup.library.openssl)
  return { value: spoken.filter((one) => PROTOCOLS.indexOf(one) >= PROTOCOLS.indexOf(lowest)), origin }
}

/** What Courier hands to OpenSSL. It does not look whether the list is taken: OpenSSL's own stays in force where it is not. */
export function meaningOf(door: CourierDoor, setup: Setup): ListMeaning {
  const use = { generation: setup.library.openssl }
  const meaning = suitesOfList(valueOf(door, 'TLS_CIPHER_LIST', setup).value, use)
  return meaning.refused === undefined ? meaning : { ...suitesOfList('DEFAULT', use), refused: meaning.refused }
}

/** The parameters may stand in the certificate's file too, which has the key and is not read. */
function opensslDh(door: CourierDoor, setup: Setup): LegWords['dh'] {
  if (door.role === 'client') return CLIENT_DH
  const file = parameters(door, setup)
  return file === undefined
    ? { value: 'unknown', origin: valueOf(door, 'TLS_DHPARAMS', setup).origin }
    : { value: file.bits, origin: file.origin }
}
