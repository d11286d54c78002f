import type { OpensslGeneration } from '../ciphers/generation.ts'

/** TLS programs whose behaviour is known, and `specification` for all others. */
export type StackName = 'specification' | 'openssl-1.0.2' | 'openssl-1.1.1' | 'openssl-3.0' | 'openssl-3.5' | 'gnutls-3.7' | 'jsse-17'

/** A stack as data: its own lists, and what sets it apart. Behaviour that takes more than a list is in the file of its family. */
export interface Stack {
  readonly name: StackName
  readonly title: string
  readonly family: 'specification' | 'openssl' | 'openssl-1.0.2' | 'gnutls' | 'jsse'
  /** Groups where none are set, the preferred ones first. */
  readonly groups: readonly string[]
  /** Groups whose shares a client sends where none are set: RFC 8446 §4.2.8 leaves the choice. */
  readonly keyShares?: readonly string[]
  /** A server looks for a group in one tuple after the other and prefers a retry to a share of a later tuple: SSL_CTX_set1_groups_list(3). */
  readonly groupTuples?: readonly (readonly string[])[]
  /** Signature schemes where none are set, the preferred ones first. */
  readonly signatureSchemes: readonly string[]
  readonly generation?: OpensslGeneration
  readonly source: string
}

const OPENSSL_SCHEMES = [
  'ecdsa_secp256r1_sha256',
  'ecdsa_secp384r1_sha384',
  'ecdsa_secp521r1_sha512',
  'ed25519',
  'ed448',
  'rsa_pss_pss_sha256',
  'rsa_pss_pss_sha384',
  'rsa_pss_pss_sha512',
  'rsa_pss_rsae_sha256',
  'rsa_pss_rsae_sha384',
  'rsa_pss_rsae_sha512',
  'rsa_pkcs1_sha256',
  'rsa_pkcs1_sha384',
  'rsa_pkcs1_sha512',
  'ecdsa_sha224',
  'ecdsa_sha1',
  'rsa_pkcs1_sha224',
  'rsa_pkcs1_sha1',
  'dsa_sha224',
  'dsa_sha1',
  'dsa_sha256',
  'dsa_sha384',
  'dsa_sha512',
]

const BRAINPOOL_SCHEMES = ['ecdsa_brainpoolP256r1tls13_sha256', 'ecdsa_brainpoolP384r1tls13_sha384', 'ecdsa_brainpoolP512r1tls13_sha512']

const OPENSSL_1_0_2_SCHEMES = ['sha512', 'sha384', 'sha256', 'sha224', 'sha1'].flatMap((hash) => [
  `rsa_pkcs1_${hash}`,
  `dsa_${hash}`,
  { sha512: 'ecdsa_secp521r1_sha512', sha384: 'ecdsa_secp384r1_sha384', sha256: 'ecdsa_secp256r1_sha256' }[hash] ?? `ecdsa_${hash}`,
])

const JSSE_SCHEMES = [
  'ecdsa_secp256r1_sha256',
  'ecdsa_secp384r1_sha384',
  'ecdsa_secp521r1_sha512',
  'ed25519',
  'ed448',
  'rsa_pss_rsae_sha256',
  'rsa_pss_rsae_sha384',
  'rsa_pss_rsae_sha512',
  'rsa_pss_pss_sha256',
  'rsa_pss_pss_sha384',
  'rsa_pss_pss_sha512',
  'rsa_pkcs1_sha256',
  'rsa_pkcs1_sha384',
  'rsa_pkcs1_sha512',
  'dsa_sha256',
  'ecdsa_sha224',
  'rsa_pkcs1_sha224',
  'dsa_sha224',
  'ecdsa_sha1',
  'rsa_pkcs1_sha1',
  'dsa_sha1',
]

const GNUTLS_SCHEMES = [
  'rsa_pkcs1_sha256',
  'rsa_pss_pss_sha256',
  'rsa_pss_rsae_sha256',
  'ecdsa_secp256r1_sha256',
  'ed25519',
  'rsa_pkcs1_sha384',
  'rsa_pss_pss_sha384',
  'rsa_pss_rsae_sha384',
  'ecdsa_secp384r1_sha384',
  'ed448',
  'rsa_pkcs1_sha512',
  'rsa_pss_pss_sha512',
  'rsa_pss_rsae_sha512',
  'ecdsa_secp521r1_sha512',
  'rsa_pkcs1_sha1',
  'ecdsa_sha1',
]

