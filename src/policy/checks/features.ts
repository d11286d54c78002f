import { opposite } from './fact.ts'
import { behaviour, listed, notFoundOut, verdictWhenBroken, type BehaviourWords, type Check, type Observation } from './observation.ts'
import { FEATURES, type FeatureName } from '../features.ts'
import type { Fact } from '../posture.ts'

const WORDS: Readonly<Partial<Record<FeatureName, BehaviourWords>>> = {
  extendedMasterSecret: {
    kept: 'The server uses the extended master secret.',
    broken: 'The server does not know the extended master secret.',
    whether: 'the server uses the extended master secret',
  },
  encryptThenMac: {
    kept: 'CBC suites encrypt before they compute the MAC.',
    broken: 'CBC suites compute the MAC before they encrypt.',
    whether: 'CBC suites encrypt before they compute the MAC',
  },
  secureRenegotiation: {
    kept: 'Renegotiation is secured (renegotiation_info).',
    broken: 'Renegotiation is not secured: the server does not know renegotiation_info.',
    whether: 'renegotiation is secured',
  },
  clientRenegotiation: {
    kept: 'A renegotiation that the client starts is refused.',
    broken: 'A renegotiation that the client starts is carried out.',
    whether: 'a renegotiation that the client starts is carried out',
  },
  compression: {
    kept: 'The server does not compress.',
    broken: 'The server compresses before it encrypts.',
    whether: 'the server compresses',
  },
  heartbeat: {
    kept: 'The server offers no heartbeats.',
    broken: 'The server offers heartbeats.',
    whether: 'the server offers heartbeats',
  },
  truncatedHmac: {
    kept: 'The server does not truncate MACs.',
    broken: 'The server agrees to truncated MACs.',
    whether: 'the server agrees to truncated MACs',
  },
  earlyData: {
    kept: 'The server takes no early data.',
    broken: 'The server takes early data (0-RTT).',
    whether: 'the server takes early data (0-RTT)',
  },
}

/** Extensions that a server should have, and those that it should not. */
export const checkFeatures: Check = ({ posture }) =>
  FEATURES.flatMap(({ name, finding, wanted }) => {
    const words = WORDS[name]
    const fact = posture.features[name]
    return words === undefined ? [] : behaviour(finding, wanted ? fact : opposite(fact), words)
  })

/** The application protocols that were agreed on. No verdict depends on it. */
export const checkAlpn: Check = ({ posture }) => {
  const { alpn } = posture.features
  const id = 'alpn'
  if (alpn === 'unknown')
    return [{ id, verdict: 'unknown', fact: notFoundOut('the server names its protocol (ALPN)'), subjects: [], things: [] }]
  const fact = alpn.length === 0 ? 'The server names no protocol (ALPN).' : `The server names its protocol (ALPN): ${alpn.join(', ')}.`
  return [{ id, verdict: 'good', fact, subjects: alpn, things: [] }]
}

const CLIENT_CERTIFICATE_WORDS: Readonly<Record<'required' | 'requested' | 'not-requested' | 'unknown', string>> = {
  required:
    'A client certificate is demanded: without one no handshake comes to its end, so that what only whole handshakes show stays unknown.',
  requested: 'A client certificate is asked for, and clients without one are served too.',
  'not-requested': 'No client certificate is asked for.',
  unknown: notFoundOut('a client certificate is demanded'),
}

/** Whom the server serves is its own affair. No verdict depends on it, but much that could not be found out does. */
export const checkClientCertificate: Check = ({ posture }) => {
  const request = posture.features.clientCertificate
  if (request === undefined || request === 'not-applicable') return []
  const verdict = request === 'unknown' ? 'unknown' : 'good'
  return [{ id: 'client-certificate', verdict, fact: CLIENT_CERTIFICATE_WORDS[request], subjects: [], things: [] }]
}

/** RFC 8446 §4.6.1: seven days. */
const LONGEST_TICKET_LIFETIME = 7 * 24 * 60 * 60

/** How long sessions can be taken up again, and whether they can at all. */
export const checkSessions: Check = ({ posture: { features } }) => [
  ...checkTicketLifetime(features.ticketLifetime),
  ...checkResumption(features),
]

function checkTicketLifetime(lifetime: Fact<number>): readonly Observation[] {
  const id = 'ticket-lifetime'
  if (lifetime === 'not-applicable') return []
  if (lifetime === 'unknown') {
    return [{ id, verdict: 'unknown', fact: 'How long session tickets live could not be found out.', subjects: [], things: [] }]
  }
  const kept = lifetime <= LONGEST_TICKET_LIFETIME
  const verdict = kept ? 'good' : verdictWhenBroken(id)
  return [{ id, verdict, fact: `Session tickets live ${duration(lifetime)}.`, subjects: [], things: [{ subject: 'behaviour', id, kept }] }]
}

function duration(seconds: number): string {
  if (seconds >= 2 * 24 * 60 * 60) return `${Math.round(seconds / (24 * 60 * 60))} days`
  if (seconds >= 2 * 60 * 60) return `${Math.round(seconds / (60 * 60))} hours`
  return `${seconds} seconds`
}

function checkResumption(
  features: Readonly<Record<'sessionIdResumption' | 'ticketResumption' | 'pskResumption', Fact>>,
): readonly Observation[] {
  const id = 'session-resumption'
  const ways: readonly (readonly [Fact, string])[] = [
    [features.sessionIdResumption, 'by session id'],
    [features.ticketResumption, 'by ticket'],
    [features.pskResumption, 'by PSK (TLS 1.3)'],
  ]
  const inState = (state: Fact): readonly string[] => ways.flatMap(([fact, way]) => (fact === state ? [way] : []))
  const possible = inState(true)
  const unsure = inState('unknown')
  if (possible.length > 0) {
    const rest = unsure.length === 0 ? '' : `; whether ${listed(unsure)} could not be found out`
    const fact = `Sessions can be taken up again ${listed(possible)}${rest}.`
    return [{ id, verdict: unsure.length === 0 ? 'good' : 'unknown', fact, subjects: possible, things: [] }]
  }
  const facts = ways.map(([fact]) => fact)
  if (facts.includes('unknown'))
    return [{ id, verdict: 'unknown', fact: notFoundOut('sessions can be taken up again'), subjects: [], things: [] }]
  return facts.includes(false) ? [{ id, verdict: 'good', fact: 'Sessions cannot be taken up again.', subjects: [], things: [] }] : []
}
