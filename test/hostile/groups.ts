import { createECDH, createPublicKey, diffieHellman, encapsulate, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import { hex } from './bytes.ts'
import { Group } from './numbers.ts'
import { finiteField } from './primes.ts'

/** The server's half of one key exchange. */
export interface Ephemeral {
  readonly publicValue: Buffer
  /** The secret shared with the owner of `peer`; undefined where the value is of no use. */
  shared(peer: Buffer): Buffer | undefined
}

const CURVES: Readonly<Record<number, string>> = {
  [Group.sect283k1]: 'sect283k1',
  [Group.secp192r1]: 'prime192v1',
  [Group.secp224r1]: 'secp224r1',
  [Group.secp256k1]: 'secp256k1',
  [Group.secp256r1]: 'prime256v1',
  [Group.secp384r1]: 'secp384r1',
  [Group.secp521r1]: 'secp521r1',
  [Group.brainpoolP256r1]: 'brainpoolP256r1',
  [Group.brainpoolP384r1]: 'brainpoolP384r1',
}

/** A fresh key in an ECDHE group. For a group that nobody here can compute in, bytes of a point's length. */
export function ephemeral(group: number): Ephemeral {
  const curve = CURVES[group]
  if (curve) {
    const key = createECDH(curve)
    const publicValue = key.generateKeys()
    return { publicValue, shared: (peer) => attempt(() => key.computeSecret(peer)) }
  }
  if (group === Group.x25519 || group === Group.x448) return montgomery(group === Group.x25519 ? 'X25519' : 'X448')
  const publicValue = Buffer.concat([Buffer.from([4]), randomBytes(64)])
  return { publicValue, shared: () => undefined }
}

function montgomery(crv: 'X25519' | 'X448'): Ephemeral {
  const { privateKey, publicKey } = crv === 'X25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('x448')
  const length = crv === 'X25519' ? 32 : 56
  const publicValue = publicKey.export({ type: 'spki', format: 'der' }).subarray(-length)
  return {
    publicValue,
    shared: (peer) =>
      attempt(() => {
        const peerKey = createPublicKey({ key: { kty: 'OKP', crv, x: peer.toString('base64url') }, format: 'jwk' })
        return diffieHellman({ privateKey, publicKey: peerKey })
      }),
  }
}

/** A server's answer to a TLS 1.3 key share: its own share and the secret, RFC 8446 §4.2.8. */
export function answerShare(group: number, share: Buffer): { readonly share: Buffer; readonly secret: Buffer } | undefined {
  if (group === Group.x25519mlkem768) return hybrid(share.subarray(0, MLKEM_KEY), share.subarray(MLKEM_KEY), Group.x25519, 'mlkem-first')
  if (group === Group.secp256r1mlkem768) return hybrid(share.subarray(65), share.subarray(0, 65), Group.secp256r1, 'curve-first')
  if (group === Group.ffdhe2048 || group === Group.ffdhe3072) return answerFinite(group, share)
  const own = ephemeral(group)
  const secret = own.shared(share)
  return secret && { share: own.publicValue, secret }
}

/** Bytes of an ML-KEM-768 encapsulation key, FIPS 203 §8. */
const MLKEM_KEY = 1184
/** SubjectPublicKeyInfo of such a key up to the key itself. */
const MLKEM_SPKI = hex('30 82 04 b2 30 0b 06 09 60 86 48 01 65 03 04 04 02 03 82 04 a1 00')

function hybrid(
  mlkem: Buffer,
  curve: Buffer,
  group: number,
  order: 'mlkem-first' | 'curve-first',
): { share: Buffer; secret: Buffer } | undefined {
  const own = ephemeral(group)
  const classic = own.shared(curve)
  const key = attempt((): KeyObject => createPublicKey({ key: Buffer.concat([MLKEM_SPKI, mlkem]), type: 'spki', format: 'der' }))
  if (!classic || !key) return undefined
  const { sharedKey, ciphertext } = encapsulate(key)
  if (order === 'mlkem-first') {
    return { share: Buffer.concat([ciphertext, own.publicValue]), secret: Buffer.concat([sharedKey, classic]) }
  }
  return { share: Buffer.concat([own.publicValue, ciphertext]), secret: Buffer.concat([classic, sharedKey]) }
}

/** RFC 8446 §4.2.8.1: both the share and the secret have the length of the prime. */
function answerFinite(group: number, peer: Buffer): { share: Buffer; secret: Buffer } {
  const field = finiteField(group === Group.ffdhe2048 ? 'ffdhe2048' : 'ffdhe3072')
  const own = randomBytes(8)
  const { length } = field.prime
  const padded = (value: Buffer): Buffer => Buffer.concat([Buffer.alloc(length), value]).subarray(-length)
  return { share: padded(field.publicValue(own)), secret: padded(field.shared(own, peer)) }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
