import type { Entry, EntryFile } from './journal.ts'
import type { Ran } from './run-command.ts'

/** The JSON of `postern settings history`. */
export interface SettingsHistoryJson {
  /** Of this shape. */
  readonly version: 1
  readonly postern: string
  readonly file: string
  readonly changes: readonly ({ readonly number: number } & Omit<Entry, 'version'>)[]
}

/** The JSON of `postern settings apply` and `undo`. */
export interface SettingsOutcomeJson {
  readonly version: 1
  readonly postern: string
  readonly file: string
  readonly outcome: 'applied' | 'rolled-back' | 'unchanged'
  /** In the history; null where nothing had to be changed. */
  readonly number: number | null
  /** Why it was rolled back. */
  readonly problem: { readonly code: string; readonly message: string; readonly remedy?: string } | null
  readonly said: readonly string[]
  readonly files: readonly EntryFile[]
  readonly ran: readonly Ran[]
}
