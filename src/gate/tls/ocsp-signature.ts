import { constants, verify, type KeyObject } from 'node:crypto'
import { decodeDer, DER_TAG, oidText, type DerElement } from '../../wire/index.ts'

/** How a signature is checked: what `verify()` wants to hear. */
interface Scheme {
  /** Kinds of keys, as node:crypto names them: with another one `verify()` may throw. */
  readonly keys: readonly string[]
  readonly hash: string | null
  /** Of RSASSA-PSS. */
  readonly saltLength?: number
}

/** Signature algorithms. SHA-1 is not among them. */
const SCHEMES: Readonly<Record<string, Scheme>> = {
  '1.2.840.113549.1.1.11': { keys: ['rsa'], hash: 'sha256' },
  '1.2.840.113549.1.1.12': { keys: ['rsa'], hash: 'sha384' },
  '1.2.840.113549.1.1.13': { keys: ['rsa'], hash: 'sha512' },
  '1.2.840.10045.4.3.2': { keys: ['ec'], hash: 'sha256' },
  '1.2.840.10045.4.3.3': { keys: ['ec'], hash: 'sha384' },
  '1.2.840.10045.4.3.4': { keys: ['ec'], hash: 'sha512' },
  '1.3.101.112': { keys: ['ed25519'], hash: null },
}

const RSASSA_PSS = '1.2.840.113549.1.1.10'
const MGF1 = '1.2.840.113549.1.1.8'

const PSS_HASHES: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** Fields of RSASSA-PSS-params, explicitly tagged. */
const PSS_FIELD = { hash: 0xa0, mask: 0xa1, salt: 0xa2 } as const

/** What an AlgorithmIdentifier says of a signature; undefined where it is not taken here. Throws `MalformedError`. */
export function signatureScheme(algorithm: DerElement): Scheme | undefined {
  const [oid, parameters] = decodeDer(algorithm.contents, 'AlgorithmIdentifier')
  if (oid === undefined) return undefined
  const name = oidText(oid.contents)
  return name === RSASSA_PSS ? pssScheme(parameters) : SCHEMES[name]
}

/** Whether somebody with this key has signed these octets. False for a key of another kind. */
export function isSignature({ keys, hash, saltLength }: Scheme, bytes: Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  if (!keys.includes(key.asymmetricKeyType ?? '')) return false
  return verify(hash, bytes, saltLength === undefined ? key : { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature)
}

/** RFC 4055 §3.1. What is left out there means SHA-1, which is not taken. Node masks with the hash that signs, as everybody does. */
function pssScheme(parameters: DerElement | undefined): Scheme | undefined {
  if (parameters?.tag !== DER_TAG.sequence) return undefined
  const fields = new Map(decodeDer(parameters.contents, 'RSASSA-PSS-params').map(({ tag, contents }) => [tag, contents]))
  const hash = algorithmIn(fields.get(PSS_FIELD.hash))
  const mask = algorithmIn(fields.get(PSS_FIELD.mask))
  const masked = mask?.name === MGF1 ? algorithmIn(mask.parameters) : undefined
  const found = hash === undefined ? undefined : PSS_HASHES[hash.name]
  if (found === undefined || masked?.name !== hash?.name) return undefined
  const salt = fields.get(PSS_FIELD.salt)
  const saltLength = salt === undefined ? USUAL_SALT : smallNumberIn(salt)
  return saltLength === undefined ? undefined : { keys: ['rsa', 'rsa-pss'], hash: found, saltLength }
}

const USUAL_SALT = 20

/** The AlgorithmIdentifier in some octets. */
function algorithmIn(bytes: Uint8Array | undefined): { readonly name: string; readonly parameters: Uint8Array | undefined } | undefined {
  const [identifier] = bytes === undefined ? [] : decodeDer(bytes, 'AlgorithmIdentifier')
  if (identifier === undefined) return undefined
  const [oid] = decodeDer(identifier.contents, 'AlgorithmIdentifier')
  if (oid === undefined) return undefined
  // Behind the name, which is short.
  return { name: oidText(oid.contents), parameters: identifier.contents.subarray(2 + oid.contents.length) }
}

/** An INTEGER of one or two octets that is not negative: no key has room for a longer salt. */
function smallNumberIn(bytes: Uint8Array | undefined): number | undefined {
  const [number] = bytes === undefined ? [] : decodeDer(bytes, 'saltLength')
  const [first = 0x80, ...more] = number?.contents ?? []
  return first >= 0x80 || more.length > 1 ? undefined : more.reduce((sum, octet) => sum * 256 + octet, first)
}
