import { signsTls13, signatureScheme, type CipherSuite } from '../../registry/index.ts'
import type { KeyType } from '../../policy/index.ts'

/** The kind of key that a scheme signs with, by its IANA name. */
export function signerOf(scheme: string): KeyType {
  if (scheme.startsWith('rsa_pss_pss')) return 'RSA-PSS'
  if (scheme.startsWith('rsa_')) return 'RSA'
  if (scheme.startsWith('ecdsa_')) return 'ECDSA'
  if (scheme.startsWith('dsa_')) return 'DSA'
  if (scheme === 'ed25519') return 'Ed25519'
  if (scheme === 'ed448') return 'Ed448'
  return scheme.startsWith('mldsa') ? 'ML-DSA' : 'unknown'
}

/** Whether a scheme may sign a TLS 1.3 handshake. */
export function signsIn13(scheme: string): boolean {
  return signatureScheme.names.some((name) => name === scheme && signsTls13(signatureScheme.code(name)))
}

/** Whether a scheme may sign a TLS 1.2 handshake: those that TLS 1.3 brought with it or that came later may not. */
export function signsIn12(scheme: string): boolean {
  return !/^mldsa|^slhdsa|tls13_/.test(scheme)
}

/** RFC 8422 §5.10 lets EdDSA sign for the ECDSA suites; RFC 8446 §4.2.3 lets RSA-PSS keys sign for those with RSA. */
const KEYS_BY_AUTHENTICATION: Readonly<Partial<Record<CipherSuite['au'], readonly KeyType[]>>> = {
  RSA: ['RSA', 'RSA-PSS'],
  ECDSA: ['ECDSA', 'Ed25519', 'Ed448'],
  DSS: ['DSA'],
}

/** The kinds of keys that a server may prove itself with in a suite up to TLS 1.2; empty where it proves nothing. */
export function keysFor({ au, kx }: CipherSuite): readonly KeyType[] {
  // RFC 4055 §1.2: a key for RSA-PSS decrypts nothing.
  return kx === 'RSA' ? ['RSA'] : (KEYS_BY_AUTHENTICATION[au] ?? [])
}
