import type { X509Certificate } from 'node:crypto'
import type { TlsaRecord } from './answer.ts'
import { AnchorSearch, type Anchored } from './dane-anchor.ts'
import { matchesRecord, recordText, usableRecords } from './tlsa.ts'

/** What a certificate is worth by DANE. `words` is a clause for a person. */
export type DaneVerdict =
  | { readonly kind: 'verified'; readonly record: TlsaRecord; readonly words: string }
  /** No record can be used: TLS is a must, whatever the certificate (RFC 7672 §2.2). */
  | { readonly kind: 'unusable'; readonly words: string }
  /** `type` as reports name it (RFC 8460 §4.3.1). */
  | { readonly kind: 'failed'; readonly type: DaneFailure; readonly words: string }

export type DaneFailure = 'validation-failure' | 'certificate-host-mismatch' | 'certificate-expired'

/** What is known of a server that was connected to. */
export interface Presented {
  /** As it sent them, its own first. */
  readonly chain: readonly X509Certificate[]
  /** Names that its certificate may have, RFC 7672 §3.2.2: the TLSA base domain, and others that are known to be meant. */
  readonly names: readonly string[]
  readonly now: Date
}

/** Judges what a server presented by the TLSA records that are meant for it, RFC 7672 §3.1. */
export function judgeDane(records: readonly TlsaRecord[], { chain, names, now }: Presented): DaneVerdict {
  const usable = usableRecords(records)
  if (usable.length === 0)
    return { kind: 'unusable', words: 'none of its TLSA records can be used for mail, so that anybody may be at the other end' }
  const [leaf] = chain
  if (leaf === undefined) return failed('it has presented no certificate')
  // RFC 7672 §3.1.1, §3.2.1: neither names nor dates count, the record says both.
  const own = usable.find((record) => record.usage === DANE_EE && matchesRecord(record, leaf))
  if (own !== undefined) return { kind: 'verified', record: own, words: `its certificate is the one of ${recordText(own)}` }
  const anchors = usable.filter(({ usage }) => usage === DANE_TA)
  const path = anchors.length === 0 ? undefined : new AnchorSearch(anchors, chain, now).from([leaf])
  if (path === undefined) return failed(`its certificate is not that of ${usable.map(recordText).join(', ')}`)
  return judgePath(path, leaf, names)
}

const DANE_TA = 2
const DANE_EE = 3

/** RFC 7672 §3.1.2: below an authority names and dates count. */
function judgePath({ record, faults }: Anchored, leaf: X509Certificate, names: readonly string[]): DaneVerdict {
  const [fault] = faults
  if (fault !== undefined) {
    const type = faults.every(({ error }) => error.endsWith(' has expired')) ? 'certificate-expired' : 'validation-failure'
    return failed(`its certificate leads to ${recordText(record)}, and is refused: ${fault.error}`, type)
  }
  if (names.some((name) => isFor(leaf, name))) return { kind: 'verified', record, words: `its certificate leads to ${recordText(record)}` }
  return failed(
    `its certificate leads to ${recordText(record)}, and is made out to none of ${names.join(', ')}`,
    'certificate-host-mismatch',
  )
}

/** RFC 7672 §3.2.3: a common name counts where there is no other. */
function isFor(leaf: X509Certificate, name: string): boolean {
  return leaf.checkHost(name.replace(/\.$/, ''), { subject: 'default', partialWildcards: false }) !== undefined
}

function failed(words: string, type: DaneFailure = 'validation-failure'): DaneVerdict {
  return { kind: 'failed', type, words }
}
