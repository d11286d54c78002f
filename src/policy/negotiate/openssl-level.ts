import type { CipherSuite, NamedGroup, ProtocolName } from '../../registry/index.ts'
import { defaultSecurityLevel, isSince, type OpensslGeneration } from '../ciphers/generation.ts'
import { forbiddenAtLevel } from '../ciphers/security-level.ts'
import type { HandshakeCertificate } from './ends.ts'
import { hashBits, type Scheme } from './schemes.ts'

const MINIMUM_BITS = [0, 80, 112, 128, 192, 256] as const

/** What OpenSSL's security level lets pass, SSL_CTX_set_security_level(3). */
export interface Level {
  readonly generation: OpensslGeneration
  readonly number: number
  readonly bits: number
}

export function levelOf(generation: OpensslGeneration, number: number | undefined): Level {
  const level = Math.min(number ?? defaultSecurityLevel(generation) ?? 0, MINIMUM_BITS.length - 1)
  return { generation, number: level, bits: MINIMUM_BITS[level] ?? 0 }
}

/** TLS 1.0 and 1.1 need level 0 since 3.1, for their signatures are made of SHA-1 and MD5; before that levels 3 and 4 ruled them out. */
export function versionPasses(level: Level, version: ProtocolName): boolean {
  if (isSince(level.generation, '3.5')) return level.number === 0 || version === 'TLSv1.2' || version === 'TLSv1.3'
  if (version === 'SSLv3') return level.number < 2
  if (version === 'TLSv1') return level.number < 3
  return version !== 'TLSv1.1' || level.number < 4
}

export function suitePasses(level: Level, suite: CipherSuite): boolean {
  return !forbiddenAtLevel(suite, level.number, level.generation)
}

export function groupPasses(level: Level, group: NamedGroup): boolean {
  return level.number === 0 || group.strength >= level.bits
}

/** Since 3.0 the known attacks on SHA-1 and MD5 count. */
const BROKEN = { SHA1: 64, MD5: 39 } as const
const MD5_SHA1_BITS: Readonly<Record<OpensslGeneration, number>> = { '1.0.2': 0, '1.1.1': 144, '3.0': 67, '3.5': 67 }

export function schemePasses(level: Level, scheme: Scheme): boolean {
  return level.number === 0 || schemeBits(level, scheme) >= level.bits
}

function schemeBits({ generation }: Level, scheme: Scheme): number {
  const hash = hashBits(scheme)
  if (hash === undefined) return scheme.key === 'Ed448' ? 224 : scheme.key === 'Ed25519' ? 128 : 192
  if (isSince(generation, '3.0') && (scheme.hash === 'SHA1' || scheme.hash === 'MD5')) return BROKEN[scheme.hash]
  return hash / 2
}

/** MD5 with SHA-1, which RSA signs up to TLS 1.1, RFC 4346 §7.4.3. */
export function md5Sha1Passes(level: Level): boolean {
  return level.number === 0 || MD5_SHA1_BITS[level.generation] >= level.bits
}

/** Strength of a modulus in bits, in OpenSSL's reckoning of NIST SP 800-57. */
export function modulusStrength(bits: number): number {
  return (
    [
      [15360, 256],
      [7680, 192],
      [3072, 128],
      [2048, 112],
      [1024, 80],
    ].find(([size = 0]) => bits >= size)?.[1] ?? 0
  )
}

/** Not even level 0 takes less than 1024 bits. */
export function dhPasses(level: Level, bits: number): boolean {
  return modulusStrength(bits) >= Math.max(level.bits, 80)
}

/** Strength of a certificate's key. */
export function keyStrength(certificate: HandshakeCertificate): number {
  if (certificate.keyType === 'RSA' || certificate.keyType === 'RSA-PSS') return modulusStrength(certificate.keyBits)
  return certificate.keyBits >= 512 ? 256 : certificate.keyType === 'Ed448' ? 224 : Math.floor(certificate.keyBits / 2)
}
