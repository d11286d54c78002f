import { PROTOCOLS, type ProtocolName } from '../../registry/index.ts'
import type { FindingId } from '../findings.ts'
import { opposite } from './fact.ts'
import { refusesEverything } from './offers.ts'
import { behaviour, notFoundOut, protocolTitle, verdictWhenBroken, type Check, type Observation, type Scene } from './observation.ts'

const FINDING: Readonly<Record<ProtocolName, FindingId>> = {
  SSLv2: 'protocol-sslv2',
  SSLv3: 'protocol-sslv3',
  TLSv1: 'protocol-tls1-0',
  'TLSv1.1': 'protocol-tls1-1',
  'TLSv1.2': 'protocol-tls1-2',
  'TLSv1.3': 'protocol-tls1-3',
}

/** Each protocol version: the old ones should be off, the new ones on. */
export const checkProtocols: Check = (scene) => PROTOCOLS.map((protocol) => checkProtocol(protocol, scene))

function checkProtocol(protocol: ProtocolName, { posture }: Scene): Observation {
  const id = FINDING[protocol]
  const { offered, refusal } = posture.protocols[protocol]
  const title = protocolTitle(protocol)
  const subjects = [protocol]
  if (offered === 'unknown') return { id, verdict: 'unknown', fact: notFoundOut(`${title} is offered`), subjects, things: [] }
  if (offered) {
    const verdict = isOld(protocol) ? verdictWhenBroken(id) : 'good'
    return { id, verdict, fact: `${title} is offered.`, subjects, things: [{ subject: 'protocol', name: protocol }] }
  }
  const fact = refusal === undefined ? `${title} is not offered.` : `${title} is not offered: ${refusal}.`
  if (isOld(protocol)) return { id, verdict: 'good', fact, subjects, things: [] }
  if (refusesEverything(posture)) {
    return { id, verdict: 'unknown', fact: `${fact} No version came to a handshake, so that others may be served.`, subjects, things: [] }
  }
  const newer = protocol === 'TLSv1.2' ? posture.protocols['TLSv1.3'].offered : false
  const verdict = newer === 'unknown' ? 'unknown' : newer ? 'good' : verdictWhenBroken(id)
  return { id, verdict, fact, subjects, things: [{ subject: 'protocol-missing', name: protocol, newer: newer === true }] }
}

function isOld(protocol: ProtocolName): boolean {
  return protocol !== 'TLSv1.2' && protocol !== 'TLSv1.3'
}

/** Hellos that a server should refuse, and hellos that it should not choke on. */
export const checkHellos: Check = ({ posture: { sslv2Hello, tolerance, features } }) => [
  ...behaviour('sslv2-hello', opposite(sslv2Hello), {
    kept: 'A hello in SSL 2.0 format is refused.',
    broken: 'A hello in SSL 2.0 format is answered.',
    whether: 'a hello in SSL 2.0 format is answered',
  }),
  ...behaviour('version-intolerance', tolerance.futureVersion, {
    kept: 'A hello with a version that does not exist yet is answered with one that does.',
    broken: 'A hello with a version that does not exist yet is refused.',
    whether: 'a hello with a version that does not exist yet is tolerated',
  }),
  ...behaviour('grease-intolerance', tolerance.grease, {
    kept: 'A hello with meaningless (GREASE) values is answered.',
    broken: 'A hello with meaningless (GREASE) values is refused.',
    whether: 'a hello with meaningless (GREASE) values is tolerated',
  }),
  ...behaviour('long-hello-intolerance', tolerance.longHello, {
    kept: 'A hello of more than 512 bytes is answered.',
    broken: 'A hello of more than 512 bytes is refused or dropped.',
    whether: 'a hello of more than 512 bytes is tolerated',
  }),
  ...behaviour('many-suites-intolerance', tolerance.manySuites, {
    kept: 'A hello with more than 150 suites is answered.',
    broken: 'A hello with more than 150 suites is refused.',
    whether: 'a hello with more than 150 suites is tolerated',
  }),
  ...behaviour('downgrade-sentinel', features.downgradeSentinel, {
    kept: 'A downgrade from TLS 1.3 is marked in the server’s random value.',
    broken: 'A downgrade from TLS 1.3 is not marked in the server’s random value.',
    whether: 'a downgrade from TLS 1.3 is marked',
  }),
  ...behaviour('fallback-scsv', features.fallbackScsv, {
    kept: 'A needless fallback (TLS_FALLBACK_SCSV) is refused.',
    broken: 'A needless fallback (TLS_FALLBACK_SCSV) is accepted.',
    whether: 'a needless fallback (TLS_FALLBACK_SCSV) is refused',
  }),
]
