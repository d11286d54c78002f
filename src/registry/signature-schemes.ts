import { registry, type Registry } from './open-code.ts'

/**
 * TLS SignatureScheme, RFC 8446 §4.2.3, and the pairs of hash and signature of TLS 1.2 (RFC 5246 §7.4.1.4.1), which
 * share the code points. Pairs that are no SignatureScheme are named after its pattern, as OpenSSL does.
 */
export const signatureScheme: Registry<SignatureSchemeName> = registry('TLS SignatureScheme', 2, {
  rsa_pkcs1_md5: 0x0101,
  dsa_md5: 0x0102,
  ecdsa_md5: 0x0103,
  rsa_pkcs1_sha1: 0x0201,
  dsa_sha1: 0x0202,
  ecdsa_sha1: 0x0203,
  rsa_pkcs1_sha224: 0x0301,
  dsa_sha224: 0x0302,
  ecdsa_sha224: 0x0303,
  rsa_pkcs1_sha256: 0x0401,
  dsa_sha256: 0x0402,
  ecdsa_secp256r1_sha256: 0x0403,
  rsa_pkcs1_sha256_legacy: 0x0420,
  rsa_pkcs1_sha384: 0x0501,
  dsa_sha384: 0x0502,
  ecdsa_secp384r1_sha384: 0x0503,
  rsa_pkcs1_sha384_legacy: 0x0520,
  rsa_pkcs1_sha512: 0x0601,
  dsa_sha512: 0x0602,
  ecdsa_secp521r1_sha512: 0x0603,
  rsa_pkcs1_sha512_legacy: 0x0620,
  eccsi_sha256: 0x0704,
  iso_ibs1: 0x0705,
  iso_ibs2: 0x0706,
  iso_chinese_ibs: 0x0707,
  sm2sig_sm3: 0x0708,
  gostr34102012_256a: 0x0709,
  gostr34102012_256b: 0x070a,
  gostr34102012_256c: 0x070b,
  gostr34102012_256d: 0x070c,
  gostr34102012_512a: 0x070d,
  gostr34102012_512b: 0x070e,
  gostr34102012_512c: 0x070f,
  rsa_pss_rsae_sha256: 0x0804,
  rsa_pss_rsae_sha384: 0x0805,
  rsa_pss_rsae_sha512: 0x0806,
  ed25519: 0x0807,
  ed448: 0x0808,
  rsa_pss_pss_sha256: 0x0809,
  rsa_pss_pss_sha384: 0x080a,
  rsa_pss_pss_sha512: 0x080b,
  ecdsa_brainpoolP256r1tls13_sha256: 0x081a,
  ecdsa_brainpoolP384r1tls13_sha384: 0x081b,
  ecdsa_brainpoolP512r1tls13_sha512: 0x081c,
  gostr34102012_256: 0x0840,
  gostr34102012_512: 0x0841,
  mldsa44: 0x0904,
  mldsa65: 0x0905,
  mldsa87: 0x0906,
  slhdsa_sha2_128s: 0x0911,
  slhdsa_sha2_128f: 0x0912,
  slhdsa_sha2_192s: 0x0913,
  slhdsa_sha2_192f: 0x0914,
  slhdsa_sha2_256s: 0x0915,
  slhdsa_sha2_256f: 0x0916,
  slhdsa_shake_128s: 0x0917,
  slhdsa_shake_128f: 0x0918,
  slhdsa_shake_192s: 0x0919,
  slhdsa_shake_192f: 0x091a,
  slhdsa_shake_256s: 0x091b,
  slhdsa_shake_256f: 0x091c,
})

type Rsa = `rsa_pkcs1_${'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512'}` | `rsa_pkcs1_${'sha256' | 'sha384' | 'sha512'}_legacy`
type Pss = `rsa_pss_${'rsae' | 'pss'}_${'sha256' | 'sha384' | 'sha512'}`
type Dsa = `dsa_${'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512'}`
type Ecdsa = `ecdsa_${'md5' | 'sha1' | 'sha224' | 'secp256r1_sha256' | 'secp384r1_sha384' | 'secp521r1_sha512'}`
type Brainpool = `ecdsa_brainpoolP${'256r1tls13_sha256' | '384r1tls13_sha384' | '512r1tls13_sha512'}`
type Gost = `gostr34102012_${'256' | '256a' | '256b' | '256c' | '256d' | '512' | '512a' | '512b' | '512c'}`
type PostQuantum = `mldsa${44 | 65 | 87}` | `slhdsa_${'sha2' | 'shake'}_${128 | 192 | 256}${'s' | 'f'}`

export type SignatureSchemeName =
  | Rsa
  | Pss
  | Dsa
  | Ecdsa
  | Brainpool
  | Gost
  | PostQuantum
  | 'ed25519'
  | 'ed448'
  | 'eccsi_sha256'
  | 'iso_ibs1'
  | 'iso_ibs2'
  | 'iso_chinese_ibs'
  | 'sm2sig_sm3'

/** Hash of a signature scheme. `intrinsic` where the algorithm brings its own. */
export type SchemeHash = 'MD5' | 'SHA1' | 'SHA224' | 'SHA256' | 'SHA384' | 'SHA512' | 'SM3' | 'intrinsic'

/** The hash that a scheme signs with, or undefined for numbers nobody has named. */
export function schemeHash(code: number): SchemeHash | undefined {
  if (!signatureScheme.has(code)) return undefined
  const digest = /_(md5|sha1|sha224|sha256|sha384|sha512|sm3)(?:_legacy)?$/.exec(signatureScheme.name(code))?.[1]
  const hashes: readonly SchemeHash[] = ['MD5', 'SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512', 'SM3']
  return hashes.find((hash) => hash.toLowerCase() === digest) ?? 'intrinsic'
}

/**
 * May sign a TLS 1.3 handshake. RFC 8446 §4.2.3 forbids PKCS #1 v1.5 and everything with SHA-1, SHA-224 or DSA there;
 * those schemes then speak of certificates only. The `legacy` schemes bring PKCS #1 v1.5 back for clients.
 */
export function signsTls13(code: number): boolean {
  if (!signatureScheme.has(code)) return false
  return !/^rsa_pkcs1_[a-z0-9]+$|^dsa_|^ecdsa_(?:md5|sha)|^gostr34102012_(?:256|512)$/.test(signatureScheme.name(code))
}
