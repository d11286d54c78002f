import { suiteIs } from '../../policy/index.ts'
import { dhBitsOf } from '../openssl/dh-file.ts'
import { bothLists, CLIENT_ORDER, sslv2HelloWord, spokenBy, tls13Word, withoutTls } from '../openssl/openssl-words.ts'
import { suitesOfList, type ListMeaning, type ListUse } from '../openssl/openssl-list.ts'
import { parseGroups } from '../openssl/openssl-ability.ts'
import { compareVersions } from '../versions.ts'
import type { LegWords, Origin, Word } from '../words.ts'
import { knowsBounds, type Door, type Setup } from './doors.ts'
import { parseProtocolList } from './protocol-list.ts'

/** Whether the lists for mandatory TLS count. */
export function isMandatory({ level }: Door): boolean {
  return level === 'encrypt' || level === 'verify'
}

/** The parameter with the versions of a door. */
export function protocolSetting(door: Door): string {
  return `${door.prefix}_tls_${isMandatory(door) ? 'mandatory_' : ''}protocols`
}

/**
 * What a server shows of itself: a certificate, on purpose none, so that only suites without one are spoken, or none at all, so that
 * Postfix refuses TLS. Undefined for a client. https://github.com/vdukhovni/postfix/blob/v3.7.0/postfix/src/smtpd/smtpd.c, pre_jail_init.
 */
export function certificateOf({ role, level, parameter }: Door): 'shown' | 'anonymous' | 'missing' | undefined {
  if (role === 'client') return undefined
  const value = (name: string): string | undefined => parameter(`smtpd_tls_${name}`).value
  const first = value('cert_file')
  const isNone = first?.toLowerCase() === 'none'
  const others = ['eccert_file', 'dcert_file', 'chain_files'].map(value)
  if ((first !== '' && !isNone) || others.some((one) => one !== '')) return 'shown'
  const asks = value('ask_ccert') === 'yes' || (level === 'encrypt' && value('req_ccert') === 'yes')
  return isNone && !asks ? 'anonymous' : 'missing'
}

export const CERTIFICATE = 'smtpd_tls_cert_file'

export function wordsOf(door: Door, setup: Setup): LegWords {
  if (door.level === 'none') return withoutTls(door.parameter(`${door.prefix}_tls_security_level`).origin)
  const certificate = certificateOf(door)
  const all = protocolsOf(door, setup)
  const isAnonymous = certificate === 'anonymous'
  const protocols = isAnonymous ? withoutTls13(all) : all
  const older = olderSuites(door, setup)
  return {
    protocols,
    suites: isAnonymous
      ? anonymousOnly(older, door.parameter(CERTIFICATE).origin)
      : bothLists(tls13Word(setup.openssl, 'tls_config_file'), older, protocols),
    order: orderOf(door),
    groups: groupsOf(door, setup),
    dh: dhOf(door, setup),
    sslv2Hello: sslv2HelloWord(door.role, protocols),
  }
}

/** TLS 1.3 has no suites without a certificate. RFC 8446 §4.4.2 */
function withoutTls13({ value, origin }: LegWords['protocols']): LegWords['protocols'] {
  return { value: value === 'unknown' ? value : value.filter((protocol) => protocol !== 'TLSv1.3'), origin }
}

function anonymousOnly({ value }: Word<readonly string[]>, origin: Origin): Word<readonly string[]> {
  return { value: value === 'unknown' ? value : value.filter(isAnonymousSuite), origin }
}

export function isAnonymousSuite(suite: string): boolean {
  return suiteIs(suite, 'anonymous')
}

function protocolsOf(door: Door, { version, openssl }: Setup): LegWords['protocols'] {
  const { value, origin } = door.parameter(protocolSetting(door))
  const named = value === undefined ? undefined : parseProtocolList(value, knowsBounds(version))
  return { value: named?.filter((protocol) => spokenBy(openssl).includes(protocol)) ?? 'unknown', origin }
}

/** A list as Postfix puts it together for a door: that of the grade, without what is excluded. */
export interface Composed {
  readonly list: string
  /** The parameter that holds the list of the grade. */
  readonly base: string
  readonly exclusions: readonly string[]
  readonly use: ListUse
  readonly meaning: ListMeaning
  readonly origin: Origin
}

const GRADES: Readonly<Record<string, string>> = {
  high: 'tls_high_cipherlist',
  medium: 'tls_medium_cipherlist',
  low: 'tls_low_cipherlist',
  export: 'tls_export_cipherlist',
  null: 'tls_null_cipherlist',
}

