import { PosternError } from '../errors.ts'

/**
 * A settings file as it was read. `text` has one character for each byte (ISO 8859-1), so that whatever is not changed stays as it
 * was, whichever encoding it is in: all names and values that Postern reads or writes are ASCII.
 */
export interface SettingsFile {
  /** As it was named, for messages. */
  readonly path: string
  readonly text: string
}

/** Where something stands in a file; line and column count from 1, in bytes. */
export interface Place {
  readonly file: string
  readonly start: number
  readonly end: number
  readonly line: number
  readonly column: number
}

/** The characters from `start` up to `end`. */
export interface TextPart {
  readonly start: number
  readonly end: number
}

/** What is put where something stood. */
export interface Edit {
  readonly file: string
  readonly start: number
  readonly end: number
  readonly text: string
}

export function fileOf(path: string, bytes: Uint8Array): SettingsFile {
  return { path, text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1') }
}

export function bytesOf({ text }: SettingsFile): Uint8Array {
  return Buffer.from(text, 'latin1')
}

/** The place of the characters from `start` up to `end`. */
export function placeIn(file: SettingsFile, start: number, end: number): Place {
  const lines = lineStarts(file)
  let [low, high] = [0, lines.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((lines[middle] ?? 0) <= start) low = middle
    else high = middle - 1
  }
  return { file: file.path, start, end, line: low + 1, column: start - (lines[low] ?? 0) + 1 }
}

const linesOfFiles = new WeakMap<SettingsFile, readonly number[]>()

/** Where each line begins. Large files are asked for many places. */
function lineStarts(file: SettingsFile): readonly number[] {
  const known = linesOfFiles.get(file)
  if (known !== undefined) return known
  const starts = [0]
  if (file.text.includes('\r') && /\r(?!\n)/.test(file.text))
    for (const { index, 0: end } of file.text.matchAll(/\r\n|\r|\n/g)) starts.push(index + end.length)
  else for (let at = file.text.indexOf('\n'); at !== -1; at = file.text.indexOf('\n', at + 1)) starts.push(at + 1)
  linesOfFiles.set(file, starts)
  return starts
}

/** Carries out edits, which must not overlap. Every byte outside of them stays. */
export function withEdits(file: SettingsFile, edits: readonly Edit[]): SettingsFile {
  const own = edits.filter((edit) => edit.file === file.path).toSorted((one, other) => one.start - other.start || one.end - other.end)
  let text = ''
  let at = 0
  for (const { start, end, text: put } of own) {
    if (start < at || end < start || end > file.text.length) {
      throw new PosternError('bug', 'EDITS_OVERLAP', `Cannot change ${file.path}: two changes touch the same bytes`)
    }
    text += file.text.slice(at, start) + put
    at = end
  }
  return { path: file.path, text: text + file.text.slice(at) }
}

/** The line that a place stands in and a caret below it, as compilers show it. Tabs stay, so that the caret stands right. */
export function showPlace({ text }: SettingsFile, { start, column, line }: Place): string {
  const begin = start - (column - 1)
  const whole = /[^\r\n]*/.exec(text.slice(begin))?.[0] ?? ''
  const from = Math.max(0, column - 1 - MOST_BEFORE)
  const shown = whole.slice(from, from + MOST_SHOWN).replace(/[^\t\x20-\x7e]/g, '?')
  const indent = whole.slice(from, column - 1).replace(/[^\t]/g, ' ')
  const label = `${line} | `
  return `${label}${shown}\n${' '.repeat(label.length)}${indent}^`
}

const MOST_BEFORE = 60
const MOST_SHOWN = 110
