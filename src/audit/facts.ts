import { createHash } from 'node:crypto'
import type { DhPosture, Fact, FeaturePosture } from '../policy/index.ts'
import { knownPrime, PROTOCOLS, protocolVersion, type ProtocolName } from '../registry/index.ts'
import { downgradeSentinel, EXTENSION_TYPE, findExtension } from '../wire/index.ts'
import type { Observation } from './observation.ts'

/** What the flights of many hellos say together. Pure: observations in, facts out. */

const OLD: readonly ProtocolName[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2']

/** Every modulus that was served, and whether a public value came twice. Null where no DHE suite answered. */
export function dhPosture(observations: readonly Observation[]): DhPosture | null {
  const seen = new Map<string, { bits: number; prime: string; generator: number; protocols: ProtocolName[] }>()
  const publics: string[] = []
  for (const { keyExchange, protocol } of observations) {
    if (keyExchange?.params?.kind !== 'DHE') continue
    const { dhP, dhG, dhYs } = keyExchange.params
    const key = hex(dhP)
    const one = seen.get(key) ?? {
      bits: bitLength(dhP),
      prime: knownPrime(dhP)?.name ?? 'custom',
      generator: smallNumber(dhG),
      protocols: [],
    }
    if (protocol !== undefined && !one.protocols.includes(protocol)) one.protocols.push(protocol)
    one.protocols.sort((newer, older) => age(older) - age(newer))
    seen.set(key, one)
    publics.push(hex(dhYs))
  }
  const all = [...seen.values()].toSorted((one, other) => one.bits - other.bits || one.prime.localeCompare(other.prime))
  const [weakest] = all
  if (weakest === undefined) return null
  return { bits: weakest.bits, prime: weakest.prime, all, reused: reused(publics) }
}

/** The same ECDHE public value came in two connections. */
export function ecdhReuse(observations: readonly Observation[]): Fact {
  const publics: string[] = []
  for (const { keyExchange } of observations) if (keyExchange?.params?.kind === 'ECDHE') publics.push(hex(keyExchange.params.point))
  if (publics.length > 0) return reused(publics)
  const unread = observations.length === 0 || observations.some(({ suite }) => suite?.kx === 'ECDHE')
  return unread ? 'unknown' : 'not-applicable'
}

/** One connection proves nothing. */
function reused(publics: readonly string[]): Fact {
  return publics.length < 2 ? 'unknown' : new Set(publics).size < publics.length
}

/** Features that a ServerHello up to TLS 1.2 tells. Those of the newest of these protocols count. */
export function helloFeatures(
  observations: readonly Observation[],
): Pick<FeaturePosture, 'extendedMasterSecret' | 'encryptThenMac' | 'secureRenegotiation' | 'sessionTickets' | 'downgradeSentinel'> {
  const old = newestOf(observations)
  if (old.length === 0) return NOT_APPLICABLE
  const cbc = old.filter(({ suite }) => suite?.mode === 'CBC')
  return {
    extendedMasterSecret: old[0]?.protocol === 'SSLv3' ? 'not-applicable' : everyHas(old, EXTENSION_TYPE.extended_master_secret),
    // RFC 7366 §3: only where the suite is a block cipher in CBC mode.
    encryptThenMac: cbc.length === 0 ? 'not-applicable' : everyHas(cbc, EXTENSION_TYPE.encrypt_then_mac),
    secureRenegotiation: everyHas(old, EXTENSION_TYPE.renegotiation_info),
    sessionTickets: old.some((one) => has(one, EXTENSION_TYPE.session_ticket)),
    downgradeSentinel: sentinel(observations),
  }
}

const NOT_APPLICABLE = {
  extendedMasterSecret: 'not-applicable',
  encryptThenMac: 'not-applicable',
  secureRenegotiation: 'not-applicable',
  sessionTickets: 'not-applicable',
  downgradeSentinel: 'not-applicable',
} as const

/** RFC 8446 §4.1.3: a server that speaks 1.3 marks every older ServerHello, one that speaks 1.2 should mark those of 1.1 and below. */
function sentinel(observations: readonly Observation[]): Fact {
  const newest = Math.max(...observations.map(({ answer }) => answer.version))
  if (newest < protocolVersion.code('TLSv1.3')) return 'not-applicable'
  const older = observations.filter(({ answer }) => answer.version < newest)
  return older.length === 0 ? 'not-applicable' : older.every(({ answer }) => downgradeSentinel(answer.hello) === markFor(answer.version))
}

function markFor(version: number): ReturnType<typeof downgradeSentinel> {
  return version === protocolVersion.code('TLSv1.2') ? 'TLSv1.2' : 'TLSv1.1 or below'
}

/** Those of the newest protocol up to TLS 1.2. */
export function newestOf(observations: readonly Observation[]): readonly Observation[] {
  for (const protocol of ['SSLv3', ...OLD].toReversed()) {
    const those = observations.filter((one) => one.protocol === protocol)
    if (those.length > 0) return those
  }
  return []
}

function everyHas(observations: readonly Observation[], type: number): boolean {
  return observations.every((one) => has(one, type))
}

function has({ answer }: Observation, type: number): boolean {
  return findExtension(answer.hello.extensions, type) !== undefined
}

/** The position of a protocol, oldest first. */
export function age(protocol: ProtocolName): number {
  return PROTOCOLS.indexOf(protocol)
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function bitLength(number: Uint8Array): number {
  const start = number.findIndex((byte) => byte !== 0)
  return start < 0 ? 0 : (number.length - start - 1) * 8 + (32 - Math.clz32(number[start] ?? 0))
}

/** Generators are small; what does not fit is told as 0. */
function smallNumber(number: Uint8Array): number {
  const value = BigInt(`0x${hex(number) || '0'}`)
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : 0
}
