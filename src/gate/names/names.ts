import type { Dns, Failed, TlsaRecord } from './answer.ts'
import type { StsPolicy } from './sts-policy.ts'

/** A host that takes the mail of a domain. */
export interface MailHost {
  /** In lower case, without a dot at the end. */
  readonly host: string
  readonly preference: number
}

/** Who takes the mail of a domain. Only `failed` is worth another attempt. */
export type MailRoute =
  | {
      readonly kind: 'hosts'
      /** In the order in which they are to be tried (RFC 5321 §5.1); those of one preference come in any order, another one each time. */
      readonly hosts: readonly MailHost[]
      /** The MX records are validated. Otherwise somebody may have put other hosts in their place (RFC 7672 §2.2.1). */
      readonly secure: boolean
      /** The domain, or what it is an alias of: certificates of hosts may be made out to both (RFC 7672 §3.2.2). */
      readonly owner: string
      /** There is no MX record, so that the domain itself is the host (RFC 5321 §5.1). */
      readonly implicit: boolean
    }
  /** The domain takes no mail (RFC 7505 §3): `556 5.1.10`. */
  | { readonly kind: 'null-mx' }
  /** No such domain, or one without MX and addresses; `words` says which. `550 5.1.2`. */
  | { readonly kind: 'no-domain'; readonly words: string }
  /** MX records of which none names a host. `550 5.4.4`. */
  | { readonly kind: 'unusable'; readonly words: string }
  | Failed

/** What DNSSEC demands of a connection to a host. */
export type DaneDemand =
  /** DANE says nothing; `words` is why, in a clause. */
  | { readonly kind: 'none'; readonly words: string }
  /**
   * TLS is a must (RFC 7672 §2.2). `judgeDane(records, …)` says what the certificate is worth; where no record is usable, none.
   */
  | {
      readonly kind: 'records'
      readonly records: readonly TlsaRecord[]
      /** Where the records are: the SNI, and the first of the names that a certificate may have (RFC 7672 §3.2.1, §8.1). */
      readonly base: string
    }
  /** Nobody can say whether there are records: this host must not be used now (RFC 7672 §2.1.2). */
  | Failed

/** Where a host is, and what is known before anybody connects. */
export type HostFound =
  | {
      readonly kind: 'found'
      /** IPv6 and IPv4 as DNS has them, at least one. */
      readonly addresses: readonly HostAddress[]
      readonly dane: DaneDemand
    }
  /** It has no address. The next host may have one. */
  | { readonly kind: 'no-address'; readonly words: string }
  | Failed

export interface HostAddress {
  readonly address: string
  readonly family: 4 | 6
}

/** What a domain says by MTA-STS about mail to it (RFC 8461 §3). */
export type StsFound =
  /** It says nothing; `failed`: or DNS does not say whether it does, in a clause, which comes to the same (RFC 8461 §3.1). */
  | { readonly kind: 'none'; readonly failed?: string }
  /** It says something that cannot be had, and nothing is known from before. The mail goes as if it said nothing (RFC 8461 §5.1). */
  | { readonly kind: 'unknown'; readonly problem: StsProblem }
  | {
      readonly kind: 'policy'
      readonly policy: StsPolicy
      readonly id: string
      /** When it ceases to hold, in milliseconds since 1970. */
      readonly until: number
      /** Why it could not be looked at again: the policy is one from before, which still holds. */
      readonly problem?: StsProblem
    }

/** What is wrong with a policy, as reports name it (RFC 8460 §4.3.2.2), and in a clause for a person. */
export interface StsProblem {
  readonly type: 'sts-policy-fetch-error' | 'sts-policy-invalid' | 'sts-webpki-invalid'
  readonly words: string
}

/** What names mean for somebody who sends mail. Never rejects. */
export interface Names {
  readonly dns: Dns
  /** Why there is no DANE at all, in a sentence with what to do about it; undefined where there is. To be said at the start. */
  readonly warning: string | undefined
  readonly mailRoute: (domain: string) => Promise<MailRoute>
  /** `port` is where it will be connected to: TLSA records are for one. */
  readonly host: (host: string, port: number) => Promise<HostFound>
  readonly sts: (domain: string) => Promise<StsFound>
}
