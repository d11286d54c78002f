import type { SettingsFile } from '../settings-file.ts'

/** A name with its value, and where they stand. */
export interface NamedValue {
  /** In lower case, where the case does not matter. */
  readonly name: string
  /** What it means: without folded lines and comments. */
  readonly value: string
  readonly file: SettingsFile
  readonly start: number
  readonly valueStart: number
  readonly end: number
}
