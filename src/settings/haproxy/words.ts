import { join } from 'node:path'
import type { OpensslGeneration } from '../../policy/index.ts'
import { suiteByName, type ProtocolName } from '../../registry/index.ts'
import type { ReadOptions } from '../adapter.ts'
import { dhBitsOf } from '../openssl/dh-file.ts'
import { parseGroups } from '../openssl/openssl-ability.ts'
import { suitesOfList, type ListMeaning } from '../openssl/openssl-list.ts'
import { bothLists, CLIENT_ORDER, groupsWord, spokenBy, sslv2HelloWord, tls13Word } from '../openssl/openssl-words.ts'
import { lookUp, type Found, type ScopedLeg } from '../scopes.ts'
import { parseCiphersuites } from '../openssl/tls13-suites.ts'
import { compareVersions } from '../versions.ts'
import type { LegWords, Origin, Word } from '../words.ts'
import { listedWords, withoutListed } from './crt-list.ts'

/** The newest version that the defaults below were read for. */
export const NEWEST = '3.0'

export interface Setup {
  readonly version: string
  readonly openssl: OpensslGeneration
  readonly more: ReadOptions['more']
  readonly folder: string
}

const VERSIONS: readonly (readonly [name: string, protocol: ProtocolName])[] = [
  ['SSLv3', 'SSLv3'],
  ['TLSv1.0', 'TLSv1'],
  ['TLSv1.1', 'TLSv1.1'],
  ['TLSv1.2', 'TLSv1.2'],
  ['TLSv1.3', 'TLSv1.3'],
]
const FLAGS = ['sslv3', 'tlsv10', 'tlsv11', 'tlsv12', 'tlsv13']
const SOURCE = 'https://github.com/haproxy/haproxy/blob/v2.6.0/src/ssl_sock.c'

/** HAProxy writes TLSv1.0 where others write TLSv1. */
export function versionName(protocol: ProtocolName): string {
  return VERSIONS.find(([, one]) => one === protocol)?.[0] ?? protocol
}

export interface Value {
  readonly value: string | undefined
  readonly found: Found | undefined
  readonly origin: Origin
}

export function valueOf(leg: ScopedLeg, setting: string, { version }: Setup): Value {
  const found = lookUp(leg, setting)
  if (found !== undefined) return { value: found.value, found, origin: { kind: 'file', setting, place: found.place } }
  return { value: undefined, found, origin: { kind: 'default', setting, of: `HAProxy ${version}`, source: SOURCE } }
}

/** The `force-…` of a leg: it sets both bounds. */
export function forced(leg: ScopedLeg): string | undefined {
  return FLAGS.map((flag) => `force-${flag}`).find((flag) => lookUp(leg, flag) !== undefined)
}

export function wordsOf(leg: ScopedLeg, setup: Setup): LegWords {
  return withoutListed(wordsOfLine(leg, setup), listedWords(leg, setup))
}

function wordsOfLine(leg: ScopedLeg, setup: Setup): LegWords {
  const protocols = protocolsOf(leg, setup)
  const order = valueOf(leg, 'prefer-client-ciphers', setup)
  return {
    protocols,
    suites: bothLists(tls13Of(leg, setup), olderOf(leg, setup), protocols),
    order: leg.role === 'client' ? CLIENT_ORDER : { value: order.found === undefined ? 'server' : 'client', origin: order.origin },
    groups: groupsOf(leg, setup),
    dh: dhOf(leg, setup),
    sslv2Hello: sslv2HelloWord(leg.role, protocols),
  }
}

