import { X509Certificate } from 'node:crypto'
import { getCACertificates, rootCertificates } from 'node:tls'
import { PosternError } from '../errors.ts'
import { pathFaults, type PathFault } from '../wire/index.ts'

/** Longer paths are built by nobody. */
const MAX_DEPTH = 10
/** Certificates that all certify each other make more ways than anybody could try. */
const MOST_STEPS = 200

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
  /** What is wrong in all, with the certificates that are at fault where that is not the leaf. */
  readonly reason?: string
  /** What was used of the served chain, the leaf first. */
  readonly path: readonly X509Certificate[]
  /** The subject that is missing to go on. */
  readonly missing?: string
}

/** A way through the served certificates, with what is wrong with it. */
interface Way {
  readonly path: readonly X509Certificate[]
  readonly root?: X509Certificate
  readonly faults: readonly PathFault[]
  readonly missing?: string
}

/** Builds a path, RFC 5280 §6.1 without policies: issuer, signature, CA, what `pathFaults()` looks at. The best one where none is sound. */
export function findPath(served: readonly X509Certificate[], store: TrustStore, now: Date): TrustPath {
  const [leaf] = served
  if (leaf === undefined) return { trusted: false, error: 'no certificate', reason: 'no certificate', path: [] }
  const { path, root, faults, missing } = new PathSearch(served, store, now).from([leaf])
  const [first] = faults
  if (first === undefined && root !== undefined) return { trusted: true, root, path }
  const reason = [...new Set(faults.map((fault) => words(fault, leaf)))].join('; ')
  return { trusted: false, error: first?.error ?? NO_ISSUER, reason, path, ...(missing === undefined ? {} : { missing }) }
}

function words({ error, culprit, detail }: PathFault, leaf: X509Certificate): string {
  if (detail !== undefined) return `${error}: ${detail}`
  return culprit === undefined || culprit.fingerprint256 === leaf.fingerprint256 ? error : `${error} (${oneLine(culprit.subject)})`
}

const NO_ISSUER = 'unable to get local issuer certificate'

class PathSearch {
  readonly #served: readonly X509Certificate[]
  readonly #store: TrustStore
  readonly #now: Date
  #steps = 0

  constructor(served: readonly X509Certificate[], store: TrustStore, now: Date) {
    this.#served = served
    this.#store = store
    this.#now = now
  }

  /** The best way on from a path, sound ones before others. */
  from(path: readonly X509Certificate[]): Way {
    const last = path.at(-1)
    if (last === undefined) return { path, faults: [] }
    if (path.length > MAX_DEPTH || ++this.#steps > MOST_STEPS) return this.#end(path, 'certificate chain too long')
    if (this.#store.has(last)) return this.#anchored(path, last)
    let best: Way | undefined
    for (const way of this.#ways(path, last)) {
      if (way.faults.length === 0) return way
      if (best === undefined || isBetter(way, best)) best = way
    }
    return best ?? this.#nobodyIssued(path, last)
  }

  *#ways(path: readonly X509Certificate[], last: X509Certificate): Iterable<Way> {
    for (const root of this.#store.issuersOf(last)) if (issued(root, last)) yield this.#anchored(path, root)
    for (const issuer of this.#others(path)) {
      if (!issued(issuer, last) && !(pretends(issuer, last) && signed(issuer, last))) continue
      yield issuer.ca ? this.from([...path, issuer]) : this.#end([...path, issuer], 'invalid CA certificate', issuer)
    }
  }

  /** Whoever has the name and the key identifier of the issuer, and did not sign it, is said to be its issuer falsely. */
  #nobodyIssued(path: readonly X509Certificate[], last: X509Certificate): Way {
    if (issued(last, last)) return this.#end(path, path.length === 1 ? SELF_SIGNED : `${SELF_SIGNED} in certificate chain`)
    const claimed = [...this.#others(path), ...this.#store.issuersOf(last)].find((issuer) => last.checkIssued(issuer))
    if (claimed === undefined) return { ...this.#end(path, NO_ISSUER), missing: oneLine(last.issuer) }
    const detail = `the signature of ${oneLine(last.subject)} by ${oneLine(claimed.subject)} is wrong`
    const wrong = { error: 'certificate signature failure', detail }
    if (this.#store.has(claimed)) return { path, root: claimed, faults: [wrong] }
    const { faults, ...way } = this.from([...path, claimed])
    return { ...way, faults: [wrong, ...faults] }
  }

  #others(path: readonly X509Certificate[]): readonly X509Certificate[] {
    return this.#served.filter((one) => !path.some((used) => used.fingerprint256 === one.fingerprint256))
  }

  #anchored(path: readonly X509Certificate[], root: X509Certificate): Way {
    const [last] = path.slice(-1)
    const chain = last?.fingerprint256 === root.fingerprint256 ? path : [...path, root]
    return { path, root, faults: pathFaults(chain, this.#now) }
  }

  #end(path: readonly X509Certificate[], error: string, culprit?: X509Certificate): Way {
    return { path, faults: [{ error, ...(culprit === undefined ? {} : { culprit }) }, ...pathFaults(path, this.#now)] }
  }
}

const SELF_SIGNED = 'self-signed certificate'

/** A root decides, then what is wrong, then how far it goes. */
function isBetter(one: Way, other: Way): boolean {
  const rank = ({ root, faults, path }: Way): readonly number[] => [root === undefined ? 1 : 0, faults.length, -path.length]
  const [ours, theirs] = [rank(one), rank(other)]
  const place = ours.findIndex((number, index) => number !== theirs[index])
  return place >= 0 && (ours[place] ?? 0) < (theirs[place] ?? 0)
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && signed(issuer, certificate)
}

/** It has the name of the issuer, and is no authority: `checkIssued()` does not take it for one either. */
function pretends(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return !issuer.ca && issuer.subject === certificate.issuer
}

function signed(issuer: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey)
  } catch {
    // A key of a kind that this OpenSSL does not know has verified nothing.
    return false
  }
}

function oneLine(name: string): string {
  return name.split('\n').reverse().join(', ')
}
