import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PosternError } from '../../errors.ts'
import { hashOf } from '../plan.ts'
import { bytesOf, fileOf, type SettingsFile } from '../settings-file.ts'
import type { Ran } from './run-command.ts'
import type { Service } from './service.ts'
import { damaged, makePrivate, PRIVATE_FOLDER, readJson, syncFolder, unwritable, writeDurably } from './state.ts'

/** Where a change stands; each word is written down before what it names begins. */
export type Phase = 'prepared' | 'stopping' | 'replacing' | 'checking' | 'starting' | 'proving' | 'proved'

/** One file of a change: its path, and the SHA-256 of what stood and stands in it. */
export interface EntryFile {
  readonly path: string
  readonly before: string
  readonly after: string
}

/** One change of settings: under way, or as it is remembered. */
export interface Entry {
  readonly version: 1
  readonly kind: 'apply' | 'undo'
  readonly phase: Phase
  readonly outcome: 'under-way' | 'applied' | 'rolled-back'
  /** ISO 8601. */
  readonly began: string
  readonly product: string
  /** What was wanted, in a few words. */
  readonly summary: string
  readonly files: readonly EntryFile[]
  readonly service: Service
  /** The service was stopped, or may have been. */
  readonly touched: boolean
  /** Doors that have to open again. */
  readonly doors: readonly string[]
  /** Numbers of the changes that this one takes back. */
  readonly undoes: readonly number[]
  /** What happened, in sentences. */
  readonly said: readonly string[]
  readonly ran: readonly Ran[]
}

export interface Numbered {
  readonly number: number
  readonly entry: Entry
}

const ENTRY = 'entry.json'

function pendingFolder(folder: string): string {
  return join(folder, 'pending')
}

function historyFolder(folder: string): string {
  return join(folder, 'history')
}

/** The change that is under way or was interrupted; undefined where there is none. Errors: `STATE_DAMAGED`. */
export function pending(folder: string): Promise<Entry | undefined> {
  return entryIn(pendingFolder(folder))
}

/** What checks it is loaded only now: it takes longer than most commands. */
async function entryIn(folder: string): Promise<Entry | undefined> {
  const path = join(folder, ENTRY)
  const value = readJson(path)
  if (value === undefined) return undefined
  const { entrySchema } = await import('./entry-schema.ts')
  const parsed = entrySchema.safeParse(value)
  if (!parsed.success) throw damaged(path, parsed.error)
  return parsed.data
}

/** Keeps copies of files before they change; what a crash has left of an earlier attempt goes. */
export function keepCopies(folder: string, files: readonly SettingsFile[]): void {
  const own = pendingFolder(folder)
  makePrivate(own)
  for (const [index, file] of files.entries()) writeDurably(join(own, `${index}.before`), bytesOf(file))
}

/** Throws away copies of a change that never began. */
export function forget(folder: string): void {
  rmSync(pendingFolder(folder), { recursive: true, force: true })
}

export function writeEntry(folder: string, entry: Entry): void {
  writeDurably(join(pendingFolder(folder), ENTRY), `${JSON.stringify(entry, undefined, 1)}\n`)
}

/** Makes the change that is under way a part of history, with one rename. Gives its number. */
export function finish(folder: string, entry: Entry): number {
  writeEntry(folder, entry)
  const history = historyFolder(folder)
  const number = Math.max(0, ...numbersIn(history)) + 1
  try {
    mkdirSync(history, { recursive: true, mode: PRIVATE_FOLDER })
    renameSync(pendingFolder(folder), join(history, String(number)))
    syncFolder(history)
    syncFolder(folder)
  } catch (cause) {
    throw unwritable(history, cause)
  }
  return number
}

/**
 * The same where the change itself is done: a disk that is full keeps only the note from being written, which the next command makes
 * up for. Gives 0 then.
 */
export function finishIfPossible(folder: string, entry: Entry): number {
  try {
    return finish(folder, entry)
  } catch (error) {
    if (error instanceof PosternError && error.code === 'STATE_UNWRITABLE') return 0
    throw error
  }
}

function numbersIn(history: string): readonly number[] {
  return existsSync(history) ? readdirSync(history).flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : [])) : []
}

/** Every change that was finished or rolled back, oldest first. Errors: `STATE_DAMAGED`. */
export async function historyIn(folder: string): Promise<readonly Numbered[]> {
  const history = historyFolder(folder)
  const found: Numbered[] = []
  for (const number of numbersIn(history).toSorted((one, other) => one - other)) {
    const entry = await entryIn(join(history, String(number)))
    if (entry !== undefined) found.push({ number, entry })
  }
  return found
}

/** A file as it was before a change of history. Errors: `STATE_DAMAGED` where the copy is not what was copied. */
export function copyIn(folder: string, number: number, index: number, file: EntryFile): SettingsFile {
  return readCopy(join(historyFolder(folder), String(number), `${index}.before`), file)
}

/** A file as it was before the change that is under way. Errors: `STATE_DAMAGED`. */
export function pendingCopy(folder: string, index: number, file: EntryFile): SettingsFile {
  return readCopy(join(pendingFolder(folder), `${index}.before`), file)
}

/** What a disk, or somebody, has done to a copy must not get into the settings. */
function readCopy(copy: string, { path, before }: EntryFile): SettingsFile {
  let file: SettingsFile
  try {
    file = fileOf(path, readFileSync(copy))
  } catch (cause) {
    throw damaged(copy, cause)
  }
  if (hashOf(file) !== before) throw damaged(copy)
  return file
}
