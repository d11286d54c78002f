import { certificateTitle, type ChainPosture, type Fact } from '../policy/index.ts'
import { matchesName, parseCertificate, type ParsedCertificate } from './certificate.ts'
import { stapleStatus } from './ocsp.ts'
import { findPath, isPublicRoot, type TrustStore } from './trust.ts'

/** A chain as it came, before anyone judges it. */
export interface ServedChain {
  readonly ders: readonly Uint8Array[]
  readonly servedFor: readonly ('sni' | 'no-sni' | 'wrong-sni')[]
  /** The DER of a stapled OCSPResponse; `null` when it was asked for and not sent. */
  readonly staple: Uint8Array | null | 'unknown'
  readonly sctsInHandshake: number
}

/** What a served chain is worth for a host, at a time, to whoever believes in this store. */
export function judgeChain(served: ServedChain, host: string, store: TrustStore, now: Date): ChainPosture {
  const [leaf, ...others] = served.ders.map((der) => parseCertificate(der))
  // Where the server's own cannot be read, none of the others is taken for it.
  const parsed = leaf === undefined ? [] : [leaf, ...others.filter((one) => one !== undefined)]
  const readable = parsed.length === served.ders.length
  const path = findPath(
    parsed.map((one) => one.x509),
    store,
    now,
  )
  const trusted: Fact = readable || path.trusted ? path.trusted : 'unknown'
  return {
    keyType: leaf?.posture.keyType ?? 'unknown',
    servedFor: served.servedFor,
    certificates: parsed.map((one) => one.posture),
    nameMatches: leaf === undefined ? 'unknown' : matchesName(leaf.x509, host),
    trusted,
    ...(path.reason === undefined ? {} : { trustError: path.reason }),
    publiclyTrusted: path.root === undefined ? trusted : isPublicRoot(path.root),
    ordered: readable ? isOrdered(parsed) : 'unknown',
    missing: path.missing === undefined ? [] : [path.missing],
    needless: needless(parsed, new Set(path.path.map((one) => one.fingerprint256))),
    stapledOcsp: staple(served.staple, leaf, now),
    sctsInHandshake: served.sctsInHandshake,
  }
}

function isOrdered(parsed: readonly ParsedCertificate[]): boolean {
  return parsed.every((one, index) => {
    const next = parsed[index + 1]
    // `checkIssued()` says no to whoever may not issue, whom the trust tells of.
    return next === undefined || one.x509.checkIssued(next.x509) || (!next.x509.ca && next.x509.subject === one.x509.issuer)
  })
}

/** Roots, second copies, and what belongs to no path: whoever does not have a root does not believe one that is sent. */
function needless(parsed: readonly ParsedCertificate[], used: ReadonlySet<string>): readonly string[] {
  const seen = new Set<string>()
  return parsed
    .filter(({ x509, posture }, index) => {
      const again = seen.has(x509.fingerprint256)
      seen.add(x509.fingerprint256)
      return index > 0 && (again || posture.selfSigned || !used.has(x509.fingerprint256))
    })
    .map(({ posture }) => certificateTitle(posture))
}

function staple(
  response: ServedChain['staple'],
  leaf: ParsedCertificate | undefined,
  now: Date,
): Fact<'good' | 'revoked' | 'expired' | 'unknown-status' | 'absent'> {
  if (response === 'unknown') return 'unknown'
  if (response === null)
    return leaf === undefined || leaf.posture.ocspUrls.length > 0 || leaf.posture.mustStaple ? 'absent' : 'not-applicable'
  return stapleStatus(response, now)
}
