import type { FindingId } from './findings.ts'
import type { ClearPosture, FeaturePosture, FlawPosture } from './posture.ts'

/** What a handshake can have or not have, as in `FeaturePosture`. */
export type FeatureName = Extract<
  keyof FeaturePosture,
  | 'extendedMasterSecret'
  | 'encryptThenMac'
  | 'secureRenegotiation'
  | 'clientRenegotiation'
  | 'compression'
  | 'heartbeat'
  | 'truncatedHmac'
  | 'earlyData'
  | 'fallbackScsv'
  | 'downgradeSentinel'
>

/** A feature with the finding that is about it. `wanted`: it is good to have. */
export interface Feature {
  readonly name: FeatureName
  readonly finding: FindingId
  readonly wanted: boolean
}

/** Every feature that a policy can require or forbid. */
export const FEATURES: readonly Feature[] = [
  { name: 'extendedMasterSecret', finding: 'extended-master-secret', wanted: true },
  { name: 'encryptThenMac', finding: 'encrypt-then-mac', wanted: true },
  { name: 'secureRenegotiation', finding: 'secure-renegotiation', wanted: true },
  { name: 'fallbackScsv', finding: 'fallback-scsv', wanted: true },
  { name: 'downgradeSentinel', finding: 'downgrade-sentinel', wanted: true },
  { name: 'clientRenegotiation', finding: 'client-renegotiation', wanted: false },
  { name: 'compression', finding: 'tls-compression', wanted: false },
  { name: 'heartbeat', finding: 'heartbeat', wanted: false },
  { name: 'truncatedHmac', finding: 'truncated-hmac', wanted: false },
  { name: 'earlyData', finding: 'early-data', wanted: false },
]

/** What a server can do that only an attack, or what is said before TLS, shows. */
export type FlawName = keyof FlawPosture | Extract<keyof ClearPosture, 'authBeforeTls' | 'textAfterGoAhead'>

/** A flaw with the finding that is about it. */
export interface Flaw {
  readonly name: FlawName
  readonly finding: FindingId
}

/** Every flaw that a policy can forbid. */
export const FLAWS: readonly Flaw[] = [
  { name: 'heartbleed', finding: 'heartbleed' },
  { name: 'ccsInjection', finding: 'ccs-injection' },
  { name: 'ticketbleed', finding: 'ticketbleed' },
  { name: 'robot', finding: 'robot' },
  { name: 'starttlsInjection', finding: 'starttls-injection' },
  { name: 'authBeforeTls', finding: 'auth-before-tls' },
  { name: 'textAfterGoAhead', finding: 'text-after-go-ahead' },
]
