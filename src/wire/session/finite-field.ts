import { randomBytes } from 'node:crypto'
import { fromBigInt, toBigInt } from './octets.ts'

/** A prime and a generator, as a server names them in RFC 5246 §7.4.3. */
export interface FiniteField {
  readonly prime: Uint8Array
  readonly generator: Uint8Array
}

/**
 * Longer moduli are not calculated with: 16,384 bits take a tenth of a second, and a server that sends 65,535 octets would
 * hold the auditor for days.
 */
export const MAX_PRIME_BITS: number = 16_384

/** Twice the strength of the largest group of RFC 7919 §A.5, rounded up: longer exponents only cost time. */
const EXPONENT_LENGTH = 48

/** The part X of the primes of RFC 7919 §A.1 to §A.5: 2^b - 2^(b-64) + (⌊2^(b-130) e⌋ + X) 2^64 - 1. */
const FFDHE_OFFSET: ReadonlyMap<number, bigint> = new Map([
  [2048, 560_316n],
  [3072, 2_625_351n],
  [4096, 5_736_041n],
  [6144, 15_705_020n],
  [8192, 10_965_728n],
])

/** One of the groups of RFC 7919 §A, by the bits of its prime: 2048, 3072, 4096, 6144 or 8192. */
export function ffdhe(bits: number): FiniteField {
  const size = BigInt(bits)
  const middle = eulerTimesPowerOfTwo(bits - 130) + (FFDHE_OFFSET.get(bits) ?? 0n)
  const prime = (1n << size) - (1n << (size - 64n)) + (middle << 64n) - 1n
  return { prime: fromBigInt(prime), generator: Uint8Array.of(2) }
}

/** ⌊2^bits e⌋, by the series of 1/k!; 64 bits more than asked for keep the rounding out of the answer. */
function eulerTimesPowerOfTwo(bits: number): bigint {
  let sum = 0n
  let term = 1n << BigInt(bits + 64)
  for (let k = 1n; term > 0n; k++) {
    sum += term
    term /= k
  }
  return sum >> 64n
}

/** base^exponent mod modulus. Not in constant time: the secrets of an audit live for one connection that carries nothing. */
function powerModulo(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n % modulus
  let square = base % modulus
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

/** One side of a Diffie-Hellman exchange. */
export interface FiniteFieldShare {
  /** As long as the prime: RFC 8446 §4.2.8.1 wants it so, and earlier versions do not mind. */
  readonly publicValue: Uint8Array
  /** As long as the prime, with zeros in front, as RFC 8446 §7.4.1 wants it. */
  agree(peerValue: Uint8Array): Uint8Array
}

/**
 * Takes any parameters, however small or wrong, because servers do serve them, and node:crypto refuses the worst. Undefined when
 * there is nothing to calculate with: a prime of less than 3 or of more than `MAX_PRIME_BITS`.
 */
export function generateFiniteFieldShare(
  { prime, generator }: FiniteField,
  random: (length: number) => Uint8Array = randomBytes,
): FiniteFieldShare | undefined {
  if (prime.length > MAX_PRIME_BITS / 8) return undefined
  const modulus = toBigInt(prime)
  if (modulus < 3n) return undefined
  const secret = (toBigInt(random(EXPONENT_LENGTH)) % (modulus - 2n)) + 1n
  const length = fromBigInt(modulus).length
  return {
    publicValue: fromBigInt(powerModulo(toBigInt(generator), secret, modulus), length),
    agree: (peerValue) => fromBigInt(powerModulo(toBigInt(peerValue), secret, modulus), length),
  }
}

/** The premaster secret of DHE up to TLS 1.2: leading zero octets go, RFC 5246 §8.1.2. */
export function withoutLeadingZeros(secret: Uint8Array): Uint8Array {
  const first = secret.findIndex((octet) => octet !== 0)
  return first < 0 ? new Uint8Array() : secret.slice(first)
}
