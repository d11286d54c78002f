import type { LinePiece } from '../lines/folded-lines.ts'
import type { SettingsFile } from '../settings-file.ts'

/** A word of a line, without its quotes; the place is inside of them. */
export interface Word {
  readonly value: string
  readonly start: number
  readonly end: number
  readonly quoted: boolean
}

/** A directive with its arguments, or the tag that opens or closes a section. */
export interface Line {
  readonly file: SettingsFile
  readonly name: Word
  readonly args: readonly Word[]
  /** Where its last physical line ends, with the comment on it and without the line end. */
  readonly end: number
}

/** The lines of proftpd.conf that are no comments. A backslash right before the line end continues a line. */
export function linesOf(file: SettingsFile): readonly Line[] {
  const lines: Line[] = []
  for (let at = 0; at < file.text.length;) {
    const comment = commentAt(file.text, at)
    if (comment !== undefined) {
      at = comment
      continue
    }
    const [pieces, next] = piecesFrom(file.text, at)
    const [name, ...args] = wordsOf(file.text, pieces)
    if (name !== undefined) lines.push({ file, name, args, end: pieces.at(-1)?.end ?? at })
    at = next
  }
  return lines
}

const COMMENT = /[ \t]*#[^\n]*\n?/y

/** Where a comment ends that begins here; most lines of most files are comments. */
function commentAt(text: string, at: number): number | undefined {
  COMMENT.lastIndex = at
  return COMMENT.test(text) ? COMMENT.lastIndex : undefined
}

/** The pieces of the line that begins here, and where the next one does. A continued piece that is a comment counts for nothing. */
function piecesFrom(text: string, from: number): readonly [pieces: readonly LinePiece[], next: number] {
  const pieces: LinePiece[] = []
  for (let start = from; start < text.length;) {
    const found = text.indexOf('\n', start)
    const end = found === -1 ? text.length : found
    const continued = found !== -1 && end > start && text.charAt(end - 1) === '\\'
    if (!continued) return [[...pieces, { start, end: text.charAt(end - 1) === '\r' && end > start ? end - 1 : end }], end + 1]
    if (!/^\s*#/.test(text.slice(start, end))) pieces.push({ start, end: end - 1 })
    start = end + 1
  }
  return [pieces, text.length]
}

const WORD = /\s*(?:(#)|"((?:\\[^]|[^"\\])*)"?|(\S+))/y

/** A word that begins with a quote ends with the next one; a # at the start of a word begins a comment. */
function wordsOf(text: string, pieces: readonly LinePiece[]): readonly Word[] {
  const joined = pieces.map(({ start, end }) => text.slice(start, end)).join('')
  const words: Word[] = []
  WORD.lastIndex = 0
  for (let match = WORD.exec(joined); match !== null; match = WORD.exec(joined)) {
    const [, comment, inside, bare] = match
    if (comment !== undefined) break
    const quoted = inside !== undefined
    const raw = inside ?? bare ?? ''
    const closed = quoted && joined.charAt(WORD.lastIndex - 1) === '"' && WORD.lastIndex - 1 > joined.indexOf('"', match.index)
    const end = WORD.lastIndex - Number(closed)
    words.push({
      value: quoted ? raw.replaceAll(/\\([^])/g, '$1') : raw,
      start: offsetOf(pieces, end - raw.length, 0),
      end: offsetOf(pieces, end, 1),
      quoted,
    })
  }
  return words
}

/** Where a character of the joined text stands in the file. `before`: 1 for an end, which belongs to the character before it. */
function offsetOf(pieces: readonly LinePiece[], index: number, before: 0 | 1): number {
  let left = index - before
  for (const { start, end } of pieces) {
    if (left < end - start) return start + left + before
    left -= end - start
  }
  return pieces.at(-1)?.end ?? 0
}
