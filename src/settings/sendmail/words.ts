import type { OpensslGeneration } from '../../policy/index.ts'
import type { ProtocolName } from '../../registry/index.ts'
import type { ReadOptions } from '../adapter.ts'
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
import { parseCiphersuites } from '../openssl/tls13-suites.ts'
import { lookUp, type Found } from '../scopes.ts'
import { compareVersions } from '../versions.ts'
import type { LegWords, Origin } from '../words.ts'
import { nameOf, type SendmailDoor } from './doors.ts'
import { hasUnknownMacro } from './options.ts'

/** The version that the defaults below were read for. */
export const NEWEST = '8.17.1'

export interface Setup {
  readonly version: string
  readonly openssl: OpensslGeneration
  readonly more: ReadOptions['more']
}

const SOURCE = 'https://github.com/freebsd/freebsd-src/blob/main/contrib/sendmail/src/daemon.c'
const TLS_SOURCE = 'https://github.com/freebsd/freebsd-src/blob/main/contrib/sendmail/src/tls.c'

export interface Value {
  readonly value: string | undefined
  readonly found: Found | undefined
  readonly origin: Origin
}

export function valueOf(door: SendmailDoor, option: string, { version }: Setup): Value {
  const found = lookUp(door, option)
  const setting = nameOf(option)
  if (found !== undefined) return { value: found.value, found, origin: { kind: 'file', setting, place: found.place } }
  return { value: undefined, found, origin: { kind: 'default', setting, of: `Sendmail ${version}`, source: TLS_SOURCE } }
}

/** What a server needs before it offers TLS, all of them as absolute paths. */
const NEEDED = ['servercertfile', 'serverkeyfile', 'cacertfile', 'cacertpath']

/** The option that is missing for TLS. */
export function missing(door: SendmailDoor, setup: Setup): string | undefined {
  if (door.role === 'client') return undefined
  return NEEDED.find((name) => {
    const { value } = valueOf(door, name, setup)
    return value?.startsWith('/') !== true && !hasUnknownMacro(value ?? '')
  })
}

export function wordsOf(door: SendmailDoor, setup: Setup): LegWords {
  const lacks = missing(door, setup)
  if (door.noTls)
    return withoutTls({
      kind: 'fixed',
      why: `the modifier S ${door.role === 'server' ? 'of this daemon' : 'of ClientPortOptions'} turns TLS off`,
      source: SOURCE,
    })
  if (lacks !== undefined) return withoutTls(valueOf(door, lacks, setup).origin)
  const options = valueOf(door, optionsFor(door), setup)
  const { set, numbers } = sslOptions(options.value ?? '')
  const spoken = spokenBy(setup.openssl).filter((one) => !set.has(refusalOf(one)))
  // With all of them off no handshake succeeds, which is more than settings of TLS off.
  const protocols: LegWords['protocols'] = { value: numbers || spoken.length === 0 ? 'unknown' : spoken, origin: options.origin }
  return {
    protocols,
    suites: bothLists(tls13Of(door, setup), olderOf(door, setup), protocols),
    order: orderOf(door, { set, numbers }, options.origin),
    groups: groupsOf(door, setup),
    dh: dhOf(door, setup),
    sslv2Hello: sslv2HelloWord(door.role, protocols),
  }
}

export function optionsFor({ role }: SendmailDoor): string {
  return role === 'server' ? 'serverssloptions' : 'clientssloptions'
}

/** What turns a version off. */
export function refusalOf(protocol: ProtocolName): string {
  return `SSL_OP_NO_${protocol.replace('.', '_')}`
}

export const SERVER_ORDER = 'SSL_OP_CIPHER_SERVER_PREFERENCE'

export interface SslOptions {
  /** In capitals as OpenSSL has them. */
  readonly set: ReadonlySet<string>
  /** A number is among them, whose meaning OpenSSL changed over the years. */
  readonly numbers: boolean
}

export interface SslWord {
  readonly sign: string
  readonly name: string
}

export function sslWords(value: string): readonly SslWord[] {
  return [...value.matchAll(/([+-]?)([^\s,]+)/g)].map(([, sign = '', name = '']) => ({ sign, name }))
}

/** One word after another: `-` clears, everything else sets. */
export function sslOptions(value: string): SslOptions {
  const set = new Set<string>()
  let numbers = false
  for (const { sign, name } of sslWords(value)) {
    const known = canonical(name)
    if (/^\d/.test(name)) numbers = true
    else if (sign === '-') set.delete(known)
    else set.add(known)
  }
  return { set, numbers }
}

/** The case of names does not matter to Sendmail. */
export function canonical(name: string): string {
  const all = ['SSL_OP_NO_SSLv2', 'SSL_OP_NO_SSLv3', 'SSL_OP_NO_TLSv1', 'SSL_OP_NO_TLSv1_1', 'SSL_OP_NO_TLSv1_2', 'SSL_OP_NO_TLSv1_3']
  return all.find((one) => one.toLowerCase() === name.toLowerCase()) ?? name.toUpperCase()
}

function orderOf(door: SendmailDoor, { set, numbers }: SslOptions, origin: Origin): LegWords['order'] {
  if (door.role === 'client') return CLIENT_ORDER
  return { value: numbers ? 'unknown' : set.has(SERVER_ORDER) ? 'server' : 'client', origin }
}

/** A list that OpenSSL refuses is ignored, so that its own holds. */
export function meaningOf(door: SendmailDoor, setup: Setup): ListMeaning {
  const use = { generation: setup.openssl }
  const { value = '' } = valueOf(door, 'cipherlist', setup)
  const meaning = suitesOfList(value === '' ? 'DEFAULT' : value, use)
  return meaning.refused === undefined ? meaning : { ...suitesOfList('DEFAULT', use), refused: meaning.refused }
}

function olderOf(door: SendmailDoor, setup: Setup): LegWords['suites'] {
  return { value: meaningOf(door, setup).suites, origin: valueOf(door, 'cipherlist', setup).origin }
}

/** The option is read in 8.17.1; how long it has been there is not known. */
export function setsTls13({ version }: Setup): boolean {
  return compareVersions(version, '8.17') >= 0
}

function tls13Of(door: SendmailDoor, setup: Setup): LegWords['suites'] {
  const { value = '', origin } = valueOf(door, 'ciphersuites', setup)
  const named = value === '' || !setsTls13(setup) ? undefined : parseCiphersuites(value)
  return named === undefined ? tls13Word(setup.openssl, 'CipherSuites') : { value: named, origin }
}

/** A server is built for one curve alone, as Debian's, or leaves it to OpenSSL. */
function groupsOf({ role }: SendmailDoor, setup: Setup): LegWords['groups'] {
  if (role === 'client') return groupsWord(setup.openssl, 'groups')
  const why = 'how Sendmail was built decides: prime256v1 alone, or what OpenSSL has'
  return { value: 'unknown', origin: { kind: 'fixed', why, source: TLS_SOURCE } }
}

/** The first character counts; what is none of these means the 2048 bits that are built in. */
function dhOf(door: SendmailDoor, setup: Setup): LegWords['dh'] {
  if (door.role === 'client') return CLIENT_DH
  const { value = '', origin } = valueOf(door, 'dhparameters', setup)
  if (compareVersions(setup.version, '8.15') < 0) return { value: 'unknown', origin }
  if (value.startsWith('/')) {
    const text = setup.more?.(value)
    return { value: (text === undefined ? undefined : dhBitsOf(text.text)) ?? 'unknown', origin }
  }
  return { value: /^n/i.test(value) ? null : value.startsWith('5') ? 512 : value.startsWith('1') ? 1024 : 2048, origin }
}
