import { PosternError } from '../errors.ts'
import { withEdits, type Edit, type Place, type SettingsFile, type TextPart } from './settings-file.ts'

/** Lines of context around a change, as `diff -u` has them. */
const CONTEXT = 3
/** What stands where a secret stood, however long it is. */
export const MASK = '********'

/** Finds what must never be shown in a file, at least all that touches the part that will be shown. */
export type FindSecrets = (file: SettingsFile, part: TextPart) => readonly Place[]

/** Lines `from` up to `to` of the old text become lines `newFrom` up to `newTo` of the new one; counted from 0. */
interface Hunk {
  readonly from: number
  readonly to: number
  readonly newFrom: number
  readonly newTo: number
}

/** Edits whose lines are shown together, and where these lines are in the old text and in the new one. */
interface View {
  readonly edits: readonly Edit[]
  readonly before: TextPart
  readonly after: TextPart
}

/** The edits of one file as a unified diff, with secrets masked. Empty where nothing changes. */
export function unifiedDiff(file: SettingsFile, edits: readonly Edit[], secrets: FindSecrets): string {
  const after = withEdits(file, edits)
  if (after.text === file.text) return ''
  const views = viewsOf(
    file.text,
    edits.filter((edit) => edit.file === file.path).toSorted((one, other) => one.start - other.start || one.end - other.end),
  )
  // Looked for from the first change to the last: what stands between two of them may tell what is a secret beside the second.
  const hidden = secretsIn(file, spanOf(views.map((view) => view.before)), secrets)
  const newHidden = secretsIn(after, spanOf(views.map((view) => view.after)), secrets)
  let text = ''
  let [at, above, newAbove] = [0, 0, 0]
  for (const view of views) {
    const passed = lineEnds(file.text.slice(at, view.before.start))
    ;[above, newAbove] = [above + passed, newAbove + passed]
    const [oldText, newText] = [partOf(file, view.before), partOf(after, view.after)]
    const [oldLines, newLines] = [linesOf(oldText), linesOf(newText)]
    const oldShown = linesOf(maskedIn(file, view.before, hidden))
    const newShown = linesOf(maskedIn(after, view.after, newHidden))
    if (oldShown.length !== oldLines.length || newShown.length !== newLines.length)
      throw new PosternError('bug', 'DIFF_LINES', `Cannot show the changes of ${file.path}: masking secrets has moved lines`)
    const moved = view.edits.map((edit) => ({ ...edit, start: edit.start - view.before.start, end: edit.end - view.before.start }))
    const hunks = joined(hunksOf({ path: file.path, text: oldText }, moved, oldLines, newLines))
    text += hunks.map((hunk) => hunkText(hunk, oldShown, newShown, { above, newAbove })).join('')
    at = view.before.end
    ;[above, newAbove] = [above + lineEnds(oldText), newAbove + lineEnds(newText)]
  }
  return `--- ${file.path}\n+++ ${file.path} (planned)\n${text}`
}

function partOf({ text }: SettingsFile, { start, end }: TextPart): string {
  return text.slice(start, end)
}

function spanOf(parts: readonly TextPart[]): TextPart {
  return { start: parts[0]?.start ?? 0, end: parts.at(-1)?.end ?? 0 }
}

/** The lines of all edits, which are in order, and those around them: the rest of a large file need not be cut into lines. */
function viewsOf(text: string, edits: readonly Edit[]): readonly View[] {
  const groups: { edits: Edit[]; start: number; end: number }[] = []
  for (const edit of edits) {
    const { start, end } = surroundings(text, edit)
    const last = groups.at(-1)
    if (last === undefined || start > last.end) groups.push({ edits: [edit], start, end })
    else {
      last.edits.push(edit)
      last.end = Math.max(last.end, end)
    }
  }
  let moved = 0
  return groups.map(({ edits, start, end }) => {
    const grown = edits.reduce((sum, edit) => sum + edit.text.length - (edit.end - edit.start), 0)
    const view = { edits, before: { start, end }, after: { start: start + moved, end: end + moved + grown } }
    moved += grown
    return view
  })
}

function surroundings(text: string, edit: Edit): TextPart {
  let start = lineStart(text, edit.start)
  let { end } = edit
  // One more than is shown, so that a view ends with a line that no edit touches, or with the text.
  for (let count = 0; count <= CONTEXT; count++) {
    start = start === 0 ? 0 : lineStart(text, start - 1)
    end = lineEnd(text, end)
  }
  return { start, end: lineEnd(text, end) }
}

function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1
}

function lineEnd(text: string, at: number): number {
  const next = text.indexOf('\n', at)
  return next === -1 ? text.length : next + 1
}

/** The text of a file with secrets masked. Line ends inside secrets stay, so that lines keep their numbers. */
export function masked(file: SettingsFile, secrets: FindSecrets): string {
  const whole = { start: 0, end: file.text.length }
  return maskedIn(file, whole, secretsIn(file, whole, secrets))
}

/** In order. */
function secretsIn(file: SettingsFile, part: TextPart, secrets: FindSecrets): readonly TextPart[] {
  return secrets(file, part).toSorted((one, other) => one.start - other.start)
}

function maskedIn(file: SettingsFile, view: TextPart, secrets: readonly TextPart[]): string {
  let text = ''
  let at = view.start
  for (const { start, end } of secrets) {
    if (end <= at) continue
    if (start >= view.end) break
    const from = Math.max(at, start)
    const to = Math.min(end, view.end)
    text += file.text.slice(at, from) + file.text.slice(from, to).replace(/[^\r\n]+/g, MASK)
    at = to
  }
  return text + file.text.slice(at, view.end)
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
  let count = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++
  return count
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

/** `above` and `newAbove`: how many lines stand before the first of these. */
function hunkText(
  hunks: readonly Hunk[],
  oldLines: readonly string[],
  newLines: readonly string[],
  { above, newAbove }: { readonly above: number; readonly newAbove: number },
): string {
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
  return `@@ -${range(above + from, above + to)} +${range(newAbove + newFrom, newAbove + newTo)} @@\n${lines.join('')}`
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
