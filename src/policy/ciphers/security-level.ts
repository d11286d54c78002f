import type { CipherSuite } from '../../registry/index.ts'
import type { OpensslGeneration } from './generation.ts'

/** Bits of security that each level asks for, SSL_CTX_set_security_level(3). */
const MINIMUM_BITS = [0, 80, 112, 128, 192, 256] as const

/** Strength of HMAC-SHA1 in OpenSSL's reckoning. */
const SHA1_BITS = 160

/**
 * Would `openssl ciphers -s` list the suite at this level? It leaves out PSK and SRP too, which need a callback.
 * Levels above 5 count as 5.
 */
export function allowedAtLevel(suite: CipherSuite, level: number, generation: OpensslGeneration): boolean {
  return !suite.kx.endsWith('PSK') && suite.kx !== 'SRP' && !forbiddenAtLevel(suite, level, generation)
}

/** Does the level keep the suite from being used, SSL_CTX_set_security_level(3)? */
export function forbiddenAtLevel(suite: CipherSuite, level: number, generation: OpensslGeneration): boolean {
  if (level <= 0) return false
  const minimum = MINIMUM_BITS[Math.min(level, MINIMUM_BITS.length - 1)] ?? 0
  const strength = generation === '3.5' && suite.mode === 'CCM_8' ? 64 : suite.bits
  if (strength < minimum || suite.au === 'anon' || suite.mac === 'MD5') return true
  if (minimum > SHA1_BITS && suite.mac === 'SHA1') return true
  if (level >= 2 && suite.enc.startsWith('RC4')) return true
  return level >= 3 && !FORWARD_SECRET.includes(suite.kx)
}

/** SRP and RSA_PSK are not among them in OpenSSL's eyes. */
const FORWARD_SECRET: readonly CipherSuite['kx'][] = ['DHE', 'ECDHE', 'DHE_PSK', 'ECDHE_PSK', 'any']
