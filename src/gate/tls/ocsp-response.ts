import { createHash, X509Certificate } from 'node:crypto'
import {
  CERTIFICATE_EXTENSION,
  decodeDer,
  DER_TAG,
  encodeDer,
  extendedKeyUsages,
  extensionsOf,
  MalformedError,
  oidText,
  openDer,
  type DerElement,
} from '../../wire/index.ts'
import { certificateParts } from './ocsp-certificate.ts'
import { isSignature, signatureScheme } from './ocsp-signature.ts'

/** A response that may be stapled. */
export interface Staple {
  readonly response: Uint8Array
  readonly thisUpdate: Date
  /** It is worth nothing from here on. */
  readonly nextUpdate: Date
}

/** Whose state a response has to tell. */
export interface Certified {
  readonly leaf: X509Certificate
  readonly issuer: X509Certificate
}

/** Clocks differ by so much, in milliseconds. */
const SKEW_MS = 5 * 60 * 1000

const HASHES: Readonly<Record<string, string>> = { '1.3.14.3.2.26': 'sha1', '2.16.840.1.101.3.4.2.1': 'sha256' }

/** Whether a response in DER says at this time, and truly, that a certificate is good: RFC 6960 §3.2. Else why it may not be stapled, in a clause. */
export function readStaple(response: Uint8Array, certified: Certified, now: Date): Staple | string {
  try {
    const basic = basicResponse(response)
    if (typeof basic === 'string') return basic
    const [data, algorithm, signature, ...more] = basic
    if (data === undefined || algorithm === undefined || signature === undefined) return 'it is cut'
    const isSigned = isSignedBy(certified.issuer, { data, algorithm, signature, more }, now)
    if (!isSigned) return 'nobody who may answer for the certificate has signed it'
    const single = singleResponse(data, certified)
    return single === undefined ? 'it is about another certificate' : judged(single, response, now)
  } catch (error) {
    if (error instanceof MalformedError) return 'it is no response of OCSP'
    throw error
  }
}

/** What stands in a BasicOCSPResponse, RFC 6960 §4.2.1. */
function basicResponse(response: Uint8Array): readonly DerElement[] | string {
  const [status, bytes] = openDer(response, 'OCSPResponse')
  const code = status?.contents[0]
  if (status?.tag !== DER_TAG.enumerated || code === undefined) return 'it is no response of OCSP'
  if (code !== 0) return `the responder does not answer (${STATUS[code] ?? code})`
  const inner = bytes === undefined ? undefined : openDer(bytes.contents, 'ResponseBytes').find(({ tag }) => tag === DER_TAG.octetString)
  return inner === undefined ? 'it is no response of OCSP' : openDer(inner.contents, 'BasicOCSPResponse')
}

/** OCSPResponseStatus. */
const STATUS: Readonly<Record<number, string>> = {
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
}

interface Signed {
  readonly data: DerElement
  readonly algorithm: DerElement
  readonly signature: DerElement
  /** `[0] EXPLICIT` certificates. */
  readonly more: readonly DerElement[]
}

/** By the issuer, or by somebody whom it has named for it: RFC 6960 §4.2.2.2. */
function isSignedBy(issuer: X509Certificate, { data, algorithm, signature, more }: Signed, now: Date): boolean {
  const scheme = signatureScheme(algorithm)
  if (scheme === undefined) return false
  const bytes = encodeDer(data.tag, data.contents)
  const signers = [issuer, ...more.flatMap((certificates) => delegates(certificates, issuer, now))]
  return signers.some(({ publicKey }) => isSignature(scheme, bytes, publicKey, signature.contents.subarray(1)))
}

function delegates(certificates: DerElement, issuer: X509Certificate, now: Date): readonly X509Certificate[] {
  return openDer(certificates.contents, 'certs').flatMap(({ tag, contents }) => {
    const one = parsed(encodeDer(tag, contents))
    return one !== undefined && mayAnswer(one, issuer, now) ? [one] : []
  })
}

function mayAnswer(one: X509Certificate, issuer: X509Certificate, now: Date): boolean {
  const purposes = extensionsOf(one.raw).get(CERTIFICATE_EXTENSION.extendedKeyUsage)
  if (purposes === undefined || !extendedKeyUsages(purposes.value).includes('OCSPSigning')) return false
  return one.validFromDate <= now && now <= one.validToDate && one.checkIssued(issuer) && one.verify(issuer.publicKey)
}

function parsed(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der)
  } catch {
    return undefined
  }
}

/** That of this certificate, among the responses of ResponseData. */
function singleResponse(data: DerElement, certified: Certified): readonly DerElement[] | undefined {
  const responses = decodeDer(data.contents, 'ResponseData').find(({ tag }) => tag === DER_TAG.sequence)
  const singles = responses === undefined ? [] : decodeDer(responses.contents, 'responses')
  return singles.map(({ contents }) => decodeDer(contents, 'SingleResponse')).find(([id]) => id !== undefined && isAbout(id, certified))
}

/** CertID, RFC 6960 §4.1.1. */
function isAbout(id: DerElement, { leaf, issuer }: Certified): boolean {
  const [algorithm, name, key, serial] = decodeDer(id.contents, 'CertID')
  const [oid] = algorithm === undefined ? [] : decodeDer(algorithm.contents, 'AlgorithmIdentifier')
  const hash = oid === undefined ? undefined : HASHES[oidText(oid.contents)]
  if (hash === undefined || name === undefined || key === undefined || serial === undefined) return false
  const parts = certificateParts(issuer)
  const hashed = (bytes: Uint8Array): Buffer => createHash(hash).update(bytes).digest()
  const own = certificateParts(leaf).serial
  return hashed(parts.subject).equals(name.contents) && hashed(parts.key).equals(key.contents) && Buffer.from(own).equals(serial.contents)
}

/** CertStatus: good is an implicit NULL, revoked a structure. */
const GOOD = 0x80
const REVOKED = 0xa1
const NEXT_UPDATE = 0xa0

function judged([, status, thisUpdate, ...more]: readonly DerElement[], response: Uint8Array, now: Date): Staple | string {
  if (status?.tag === REVOKED) return 'the certificate is revoked'
  if (status?.tag !== GOOD) return 'the responder does not know the certificate'
  const next = more.find(({ tag }) => tag === NEXT_UPDATE)
  const [from, until] = [timeIn(thisUpdate), timeIn(next === undefined ? undefined : decodeDer(next.contents, 'nextUpdate')[0])]
  if (from === undefined || until === undefined) return 'it does not say for how long it is true'
  if (from.getTime() > now.getTime() + SKEW_MS) return 'it is of the future'
  if (until <= now) return 'it has expired'
  return { response, thisUpdate: from, nextUpdate: until }
}

/** GeneralizedTime in UTC without fractions, RFC 5280 §4.1.2.5.2. */
function timeIn(element: DerElement | undefined): Date | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(String.fromCharCode(...(element?.contents ?? []))) ?? []
  return year === undefined ? undefined : new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}
