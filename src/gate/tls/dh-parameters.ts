import { getDiffieHellman } from 'node:crypto'
import { allows, type Policy } from '../../policy/index.ts'
import { ffdhe, Writer } from '../../wire/index.ts'

/** Parameters for the DHE suites up to TLS 1.2. */
export interface DhParameters {
  readonly bits: number
  /** As postures name it: `ffdhe2048`, `RFC 3526 group 14`. */
  readonly prime: string
  /** PKCS #3, as Node takes it. */
  readonly pem: string
}

interface Candidate {
  readonly bits: number
  readonly prime: string
  readonly modulus: () => Uint8Array
}

/** RFC 7919 §A: primes whose sizes newer clients know by name. */
const FFDHE: readonly Candidate[] = [2048, 3072, 4096, 6144, 8192].map((bits) => ({
  bits,
  prime: `ffdhe${bits}`,
  modulus: () => ffdhe(bits).prime,
}))

/** RFC 2409 §6.2 and RFC 3526 §2 to §7, which node:crypto calls `modpN` after the number of the group. */
const MODP: readonly Candidate[] = (
  [
    [1024, 2409, 2],
    [1536, 3526, 5],
    [2048, 3526, 14],
    [3072, 3526, 15],
    [4096, 3526, 16],
    [6144, 3526, 17],
    [8192, 3526, 18],
  ] as const
).map(([bits, rfc, group]) => ({ bits, prime: `RFC ${rfc} group ${group}`, modulus: () => getDiffieHellman(`modp${group}`).getPrime() }))

/** By size; within one, those of RFC 7919 §A first. */
const CANDIDATES: readonly Candidate[] = [...FFDHE, ...MODP].toSorted((a, b) => a.bits - b.bits)

/** Smaller ones are for those who ask for them. */
const USUAL_BITS = 2048

/**
 * The parameters to serve under a policy: of the size that is wanted, in bits; without a wish the smallest allowed ones of at least 2048.
 * Where the wish cannot be met, the next larger ones; where there are none, the largest. Undefined where the policy allows none that the gate has.
 */
export function dhParametersFor(policy: Policy, wanted: number = USUAL_BITS): DhParameters | undefined {
  const allowed = CANDIDATES.filter(({ bits, prime }) => allows(policy, { dh: { bits, prime } }))
  const enough = Math.min(wanted, allowed.at(-1)?.bits ?? 0)
  const chosen = allowed.find(({ bits }) => bits >= enough)
  return chosen === undefined ? undefined : { bits: chosen.bits, prime: chosen.prime, pem: pemOf(chosen) }
}

/** Of those that were asked for: OpenSSL tries anew whether a prime of RFC 2409 §6.2 is one, which takes it forty milliseconds. */
const pems = new Map<string, string>()

function pemOf({ prime, modulus }: Candidate): string {
  const made = pems.get(prime) ?? pem(dhParameter(modulus()))
  pems.set(prime, made)
  return made
}

const SEQUENCE = 0x30
const INTEGER = 0x02
const GENERATOR = 2

/** PKCS #3, DHParameter: a SEQUENCE of prime and base, in DER. All of these groups have the generator 2. */
function dhParameter(modulus: Uint8Array): Uint8Array {
  // The highest bit of these primes is set; the zero in front says that they are not negative, X.690 §8.3.
  return tlv(
    SEQUENCE,
    new Writer()
      .bytes(tlv(INTEGER, Uint8Array.of(0, ...modulus)))
      .bytes(tlv(INTEGER, Uint8Array.of(GENERATOR)))
      .done(),
  )
}

/** X.690 §8.1.3: short lengths in one octet, long ones behind their own length. Nothing here has more than 65,535 octets. */
function tlv(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content
  const head = new Writer().u8(tag)
  if (length < 0x80) head.u8(length)
  else if (length < 0x100) head.u8(0x81).u8(length)
  else head.u8(0x82).u16(length)
  return head.bytes(content).done()
}

function pem(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replaceAll(/.{64}(?=.)/g, '$&\n')
  return `-----BEGIN DH PARAMETERS-----\n${lines}\n-----END DH PARAMETERS-----\n`
}
