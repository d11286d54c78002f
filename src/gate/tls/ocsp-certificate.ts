import type { X509Certificate } from 'node:crypto'
import { decodeDer, DER_TAG, encodeDer, openDer, type DerElement } from '../../wire/index.ts'

/** What OCSP knows a certificate by, and its issuer: RFC 5280 §4.1, in DER. */
export interface CertificateParts {
  /** INTEGER without tag and length. */
  readonly serial: Uint8Array
  readonly subject: Uint8Array
  /** The bits of the public key, without tag, length and count of unused bits. */
  readonly key: Uint8Array
}

/** `[0] EXPLICIT Version`. */
const VERSION = 0xa0

/** Takes a certificate apart. Throws `MalformedError`. */
export function certificateParts(certificate: X509Certificate): CertificateParts {
  const [tbs] = openDer(certificate.raw, 'Certificate')
  const fields = decodeDer(tbs?.contents ?? NOTHING, 'TBSCertificate').filter(({ tag }) => tag !== VERSION)
  // serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo.
  const [serial, , , , subject, keyInfo] = fields
  const bits = decodeDer(keyInfo?.contents ?? NOTHING, 'SubjectPublicKeyInfo').find(({ tag }) => tag === DER_TAG.bitString)
  return { serial: serial?.contents ?? NOTHING, subject: whole(subject), key: (bits?.contents ?? NOTHING).subarray(1) }
}

const NOTHING = new Uint8Array(0)

function whole(element: DerElement | undefined): Uint8Array {
  return element === undefined ? NOTHING : encodeDer(element.tag, element.contents)
}
