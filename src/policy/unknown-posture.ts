import { PROTOCOLS, type ProtocolName } from '../registry/index.ts'
import type { FeaturePosture, FlawPosture, Posture, ProtocolPosture, TolerancePosture } from './posture.ts'

/** A protocol version nobody has asked about yet. */
export const UNKNOWN_PROTOCOL: ProtocolPosture = {
  offered: 'unknown',
  suites: [],
  order: 'unknown',
  prefersClientChaCha: 'unknown',
  groups: [],
  complete: false,
}

const UNKNOWN_FEATURES: FeaturePosture = {
  extendedMasterSecret: 'unknown',
  encryptThenMac: 'unknown',
  secureRenegotiation: 'unknown',
  clientRenegotiation: 'unknown',
  compression: 'unknown',
  heartbeat: 'unknown',
  truncatedHmac: 'unknown',
  alpn: 'unknown',
  sessionTickets: 'unknown',
  ticketLifetime: 'unknown',
  sessionIdResumption: 'unknown',
  ticketResumption: 'unknown',
  pskResumption: 'unknown',
  earlyData: 'unknown',
  fallbackScsv: 'unknown',
  downgradeSentinel: 'unknown',
  recordSplitting: 'unknown',
  ecdhReuse: 'unknown',
}

const UNKNOWN_TOLERANCE: TolerancePosture = { futureVersion: 'unknown', grease: 'unknown', longHello: 'unknown', manySuites: 'unknown' }

const UNKNOWN_FLAWS: FlawPosture = {
  heartbleed: 'unknown',
  ccsInjection: 'unknown',
  ticketbleed: 'unknown',
  robot: 'unknown',
  starttlsInjection: 'unknown',
}

/** One value for each protocol version. */
export function forEachProtocol<T>(value: (protocol: ProtocolName) => T): Record<ProtocolName, T> {
  return {
    SSLv2: value('SSLv2'),
    SSLv3: value('SSLv3'),
    TLSv1: value('TLSv1'),
    'TLSv1.1': value('TLSv1.1'),
    'TLSv1.2': value('TLSv1.2'),
    'TLSv1.3': value('TLSv1.3'),
  }
}

/**
 * A posture of which nothing is known. Whoever measures fills it in with `{ ...posture, … }`; what nobody fills in stays
 * `unknown` and is judged as such. Empty lists and `null` stand for "nothing seen", so they say nothing while a protocol's
 * `complete` is false.
 */
export function unknownPosture(role: Posture['role'] = 'server'): Posture {
  return {
    role,
    protocols: forEachProtocol(() => UNKNOWN_PROTOCOL),
    sslv2Hello: 'unknown',
    groups: [],
    dh: null,
    signatureSchemes: { 'TLSv1.2': 'unknown', 'TLSv1.3': 'unknown' },
    certificates: [],
    features: UNKNOWN_FEATURES,
    tolerance: UNKNOWN_TOLERANCE,
    flaws: UNKNOWN_FLAWS,
    clear: null,
  }
}

/** A protocol version that was asked for and refused, `refusal` in words. */
export function refusedProtocol(refusal: string): ProtocolPosture {
  return { ...UNKNOWN_PROTOCOL, offered: false, refusal, prefersClientChaCha: 'not-applicable', complete: true }
}

/** The versions that are offered, newest first. */
export function offeredProtocols(posture: Posture): readonly ProtocolName[] {
  return PROTOCOLS.toReversed().filter((protocol) => posture.protocols[protocol].offered === true)
}
