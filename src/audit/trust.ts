import { X509Certificate } from 'node:crypto'
import { getCACertificates, rootCertificates } from 'node:tls'
import { PosternError } from '../errors.ts'

/** Longer paths are built by nobody. */
const MAX_DEPTH = 10

/** Roots that are believed in. */
export class TrustStore {
  readonly #own: readonly X509Certificate[]
  readonly #others: () => readonly string[]
  #bySubject: ReadonlyMap<string, readonly X509Certificate[]> | undefined

  /** `pems` are read now; `others` when the first certificate is looked up: the store of a system takes longer to read than a server to ask. */
  constructor(pems: readonly string[], others: () => readonly string[] = () => []) {
    this.#own = pems.map((pem) => new X509Certificate(pem))
    this.#others = others
  }

  /** Those that may have issued a certificate. */
  issuersOf(certificate: X509Certificate): readonly X509Certificate[] {
    return this.#withSubject(certificate.issuer)
  }

  has(certificate: X509Certificate): boolean {
    return this.#withSubject(certificate.subject).some((root) => root.fingerprint256 === certificate.fingerprint256)
  }

  #withSubject(subject: string): readonly X509Certificate[] {
    this.#bySubject ??= Map.groupBy(
      // Systems keep the same root in several files.
      [...this.#own, ...[...new Set(this.#others())].map((pem) => new X509Certificate(pem))],
      (root) => root.subject,
    )
    return this.#bySubject.get(subject) ?? []
  }
}

/** The store of the system, and certificates in PEM beside it. Errors: `CA_FILE_INVALID`, `input`. */
export function trustStore(extra: readonly { readonly file: string; readonly pem: string }[]): TrustStore {
  const own = extra.flatMap(({ file, pem }) => {
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
    if (blocks.length === 0) throw invalid(file, 'there is no certificate in it')
    for (const block of blocks) if (!isCertificate(block)) throw invalid(file, 'a certificate in it is damaged')
    return blocks
  })
  return new TrustStore(own, () => getCACertificates('system'))
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

function invalid(file: string, why: string): PosternError {
  return new PosternError('input', 'CA_FILE_INVALID', `Cannot read authorities from ${file}: ${why}`, {
    remedy: 'Name a file with certificates in PEM, which begin with -----BEGIN CERTIFICATE-----.',
  })
}

/** In base64: to parse them all would take longer than to compare them. */
let publicRoots: ReadonlySet<string> | undefined

/**
 * Whether a root is one of those that Mozilla’s programs come with. In which store it was found says less: companies add their
 * own authority to that of their systems.
 */
export function isPublicRoot(root: X509Certificate): boolean {
  publicRoots ??= new Set(rootCertificates.map((pem) => pem.replace(/-----[^-]+-----|\s/g, '')))
  return publicRoots.has(root.raw.toString('base64'))
}

/** A path from the leaf to a root, or why there is none, in OpenSSL's words. */
export interface TrustPath {
  readonly trusted: boolean
  /** What the path ends in, where it is trusted. */
  readonly root?: X509Certificate
  readonly error?: string
  /** What was used of the served chain, the leaf first. */
  readonly path: readonly X509Certificate[]
  /** The subject that is missing to go on. */
  readonly missing?: string
}

/** Builds a path, RFC 5280 §6.1 without policies and name constraints: issuer, signature, CA, dates. */
export function findPath(served: readonly X509Certificate[], store: TrustStore, now: Date): TrustPath {
  const [leaf] = served
  if (leaf === undefined) return { trusted: false, error: 'no certificate', path: [] }
  const found = walk([leaf], served, store, now)
  const wrongDate = found.path.map((certificate) => dateError(certificate, now)).find((error) => error !== undefined)
  return found.trusted && wrongDate !== undefined ? { trusted: false, error: wrongDate, path: found.path } : found
}

function walk(path: readonly X509Certificate[], served: readonly X509Certificate[], store: TrustStore, now: Date): TrustPath {
  const last = path.at(-1)
  if (last === undefined || path.length > MAX_DEPTH) return { trusted: false, error: 'certificate chain too long', path }
  if (store.has(last)) return { trusted: true, root: last, path }
  const anchor = store.issuersOf(last).find((root) => issued(root, last) && dateError(root, now) === undefined)
  if (anchor !== undefined) return { trusted: true, root: anchor, path }
  let best: TrustPath = ending(path, last)
  for (const issuer of served) {
    if (path.some((one) => one.fingerprint256 === issuer.fingerprint256) || !issued(issuer, last)) continue
    const longer = issuer.ca
      ? walk([...path, issuer], served, store, now)
      : { trusted: false, error: 'invalid CA certificate', path: [...path, issuer] }
    if (longer.trusted) return longer
    if (longer.path.length > best.path.length) best = longer
  }
  return best
}

function ending(path: readonly X509Certificate[], last: X509Certificate): TrustPath {
  if (issued(last, last)) {
    return { trusted: false, error: path.length === 1 ? 'self-signed certificate' : 'self-signed certificate in certificate chain', path }
  }
  return { trusted: false, error: 'unable to get local issuer certificate', path, missing: last.issuer.split('\n').reverse().join(', ') }
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  } catch {
    // A key of a kind that this OpenSSL does not know has verified nothing.
    return false
  }
}

function dateError(certificate: X509Certificate, now: Date): string | undefined {
  if (now < certificate.validFromDate) return 'certificate is not yet valid'
  return now > certificate.validToDate ? 'certificate has expired' : undefined
}
