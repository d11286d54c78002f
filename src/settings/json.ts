import type { Finding } from '../policy/index.ts'
import type { Inexpressible, Reading } from './adapter.ts'
import type { ForetoldLeg } from './foretell/foretold.ts'
import type { Place } from './settings-file.ts'
import type { LegWords, Role, SettingsFinding } from './words.ts'

/** What one leg is, as JSON. */
export interface LegJson {
  readonly door: string
  readonly role: Role
  readonly opportunistic: boolean
  readonly words: LegWords
  readonly findings: readonly Finding[]
  readonly undecided: readonly string[]
}

/** The JSON of `postern settings show`. */
export interface SettingsShowJson {
  /** Of this shape. */
  readonly version: 1
  readonly postern: string
  readonly product: string
  readonly title: string
  readonly productVersion: Reading['version']
  readonly files: readonly string[]
  readonly legs: readonly LegJson[]
  readonly findings: readonly SettingsFinding[]
}

/** The JSON of `postern settings plan`. */
export interface SettingsPlanJson {
  readonly version: 1
  readonly postern: string
  readonly product: string
  readonly title: string
  readonly productVersion: Reading['version']
  readonly files: readonly { readonly path: string; readonly before: string; readonly after: string }[]
  readonly changes: readonly {
    readonly door: string
    readonly role: Role
    readonly setting: string
    readonly before: string | null
    readonly after: string | null
    readonly place: Place
  }[]
  readonly inexpressible: readonly Inexpressible[]
  readonly diff: string
  readonly legs: readonly {
    readonly door: string
    readonly role: Role
    readonly policy: { readonly name: string; readonly title: string; readonly edition: string } | null
    readonly before: LegJson
    readonly after: LegJson
  }[]
  readonly foretold: readonly ForetoldLeg[]
  readonly findings: readonly SettingsFinding[]
}
