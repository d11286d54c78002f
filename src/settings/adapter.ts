import type { OpensslGeneration, Policy } from '../policy/index.ts'
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
  /** The paths of the files in a folder, for includes with wildcards. */
  readonly list?: (folder: string) => readonly string[]
  /** The OpenSSL that the product is built with, where it is; without it the newest that is known. */
  readonly openssl?: OpensslGeneration
}

/** Whose defaults were taken. `installed`: the installed product says so. */
export interface ReadVersion {
  readonly text: string
  readonly from: 'told' | 'installed' | 'file' | 'assumed'
  /** Of an installed product: the OpenSSL that it runs with. */
  readonly openssl?: OpensslGeneration
  /** The program or file that was asked, for what is `installed`. */
  readonly asked?: string
}

/** What one product's files say. */
export interface Reading {
  readonly product: ProductName
  /** Product and version whose defaults were taken, and how that is known. */
  readonly version: ReadVersion
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
  /** What makes it possible, outside of these settings, as it is typed. */
  readonly command?: string
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

/** What is known of a product's service that matters around a change of its settings. */
export interface ServiceHabits {
  /** It writes its settings again when it stops, so that it has to be stopped before they are changed. */
  readonly rewritesOnStop?: boolean
  /** Its own command that checks settings, as program and arguments, for the file that was named: `['postfix', '-c', …, 'check']`. */
  readonly check?: (path: string) => readonly string[]
  /** Where that is written. */
  readonly source: string
}

/** What a program or a file has said. */
export interface Answer {
  readonly text: string
  /** The program or file itself. */
  readonly by: string
}

/** How adapters ask what is installed. Nothing of a folder that is not the system's is ever run. */
export interface Ask {
  /** All that a program writes; undefined: the system has none, it fails, or it takes too long. */
  readonly run: (program: string, ...args: readonly string[]) => Answer | undefined
  /** A file inside of a .jar or .zip, which is read and not run. */
  readonly entry: (archive: string, name: string) => Answer | undefined
}

/** What an installed product says of itself. */
export interface Installed {
  /** As `--product-version` takes it. */
  readonly version?: string
  readonly openssl?: OpensslGeneration
  /** Who says so. */
  readonly by: string
}

/** Something that breaks a file although its owner's intent is plain, and the edits that put it right. */
export interface Mending {
  /** In a sentence: what was wrong, and what stands there now. */
  readonly what: string
  readonly place: Place
  readonly edits: readonly Edit[]
}

/** What is known of a product before anything of its settings is read: enough to find them, and to tell them from those of others. */
export interface Product {
  readonly product: ProductName
  readonly title: string
  /** Where installed products keep their settings. */
  readonly places: readonly string[]
  /** Whether a file is of this kind, by its name and what stands in it: 0 no, 1 surely. */
  readonly recognises: (file: SettingsFile) => number
  /** Its adapter has a `mend`. */
  readonly mends?: true
}

/** A product, and how to come by its adapter, which is loaded for those whose settings it is to read and for nobody else. */
export interface KnownProduct extends Product {
  readonly adapter: () => Promise<Adapter>
}

/**
 * Reads one kind of settings file into postures and writes minimal edits back. Its laws, which test/settings-laws.ts holds every
 * adapter to: what is read and not changed stays byte for byte; a policy that is kept needs no change; what was written is read
 * back; every byte outside a changed value stays.
 */
export interface Adapter extends Product {
  /** Errors: `input`, with line, column and caret, for a file that is not what it should be. */
  readonly read: (file: SettingsFile, options: ReadOptions) => Reading
  /** Throws nothing: what cannot be said is in `inexpressible`. */
  readonly write: (reading: Reading, wanted: readonly Wanted[], options: ReadOptions) => Edits
  /** Values that are never shown, such as passwords: their places in a file. */
  readonly secrets: (file: SettingsFile) => readonly Place[]
  /** Absent: it is stopped after the change, and has no command that checks settings. */
  readonly service?: ServiceHabits
  /** Asks the installed product that a file belongs to. Absent: none is known that would answer safely and at once. */
  readonly installed?: (path: string, ask: Ask) => Installed | undefined
  /** Commands that make what the product really reads out of files of these paths, once they have changed. Absent: it reads the files themselves. */
  readonly rebuild?: (reading: Reading, paths: ReadonlySet<string>, options: ReadOptions) => readonly (readonly string[])[]
  /** Finds what pasting and typing break, also in files that `read` refuses. Absent: nothing of the kind is known. */
  readonly mend?: (file: SettingsFile) => readonly Mending[]
}
