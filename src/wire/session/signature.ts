import { constants, verify, type KeyObject } from 'node:crypto'
import { ascii, concat } from './octets.ts'

/** `unknown` where node:crypto knows neither the scheme nor the key. */
export type SignatureValidity = boolean | 'unknown'

/** How one SignatureScheme is verified. */
interface Scheme {
  /** The types of key that it goes with, as node:crypto names them. */
  readonly key: string
  /** Null where the scheme brings its own. */
  readonly hash: string | null
  readonly isPss?: boolean
}

/** HashAlgorithm of RFC 5246 §7.4.1.4.1, by number. */
const HASHES = [undefined, 'md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']

/** SignatureAlgorithm of RFC 5246 §7.4.1.4.1, by number. */
const KEYS = [undefined, 'rsa', 'dsa', 'ec']

/** SignatureScheme of RFC 8446 §4.2.3, where it is no longer a hash and a signature side by side. */
const SCHEMES: ReadonlyMap<number, Scheme> = new Map<number, Scheme>([
  [0x0804, { key: 'rsa', hash: 'sha256', isPss: true }],
  [0x0805, { key: 'rsa', hash: 'sha384', isPss: true }],
  [0x0806, { key: 'rsa', hash: 'sha512', isPss: true }],
  [0x0807, { key: 'ed25519', hash: null }],
  [0x0808, { key: 'ed448', hash: null }],
  [0x0809, { key: 'rsa-pss', hash: 'sha256', isPss: true }],
  [0x080a, { key: 'rsa-pss', hash: 'sha384', isPss: true }],
  [0x080b, { key: 'rsa-pss', hash: 'sha512', isPss: true }],
  // RFC 8734 §3: the curves of Brainpool.
  [0x081a, { key: 'ec', hash: 'sha256' }],
  [0x081b, { key: 'ec', hash: 'sha384' }],
  [0x081c, { key: 'ec', hash: 'sha512' }],
  // draft-ietf-tls-mldsa §3.
  [0x0904, { key: 'ml-dsa-44', hash: null }],
  [0x0905, { key: 'ml-dsa-65', hash: null }],
  [0x0906, { key: 'ml-dsa-87', hash: null }],
])

/** Up to TLS 1.1 the key says how it signs: RSA over MD5 and SHA-1 together, DSA and ECDSA over SHA-1. RFC 4346 §7.4.3, RFC 8422 §5.4. */
const EARLY_HASHES: Readonly<Record<string, string>> = { rsa: 'md5-sha1', dsa: 'sha1', ec: 'sha1' }

function schemeByCode(code: number): Scheme | undefined {
  const [hash, key] = [HASHES[code >> 8], KEYS[code & 0xff]]
  return hash !== undefined && key !== undefined ? { key, hash } : SCHEMES.get(code)
}

function earlyScheme(key: KeyObject): Scheme | undefined {
  const type = key.asymmetricKeyType ?? ''
  const hash = EARLY_HASHES[type]
  return hash === undefined ? undefined : { key: type, hash }
}

/**
 * Whether the key made this signature over the content. `code` is the SignatureScheme, undefined up to TLS 1.1. A scheme that does not
 * go with the key makes it invalid.
 */
export function verifySignature(
  key: KeyObject | undefined,
  code: number | undefined,
  content: Uint8Array,
  signature: Uint8Array,
): SignatureValidity {
  if (!key) return 'unknown'
  const scheme = code === undefined ? earlyScheme(key) : schemeByCode(code)
  if (!scheme) return 'unknown'
  if (scheme.key !== key.asymmetricKeyType) return false
  const padding = scheme.isPss === true ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING
  const options = scheme.key.startsWith('rsa') ? { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : { key }
  try {
    return verify(scheme.hash, content, options, signature)
  } catch {
    // OpenSSL refuses hashes and keys that its build leaves out; that says nothing about the server.
    return 'unknown'
  }
}

/** What a ServerKeyExchange signs: both randoms, then the parameters. RFC 5246 §7.4.3. */
export function serverKeyExchangeContent(clientRandom: Uint8Array, serverRandom: Uint8Array, parameters: Uint8Array): Uint8Array {
  return concat(clientRandom, serverRandom, parameters)
}

/** What the CertificateVerify of a server signs in TLS 1.3, RFC 8446 §4.4.3. */
export function certificateVerifyContent(transcriptHash: Uint8Array): Uint8Array {
  return concat(new Uint8Array(64).fill(0x20), ascii('TLS 1.3, server CertificateVerify'), Uint8Array.of(0), transcriptHash)
}
