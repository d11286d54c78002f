/**
 * How the lines of a text end, by its first: a text without any takes `\n`. A CR alone ends no line for any program that reads settings
 * line by line, so that what is put behind one is a part of the line before.
 */
export function lineEndOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? '\n'
}

/** Offset behind the last blank-free character before `end`. */
export function trimmedEnd(text: string, start: number, end: number): number {
  let at = end
  while (at > start && /\s/.test(text.charAt(at - 1))) at--
  return at
}

/** Offset of the first blank-free character from `start` on, or `end`. */
export function trimmedStart(text: string, start: number, end: number): number {
  let at = start
  while (at < end && /\s/.test(text.charAt(at))) at++
  return at
}
