import { X509Certificate } from 'node:crypto'
import { CERTIFICATE_EXTENSION, extensionsOf, mustStaple } from '../../wire/index.ts'
import type { IdentityConfig, PairConfig } from '../config/config.ts'
import { certificatesIn } from './pem.ts'

/** A certificate that is served, and what its owner should know of it. */
export interface CertificateState {
  readonly identity: string
  /** Its path. */
  readonly file: string
  /** SHA-256, hex, upper case, no colons. */
  readonly sha256: string
  readonly notBefore: Date
  readonly notAfter: Date
  /** What is wrong with it, or soon will be, in sentences that name the file. */
  readonly warnings: readonly string[]
}

const DAY_MS = 86_400_000

/** Whoever renews by hand needs this long; certificates of a few days are renewed by machines, in the last third of their life. */
const SOON_MS = 14 * DAY_MS
const LAST_PART = 1 / 3

/** Every certificate of some identities, as it is at a time. */
export function certificateStates(identities: readonly IdentityConfig[], now: Date): readonly CertificateState[] {
  return identities.flatMap(({ name, pairs }) => pairs.flatMap((pair) => stateOf(name, pair, now)))
}

function stateOf(identity: string, { certificate, files, ocsp }: PairConfig, now: Date): readonly CertificateState[] {
  const chain = certificatesIn(certificate).map((pem) => new X509Certificate(pem))
  const [leaf] = chain
  if (leaf === undefined) return []
  const file = files[0] ?? ''
  const faults = [...datesOf(leaf, now), ...kindOf(leaf), ...chainOf(chain), ...(ocsp === undefined ? stapleOf(leaf) : [])]
  return [
    {
      identity,
      file,
      sha256: leaf.fingerprint256.replaceAll(':', ''),
      notBefore: leaf.validFromDate,
      notAfter: leaf.validToDate,
      warnings: faults.map((fault) => `${file}: ${fault}`),
    },
  ]
}

function datesOf({ validFromDate, validToDate }: X509Certificate, now: Date): readonly string[] {
  const left = validToDate.getTime() - now.getTime()
  const life = validToDate.getTime() - validFromDate.getTime()
  if (left < 0) return [`the certificate has expired on ${day(validToDate)}.`]
  if (validFromDate > now) return [`the certificate is not valid before ${day(validFromDate)}.`]
  return left < Math.min(SOON_MS, life * LAST_PART) ? [`the certificate expires on ${day(validToDate)}.`] : []
}

/** RFC 5280 §4.2.1.9: whoever has the key of an authority can certify anybody. `openssl req -x509` makes such ones. */
function kindOf(leaf: X509Certificate): readonly string[] {
  return leaf.ca ? ['the certificate is that of an authority, which no server should have the key of.'] : []
}

/** Each certificate has to be certified by the one behind it: RFC 8446 §4.4.2 lets servers be lax about it, and not all clients are. */
function chainOf(chain: readonly X509Certificate[]): readonly string[] {
  const broken = chain.slice(0, -1).findIndex((one, index) => {
    const next = chain[index + 1]
    return next !== undefined && !one.checkIssued(next)
  })
  const sha1 = chain.findIndex((one) => !isSelfIssued(one) && /sha-?1|md5/i.test(one.signatureAlgorithm ?? ''))
  return [
    ...(broken < 0
      ? []
      : [`certificate ${broken + 2} does not certify certificate ${broken + 1}: the chain is in the wrong order, or of another.`]),
    ...(sha1 < 0 ? [] : [`certificate ${sha1 + 1} is signed with ${chain[sha1]?.signatureAlgorithm ?? ''}, which clients refuse.`]),
  ]
}

/** What vouches for itself is trusted for what it is, whatever signed it. */
function isSelfIssued(one: X509Certificate): boolean {
  return one.subject === one.issuer
}

/** RFC 7633 §4.3.2: clients that know of the promise refuse a server that does not keep it. */
function stapleOf(leaf: X509Certificate): readonly string[] {
  const promised = mustStaple(extensionsOf(leaf.raw).get(CERTIFICATE_EXTENSION.tlsFeature)?.value)
  return promised ? ['the certificate promises a staple, and the identity has none: add ocsp.'] : []
}

function day(date: Date): string {
  return date.toISOString().slice(0, 'yyyy-mm-dd'.length)
}
