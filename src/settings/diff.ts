import { PosternError } from '../errors.ts'
import { withEdits, type Edit, type Place, type SettingsFile } from './settings-file.ts'

/** Lines of context around a change, as `diff -u` has them. */
const CONTEXT = 3
/** What stands where a secret stood, however long it is. */
export const MASK = '********'

/** Finds what must never be shown in a file. */
export type FindSecrets = (file: SettingsFile) => readonly Place[]

/** Lines `from` up to `to` of the old text become lines `newFrom` up to `newTo` of the new one; counted from 0. */
interface Hunk {
  readonly from: number
  readonly to: number
  readonly newFrom: number
  readonly newTo: number
}

/** The edits of one file as a unified diff, with secrets masked. Empty where nothing changes. */
export function unifiedDiff(file: SettingsFile, edits: readonly Edit[], secrets: FindSecrets): string {
  const after = withEdits(file, edits)
  if (after.text === file.text) return ''
  const oldLines = linesOf(file.text)
  const newLines = linesOf(after.text)
  const oldShown = linesOf(masked(file, secrets))
  const newShown = linesOf(masked(after, secrets))
  if (oldShown.length !== oldLines.length || newShown.length !== newLines.length)
    throw new PosternError('bug', 'DIFF_LINES', `Cannot show the changes of ${file.path}: masking secrets has moved lines`)
  const hunks = joined(hunksOf(file, edits, oldLines, newLines))
  const text = hunks.map((hunk) => hunkText(hunk, oldShown, newShown)).join('')
  return `--- ${file.path}\n+++ ${file.path} (planned)\n${text}`
}

/** The text of a file with secrets masked. Line ends inside secrets stay, so that lines keep their numbers. */
export function masked(file: SettingsFile, secrets: FindSecrets): string {
  let text = ''
  let at = 0
  for (const { start, end } of secrets(file).toSorted((one, other) => one.start - other.start)) {
    if (end <= at) continue
    const from = Math.max(at, start)
    text += file.text.slice(at, from) + file.text.slice(from, end).replace(/[^\r\n]+/g, MASK)
    at = end
  }
  return text + file.text.slice(at)
}

/** With their ends. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** What lines change, without those at the ends that stay the same. */
function hunksOf(file: SettingsFile, edits: readonly Edit[], oldLines: readonly string[], newLines: readonly string[]): readonly Hunk[] {
  const hunks: Hunk[] = []
  let at = 0
  let line = 0
  let shift = 0
  for (const { start, end, added } of stretches(file, edits)) {
    const from = line + lineEnds(file.text.slice(at, start))
    const to = from + linesOf(file.text.slice(start, end)).length
    // The last line may have no end, before or after.
    const newTo = end === file.text.length ? newLines.length : to + shift + added
    for (const hunk of trimmed({ from, to, newFrom: from + shift, newTo }, oldLines, newLines)) append(hunks, hunk)
    shift += added
    at = end
    line = to
  }
  return hunks
}

/** Changes of lines that touch are shown as one, the old lines before the new ones. */
function append(hunks: Hunk[], hunk: Hunk): void {
  const last = hunks.at(-1)
  if (last?.to !== hunk.from) hunks.push(hunk)
  else hunks[hunks.length - 1] = { ...last, to: hunk.to, newTo: hunk.newTo }
}

/** Whole lines in which edits stand, by their bytes, and how many lines they gain. */
interface Stretch {
  start: number
  end: number
  added: number
}

/** A stretch ends with a line end that no edit touches, so that its new text ends with a line, too. */
function stretches({ path, text }: SettingsFile, edits: readonly Edit[]): readonly Stretch[] {
  const own = edits.filter((edit) => edit.file === path).toSorted((one, other) => one.start - other.start || one.end - other.end)
  const found: Stretch[] = []
  for (const edit of own) {
    const next = text.indexOf('\n', edit.end)
    const end = next === -1 ? text.length : next + 1
    const added = lineEnds(edit.text) - lineEnds(text.slice(edit.start, edit.end))
    const last = found.at(-1)
    if (last !== undefined && (edit.start < last.end || last.end === text.length)) {
      last.end = Math.max(last.end, end)
      last.added += added
    } else found.push({ start: edit.start === 0 ? 0 : text.lastIndexOf('\n', edit.start - 1) + 1, end, added })
  }
  return found
}

function lineEnds(text: string): number {
  return text.split('\n').length - 1
}

function trimmed(hunk: Hunk, oldLines: readonly string[], newLines: readonly string[]): readonly Hunk[] {
  let { from, to, newFrom, newTo } = hunk
  while (from < to && newFrom < newTo && oldLines[from] === newLines[newFrom]) {
    from++
    newFrom++
  }
  while (from < to && newFrom < newTo && oldLines[to - 1] === newLines[newTo - 1]) {
    to--
    newTo--
  }
  return from === to && newFrom === newTo ? [] : [{ from, to, newFrom, newTo }]
}

/** Hunks whose context would overlap are shown as one. */
function joined(hunks: readonly Hunk[]): readonly (readonly Hunk[])[] {
  const groups: Hunk[][] = []
  for (const hunk of hunks) {
    const last = groups.at(-1)?.at(-1)
    if (last !== undefined && hunk.from - last.to <= 2 * CONTEXT) groups.at(-1)?.push(hunk)
    else groups.push([hunk])
  }
  return groups
}

function hunkText(hunks: readonly Hunk[], oldLines: readonly string[], newLines: readonly string[]): string {
  const [first] = hunks
  const last = hunks.at(-1)
  if (first === undefined || last === undefined) return ''
  const from = Math.max(0, first.from - CONTEXT)
  const to = Math.min(oldLines.length, last.to + CONTEXT)
  const newFrom = first.newFrom - (first.from - from)
  const newTo = last.newTo + (to - last.to)
  const lines: string[] = []
  let at = from
  for (const hunk of hunks) {
    lines.push(...oldLines.slice(at, hunk.from).map((line) => shown(' ', line)))
    lines.push(...oldLines.slice(hunk.from, hunk.to).map((line) => shown('-', line)))
    lines.push(...newLines.slice(hunk.newFrom, hunk.newTo).map((line) => shown('+', line)))
    at = hunk.to
  }
  lines.push(...oldLines.slice(at, to).map((line) => shown(' ', line)))
  return `@@ -${range(from, to)} +${range(newFrom, newTo)} @@\n${lines.join('')}`
}

/** As POSIX diff writes it: `line,count`, the line before an empty range. */
function range(from: number, to: number): string {
  const count = to - from
  return count === 1 ? String(from + 1) : `${count === 0 ? from : from + 1},${count}`
}

/** The text of a file as people read it: UTF-8 where it is. Carriage returns are left out, as line ends are. */
function shown(sign: string, line: string): string {
  const text = Buffer.from(line.replace(/\r?\n$/, ''), 'latin1').toString('utf8')
  return `${sign}${text}\n${line.endsWith('\n') ? '' : '\\ No newline at end of file\n'}`
}
