import type { CertificatePosture } from '../../policy/index.ts'
import { alertDescription, alertLevel, compressionMethod, signatureScheme } from '../../registry/index.ts'
import type { Handshake, HandshakeFailure, TemporaryKey, Verification } from '../handshake.ts'
import type { Cost } from '../result.ts'
import { escapeInvisible } from './json.ts'

/** Why a handshake did not come to its end, in names where the registries have some, else as `0xab`. */
export type HandshakeFailureReport =
  | { readonly kind: 'alert'; readonly level: string; readonly description: string }
  | { readonly kind: 'closed' | 'reset' | 'silent' }
  | { readonly kind: 'unsupported'; readonly what: string; readonly detail: string }
  | { readonly kind: 'not-offered'; readonly protocol: string }
  | { readonly kind: 'malformed'; readonly detail: string }

/** What `postern handshake --json` prints. Null is what the server did not get as far as, or what was not asked for. */
export interface HandshakeReport {
  readonly version: 1
  readonly postern: string
  readonly started: string
  readonly target: string
  readonly address: string
  readonly connected: boolean
  readonly failure: HandshakeFailureReport | null
  readonly protocol: string | null
  /** `code` as everywhere: `0x1302`. */
  readonly suite: { readonly code: string; readonly iana: string; readonly openssl: string | null } | null
  readonly chain: readonly CertificatePosture[]
  readonly verification: Verification | null
  readonly temporaryKey: TemporaryKey | null
  readonly helloRetryRequest: boolean
  readonly signature: { readonly scheme: string | null; readonly valid: boolean | 'unknown' } | null
  readonly secureRenegotiation: boolean | null
  readonly extendedMasterSecret: boolean | null
  readonly encryptThenMac: boolean | null
  readonly compression: string | null
  readonly alpn: string | null
  readonly staple: 'none' | 'good' | 'revoked' | 'expired' | 'unknown-status' | null
  readonly clientCertificateWanted: boolean
  readonly tickets: readonly { readonly lifetime: number; readonly maxEarlyData: number | null }[]
  readonly cost: Cost
}

/** A handshake in names and hex instead of numbers. `postern` is the version of the package. */
export function handshakeReportOf(made: Handshake, started: Date, postern: string): HandshakeReport {
  const { suite, signature, compression } = made
  return {
    version: 1,
    postern,
    started: started.toISOString(),
    target: made.target,
    address: made.address,
    connected: made.connected,
    failure: made.failure === undefined ? null : failureReport(made.failure),
    protocol: made.protocol ?? null,
    suite: suite === undefined ? null : { code: hex(suite.code), iana: suite.iana, openssl: suite.openssl ?? null },
    chain: made.chain,
    verification: made.verification ?? null,
    temporaryKey: made.temporaryKey ?? null,
    helloRetryRequest: made.helloRetryRequest,
    signature:
      signature === undefined
        ? null
        : { scheme: signature.scheme === undefined ? null : signatureScheme.name(signature.scheme), valid: signature.valid },
    secureRenegotiation: made.secureRenegotiation ?? null,
    extendedMasterSecret: made.extendedMasterSecret ?? null,
    encryptThenMac: made.encryptThenMac ?? null,
    compression: compression === undefined ? null : compressionMethod.name(compression),
    alpn: made.alpn ?? null,
    staple: made.staple ?? null,
    clientCertificateWanted: made.clientCertificateWanted,
    tickets: made.tickets.map(({ lifetime, maxEarlyData = null }) => ({ lifetime, maxEarlyData })),
    cost: made.cost,
  }
}

/** The handshake as JSON. The shape is schemas/handshake.schema.json. */
export function printHandshakeJson(report: HandshakeReport): string {
  return `${escapeInvisible(JSON.stringify(report, undefined, 2))}\n`
}

function failureReport(failure: HandshakeFailure): HandshakeFailureReport {
  if (failure.kind !== 'alert') return failure
  return { kind: 'alert', level: alertLevel.name(failure.level), description: alertDescription.name(failure.description) }
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(4, '0')}`
}
