import { addition, type Addition } from '../scopes.ts'
import { lineEndOf } from './line-ends.ts'
import type { Edit, SettingsFile } from '../settings-file.ts'

/** Blanks before the first character of the line that an offset is in. */
export function indentOf(text: string, at: number): string {
  const start = Math.max(text.lastIndexOf('\n', at - 1), text.lastIndexOf('\r', at - 1)) + 1
  return /^[ \t]*/.exec(text.slice(start, at))?.[0] ?? ''
}

/**
 * A new statement behind one that ends at `end`, in a line of its own with the indentation of its neighbour, behind a comment at the
 * end of the neighbour's line. Where more than a comment follows on that line, it goes there too.
 */
export function lineAfter(file: SettingsFile, neighbour: { readonly start: number; readonly end: number }, statement: string): Addition {
  const { text } = file
  const rest = /^[ \t]*(?:#[^\r\n]*)?(?=\r|\n|$)/.exec(text.slice(neighbour.end))
  if (rest === null) return addition(file, neighbour.end, ` ${statement}`)
  return addition(file, neighbour.end + rest[0].length, `${lineEndOf(text)}${indentOf(text, neighbour.start)}${statement}`)
}

/** A new statement as the first of a block whose opening brace ends at `open`. */
export function firstInBlock(file: SettingsFile, block: { readonly start: number; readonly open: number }, statement: string): Addition {
  const { text } = file
  const rest = /^[ \t]*(?:#[^\r\n]*)?(?=\r|\n|$)/.exec(text.slice(block.open))
  if (rest === null) return addition(file, block.open, ` ${statement}`)
  const outer = indentOf(text, block.start)
  const next = /^(?:\r\n|\r|\n)([ \t]*)[^\s}#]/.exec(text.slice(block.open + rest[0].length))?.[1]
  const indent = next !== undefined && next.length > outer.length ? next : `${outer}    `
  return addition(file, block.open + rest[0].length, `${lineEndOf(text)}${indent}${statement}`)
}

/** Takes a statement out, and its line where nothing else stands on it; the line end before it goes, so that one behind it can be added. */
export function withoutStatement({ path, text }: SettingsFile, start: number, end: number): Edit {
  const before = /(?:\r\n|\r|\n)?[ \t]*$/.exec(text.slice(0, start))?.[0] ?? ''
  const after = /^[ \t]*(?=\r|\n|$)/.exec(text.slice(end))?.[0]
  const alone = after !== undefined && (/^[\r\n]/.test(before) || before.length === start)
  if (!alone) return { file: path, start, end, text: '' }
  return { file: path, start: start - before.length, end: end + after.length, text: '' }
}

/** Takes the physical line out that a place stands in, with its end. */
export function withoutLine({ path, text }: SettingsFile, { start, end }: { readonly start: number; readonly end: number }): Edit {
  const from = text.lastIndexOf('\n', start) + 1
  const next = text.indexOf('\n', end)
  return next < 0 ? { file: path, start: from - 1, end: text.length, text: '' } : { file: path, start: from, end: next + 1, text: '' }
}
