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
  const lines: { pieces: [LinePiece, ...LinePiece[]] }[] = []
  for (let start = 0; start < text.length;) {
    const found = text.indexOf('\n', start)
    const end = found < 0 ? text.length : found
    const first = firstCharacter(text, start, end)
    if (first < end && text.charCodeAt(first) !== HASH) {
      const piece = { start, end }
      if (first > start) lines.at(-1)?.pieces.push(piece)
      else lines.push({ pieces: [piece] })
    }
    start = end + 1
  }
  return lines
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
