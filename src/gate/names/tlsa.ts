import { createHash, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import { decodeDer, encodeDer, openDer } from '../../wire/index.ts'
import type { TlsaRecord } from './answer.ts'

/** Numbers of RFC 6698 §2.1. */
const DANE_TA = 2
const DANE_EE = 3
const CERTIFICATE = 0
const PUBLIC_KEY = 1
const FULL = 0

/** Digests by matching type, stronger ones with a higher number (RFC 6698 §2.1.3). */
const DIGESTS: ReadonlyMap<number, { readonly name: string; readonly length: number }> = new Map([
  [1, { name: 'sha256', length: 32 }],
  [2, { name: 'sha512', length: 64 }],
])

/** As zone files have it, the data shortened: `TLSA 3 1 1 8bd1da95…`. */
export function recordText({ usage, selector, matchingType, data }: TlsaRecord): string {
  return `TLSA ${usage} ${selector} ${matchingType} ${Buffer.from(data.slice(0, 4)).toString('hex')}…`
}

/**
 * Those that count for SMTP: usages 2 and 3 (RFC 7672 §3.1.3), with a selector and a matching type that are known, and data that can be such.
 * Of digests over the same thing only the strongest (RFC 7671 §9): whoever can forge the weaker gains nothing.
 */
export function usableRecords(records: readonly TlsaRecord[]): readonly TlsaRecord[] {
  const known = records.filter(isUsable)
  const strongest = ({ usage, selector }: TlsaRecord): number =>
    Math.max(...known.filter((other) => other.usage === usage && other.selector === selector).map(({ matchingType }) => matchingType))
  return known.filter((record) => record.matchingType === FULL || record.matchingType === strongest(record))
}

function isUsable(record: TlsaRecord): boolean {
  const { usage, selector, matchingType, data } = record
  if ((usage !== DANE_TA && usage !== DANE_EE) || (selector !== CERTIFICATE && selector !== PUBLIC_KEY)) return false
  if (matchingType !== FULL) return DIGESTS.get(matchingType)?.length === data.length
  return selector === CERTIFICATE ? certificateIn(record) !== undefined : keyIn(record) !== undefined
}

/** The certificate that a record holds in full. */
export function certificateIn({ selector, matchingType, data }: TlsaRecord): X509Certificate | undefined {
  if (selector !== CERTIFICATE || matchingType !== FULL) return undefined
  return unlessDamaged(() => new X509Certificate(data))
}

/** The public key that a record holds in full. */
export function keyIn({ selector, matchingType, data }: TlsaRecord): KeyObject | undefined {
  if (selector !== PUBLIC_KEY || matchingType !== FULL) return undefined
  return unlessDamaged(() => createPublicKey({ key: Buffer.from(data), format: 'der', type: 'spki' }))
}

/** Whether a record is of this certificate, or of its key. */
export function matchesRecord({ selector, matchingType, data }: TlsaRecord, certificate: X509Certificate): boolean {
  const selected = selector === CERTIFICATE ? certificate.raw : unlessDamaged(() => publicKeyInfo(certificate))
  const digest = DIGESTS.get(matchingType)
  if (selected === undefined || (digest === undefined && matchingType !== FULL)) return false
  const expected = digest === undefined ? selected : createHash(digest.name).update(selected).digest()
  return expected.length === data.length && expected.equals(data)
}

/** `[0] EXPLICIT Version`. */
const VERSION = 0xa0

/** SubjectPublicKeyInfo as it stands in the certificate, RFC 5280 §4.1: printed anew it could differ. */
function publicKeyInfo({ raw }: X509Certificate): Buffer | undefined {
  const [tbs] = openDer(raw, 'Certificate')
  const fields = tbs === undefined ? [] : decodeDer(tbs.contents, 'TBSCertificate').filter(({ tag }) => tag !== VERSION)
  // serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo.
  const info = fields[5]
  return info === undefined ? undefined : Buffer.from(encodeDer(info.tag, info.contents))
}

function unlessDamaged<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
