/**
 * Why DNS did not answer. None of these says that there are no records: whatever depends on them has to wait (RFC 7672 §2.1.2).
 * `servfail` is what a validating resolver says of signatures that are wrong.
 */
export type Failure = 'servfail' | 'refused' | 'timeout' | 'unreachable' | 'malformed'

/** Why there are no records. */
export type Absence = 'nxdomain' | 'nodata'

/** DNS could not be asked, or did not say. */
export interface Failed {
  readonly kind: 'failed'
  readonly why: Failure
  /** A clause for a person, such as `the DNS server failed (SERVFAIL): …`. */
  readonly words: string
}

/** DNS says that there is nothing of the kind. */
export interface None {
  readonly kind: 'none'
  readonly why: Absence
  /** The resolver has validated that, and its word is to be trusted. */
  readonly secure: boolean
  /** Seconds that the answer holds. */
  readonly ttl: number
}

/** The records of one name and type. */
export interface Records<R> {
  readonly kind: 'records'
  /** At least one, in the order of the answer. */
  readonly records: readonly R[]
  /** Their owner in lower case, without a dot at the end: the name that was asked for, or the last of its aliases. */
  readonly owner: string
  /** The name asked for is an alias (CNAME). */
  readonly aliased: boolean
  /** The resolver has validated the records and every alias on the way to them, and its word is to be trusted. */
  readonly secure: boolean
  /** Seconds that the answer holds. */
  readonly ttl: number
}

export type Answer<R> = Records<R> | None | Failed

/** A TLSA record, RFC 6698 §2.1. Numbers without a name are kept. */
export interface TlsaRecord {
  readonly usage: number
  readonly selector: number
  readonly matchingType: number
  readonly data: Uint8Array
}

export interface MxRecord {
  readonly preference: number
  /** In lower case, without a dot at the end; empty for the root. */
  readonly exchange: string
}

/** What is asked for, and what a record of it is: addresses as text, a text as one string whatever pieces it came in. */
export interface RecordKinds {
  readonly A: string
  readonly AAAA: string
  readonly CNAME: string
  readonly MX: MxRecord
  readonly TLSA: TlsaRecord
  readonly TXT: string
}

export type RecordType = keyof RecordKinds

/** Answers about names. Never rejects. */
export interface Dns {
  /** Nobody between the resolver and us can change what it says of DNSSEC: only then is anything `secure`. */
  readonly trusted: boolean
  /** The resolver, as the configuration names it: `127.0.0.1`, `tls://9.9.9.9#dns.quad9.net`. */
  readonly text: string
  readonly ask: <T extends RecordType>(name: string, type: T) => Promise<Answer<RecordKinds[T]>>
}
