import type { OpensslGeneration } from '../../policy/index.ts'
import type { ProtocolName } from '../../registry/index.ts'
import type { LegWords, Origin, Role, SuitesWord, Word } from '../words.ts'
import { defaultGroups, defaultGroupsSource } from './openssl-ability.ts'
import { defaultTls13Suites } from './tls13-suites.ts'

/** Versions that a default build of this generation can speak: since 1.1.0 SSLv3 has to be compiled in on purpose. */
export function spokenBy(generation: OpensslGeneration): readonly ProtocolName[] {
  return generation === '1.0.2' ? ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2'] : ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
}

/** Whose default counts where nothing is said. */
export function opensslDefault(setting: string, generation: OpensslGeneration): Origin {
  return { kind: 'default', setting, of: `OpenSSL ${generation}`, source: defaultGroupsSource(generation) }
}

/** The suites of TLS 1.3 where a product does not set any. */
export function tls13Word(generation: OpensslGeneration, setting: string): Word<readonly string[]> {
  return { value: defaultTls13Suites(generation), origin: opensslDefault(setting, generation) }
}

export function groupsWord(generation: OpensslGeneration, setting: string): Word<readonly string[]> {
  return { value: defaultGroups(generation), origin: opensslDefault(setting, generation) }
}

/** Both lists in one word. The place of the list up to TLS 1.2 is told, unless only TLS 1.3 is spoken. */
export function bothLists(tls13: Word<readonly string[]>, older: Word<readonly string[]>, protocols: LegWords['protocols']): SuitesWord {
  const only13 = protocols.value !== 'unknown' && protocols.value.every((protocol) => protocol === 'TLSv1.3')
  const { origin } = only13 ? tls13 : older
  if (only13 && older.value === 'unknown') return tls13
  const never13 = protocols.value !== 'unknown' && !protocols.value.includes('TLSv1.3')
  if (never13 && tls13.value === 'unknown') return older
  const known = [tls13, older].flatMap(({ value }) => (value === 'unknown' ? [] : value))
  return tls13.value === 'unknown' || older.value === 'unknown' ? { value: 'unknown', origin, known } : { value: known, origin }
}

const ANSWERS = 'https://github.com/openssl/openssl/blob/openssl-3.0.15/ssl/record/ssl3_record.c'

/** Servers of OpenSSL answer a hello in the format of SSL 2.0 as long as they speak TLS 1.2 or older; its clients send none. */
export function sslv2HelloWord(role: Role, protocols: LegWords['protocols']): Word<boolean> {
  const older = protocols.value === 'unknown' ? 'unknown' : protocols.value.some((protocol) => protocol !== 'TLSv1.3')
  const why = role === 'server' ? 'OpenSSL answers them and has no switch for it' : 'OpenSSL sends none'
  return { value: role === 'server' && older, origin: { kind: 'fixed', why, source: ANSWERS } }
}

/** A client takes what the server has chosen. */
export const CLIENT_ORDER: LegWords['order'] = {
  value: 'unknown',
  origin: { kind: 'fixed', why: 'the server at the other end decides', source: 'RFC 8446 §4.1.1' },
}

/** A client takes a group as large as the server has it. */
export const CLIENT_DH: LegWords['dh'] = {
  value: 'unknown',
  origin: { kind: 'fixed', why: 'the server at the other end decides', source: 'RFC 5246 §7.4.3' },
}

/** What a leg without TLS comes to; `origin`: what turns it off. */
export function withoutTls(origin: Origin): LegWords {
  const nothing = { value: [], origin }
  return {
    protocols: nothing,
    suites: nothing,
    order: { value: 'unknown', origin },
    groups: nothing,
    dh: { value: null, origin },
    sslv2Hello: { value: false, origin },
  }
}