/** Bounds win over `no-…`, which count for nothing beside them. A bind line has TLS 1.2 as its lowest version since 2.2. */
function protocolsOf(leg: ScopedLeg, setup: Setup): LegWords['protocols'] {
  const [least, most] = [valueOf(leg, 'ssl-min-ver', setup), valueOf(leg, 'ssl-max-ver', setup)]
  const force = forced(leg)
  if (force !== undefined) {
    const only = VERSIONS[FLAGS.indexOf(force.replace('force-', ''))]?.[1]
    const alone = least.found === undefined && most.found === undefined
    return {
      value: only === undefined || !alone ? 'unknown' : spokenBy(setup.openssl).filter((one) => one === only),
      origin: valueOf(leg, force, setup).origin,
    }
  }
  const bounded = least.found !== undefined || most.found !== undefined
  const flags = FLAGS.map((flag) => `no-${flag}`).filter((flag) => !bounded && lookUp(leg, flag) !== undefined)
  const own = leg.role === 'server' && compareVersions(setup.version, '2.2') >= 0 ? 3 : 0
  const [low, high] = [indexOf(least.value, own), indexOf(most.value, VERSIONS.length - 1)]
  const [flag] = flags
  const origin =
    [least, most].find(({ found }) => found !== undefined)?.origin ?? (flag === undefined ? least.origin : valueOf(leg, flag, setup).origin)
  if (low < 0 || high < 0) return { value: 'unknown', origin }
  const floor = least.found === undefined ? Math.min(low, high) : low
  const value = VERSIONS.filter((_, index) => index >= floor && index <= high && !flags.includes(`no-${FLAGS[index] ?? ''}`)).map(
    ([, protocol]) => protocol,
  )
  return { value: spokenBy(setup.openssl).filter((protocol) => value.includes(protocol)), origin }
}

function indexOf(name: string | undefined, otherwise: number): number {
  return name === undefined ? otherwise : VERSIONS.findIndex(([one]) => one === name)
}

/** A variable of the environment, which the file does not tell: nothing of TLS has a $ in its name. */
export function hasVariable(value: string): boolean {
  return value.includes('$')
}

/** What OpenSSL takes where HAProxy sets nothing. */
export function listOf(leg: ScopedLeg, setup: Setup): string {
  return valueOf(leg, 'ciphers', setup).value ?? 'DEFAULT'
}

export function meaningOf(leg: ScopedLeg, setup: Setup): ListMeaning {
  return suitesOfList(listOf(leg, setup), { generation: setup.openssl })
}

function olderOf(leg: ScopedLeg, setup: Setup): Word<readonly string[]> {
  const { origin } = valueOf(leg, 'ciphers', setup)
  const { suites, refused } = meaningOf(leg, setup)
  if (refused !== undefined || hasVariable(listOf(leg, setup))) return { value: 'unknown', origin }
  return { value: suites.filter((suite) => dhOf(leg, setup).value !== null || suiteByName(suite)?.kx !== 'DHE'), origin }
}

function tls13Of(leg: ScopedLeg, setup: Setup): Word<readonly string[]> {
  const { value, origin } = valueOf(leg, 'ciphersuites', setup)
  if (value === undefined) return tls13Word(setup.openssl, 'ciphersuites')
  return { value: parseCiphersuites(value) ?? 'unknown', origin }
}

function groupsOf(leg: ScopedLeg, setup: Setup): LegWords['groups'] {
  const curves = valueOf(leg, 'curves', setup)
  // A single one, which counts where there are no curves.
  const single = leg.role === 'server' && curves.value === undefined ? valueOf(leg, 'ecdhe', setup) : curves
  const { value, origin } = single.value === undefined ? curves : single
  if (value === undefined) return groupsWord(setup.openssl, 'curves')
  return { value: parseGroups(value, /:/, setup.openssl) ?? 'unknown', origin }
}

/** The size at most: HAProxy takes less for a certificate with a smaller key. Since 2.6 there is no DHE where nobody sets one. */
function dhOf(leg: ScopedLeg, setup: Setup): LegWords['dh'] {
  if (leg.role === 'client') {
    return { value: 'unknown', origin: { kind: 'fixed', why: 'the server at the other end decides', source: 'RFC 5246 §7.4.3' } }
  }
  const path = dhPathOf(leg, setup)
  if (path !== undefined) {
    const text = setup.more?.(path)?.text
    return {
      value: (text === undefined ? undefined : dhBitsOf(text)) ?? 'unknown',
      origin: valueOf(leg, 'ssl-dh-param-file', setup).origin,
    }
  }
  const { value, origin } = valueOf(leg, 'tune.ssl.default-dh-param', setup)
  if (value === undefined) return { value: compareVersions(setup.version, '2.6') >= 0 ? null : 'unknown', origin }
  return { value: /^\d+$/.test(value) ? Number(value) : 'unknown', origin }
}

/** The file with the parameters for all doors, where one is named. */
export function dhPathOf(leg: ScopedLeg, setup: Setup): string | undefined {
  const { value } = valueOf(leg, 'ssl-dh-param-file', setup)
  return value === undefined || value.startsWith('/') ? value : join(setup.folder, value)
}
