import type { Policy } from '../policy/index.ts'
import type { Edit, Place, SettingsFile } from './settings-file.ts'
import type { Leg, LegWords, Role, SettingsFinding } from './words.ts'

export type ProductName =
  | 'kerio-connect'
  | 'mail-express'
  | 'tomcat'
  | 'postfix'
  | 'dovecot'
  | 'exim'
  | 'opensmtpd'
  | 'nginx'
  | 'haproxy'
  | 'courier'
  | 'cyrus'
  | 'sendmail'
  | 'vsftpd'
  | 'proftpd'

/** Reads the files that a file names in its turn (`include`, policy maps); undefined where there is none. */
export type ReadMore = (path: string) => SettingsFile | undefined

export interface ReadOptions {
  /** As the product writes it, such as `9.4.0`; without it what the files tell, else the newest that is known. */
  readonly version?: string
  /** Names of settings that are not publicly known, by purpose: `dhe` -> `…`. */
  readonly names?: Readonly<Record<string, string>>
  readonly more?: ReadMore
}

/** What one product's files say. */
export interface Reading {
  readonly product: ProductName
  /** Product and version whose defaults were taken, and how that is known. */
  readonly version: { readonly text: string; readonly from: 'told' | 'file' | 'assumed' }
  readonly files: readonly SettingsFile[]
  readonly legs: readonly Leg[]
  readonly findings: readonly SettingsFinding[]
}

/** What one leg should come to. */
export interface Wanted {
  readonly door: string
  readonly role: Role
  readonly policy: Policy
}

/** What the product, or this version, has no words for. */
export interface Inexpressible {
  readonly door: string
  readonly role: Role
  readonly word: keyof LegWords | 'certificate' | 'signatures' | 'features'
  /** In a sentence: what is wanted, and why it cannot be said. */
  readonly why: string
}

/** One value that is changed. */
export interface Change {
  readonly door: string
  readonly role: Role
  readonly setting: string
  /** Undefined: it is not there. */
  readonly before: string | undefined
  readonly after: string | undefined
  readonly place: Place
  readonly edits: readonly Edit[]
}

/** The smallest edit that comes as near as the product can. */
export interface Edits {
  readonly changes: readonly Change[]
  readonly inexpressible: readonly Inexpressible[]
}

/**
 * Reads one kind of settings file into postures and writes minimal edits back. Its laws, which test/settings-laws.ts holds every
 * adapter to: what is read and not changed stays byte for byte; a policy that is kept needs no change; what was written is read
 * back; every byte outside a changed value stays.
 */
export interface Adapter {
  readonly product: ProductName
  readonly title: string
  /** Where installed products keep it. */
  readonly places: readonly string[]
  /** Whether a file is of this kind, by its name and what stands in it: 0 no, 1 surely. */
  readonly recognises: (file: SettingsFile) => number
  /** Errors: `input`, with line, column and caret, for a file that is not what it should be. */
  readonly read: (file: SettingsFile, options: ReadOptions) => Reading
  /** Throws nothing: what cannot be said is in `inexpressible`. */
  readonly write: (reading: Reading, wanted: readonly Wanted[], options: ReadOptions) => Edits
  /** Values that are never shown, such as passwords: their places in a file. */
  readonly secrets: (file: SettingsFile) => readonly Place[]
}
