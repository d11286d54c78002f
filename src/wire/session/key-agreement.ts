import {
  createECDH,
  createPublicKey,
  decapsulate,
  diffieHellman,
  generateKeyPairSync,
  getCurves,
  type JsonWebKeyInput,
  type KeyObject,
} from 'node:crypto'
import { ffdhe, generateFiniteFieldShare } from './finite-field.ts'
import { concat, plain } from './octets.ts'

/** The client's side of a key exchange in one named group. */
export interface KeyShare {
  /** NamedGroup, RFC 8446 §4.2.7. */
  readonly group: number
  /** As it goes into `key_exchange` (RFC 8446 §4.2.8) or into a ClientKeyExchange (RFC 8422 §5.7). */
  readonly publicValue: Uint8Array
  /** The shared secret; undefined when the server's value is none that this group has, such as a point off the curve. */
  agree(serverValue: Uint8Array): Uint8Array | undefined
}

type Agreement = Omit<KeyShare, 'group'>
type Kem = 'ml-kem-512' | 'ml-kem-768' | 'ml-kem-1024'

/** Octets of encapsulation key and ciphertext, FIPS 203 table 3. */
const KEM_LENGTH: Readonly<Record<Kem, { readonly key: number; readonly ciphertext: number }>> = {
  'ml-kem-512': { key: 800, ciphertext: 768 },
  'ml-kem-768': { key: 1184, ciphertext: 1088 },
  'ml-kem-1024': { key: 1568, ciphertext: 1568 },
}

/** NamedGroups that node:crypto can do, each by the way it does them. */
const AGREEMENTS: ReadonlyMap<number, () => Agreement> = new Map([
  ...curves(1, ['sect163k1', 'sect163r1', 'sect163r2', 'sect193r1', 'sect193r2', 'sect233k1', 'sect233r1', 'sect239k1', 'sect283k1']),
  ...curves(10, ['sect283r1', 'sect409k1', 'sect409r1', 'sect571k1', 'sect571r1', 'secp160k1', 'secp160r1', 'secp160r2', 'secp192k1']),
  ...curves(19, ['prime192v1', 'secp224k1', 'secp224r1', 'secp256k1', 'prime256v1', 'secp384r1', 'secp521r1']),
  ...curves(26, ['brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1']),
  // The same curves by the numbers that TLS 1.3 has for them, RFC 8734 §2.
  ...curves(31, ['brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1']),
  [29, () => montgomery('x25519', 'X25519')],
  [30, () => montgomery('x448', 'X448')],
  ...[2048, 3072, 4096, 6144, 8192].map((bits, index): [number, () => Agreement] => [256 + index, () => finiteField(bits)]),
  [512, () => encapsulated('ml-kem-512')],
  [513, () => encapsulated('ml-kem-768')],
  [514, () => encapsulated('ml-kem-1024')],
  // draft-ietf-tls-ecdhe-mlkem §4: X25519 stands behind ML-KEM, the curves of NIST before it.
  [4587, () => hybrid(weierstrass('prime256v1'), 65, encapsulated('ml-kem-768'))],
  [4588, () => hybrid(encapsulated('ml-kem-768'), KEM_LENGTH['ml-kem-768'].ciphertext, montgomery('x25519', 'X25519'))],
  [4589, () => hybrid(weierstrass('secp384r1'), 97, encapsulated('ml-kem-1024'))],
])

/** Numbers of the groups that `generateKeyShare` can do. */
export const SUPPORTED_GROUPS: readonly number[] = [...AGREEMENTS.keys()]

/** A new key share; undefined for groups that node:crypto cannot do. */
export function generateKeyShare(group: number): KeyShare | undefined {
  const agreement = AGREEMENTS.get(group)?.()
  return agreement && { group, ...agreement }
}

/**
 * The client's side of ECDH against the key in a certificate (RFC 8422 §2.1 and §2.3): its own point, and the shared secret.
 * Undefined when the key is on no curve that has a name.
 */
export function agreeWithCertificate(key: KeyObject): { readonly publicValue: Uint8Array; readonly sharedSecret: Uint8Array } | undefined {
  const curve = key.asymmetricKeyDetails?.namedCurve
  const share = curve === undefined || !getCurves().includes(curve) ? undefined : weierstrass(curve)
  // A SubjectPublicKeyInfo ends with the point, which is as long as our own on the same curve.
  const sharedSecret = share?.agree(key.export({ format: 'der', type: 'spki' }).slice(-share.publicValue.length))
  return share && sharedSecret && { publicValue: share.publicValue, sharedSecret }
}

function curves(first: number, names: readonly string[]): [number, () => Agreement][] {
  return names.map((name, index) => [first + index, () => weierstrass(name)])
}

function weierstrass(curve: string): Agreement {
  const ecdh = createECDH(curve)
  const publicValue = plain(ecdh.generateKeys())
  return { publicValue, agree: (point) => attempt(() => ecdh.computeSecret(point)) }
}

function montgomery(type: 'x25519' | 'x448', crv: 'X25519' | 'X448'): Agreement {
  const { publicKey, privateKey } = type === 'x25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('x448')
  return {
    publicValue: plain(Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')),
    agree: (value) =>
      attempt(() => {
        const input: JsonWebKeyInput = { format: 'jwk', key: { kty: 'OKP', crv, x: Buffer.from(value).toString('base64url') } }
        return diffieHellman({ privateKey, publicKey: createPublicKey(input) })
      }),
  }
}

function finiteField(bits: number): Agreement {
  const share = generateFiniteFieldShare(ffdhe(bits))
  return { publicValue: share?.publicValue ?? new Uint8Array(), agree: (value) => share?.agree(value) }
}

/** A key encapsulation stands where the key exchange stood: the server's value is a ciphertext. */
function encapsulated(kem: Kem): Agreement {
  const { publicKey, privateKey } = generateKemKeys(kem)
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  return {
    publicValue: plain(spki.slice(-KEM_LENGTH[kem].key)),
    agree: (ciphertext) => attempt(() => decapsulate(privateKey, ciphertext)),
  }
}

/** The types of node:crypto know the three sizes one at a time. */
function generateKemKeys(kem: Kem): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  if (kem === 'ml-kem-512') return generateKeyPairSync('ml-kem-512')
  return kem === 'ml-kem-768' ? generateKeyPairSync('ml-kem-768') : generateKeyPairSync('ml-kem-1024')
}

/** Two exchanges one behind the other; `firstLength` octets of the server's value belong to the first. */
function hybrid(first: Agreement, firstLength: number, second: Agreement): Agreement {
  return {
    publicValue: concat(first.publicValue, second.publicValue),
    agree(value) {
      const [left, right] = [first.agree(value.slice(0, firstLength)), second.agree(value.slice(firstLength))]
      return left && right && concat(left, right)
    },
  }
}

/** node:crypto throws at values that are none of the group. */
function attempt(work: () => Uint8Array): Uint8Array | undefined {
  try {
    return plain(work())
  } catch {
    return undefined
  }
}
