import type { AlertName, ProtocolName } from '../../registry/index.ts'
import type { HandshakeCertificate } from './ends.ts'

/** What can stand in the way of a handshake. */
export const REFUSAL_REASONS = [
  'no-hello',
  'version',
  'fallback',
  'sslv2-hello',
  'unfit-server',
  'suites',
  'groups',
  'signature',
  'certificate',
  'dh-size',
  'secure-renegotiation',
  'extended-master-secret',
  'alpn',
  'server-name',
] as const

export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** The handshake succeeds. */
export interface Agreement {
  readonly agreed: true
  readonly version: ProtocolName
  /** IANA name. */
  readonly suite: string
  /** IANA name of the group of (EC)DHE; absent for static RSA and for a DHE modulus without a name. */
  readonly group?: string
  /** Size of the modulus where DHE is used up to TLS 1.2, in bits. */
  readonly dhBits?: number
  /** A HelloRetryRequest comes first, RFC 8446 §4.1.4. */
  readonly retried: boolean
  /** IANA name of what the server signs with; absent where nothing is signed. `rsa_pkcs1_md5_sha1` up to TLS 1.1. */
  readonly signatureScheme?: string
  /** Absent with anonymous suites. */
  readonly certificate?: HandshakeCertificate
  readonly alpn?: string
}

/** The handshake fails. */
export interface Refusal {
  readonly agreed: false
  readonly by: 'client' | 'server'
  /** `close`: the connection is closed without an alert. */
  readonly alert: AlertName | 'close'
  readonly reason: RefusalReason
  /** In words, with the values that clash. */
  readonly why: string
  /** The version that was agreed on before it failed. */
  readonly version?: ProtocolName
}

export type Outcome = Agreement | Refusal

export function refused(by: 'client' | 'server', alert: Refusal['alert'], reason: RefusalReason, why: string): Refusal {
  return { agreed: false, by, alert, reason, why }
}
