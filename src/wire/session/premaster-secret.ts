import { constants, createPublicKey, publicEncrypt, type KeyObject } from 'node:crypto'
import type { CipherSuite } from '../../registry/index.ts'
import type { EcParameters } from '../ec-parameters.ts'
import { Writer } from '../writer.ts'
import type { ServerParams } from '../server-key-exchange.ts'
import { generateFiniteFieldShare, withoutLeadingZeros } from './finite-field.ts'
import { agreeWithCertificate, generateKeyShare } from './key-agreement.ts'
import { plain } from './octets.ts'
import type { Unsupported } from './session-event.ts'

/** What the client sends and what both sides then know. */
export interface KeyExchangeResult {
  readonly kind: 'agreed'
  /** EncryptedPreMasterSecret, dh_Yc or ecdh_Yc, RFC 5246 §7.4.7. */
  readonly exchangeKeys: Uint8Array
  readonly preMasterSecret: Uint8Array
  /** NamedGroup, where the server named one. */
  readonly group?: number
}

export type KeyExchangeOutcome =
  | KeyExchangeResult
  | { readonly kind: 'unsupported'; readonly what: Unsupported; readonly detail: string }
  /** The server's value is none that its group has. */
  | { readonly kind: 'unusable'; readonly field: string }

export interface KeyExchangeInput {
  readonly suite: CipherSuite
  /** The version of the hello, which goes into an RSA premaster secret, RFC 5246 §7.4.7.1. */
  readonly offeredVersion: number
  /** Of the ServerKeyExchange, if there was one. */
  readonly params: ServerParams | undefined
  readonly certificateKey: KeyObject | undefined
  readonly randomBytes: (length: number) => Uint8Array
}

/** RFC 5246 §8.1.1. */
const RSA_PREMASTER_LENGTH = 48

/** The client's half of the key exchange up to TLS 1.2. */
export function exchangeKeys(input: KeyExchangeInput): KeyExchangeOutcome {
  const { suite, params } = input
  if (params?.kind === 'DHE') return finiteField(params)
  if (params?.kind === 'ECDHE') return ellipticCurve(params.curveParams, params.point)
  if (params?.kind === 'RSA_EXPORT') return rsa(input, rsaKey(params.rsaModulus, params.rsaExponent))
  if (suite.kx === 'RSA') return rsa(input, input.certificateKey)
  if (suite.kx === 'ECDH') return staticCurve(input.certificateKey)
  return { kind: 'unsupported', what: 'cipher-suite', detail: `key exchange ${suite.kx} of ${suite.iana}` }
}

function finiteField({ dhP, dhG, dhYs }: Extract<ServerParams, { kind: 'DHE' }>): KeyExchangeOutcome {
  const share = generateFiniteFieldShare({ prime: dhP, generator: dhG })
  if (!share) return { kind: 'unsupported', what: 'group', detail: `a modulus of ${dhP.length} octets` }
  return { kind: 'agreed', exchangeKeys: share.publicValue, preMasterSecret: withoutLeadingZeros(share.agree(dhYs)) }
}

function ellipticCurve(curve: EcParameters, point: Uint8Array): KeyExchangeOutcome {
  const share = curve.kind === 'named_curve' ? generateKeyShare(curve.namedCurve) : undefined
  if (curve.kind !== 'named_curve' || !share) {
    const detail = curve.kind === 'named_curve' ? `group ${curve.namedCurve}` : `a curve spelt out (${curve.kind})`
    return { kind: 'unsupported', what: 'group', detail }
  }
  const preMasterSecret = share.agree(point)
  if (!preMasterSecret) return { kind: 'unusable', field: 'ServerKeyExchange.public' }
  return { kind: 'agreed', exchangeKeys: share.publicValue, preMasterSecret, group: curve.namedCurve }
}

function staticCurve(key: KeyObject | undefined): KeyExchangeOutcome {
  const agreed = key && agreeWithCertificate(key)
  if (!agreed) return { kind: 'unsupported', what: 'certificate-key', detail: describeKey(key) }
  return { kind: 'agreed', exchangeKeys: agreed.publicValue, preMasterSecret: agreed.sharedSecret }
}

function rsa({ offeredVersion, randomBytes }: KeyExchangeInput, key: KeyObject | undefined): KeyExchangeOutcome {
  const preMasterSecret = new Writer()
    .u16(offeredVersion)
    .bytes(randomBytes(RSA_PREMASTER_LENGTH - 2))
    .done()
  if (key?.asymmetricKeyType !== 'rsa') return { kind: 'unsupported', what: 'certificate-key', detail: describeKey(key) }
  try {
    return { kind: 'agreed', exchangeKeys: encryptForRsa(key, preMasterSecret), preMasterSecret }
  } catch {
    // OpenSSL refuses exponents of 1 and moduli that are too short or too long.
    return { kind: 'unsupported', what: 'certificate-key', detail: `${describeKey(key)}, which cannot encrypt` }
  }
}

/** RSAES-PKCS1-v1_5, RFC 5246 §7.4.7.1. Throws what node:crypto throws where the key cannot do it. */
export function encryptForRsa(key: KeyObject, secret: Uint8Array): Uint8Array {
  return plain(publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, secret))
}

/** An ephemeral key of an EXPORT suite, RFC 2246 §7.4.3. Undefined when the numbers make none. */
function rsaKey(modulus: Uint8Array, exponent: Uint8Array): KeyObject | undefined {
  const encode = (octets: Uint8Array): string => Buffer.from(octets).toString('base64url')
  try {
    return createPublicKey({ key: { kty: 'RSA', n: encode(modulus), e: encode(exponent) }, format: 'jwk' })
  } catch {
    return undefined
  }
}

function describeKey(key: KeyObject | undefined): string {
  return key ? `a key of type ${key.asymmetricKeyType}` : 'no key that can be read'
}
