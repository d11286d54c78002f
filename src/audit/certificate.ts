import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { CertificatePosture, KeyType } from '../policy/index.ts'
import { groupByName } from '../registry/index.ts'
import {
  type CertificateExtension,
  decodeSignedCertificateTimestampList,
  DER_TAG,
  extendedKeyUsages,
  CERTIFICATE_EXTENSION,
  extensionsOf,
  keyUsages,
  derElement,
  mustStaple,
} from '../wire/index.ts'

/** Signature algorithms whose name does not tell the hash. */
const HASHES_BY_NAME: readonly (readonly [pattern: RegExp, hash: string])[] = [
  [/sha-?512/i, 'SHA-512'],
  [/sha-?384/i, 'SHA-384'],
  [/sha-?256/i, 'SHA-256'],
  [/sha-?224/i, 'SHA-224'],
  [/sha-?1|dsaWithSHA$/i, 'SHA-1'],
  [/md5/i, 'MD5'],
  [/md2/i, 'MD2'],
  [/^ed(?:25519|448)$|ml-?dsa/i, 'none'],
]

/** A certificate that could be read. */
export interface ParsedCertificate {
  readonly x509: X509Certificate
  readonly posture: CertificatePosture
}

/** What a DER certificate says. Undefined when it is none. */
export function parseCertificate(der: Uint8Array): ParsedCertificate | undefined {
  try {
    const x509 = new X509Certificate(der)
    return { x509, posture: describe(x509, extensionsOf(der)) }
  } catch {
    return undefined
  }
}

/**
 * Whether a certificate is for this host name or address, RFC 9525 §6. Only subjectAltName counts: a common name, which RFC 6125 §6.4.4
 * still allowed in its place, is no longer looked at.
 */
export function matchesName(x509: X509Certificate, host: string): boolean {
  if (isIP(host) > 0) return x509.checkIP(host) !== undefined
  return x509.checkHost(host.replace(/\.$/, ''), { subject: 'never' }) !== undefined
}

function describe(x509: X509Certificate, extensions: ReadonlyMap<string, CertificateExtension>): CertificatePosture {
  const key = keyOf(x509)
  const algorithm = x509.signatureAlgorithm ?? x509.signatureAlgorithmOid ?? 'unknown'
  const keyUsage = extensions.get(CERTIFICATE_EXTENSION.keyUsage)?.value
  const extendedKeyUsage = extensions.get(CERTIFICATE_EXTENSION.extendedKeyUsage)?.value
  return {
    subject: oneLine(x509.subject),
    issuer: oneLine(x509.issuer),
    names: namesOf(x509),
    serial: x509.serialNumber,
    notBefore: x509.validFromDate.toISOString(),
    notAfter: x509.validToDate.toISOString(),
    ...key,
    signatureAlgorithm: algorithm,
    signatureHash: HASHES_BY_NAME.find(([pattern]) => pattern.test(algorithm))?.[1] ?? 'unknown',
    selfSigned: x509.checkIssued(x509) && x509.verify(x509.publicKey),
    isCa: x509.ca,
    ...(keyUsage === undefined ? {} : { keyUsage: keyUsages(keyUsage) }),
    ...(extendedKeyUsage === undefined ? {} : { extendedKeyUsage: extendedKeyUsages(extendedKeyUsage) }),
    mustStaple: mustStaple(extensions.get(CERTIFICATE_EXTENSION.tlsFeature)?.value),
    scts: countScts(extensions.get(CERTIFICATE_EXTENSION.sctList)?.value),
    ocspUrls: ocspUrls(x509),
    sha256: x509.fingerprint256.replaceAll(':', ''),
    pem: x509.toString(),
  }
}

function keyOf(x509: X509Certificate): { keyType: KeyType; keyBits: number; curve?: string } {
  const key = x509.publicKey
  const details = key.asymmetricKeyDetails ?? {}
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return { keyType: 'RSA', keyBits: details.modulusLength ?? 0 }
    case 'rsa-pss':
      return { keyType: 'RSA-PSS', keyBits: details.modulusLength ?? 0 }
    case 'dsa':
      return { keyType: 'DSA', keyBits: details.modulusLength ?? 0 }
    case 'ec': {
      const group = groupByName(details.namedCurve ?? '')
      return { keyType: 'ECDSA', keyBits: group?.bits ?? 0, curve: group?.name ?? details.namedCurve ?? 'unknown' }
    }
    case 'ed25519':
      return { keyType: 'Ed25519', keyBits: 256 }
    case 'ed448':
      return { keyType: 'Ed448', keyBits: 456 }
    default:
      return { keyType: String(key.asymmetricKeyType).startsWith('ml-dsa') ? 'ML-DSA' : 'unknown', keyBits: 0 }
  }
}

function namesOf(x509: X509Certificate): readonly string[] {
  // Node quotes names that hold a separator as JSON; those are no host names, and nothing inside them is one.
  const text = (x509.subjectAltName ?? '').replaceAll(/"(?:[^"\\]|\\.)*"/g, '')
  return [...text.matchAll(/(?:DNS|IP Address):([^,"]+)/g)].map(([, name = '']) => name.trim())
}

function ocspUrls(x509: X509Certificate): readonly string[] {
  return [...(x509.infoAccess ?? '').matchAll(/OCSP - URI:(\S+)/g)].map(([, url = '']) => url)
}

/** Node gives nothing for a name that is empty, RFC 5280 §4.1.2.6. */
function oneLine(name: string | undefined = ''): string {
  return name.split('\n').reverse().join(', ')
}

/** Each SerializedSCT has a length of two bytes, in a list with one, in an OCTET STRING. RFC 6962 §3.3. */
function countScts(value: Uint8Array | undefined): number {
  const list = value === undefined ? undefined : derElement(value, DER_TAG.octetString)?.contents
  return list === undefined ? 0 : decodeSignedCertificateTimestampList(list).length
}
