import type { X509Certificate } from 'node:crypto'
import type { TlsaRecord } from './answer.ts'

/** What a certificate is worth by DANE. `words` is a clause for a person. */
export type DaneVerdict =
  | { readonly kind: 'verified'; readonly record: TlsaRecord; readonly words: string }
  /** No record can be used: TLS is a must, whatever the certificate (RFC 7672 §2.2). */
  | { readonly kind: 'unusable'; readonly words: string }
  /** `type` as reports name it (RFC 8460 §4.3.2.1). */
  | { readonly kind: 'failed'; readonly type: DaneFailure; readonly words: string }

export type DaneFailure = 'validation-failure' | 'certificate-host-mismatch' | 'certificate-expired' | 'tlsa-invalid'

/** What is known of a server that was connected to. */
export interface Presented {
  /** As it sent them, its own first. */
  readonly chain: readonly X509Certificate[]
  /** Names that its certificate may have, RFC 7672 §3.2.2: the TLSA base domain, and others that are known to be meant. */
  readonly names: readonly string[]
  readonly now: Date
}

export type JudgeDane = (records: readonly TlsaRecord[], presented: Presented) => DaneVerdict
