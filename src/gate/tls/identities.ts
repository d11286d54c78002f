import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { PosternError } from '../../errors.ts'
import type { KeyType } from '../../policy/index.ts'

/** A private key with the certificate for it and those that certify it, leaf first; both in PEM. */
export interface KeyPair {
  readonly key: string
  readonly chain: string
  readonly passphrase?: string
  /** Responses of OCSP are stapled to it. */
  readonly stapled?: boolean
}

/** Whom the gate can be. */
export interface Identity {
  /** Names that clients ask for, `*.example.com` among them; without it those of the certificates. */
  readonly names?: readonly string[]
  /** One for each kind of key: RSA for old clients, ECDSA for the others. */
  readonly pairs: readonly KeyPair[]
}

/** An identity that was looked into. */
export interface LoadedIdentity {
  readonly pairs: readonly (KeyPair & { readonly leaf: X509Certificate; readonly keyType: KeyType })[]
  /** Its names, for people. */
  readonly title: string
  /** The same where certificates and names are: sessions do not outlive a certificate. */
  readonly sessions: string
  readonly isFor: (name: string) => boolean
}

const KEY_TYPES: Readonly<Record<string, KeyType>> = {
  rsa: 'RSA',
  'rsa-pss': 'RSA-PSS',
  ec: 'ECDSA',
  dsa: 'DSA',
  ed25519: 'Ed25519',
  ed448: 'Ed448',
  'ml-dsa-44': 'ML-DSA',
  'ml-dsa-65': 'ML-DSA',
  'ml-dsa-87': 'ML-DSA',
}

/** The kind of a public or private key. */
export function keyTypeOf(key: KeyObject): KeyType {
  return KEY_TYPES[key.asymmetricKeyType ?? ''] ?? 'unknown'
}

/** Reads keys and certificates and sees that they belong together. Throws `IDENTITY_INVALID`. */
export function loadIdentity(identity: Identity): LoadedIdentity {
  const pairs = identity.pairs.map((pair) => {
    const leaf = parsed('certificate', () => new X509Certificate(pair.chain))
    const { key, passphrase } = pair
    const privateKey = parsed('key', () => createPrivateKey(passphrase === undefined ? key : { key, passphrase }))
    if (!leaf.checkPrivateKey(privateKey)) throw invalid(`certificate of ${nameOf(leaf)}`, 'the key is that of another')
    return { ...pair, leaf, keyType: keyTypeOf(leaf.publicKey) }
  })
  const kinds = pairs.map(({ keyType }) => keyType)
  const twice = kinds.find((kind, index) => kinds.indexOf(kind) !== index)
  // OpenSSL would go on with the last one and say nothing.
  if (twice !== undefined) throw invalid('certificates of an identity', `two of them have an ${twice} key`)
  if (pairs.length === 0) throw invalid('certificates of an identity', 'there are none')
  const title = identity.names?.join(', ') ?? nameOf(pairs[0]?.leaf)
  const sessions = [title, ...pairs.map(({ leaf }) => leaf.fingerprint256)].join('\n')
  return { pairs, title, sessions, isFor: (name) => isNamed(identity.names, name, pairs) }
}

/** RFC 6066 §3: names are compared without regard to case. */
function isNamed(names: Identity['names'], asked: string, pairs: LoadedIdentity['pairs']): boolean {
  if (names === undefined) return pairs.some(({ leaf }) => leaf.checkHost(asked) !== undefined)
  const name = asked.toLowerCase()
  // RFC 9525 §6.3: a star stands for one whole label, the first.
  const wildcard = name.replace(/^[^.]+/, '*')
  return names.some((one) => one.toLowerCase() === name || one.toLowerCase() === wildcard)
}

function parsed<T>(what: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    throw invalid(what, 'it is not in PEM, damaged, or the passphrase is wrong', cause)
  }
}

/** `subject` is undefined where it is empty, whatever its type says. */
function nameOf(leaf: X509Certificate | undefined): string {
  return leaf?.subjectAltName ?? leaf?.subject?.replaceAll('\n', ', ') ?? 'nobody'
}

function invalid(what: string, why: string, cause?: unknown): PosternError {
  return new PosternError('input', 'IDENTITY_INVALID', `Cannot use the ${what}: ${why}`, {
    remedy: 'Give each identity certificates in PEM, leaf first, each with its own key, and at most one for each kind of key.',
    cause,
  })
}
