import { createHash, generateKeyPairSync, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto'
import { DER_TAG, encodeDer } from '../../wire/index.ts'

/** A key and a certificate for it that nobody but itself vouches for, in PEM. Ends of a link know each other by these alone. */
export interface SelfSigned {
  readonly key: string
  readonly certificate: string
}

/** Tags of RFC 5280 §4.1 that certificates have beside those of other DER. */
const UTF8_STRING = 0x0c
const VERSION = 0xa0
/** v3, RFC 5280 §4.1.2.1. */
const V3 = 2

/** 2.5.4.3, X.520 §6.2.2. */
const COMMON_NAME = Uint8Array.of(0x55, 0x04, 0x03)
/** 1.2.840.10045.4.3.2, RFC 5758 §3.2. */
const ECDSA_WITH_SHA256 = Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)

const SERIAL_OCTETS = 16

/** A new key on P-256. */
export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}

export function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** A certificate for a key on P-256 and this time, signed with the key itself. RFC 5280 §4.1. */
export function selfSigned(key: KeyObject, publicKey: KeyObject, name: string, from: Date, until: Date): SelfSigned {
  const algorithm = encodeDer(DER_TAG.sequence, encodeDer(DER_TAG.oid, ECDSA_WITH_SHA256))
  const issuer = nameOf(name)
  const toBeSigned = encodeDer(DER_TAG.sequence, [
    encodeDer(VERSION, encodeDer(DER_TAG.integer, Uint8Array.of(V3))),
    encodeDer(DER_TAG.integer, serialNumber()),
    algorithm,
    issuer,
    encodeDer(DER_TAG.sequence, [time(from), time(until)]),
    issuer,
    publicKey.export({ type: 'spki', format: 'der' }),
  ])
  const signature = sign('sha256', toBeSigned, key)
  // No bit of the last octet is unused, X.690 §8.6.2.
  const bits = encodeDer(DER_TAG.bitString, [Uint8Array.of(0), signature])
  const der = encodeDer(DER_TAG.sequence, [toBeSigned, algorithm, bits])
  return { key: keyPem(key), certificate: new X509Certificate(der).toString() }
}

/** SHA-256 of a key as certificates have it, base64url: RFC 7469 §2.4. */
export function pinOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
}

function nameOf(commonName: string): Uint8Array {
  const value = encodeDer(UTF8_STRING, Buffer.from(commonName))
  const pair = encodeDer(DER_TAG.sequence, [encodeDer(DER_TAG.oid, COMMON_NAME), value])
  return encodeDer(DER_TAG.sequence, encodeDer(DER_TAG.set, pair))
}

/** Positive, and in as few octets as it has: RFC 5280 §4.1.2.2. */
function serialNumber(): Uint8Array {
  const octets = randomBytes(SERIAL_OCTETS)
  octets[0] = 0x40 | ((octets[0] ?? 0) & 0x3f)
  return octets
}

/** GeneralizedTime for every year: who reads these certificates is Postern. RFC 5280 §4.1.2.5.2. */
function time(date: Date): Uint8Array {
  const digits = date.toISOString().replace(/\D/g, '').slice(0, 'yyyymmddhhmmss'.length)
  return encodeDer(DER_TAG.generalizedTime, Buffer.from(`${digits}Z`))
}
