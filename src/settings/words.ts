import type { Finding, Posture, SuiteOrder } from '../policy/index.ts'
import type { ProtocolName } from '../registry/index.ts'
import type { Place } from './settings-file.ts'

/** Where the value of a setting comes from. */
export type Origin =
  /** It stands in a file. */
  | { readonly kind: 'file'; readonly setting: string; readonly place: Place }
  /** Nothing is said, so that the default of this product and version holds. `source`: where that is written. */
  | { readonly kind: 'default'; readonly setting: string; readonly of: string; readonly source: string }
  /** The product cannot be told: it is so. */
  | { readonly kind: 'fixed'; readonly why: string; readonly source: string }

/** One thing that settings decide, and where that is said. `unknown`: neither the file nor what is known of its product tells. */
export interface Word<T> {
  readonly value: T | 'unknown'
  readonly origin: Origin
}

/** The suites of TLS 1.3 and those before it are two lists. `known`: what one of them says where the other one is unknown. */
export interface SuitesWord extends Word<readonly string[]> {
  readonly known?: readonly string[]
}

/** What settings decide of TLS on one leg, in the terms of a policy. */
export interface LegWords {
  readonly protocols: Word<readonly ProtocolName[]>
  /** IANA names of all versions, in the order of the list. */
  readonly suites: SuitesWord
  readonly order: Word<Exclude<SuiteOrder, 'unknown'>>
  /** IANA names, in order. */
  readonly groups: Word<readonly string[]>
  /** Finite-field Diffie-Hellman: its size in bits; null where it is off. */
  readonly dh: Word<number | null>
  readonly sslv2Hello: Word<boolean>
}

/** Which end of the handshake the product is on this leg. */
export type Role = 'server' | 'client'

/** One door of a product in one role. */
export interface Leg {
  /** As the product names it, such as `port 8443` or `SMTP`. Together with the role it is different for each leg. */
  readonly door: string
  readonly role: Role
  readonly words: LegWords
  /** The same in the terms of audits, so that rulebooks and policies judge it. */
  readonly posture: Posture
  /** Peers go on in plain text when TLS fails and check no certificate, as mail servers among themselves do (RFC 9325 §5.2). */
  readonly opportunistic?: boolean
  /** Where it can be met on this machine, such as `smtp://localhost:25`, as far as its settings say so. */
  readonly listens?: readonly string[]
  /** What it listens on, as far as its settings name a port. `address`: empty for all; `host`: it serves only clients that ask for this name. */
  readonly bound?: { readonly address: string; readonly port: number; readonly host?: string }
}

/** Something about the settings themselves that their owner should know: a typo, drift between tables, a value that fails open. */
export interface SettingsFinding extends Finding {
  readonly place?: Place
}
