/** A piece of a logical line: one physical line without its end. */
export interface LinePiece {
  readonly start: number
  readonly end: number
}

/** Physical lines that make one statement. Comments and empty lines between them are not among the pieces. */
export interface FoldedLine {
  readonly pieces: readonly [LinePiece, ...LinePiece[]]
}

/**
 * The logical lines of a text as Postfix reads them: a line that begins with a blank continues the one before, lines that are empty or
 * whose first character is # are no part of anything, wherever they stand.
 */
export function foldedLines(text: string): readonly FoldedLine[] {
  return foldedHeads(text).map((head) => foldedLineAt(text, head))
}

/** Where each logical line begins. */
export function foldedHeads(text: string): readonly number[] {
  const heads: number[] = []
  for (let start = 0; start < text.length; start = endOfLine(text, start) + 1) {
    const code = text.charCodeAt(start)
    if (!isBlank(code) && code !== HASH) heads.push(start)
  }
  return heads
}

/** The logical line that begins at `head`. */
export function foldedLineAt(text: string, head: number): FoldedLine {
  const pieces: [LinePiece, ...LinePiece[]] = [{ start: head, end: endOfLine(text, head) }]
  for (let start = endOfLine(text, head) + 1; start < text.length; start = endOfLine(text, start) + 1) {
    const end = endOfLine(text, start)
    const first = firstCharacter(text, start, end)
    if (first === end || text.charCodeAt(first) === HASH) continue
    if (first === start) break
    pieces.push({ start, end })
  }
  return { pieces }
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start)
  return end < 0 ? text.length : end
}

const HASH = 0x23

function firstCharacter(text: string, start: number, end: number): number {
  let at = start
  while (at < end && isBlank(text.charCodeAt(at))) at++
  return at
}

/** As isspace(3) has it. */
function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d)
}
