import { createHash } from 'node:crypto'
import { PRIME_TABLE, type PrimeSource } from './prime-table.ts'

/** A Diffie-Hellman modulus that is not the server's own. */
export interface KnownPrime {
  /** Such as `ffdhe2048`, `RFC 3526 group 14`, `HAProxy built-in 2048`. */
  readonly name: string
  readonly bits: number
  /** SHA-256 of the modulus, big-endian without leading zeros, in hex. */
  readonly sha256: string
  readonly source: PrimeSource
  /** `safe`: (p-1)/2 is prime too. `prime`: it is not, so small subgroups must be checked for. `composite`: no prime at all, as socat's was. */
  readonly kind: 'safe' | 'prime' | 'composite'
}

export const knownPrimes: readonly KnownPrime[] = PRIME_TABLE.map(([sha256, bits, name, source, kind = 'safe']) => ({
  name,
  bits,
  sha256,
  source,
  kind,
}))

const bySha256: ReadonlyMap<string, KnownPrime> = new Map(knownPrimes.map((prime) => [prime.sha256, prime]))

/** The well-known prime with these bytes (`dh_p` of RFC 5246 §7.4.3, leading zeros allowed), or undefined for one that nobody has published. */
export function knownPrime(modulus: Uint8Array): KnownPrime | undefined {
  const start = modulus.findIndex((byte) => byte !== 0)
  if (start < 0) return undefined
  return bySha256.get(createHash('sha256').update(modulus.subarray(start)).digest('hex'))
}