const OPENSSL = 'https://github.com/openssl/openssl/blob/'

export const STACKS: Readonly<Record<StackName, Stack>> = {
  specification: {
    name: 'specification',
    title: 'what the RFCs say',
    family: 'specification',
    groups: ['x25519', 'secp256r1', 'secp384r1', 'secp521r1'],
    signatureSchemes: OPENSSL_SCHEMES.filter((name) => !name.startsWith('dsa_')),
    source: 'https://www.rfc-editor.org/rfc/rfc8446',
  },
  'openssl-1.0.2': {
    name: 'openssl-1.0.2',
    title: 'OpenSSL 1.0.2',
    family: 'openssl-1.0.2',
    groups: ['secp256r1', 'secp521r1', 'brainpoolP512r1', 'brainpoolP384r1', 'secp384r1', 'brainpoolP256r1', 'secp256k1'],
    signatureSchemes: OPENSSL_1_0_2_SCHEMES,
    generation: '1.0.2',
    source: `${OPENSSL}OpenSSL_1_0_2u/ssl/t1_lib.c`,
  },
  'openssl-1.1.1': {
    name: 'openssl-1.1.1',
    title: 'OpenSSL 1.1.1',
    family: 'openssl',
    groups: ['x25519', 'secp256r1', 'x448', 'secp521r1', 'secp384r1'],
    signatureSchemes: OPENSSL_SCHEMES,
    generation: '1.1.1',
    source: `${OPENSSL}OpenSSL_1_1_1w/ssl/t1_lib.c`,
  },
  'openssl-3.0': {
    name: 'openssl-3.0',
    title: 'OpenSSL 3.0',
    family: 'openssl',
    groups: ['x25519', 'secp256r1', 'x448', 'secp521r1', 'secp384r1', 'ffdhe2048', 'ffdhe3072', 'ffdhe4096', 'ffdhe6144', 'ffdhe8192'],
    signatureSchemes: OPENSSL_SCHEMES,
    generation: '3.0',
    source: `${OPENSSL}openssl-3.0.15/ssl/t1_lib.c`,
  },
  'openssl-3.5': {
    name: 'openssl-3.5',
    title: 'OpenSSL 3.5',
    family: 'openssl',
    groups: ['X25519MLKEM768', 'x25519', 'secp256r1', 'x448', 'secp384r1', 'secp521r1', 'ffdhe2048', 'ffdhe3072'],
    keyShares: ['X25519MLKEM768', 'x25519'],
    groupTuples: [['X25519MLKEM768'], ['x25519', 'secp256r1'], ['x448', 'secp384r1', 'secp521r1'], ['ffdhe2048', 'ffdhe3072']],
    signatureSchemes: ['mldsa65', 'mldsa87', 'mldsa44', ...OPENSSL_SCHEMES.toSpliced(5, 0, ...BRAINPOOL_SCHEMES)],
    generation: '3.5',
    source: `${OPENSSL}openssl-3.5/ssl/t1_lib.c`,
  },
  'gnutls-3.7': {
    name: 'gnutls-3.7',
    title: 'GnuTLS 3.7',
    family: 'gnutls',
    groups: ['secp256r1', 'secp384r1', 'secp521r1', 'x25519', 'x448', 'ffdhe2048', 'ffdhe3072', 'ffdhe4096', 'ffdhe6144', 'ffdhe8192'],
    signatureSchemes: GNUTLS_SCHEMES,
    source: 'https://gitlab.com/gnutls/gnutls/-/blob/3.7.9/lib/priority.c',
  },
  'jsse-17': {
    name: 'jsse-17',
    title: 'Java 17',
    family: 'jsse',
    groups: ['x25519', 'secp256r1', 'secp384r1', 'secp521r1', 'x448', 'ffdhe2048', 'ffdhe3072', 'ffdhe4096', 'ffdhe6144', 'ffdhe8192'],
    signatureSchemes: JSSE_SCHEMES,
    source: 'https://github.com/openjdk/jdk17u-dev/tree/master/src/java.base/share/classes/sun/security/ssl',
  },
}
