import type { HandshakeCertificate } from './ends.ts'

/** What a signature scheme asks of the key and how strong its hash is. */
export interface Scheme {
  readonly name: string
  /** The kind of key that signs. */
  readonly key: 'RSA' | 'RSA-PSS' | 'ECDSA' | 'DSA' | 'Ed25519' | 'Ed448' | 'ML-DSA'
  readonly padding: 'PKCS1' | 'PSS' | undefined
  readonly hash: 'MD5' | 'SHA1' | 'SHA224' | 'SHA256' | 'SHA384' | 'SHA512' | undefined
  /** The curve that TLS 1.3 binds it to, RFC 8446 §4.2.3. */
  readonly curve: string | undefined
}

const HASH_BITS = { MD5: 128, SHA1: 160, SHA224: 224, SHA256: 256, SHA384: 384, SHA512: 512 } as const
const HASHES = ['SHA224', 'SHA256', 'SHA384', 'SHA512', 'SHA1', 'MD5'] as const

const known = new Map<string, Scheme>()

/** By IANA name. What has no known shape is nobody's. */
export function schemeOf(name: string): Scheme | undefined {
  const had = known.get(name)
  if (had !== undefined) return had
  const scheme = read(name)
  if (scheme !== undefined) known.set(name, scheme)
  return scheme
}

function read(name: string): Scheme | undefined {
  const hash = HASHES.find((one) => name.endsWith(`_${one.toLowerCase()}`))
  const scheme = { name, hash, curve: undefined, padding: undefined }
  if (name === 'ed25519') return { ...scheme, key: 'Ed25519' }
  if (name === 'ed448') return { ...scheme, key: 'Ed448' }
  if (name.startsWith('mldsa')) return { ...scheme, key: 'ML-DSA' }
  if (name.startsWith('rsa_pss_pss')) return { ...scheme, key: 'RSA-PSS', padding: 'PSS' }
  if (name.startsWith('rsa_pss_rsae')) return { ...scheme, key: 'RSA', padding: 'PSS' }
  if (name.startsWith('rsa_pkcs1')) return { ...scheme, key: 'RSA', padding: 'PKCS1' }
  if (name.startsWith('dsa_')) return { ...scheme, key: 'DSA' }
  const curve = /^ecdsa_(secp\w+r1)_|^ecdsa_(brainpool\w+r1)tls13_/.exec(name)
  return name.startsWith('ecdsa_') ? { ...scheme, key: 'ECDSA', curve: curve?.[1] ?? curve?.[2] } : undefined
}

/** Length of the hash in bits; undefined for schemes that bring their own. */
export function hashBits(scheme: Scheme): number | undefined {
  return scheme.hash === undefined ? undefined : HASH_BITS[scheme.hash]
}

/** PSS needs room for two hashes and two bytes, RFC 8017 §9.1.1. */
export function fitsKey(scheme: Scheme, certificate: HandshakeCertificate): boolean {
  if (scheme.padding !== 'PSS') return true
  return certificate.keyBits / 8 >= ((hashBits(scheme) ?? 0) / 8) * 2 + 2
}

/** May sign in TLS 1.3, RFC 8446 §4.2.3. */
export function signsTls13(scheme: Scheme): boolean {
  if (scheme.padding === 'PKCS1' || scheme.key === 'DSA') return false
  return scheme.hash !== 'SHA1' && scheme.hash !== 'SHA224' && scheme.hash !== 'MD5'
}
