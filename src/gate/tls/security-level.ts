import { allowedAtLevel, type Policy } from '../../policy/index.ts'
import { schemeHash, signatureScheme } from '../../registry/index.ts'
import type { Speakable } from './speakable.ts'

/** What OpenSSL calls a level, SSL_CTX_set_security_level(3): 0 forbids nothing, 1 what has less than 80 bits of security, 2 less than 112. */
export type SecurityLevel = 0 | 1 | 2

const LEVELS = [2, 1] as const
const BITS = { 1: 80, 2: 112 } as const
/** Of RSA, DSA and finite fields, in OpenSSL's reckoning. */
const MODULUS_BITS = { 1: 1024, 2: 2048 } as const

/**
 * The highest level that leaves everything in force which is to be spoken. The level only keeps out what no list names: keys of certificates. Everything
 * else is listed, so that it needs no level.
 */
export function securityLevel(policy: Policy, spoken: Speakable): SecurityLevel {
  return LEVELS.find((level) => fits(level, policy, spoken)) ?? 0
}

function fits(level: 1 | 2, policy: Policy, { protocols, suites, groups, signatureSchemes, dh }: Speakable): boolean {
  // A client has no parameters, and takes what it is given.
  const dhBits = dh?.bits ?? (suites.some(({ kx }) => kx === 'DHE') ? policy.dh.minBits : Infinity)
  // TLS 1.0 and 1.1 sign with MD5 and SHA-1, whose security is below 80 bits since OpenSSL 3.1.
  if (protocols.includes('TLSv1') || protocols.includes('TLSv1.1')) return false
  return (
    suites.every((suite) => allowedAtLevel(suite, level, '3.5')) &&
    groups.every(({ strength }) => strength >= BITS[level]) &&
    !signatureSchemes.some(isBroken) &&
    dhBits >= MODULUS_BITS[level] &&
    certificatesFit(level, policy)
  )
}

function isBroken(scheme: string): boolean {
  const name = signatureScheme.names.find((one) => one === scheme)
  const hash = name === undefined ? undefined : schemeHash(signatureScheme.code(name))
  return hash === 'SHA1' || hash === 'MD5'
}

/** Keys on curves of less than 160 bits are nobody's. */
function certificatesFit(level: 1 | 2, { certificate }: Policy): boolean {
  if (certificate.hashes.includes('SHA-1') || certificate.hashes.includes('MD5')) return false
  const moduli = certificate.keys.filter(({ type }) => type === 'RSA' || type === 'RSA-PSS' || type === 'DSA')
  return moduli.every(({ minBits = 0 }) => minBits >= MODULUS_BITS[level])
}
