import { PROTOCOLS, type ProtocolName } from '../../registry/index.ts'
import type { Posture } from '../posture.ts'
import { either, type Known } from './fact.ts'

/** Suites of some kind that a door accepts, and whether that is all of them. */
export interface Offer {
  readonly suites: readonly string[]
  readonly protocols: readonly ProtocolName[]
  /** Protocols in which there may be more. */
  readonly unsure: readonly ProtocolName[]
}

/** The versions before TLS 1.3, which share their suites. */
export const BEFORE_TLS13: readonly ProtocolName[] = PROTOCOLS.filter((protocol) => protocol !== 'TLSv1.3')

/** Whether everything that this version accepts is known: that it is not offered, or its whole lists. */
export function isSure(posture: Posture, protocol: ProtocolName): boolean {
  const { offered, complete } = posture.protocols[protocol]
  return offered === false || (offered === true && complete)
}

/** The accepted suites that `matches`, each once, with the versions that accept them. */
export function offerOf(posture: Posture, among: readonly ProtocolName[], matches: (suite: string) => boolean): Offer {
  const suites = new Set<string>()
  const protocols: ProtocolName[] = []
  for (const protocol of among) {
    const found = posture.protocols[protocol].suites.filter(matches)
    if (found.length > 0) protocols.push(protocol)
    for (const suite of found) suites.add(suite)
  }
  return { suites: [...suites], protocols, unsure: among.filter((protocol) => !isSure(posture, protocol)) }
}

/** Whether there is such a suite: found, surely none, or not known. */
export function isOffered({ suites, unsure }: Offer): Known {
  if (suites.length > 0) return true
  return unsure.length > 0 ? 'unknown' : false
}

/**
 * No version came to a handshake, and some were refused. Then nothing that takes a handshake was tried, and why the versions were
 * refused is not sure either: a server without a certificate refuses them all in the same words.
 */
export function refusesEverything(posture: Posture): boolean {
  const protocols = PROTOCOLS.map((protocol) => posture.protocols[protocol])
  return protocols.every(({ offered }) => offered !== true) && protocols.some(({ refusal }) => refusal !== undefined)
}

/** Whether any of these versions is offered. */
export function offersAny(posture: Posture, protocols: readonly ProtocolName[]): Known {
  return protocols.map((protocol) => posture.protocols[protocol].offered).reduce<Known>(either, false)
}
