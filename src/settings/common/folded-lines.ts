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
  const lines: [LinePiece, ...LinePiece[]][] = []
  for (const match of text.matchAll(/[^\n]+/g)) {
    const [line] = match
    if (/^\s*(?:#|$)/.test(line)) continue
    const piece = { start: match.index, end: match.index + line.length }
    const open = lines.at(-1)
    if (/^\s/.test(line)) open?.push(piece)
    else lines.push([piece])
  }
  return lines.map((pieces) => ({ pieces }))
}
