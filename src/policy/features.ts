import type { FindingId } from './findings.ts'
import type { FeaturePosture } from './posture.ts'

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
