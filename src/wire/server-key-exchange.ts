import type { SuiteAttributes } from '../registry/index.ts'
import { readDigitallySigned, writeDigitallySigned, type DigitallySigned } from './digitally-signed.ts'
import { readEcParameters, writeEcParameters, type EcParameters } from './ec-parameters.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * What a ServerKeyExchange of a suite looks like. Nothing in the message says so: it takes the suite.
 * DHE and ECDHE stand for the anonymous suites too, `signed` makes the difference.
 */
export interface ServerKeyExchangeShape {
  readonly keyExchange: 'DHE' | 'ECDHE' | 'RSA_EXPORT' | 'SRP' | 'PSK' | 'RSA_PSK' | 'DHE_PSK' | 'ECDHE_PSK'
  /** False for anonymous and for PSK suites, and for SRP without a certificate. */
  readonly signed: boolean
  /** As on the wire, such as 0x0303: since TLS 1.2 a signature names its algorithm. */
  readonly version: number
}

/**
 * The shape for this suite, or undefined where the server sends no such message: static keys, TLS 1.3, and what nobody
 * speaks. An EXPORT suite of RSA sends one only when the certified key is longer than the suite may use, RFC 2246 §7.4.3.
 */
export function serverKeyExchangeShape(
  { kx, au, exportGrade }: Pick<SuiteAttributes, 'kx' | 'au' | 'exportGrade'>,
  version: number,
): ServerKeyExchangeShape | undefined {
  if (kx === 'PSK' || kx === 'RSA_PSK' || kx === 'DHE_PSK' || kx === 'ECDHE_PSK') return { keyExchange: kx, signed: false, version }
  const signed = au === 'RSA' || au === 'DSS' || au === 'ECDSA'
  if (kx === 'DHE' || kx === 'ECDHE' || kx === 'SRP') return { keyExchange: kx, signed, version }
  return kx === 'RSA' && exportGrade ? { keyExchange: 'RSA_EXPORT', signed, version } : undefined
}

/** The values a server puts in. Numbers are big-endian bytes, as they came: leading zeros are evidence. */
export type ServerParams =
  /** RFC 5246 §7.4.3: `ServerDHParams`. */
  | { readonly kind: 'DHE'; readonly dhP: Uint8Array; readonly dhG: Uint8Array; readonly dhYs: Uint8Array }
  /** RFC 8422 §5.4: `ServerECDHParams`. */
  | { readonly kind: 'ECDHE'; readonly curveParams: EcParameters; readonly point: Uint8Array }
  /** RFC 2246 §7.4.3: `ServerRSAParams`. */
  | { readonly kind: 'RSA_EXPORT'; readonly rsaModulus: Uint8Array; readonly rsaExponent: Uint8Array }
  /** RFC 5054 §2.5.3: `ServerSRPParams`. */
  | { readonly kind: 'SRP'; readonly srpN: Uint8Array; readonly srpG: Uint8Array; readonly srpS: Uint8Array; readonly srpB: Uint8Array }

/** ServerKeyExchange, RFC 5246 §7.4.3, RFC 4279 §2, RFC 5489 §2. */
export interface ServerKeyExchange {
  /** Of the PSK suites; often empty. */
  readonly pskIdentityHint: Uint8Array | undefined
  /** Undefined for PSK and RSA_PSK, which have nothing but the hint. */
  readonly params: ServerParams | undefined
  /** Over client_random, server_random and `encodeServerParams(params)`. */
  readonly signature: DigitallySigned | undefined
}

export function decodeServerKeyExchange(body: Uint8Array, shape: ServerKeyExchangeShape): ServerKeyExchange {
  const reader = new Reader(body, 'ServerKeyExchange')
  const message = {
    pskIdentityHint: shape.keyExchange.endsWith('PSK') ? reader.opaque(2, 'psk_identity_hint') : undefined,
    params: readParams(reader, shape.keyExchange),
    signature: shape.signed ? readDigitallySigned(reader, shape.version) : undefined,
  }
  reader.end()
  return message
}

export function encodeServerKeyExchange(message: ServerKeyExchange): Uint8Array {
  const writer = new Writer()
  if (message.pskIdentityHint) writer.opaque(2, message.pskIdentityHint)
  if (message.params) writeParams(writer, message.params)
  if (message.signature) writeDigitallySigned(writer, message.signature)
  return writer.done()
}

/** The part that is signed, RFC 5246 §7.4.3. */
export function encodeServerParams(params: ServerParams): Uint8Array {
  return writeParams(new Writer(), params).done()
}

function writeParams(writer: Writer, params: ServerParams): Writer {
  if (params.kind === 'DHE') return writer.opaque(2, params.dhP).opaque(2, params.dhG).opaque(2, params.dhYs)
  if (params.kind === 'ECDHE') return writeEcParameters(writer, params.curveParams).opaque(1, params.point)
  if (params.kind === 'RSA_EXPORT') return writer.opaque(2, params.rsaModulus).opaque(2, params.rsaExponent)
  return writer.opaque(2, params.srpN).opaque(2, params.srpG).opaque(1, params.srpS).opaque(2, params.srpB)
}

function readParams(reader: Reader, keyExchange: ServerKeyExchangeShape['keyExchange']): ServerParams | undefined {
  if (keyExchange === 'PSK' || keyExchange === 'RSA_PSK') return undefined
  if (keyExchange === 'DHE' || keyExchange === 'DHE_PSK') {
    return { kind: 'DHE', dhP: reader.opaque(2, 'dh_p'), dhG: reader.opaque(2, 'dh_g'), dhYs: reader.opaque(2, 'dh_Ys') }
  }
  if (keyExchange === 'ECDHE' || keyExchange === 'ECDHE_PSK') {
    return { kind: 'ECDHE', curveParams: readEcParameters(reader), point: reader.opaque(1, 'public') }
  }
  if (keyExchange === 'RSA_EXPORT') {
    return { kind: 'RSA_EXPORT', rsaModulus: reader.opaque(2, 'rsa_modulus'), rsaExponent: reader.opaque(2, 'rsa_exponent') }
  }
  return {
    kind: 'SRP',
    srpN: reader.opaque(2, 'srp_N'),
    srpG: reader.opaque(2, 'srp_g'),
    srpS: reader.opaque(1, 'srp_s'),
    srpB: reader.opaque(2, 'srp_B'),
  }
}
