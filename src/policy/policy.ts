import { cipherSuites, groups, PROTOCOLS, signatureScheme, type ProtocolName } from '../registry/index.ts'
import type { FeatureName, FlawName } from './features.ts'
import type { KeyType } from './posture.ts'
import { suiteIs } from './suite-classes.ts'

/** A certificate key that is allowed. */
export interface AllowedKey {
  readonly type: KeyType
  /** For keys without a curve. */
  readonly minBits?: number
  /** IANA names, for keys on curves; without it every curve. */
  readonly curves?: readonly string[]
}

/** That a certificate is within its dates, is for the name of the door, and is trusted. */
export type CertificateDemand = 'dates' | 'name' | 'trust'

/** The TLS that is wanted on one leg, in the terms of a posture. One type for both roles. */
export interface Policy {
  readonly name: string
  readonly title: string
  readonly edition: string
  /** ISO 8601. */
  readonly date: string
  /** Where it comes from: an address or a file. */
  readonly source: string
  readonly protocols: { readonly allowed: readonly ProtocolName[]; readonly required: readonly ProtocolName[] }
  /** IANA names of all versions, the preferred ones first. */
  readonly suites: readonly string[]
  /** IANA names, the preferred ones first. */
  readonly groups: readonly string[]
  /** IANA names, the preferred ones first. */
  readonly signatureSchemes: readonly string[]
  /** `primes`: only these, by the names that `DhPosture` uses; without it any. */
  readonly dh: { readonly minBits: number; readonly primes?: readonly string[] }
  /** Who is to choose the suite. */
  readonly order: 'server' | 'client' | 'any'
  /** Whether a hello in the format of SSL 2.0 may be answered. */
  readonly sslv2Hello: boolean
  readonly certificate: {
    readonly keys: readonly AllowedKey[]
    readonly hashes: readonly string[]
    readonly maxDays?: number
    /** What else of the server's own certificate has to be right; without it nothing. */
    readonly demands?: readonly CertificateDemand[]
  }
  readonly features: { readonly required: readonly FeatureName[]; readonly forbidden: readonly FeatureName[] }
  /** Without it, nobody asks for flaws. */
  readonly flaws?: { readonly forbidden: readonly FlawName[] }
}

/** A part of a policy that can be allowed or not. */
export type PolicyQuestion =
  | { readonly protocol: ProtocolName }
  | { readonly suite: string }
  | { readonly group: string }
  | { readonly signatureScheme: string }
  | { readonly dh: { readonly bits: number; readonly prime: string } }
  | { readonly certificateKey: { readonly type: KeyType; readonly bits: number; readonly curve?: string | undefined } }
  | { readonly certificateHash: string }
  | { readonly certificateDays: number }
  | { readonly feature: FeatureName; readonly present: boolean }

/** Whether the policy allows something. A name that it does not list is not allowed. */
export function allows(policy: Policy, question: PolicyQuestion): boolean {
  if ('protocol' in question) return policy.protocols.allowed.includes(question.protocol)
  if ('suite' in question) return policy.suites.includes(question.suite)
  if ('group' in question) return policy.groups.includes(question.group)
  if ('signatureScheme' in question) return policy.signatureSchemes.includes(question.signatureScheme)
  if ('dh' in question) return question.dh.bits >= policy.dh.minBits && (policy.dh.primes?.includes(question.dh.prime) ?? true)
  if ('certificateKey' in question) return policy.certificate.keys.some((key) => keyIsAllowed(key, question.certificateKey))
  if ('certificateHash' in question) return policy.certificate.hashes.includes(question.certificateHash)
  if ('certificateDays' in question) return question.certificateDays <= (policy.certificate.maxDays ?? Infinity)
  return !(question.present ? policy.features.forbidden : policy.features.required).includes(question.feature)
}

function keyIsAllowed(
  allowed: AllowedKey,
  key: { readonly type: KeyType; readonly bits: number; readonly curve?: string | undefined },
): boolean {
  const curve = allowed.curves === undefined || (key.curve !== undefined && allowed.curves.includes(key.curve))
  return allowed.type === key.type && key.bits >= (allowed.minBits ?? 0) && curve
}

/** Everything with a name that a policy does not allow: what a door that keeps to it must refuse. */
export interface Forbidden {
  readonly protocols: readonly ProtocolName[]
  /** Up to TLS 1.2. */
  readonly suites: readonly string[]
  readonly tls13Suites: readonly string[]
  readonly groups: readonly string[]
  readonly signatureSchemes: readonly string[]
}

/** What the registries name and the policy does not allow, in the registries' order. */
export function forbiddenBy(policy: Policy): Forbidden {
  const suites = cipherSuites.map((suite) => suite.iana).filter((name) => !allows(policy, { suite: name }))
  return {
    protocols: PROTOCOLS.filter((protocol) => !allows(policy, { protocol })),
    suites: suites.filter((name) => !suiteIs(name, 'tls1.3')),
    tls13Suites: suites.filter((name) => suiteIs(name, 'tls1.3')),
    groups: groups.map((group) => group.name).filter((group) => !allows(policy, { group })),
    signatureSchemes: signatureScheme.names.filter((name) => !allows(policy, { signatureScheme: name })),
  }
}
