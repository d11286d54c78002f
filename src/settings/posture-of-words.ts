import { forEachProtocol, refusedProtocol, suiteIs, UNKNOWN_PROTOCOL, unknownPosture } from '../policy/index.ts'
import type { Posture, ProtocolPosture } from '../policy/index.ts'
import { groupByName, PROTOCOLS, suiteByName, type ProtocolName } from '../registry/index.ts'
import type { LegWords, Origin, Role } from './words.ts'

/**
 * What settings say, in the terms of audits. Protocols that are not listed are refused, and the setting that does it is named;
 * what settings do not decide, such as certificates and features, stays unknown.
 */
export function postureOfWords(role: Role, words: LegWords): Posture {
  const { protocols, groups, dh } = words
  const posture = {
    ...unknownPosture(role),
    protocols: forEachProtocol((protocol) => protocolOf(protocol, words)),
    sslv2Hello: words.sslv2Hello.value,
    groups: groups.value === 'unknown' ? [] : groups.value,
  }
  if (protocols.value === 'unknown' || typeof dh.value !== 'number') return posture
  const users = protocols.value.filter((protocol) => posture.protocols[protocol].suites.some((suite) => suiteByName(suite)?.kx === 'DHE'))
  if (users.length === 0) return posture
  return { ...posture, dh: { bits: dh.value, prime: 'unknown', all: [], reused: 'unknown' } }
}

/** Whether a suite can be spoken in a version: TLS 1.3 has its own (RFC 8446 §B.4), older ones go from their first version on. */
export function suiteIsOf(suite: string, protocol: ProtocolName): boolean {
  if (protocol === 'SSLv2') return false
  if (suiteIs(suite, 'tls1.3') || protocol === 'TLSv1.3') return protocol === 'TLSv1.3' && suiteIs(suite, 'tls1.3')
  const first = suiteByName(suite)?.protocol
  return first !== undefined && PROTOCOLS.indexOf(first) <= PROTOCOLS.indexOf(protocol)
}

function protocolOf(protocol: ProtocolName, { protocols, suites, order, groups }: LegWords): ProtocolPosture {
  if (protocols.value === 'unknown') return UNKNOWN_PROTOCOL
  if (!protocols.value.includes(protocol)) return refusedProtocol(refusalOf(protocols.origin))
  return {
    ...UNKNOWN_PROTOCOL,
    offered: true,
    suites: suites.value === 'unknown' ? [] : suites.value.filter((suite) => suiteIsOf(suite, protocol)),
    order: order.value,
    groups: groups.value === 'unknown' ? [] : groups.value.filter((group) => groupIsOf(group, protocol)),
    groupsComplete: groups.value !== 'unknown',
    complete: suites.value !== 'unknown',
  }
}

function groupIsOf(group: string, protocol: ProtocolName): boolean {
  const known = groupByName(group)
  return protocol === 'TLSv1.3' ? known?.tls13 === true : known?.tls12 === true
}

function refusalOf(origin: Origin): string {
  if (origin.kind === 'fixed') return origin.why
  return origin.kind === 'file' ? `not in ${origin.setting}` : `not in the default of ${origin.setting}`
}
