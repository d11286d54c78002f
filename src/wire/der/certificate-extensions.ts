import { DER_TAG, decodeDer, oidText, openDer, type DerElement } from './der.ts'

/** Extensions of certificates, RFC 5280 §4.2. */

/** The object identifiers of those that are read here. */
export const CERTIFICATE_EXTENSION = {
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extendedKeyUsage: '2.5.29.37',
  subjectAltName: '2.5.29.17',
  /** id-pe-tlsfeature, RFC 7633 §6. */
  tlsFeature: '1.3.6.1.5.5.7.1.24',
  /** SignedCertificateTimestampList in a certificate, RFC 6962 §3.3. */
  sctList: '1.3.6.1.4.1.11129.2.4.2',
} as const

/** One extension; `value` is the DER inside extnValue. */
export interface CertificateExtension {
  readonly critical: boolean
  readonly value: Uint8Array
}

const STATUS_REQUEST = 5

/** `[3] EXPLICIT Extensions` of a TBSCertificate, RFC 5280 §4.1. */
const EXTENSIONS_TAG = 0xa3

const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
]

const EXTENDED_KEY_USAGES: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.9': 'OCSPSigning',
  '2.5.29.37.0': 'anyExtendedKeyUsage',
}

/** The extensions of a certificate in DER by object identifier, RFC 5280 §4.1. Throws `MalformedError`. */
export function extensionsOf(der: Uint8Array): ReadonlyMap<string, CertificateExtension> {
  const [tbs] = openDer(der, 'Certificate')
  const fields = tbs === undefined ? [] : decodeDer(tbs.contents, 'TBSCertificate')
  const block = fields.find((field) => field.tag === EXTENSIONS_TAG)
  const found = new Map<string, CertificateExtension>()
  for (const extension of block === undefined ? [] : openDer(block.contents, 'Extensions')) {
    const parts = decodeDer(extension.contents, 'Extension')
    const oid = parts.find((part) => part.tag === DER_TAG.oid)
    const value = parts.find((part) => part.tag === DER_TAG.octetString)
    if (oid !== undefined && value !== undefined) found.set(oidText(oid.contents), { critical: isTrue(parts), value: value.contents })
  }
  return found
}

/** What a key may be used for, RFC 5280 §4.2.1.3. */
export function keyUsages(value: Uint8Array): readonly string[] {
  const bits = derElement(value, DER_TAG.bitString)?.contents ?? new Uint8Array(0)
  return KEY_USAGES.filter((_usage, index) => ((bits[1 + Math.floor(index / 8)] ?? 0) & (0x80 >> (index % 8))) !== 0)
}

/** Purposes by name, or by object identifier where they have none here, RFC 5280 §4.2.1.12. */
export function extendedKeyUsages(value: Uint8Array): readonly string[] {
  return openDer(value, 'ExtKeyUsageSyntax').map((purpose) => {
    const oid = oidText(purpose.contents)
    return EXTENDED_KEY_USAGES[oid] ?? oid
  })
}

/** How many authorities may follow below this one, RFC 5280 §4.2.1.9. Undefined: any number. */
export function pathLength(value: Uint8Array): number | undefined {
  const length = openDer(value, 'BasicConstraints').find(({ tag }) => tag === DER_TAG.integer)
  return length?.contents.reduce((number, byte) => number * 256 + byte, 0)
}

/** The element with this tag. */
export function derElement(bytes: Uint8Array, tag: number): DerElement | undefined {
  return decodeDer(bytes, 'extnValue').find((element) => element.tag === tag)
}

/** Whether the server has promised to staple, which is status_request (5) among its TLS features. RFC 7633 §4.2.3. */
export function mustStaple(value: Uint8Array | undefined): boolean {
  if (value === undefined) return false
  return openDer(value, 'Features').some((feature) => feature.contents.length === 1 && feature.contents[0] === STATUS_REQUEST)
}

/** `critical BOOLEAN DEFAULT FALSE`. */
function isTrue(parts: readonly DerElement[]): boolean {
  return parts.some(({ tag, contents }) => tag === DER_TAG.boolean && contents.some((byte) => byte !== 0))
}
