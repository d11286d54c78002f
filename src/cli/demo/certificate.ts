import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'

/** X.690 §8.1.2 and §8.14: universal tags, and context tags of the structures below. */
const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
  /** dNSName in a GeneralName, RFC 5280 §4.2.1.6; keyIdentifier has number 0. */
  dnsName: 0x82,
  keyIdentifier: 0x80,
  version: 0xa0,
  extensions: 0xa3,
} as const

/** Object identifiers, encoded. */
const OID = {
  commonName: '550403',
  subjectKeyIdentifier: '551d0e',
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  authorityKeyIdentifier: '551d23',
  extendedKeyUsage: '551d25',
  serverAuth: '2b06010505070301',
  sha256WithRsaEncryption: '2a864886f70d01010b',
  ecdsaWithSha256: '2a8648ce3d040302',
} as const

/** Bits of KeyUsage with the count of unused ones before them, RFC 5280 §4.2.1.3. */
const KEY_USAGE = { authority: '0106', rsa: '05a0', ecdsa: '0780' } as const

const DAY_MS = 24 * 3600 * 1000
const LEAF_DAYS = 90
const SERIAL_LENGTH = 16

export type KeyKind = 'RSA-2048' | 'P-256'

/** A key and its certificate. */
export interface Identity {
  readonly name: string
  readonly kind: KeyKind
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly pem: string
}

/** An authority of its own that nobody believes but who is told to. */
export function makeAuthority(name: string, kind: KeyKind, now: Date): Identity {
  const pair = keyPair(kind)
  return certify({ name, kind, ...pair }, { name, kind, ...pair }, now, [
    extension(OID.basicConstraints, sequence(tlv(TAG.boolean, bytes('ff'))), true),
    extension(OID.keyUsage, tlv(TAG.bitString, bytes(KEY_USAGE.authority)), true),
    extension(OID.subjectKeyIdentifier, tlv(TAG.octetString, keyIdentifier(pair.publicKey))),
  ])
}

/** A server's certificate, RFC 5280 §4.1: for one name, valid for ninety days. */
export function makeServerCertificate(name: string, kind: KeyKind, authority: Identity, now: Date): Identity {
  const pair = keyPair(kind)
  return certify({ name, kind, ...pair }, authority, now, [
    extension(OID.basicConstraints, sequence(), true),
    extension(OID.keyUsage, tlv(TAG.bitString, bytes(kind === 'P-256' ? KEY_USAGE.ecdsa : KEY_USAGE.rsa)), true),
    extension(OID.extendedKeyUsage, sequence(tlv(TAG.oid, bytes(OID.serverAuth)))),
    extension(OID.subjectAltName, sequence(tlv(TAG.dnsName, Buffer.from(name)))),
    extension(OID.subjectKeyIdentifier, tlv(TAG.octetString, keyIdentifier(pair.publicKey))),
    extension(OID.authorityKeyIdentifier, sequence(tlv(TAG.keyIdentifier, keyIdentifier(authority.publicKey)))),
  ])
}

/** PKCS #3 DHParameter of a prime, as servers want it in a file. */
export function dhParameters(prime: Buffer, generator: number): string {
  return pem('DH PARAMETERS', sequence(integer(prime), integer(Buffer.from([generator]))))
}

type Unsigned = Omit<Identity, 'pem'>

function certify(subject: Unsigned, issuer: Unsigned, now: Date, extensions: readonly Buffer[]): Identity {
  const algorithm = issuer.kind === 'P-256' ? sequence(tlv(TAG.oid, bytes(OID.ecdsaWithSha256))) : rsaAlgorithm()
  const body = sequence(
    tlv(TAG.version, integer(Buffer.from([2]))),
    integer(randomBytes(SERIAL_LENGTH)),
    algorithm,
    distinguishedName(issuer.name),
    sequence(time(now.getTime() - DAY_MS), time(now.getTime() + (LEAF_DAYS - 1) * DAY_MS)),
    distinguishedName(subject.name),
    subject.publicKey.export({ type: 'spki', format: 'der' }),
    tlv(TAG.extensions, sequence(...extensions)),
  )
  const signature = tlv(TAG.bitString, Buffer.from([0]), sign('sha256', body, issuer.privateKey))
  return { ...subject, pem: pem('CERTIFICATE', sequence(body, algorithm, signature)) }
}

function keyPair(kind: KeyKind): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  return kind === 'P-256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 })
}

/** Its parameters are NULL, RFC 4055 §5. */
function rsaAlgorithm(): Buffer {
  return sequence(tlv(TAG.oid, bytes(OID.sha256WithRsaEncryption)), tlv(TAG.null))
}

function extension(oid: string, value: Buffer, critical = false): Buffer {
  const flag = critical ? [tlv(TAG.boolean, bytes('ff'))] : []
  return sequence(tlv(TAG.oid, bytes(oid)), ...flag, tlv(TAG.octetString, value))
}

/** SHA-1 names the key here and protects nothing: RFC 5280 §4.2.1.2, method 1. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
}

function distinguishedName(name: string): Buffer {
  return sequence(tlv(TAG.set, sequence(tlv(TAG.oid, bytes(OID.commonName)), tlv(TAG.utf8String, Buffer.from(name)))))
}

/** UTCTime, RFC 5280 §4.1.2.5.1. */
function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/\D/g, '')
  return tlv(TAG.utcTime, Buffer.from(`${digits.slice(2, 14)}Z`))
}

/** A positive number: a zero goes before a first bit that is set, and superfluous zeros go away. X.690 §8.3. */
function integer(number: Buffer): Buffer {
  const start = number.findIndex((byte) => byte !== 0)
  const digits = start < 0 ? Buffer.from([0]) : number.subarray(start)
  return tlv(TAG.integer, (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits)
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(TAG.sequence, ...parts)
}

/** X.690 §8.1.3: short lengths in one byte, others behind a byte that counts them. */
function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const digits = bytes(body.length.toString(16).padStart(body.length < 0x100 ? 2 : 4, '0'))
  const length = body.length < 0x80 ? digits : Buffer.concat([Buffer.from([0x80 + digits.length]), digits])
  return Buffer.concat([Buffer.from([tag]), length, body])
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex')
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