/** Undefined where the grade is no grade, so that Postfix offers no TLS, or something cannot be told. */
export function composed(door: Door, { openssl, version }: Setup): Composed | undefined {
  const { prefix, level } = door
  const grade = door.parameter(`${prefix}_tls_${isMandatory(door) ? 'mandatory_' : ''}ciphers`)
  const word = grade.value?.toLowerCase() ?? ''
  const aliased = compareVersions(version, '3.8') >= 0 && (word === 'low' || word === 'export') ? 'medium' : word
  const base = GRADES[aliased]
  const list = base === undefined ? undefined : door.parameter(base)
  if (base === undefined || list?.value === undefined) return undefined
  const exclusions = exclusionsOf(door)
  if (exclusions === undefined) return undefined
  const whole = [list.value, ...exclusions.map((one) => `!${one}`)].join(':')
  const use: ListUse = { generation: openssl, securityLevel: level === 'verify' ? 1 : 0 }
  const excluding = door.parameter(`${prefix}_tls_exclude_ciphers`)
  const origin = [list, grade, excluding].find(({ found }) => found !== undefined)?.origin ?? list.origin
  return { list: whole, base, exclusions, use, meaning: suitesOfList(whole, use), origin }
}

/** Undefined where one begins with an operator, which Postfix refuses. */
function exclusionsOf(door: Door): readonly string[] | undefined {
  const { prefix, level } = door
  const own = ['exclude_ciphers', ...(isMandatory(door) ? ['mandatory_exclude_ciphers'] : [])].map((name) =>
    door.parameter(`${prefix}_tls_${name}`),
  )
  if (own.some(({ value }) => value === undefined)) return undefined
  const words = own.flatMap(({ value = '' }) => value.split(/[\s,:]+/)).filter((word) => word !== '')
  if (words.some((word) => /^[!+@-]/.test(word))) return undefined
  return [...words, ...impliedExclusions(door, level)]
}

function impliedExclusions({ prefix, parameter }: Door, level: Door['level']): readonly string[] {
  if (prefix !== 'smtpd') return level === 'may' ? [] : [level === 'verify' ? 'aNULL' : 'eNULL']
  const asks = ['smtpd_tls_ask_ccert', 'smtpd_tls_req_ccert'].some((name) => parameter(name).value === 'yes')
  return asks ? ['aNULL'] : []
}

function olderSuites(door: Door, setup: Setup): Word<readonly string[]> {
  const list = composed(door, setup)
  if (list === undefined) return { value: 'unknown', origin: door.parameter(`${door.prefix}_tls_ciphers`).origin }
  return { value: list.meaning.refused === undefined ? list.meaning.suites : 'unknown', origin: list.origin }
}

function orderOf({ role, parameter }: Door): LegWords['order'] {
  if (role === 'client') return CLIENT_ORDER
  const { value, origin } = parameter('tls_preempt_cipherlist')
  return { value: value === undefined ? 'unknown' : value === 'yes' ? 'server' : 'client', origin }
}

/** Before 3.6 a server can be told to take one curve, or none. */
export function obeysGrade({ role }: Door, { version }: Setup): boolean {
  return role === 'server' && compareVersions(version, '3.6') < 0
}

const CURVE_OF: Readonly<Record<string, string>> = { strong: 'tls_eecdh_strong_curve', ultra: 'tls_eecdh_ultra_curve' }

function groupsOf(door: Door, setup: Setup): LegWords['groups'] {
  const grade = door.parameter('smtpd_tls_eecdh_grade')
  if (obeysGrade(door, setup) && grade.value !== 'auto') {
    const curve = CURVE_OF[grade.value ?? '']
    const named = curve === undefined ? undefined : parseList(door.parameter(curve).value, setup)
    return { value: grade.value === 'none' ? [] : (named ?? 'unknown'), origin: grade.origin }
  }
  const curves = door.parameter('tls_eecdh_auto_curves')
  const fields = door.parameter('tls_ffdhe_auto_groups')
  const lists = [parseList(curves.value, setup), hasFfdhe(setup) ? parseList(fields.value, setup) : []]
  const [first, second] = lists
  if (first === undefined || second === undefined) return { value: 'unknown', origin: curves.origin }
  return {
    value: [...new Set([...first, ...second])],
    origin: curves.found === undefined ? (fields.found === undefined ? curves : fields).origin : curves.origin,
  }
}

export function hasFfdhe({ version }: Setup): boolean {
  return compareVersions(version, '3.8') >= 0
}

/** Postfix leaves out what the library does not know. */
function parseList(value: string | undefined, { openssl }: Setup): readonly string[] | undefined {
  return value?.split(/[\s,:]+/).flatMap((name) => parseGroups(name, /:/, openssl) ?? [])
}

/** `auto`, or nothing, is a built-in group of 2048 bits before 3.7 and with older libraries; since then OpenSSL chooses by the certificate's key. */
export function ownDhBits({ version, openssl }: Setup): number | 'unknown' {
  return compareVersions(version, '3.7') >= 0 && (openssl === '3.0' || openssl === '3.5') ? 'unknown' : 2048
}

function dhOf(door: Door, setup: Setup): LegWords['dh'] {
  if (door.role === 'client') {
    return { value: 'unknown', origin: { kind: 'fixed', why: 'the server at the other end decides', source: 'RFC 5246 §7.4.3' } }
  }
  const { value, origin } = door.parameter('smtpd_tls_dh1024_param_file')
  if (value === '' || value === 'auto') return { value: ownDhBits(setup), origin }
  const file = value === undefined ? undefined : setup.more(value)
  return { value: (file && dhBitsOf(file.text)) ?? 'unknown', origin }
}
