import type { KeyObject, X509Certificate } from 'node:crypto'
import { pathFaults, type PathFault } from '../../wire/index.ts'
import type { TlsaRecord } from './answer.ts'
import { certificateIn, keyIn, matchesRecord } from './tlsa.ts'

/** A path that ends in an authority of a record. */
export interface Anchored {
  readonly record: TlsaRecord
  /** Why it is refused all the same. */
  readonly faults: readonly PathFault[]
}

/** Longer paths are built by nobody. */
const MAX_DEPTH = 10
/** Certificates that all certify each other make more ways than anybody could try; each step is a signature. */
const MOST_SIGNATURES = 100

/** Digests with which others can be made to look signed. */
const BROKEN = /md[245]|sha1(?!\d)/i

/** Looks for a way from a certificate to an authority of a record, DANE-TA(2): RFC 7671 §5.2. */
export class AnchorSearch {
  readonly #records: readonly TlsaRecord[]
  readonly #authorities: readonly X509Certificate[]
  readonly #now: Date
  #signatures = 0

  /** `chain`: what the server has sent. A record that holds an authority in full need not be sent (RFC 7671 §5.2.1). */
  constructor(records: readonly TlsaRecord[], chain: readonly X509Certificate[], now: Date) {
    this.#records = records
    this.#authorities = [...chain.slice(1), ...records.flatMap((record) => certificateIn(record) ?? [])]
    this.#now = now
  }

  /** The first way without a fault, or else the first one. `path` begins with the certificate of the server. */
  from(path: readonly X509Certificate[]): Anchored | undefined {
    const last = path.at(-1)
    if (last === undefined || path.length > MAX_DEPTH) return undefined
    let first: Anchored | undefined
    for (const way of this.#ways(path, last)) {
      if (way.faults.length === 0) return way
      first ??= way
    }
    return first
  }

  *#ways(path: readonly X509Certificate[], last: X509Certificate): Iterable<Anchored> {
    for (const record of this.#records) {
      const key = keyIn(record)
      if (key !== undefined && this.#signed(last, { publicKey: key })) yield this.#end(record, path)
    }
    for (const issuer of this.#authorities) {
      const used = path.some(({ fingerprint256 }) => fingerprint256 === issuer.fingerprint256)
      if (used || !issuer.ca || !last.checkIssued(issuer) || !this.#signed(last, issuer)) continue
      const record = this.#records.find((one) => matchesRecord(one, issuer))
      const way = record === undefined ? this.from([...path, issuer]) : this.#end(record, [...path, issuer], path)
      if (way !== undefined) yield way
    }
  }

  /** `signed`: those whose signatures count; an authority of a record needs none. */
  #end(record: TlsaRecord, path: readonly X509Certificate[], signed: readonly X509Certificate[] = path): Anchored {
    const weak = signed.filter(({ signatureAlgorithm = '' }) => BROKEN.test(signatureAlgorithm))
    return {
      record,
      faults: [...pathFaults(path, this.#now), ...weak.map((culprit) => ({ error: 'CA signature digest algorithm too weak', culprit }))],
    }
  }

  #signed(certificate: X509Certificate, issuer: { readonly publicKey: KeyObject }): boolean {
    if (++this.#signatures > MOST_SIGNATURES) return false
    try {
      return certificate.verify(issuer.publicKey)
    } catch {
      // A key of a kind that this OpenSSL does not know has verified nothing.
      return false
    }
  }
}
