import { styleText } from 'node:util'
import type { Verdict } from '../../policy/index.ts'
import type { Grade } from '../result.ts'
import { gradeVerdict, plain } from './words.ts'

/** What a stretch of text is for; colours are chosen when it is printed. */
export type Style = 'plain' | 'strong' | 'dim' | Verdict | `${Verdict} badge`

/** Text of one style on one line. */
export interface Span {
  readonly text: string
  readonly style: Style
}

export type Line = readonly Span[]

/** Harmless text: what could move a cursor is made visible here, and once more when it is printed. */
export function span(text: string, style: Style = 'plain'): Span {
  return { text: plain(text), style }
}

const FORMAT: Readonly<Record<Style, Parameters<typeof styleText>[0]>> = {
  plain: 'reset',
  strong: 'bold',
  dim: 'dim',
  bad: ['bold', 'red'],
  weak: ['bold', 'yellow'],
  unknown: ['bold', 'magenta'],
  good: ['bold', 'green'],
  'bad badge': ['bold', 'inverse', 'red'],
  'weak badge': ['bold', 'inverse', 'yellow'],
  'unknown badge': ['bold', 'inverse', 'magenta'],
  'good badge': ['bold', 'inverse', 'green'],
}

/** A blank at which no line is broken. Printed as a blank like any other. */
export const GLUE = '\u00a0'

/** Our own signs for terminals that know ASCII only. As wide as what they stand for. */
const ASCII: Readonly<Record<string, string>> = { '✗': 'x', '✓': '+', '━': '=', '─': '-', '·': '-', '█': '#', '░': '.', '§': 'S' }

/** Lines as text. Trailing blanks are cut, so that a report can be pasted anywhere. */
export function printLines(lines: readonly Line[], options: { readonly colour: boolean; readonly unicode: boolean }): string {
  return lines.map((line) => `${printLine(trimmed(line), options)}\n`).join('')
}

function printLine(line: Line, { colour, unicode }: { readonly colour: boolean; readonly unicode: boolean }): string {
  return line
    .map(({ text, style }) => {
      const filled = plain(text).replaceAll(GLUE, ' ')
      const shown = unicode ? filled : filled.replace(/[^ -~]/gu, (sign) => ASCII[sign] ?? '?')
      return colour && style !== 'plain' ? styleText(FORMAT[style], shown, { validateStream: false }) : shown
    })
    .join('')
}

function trimmed(line: Line): Line {
  const last = line.at(-1)
  // A badge is blank at both ends on purpose.
  if (last === undefined || last.style.endsWith('badge')) return line
  const text = last.text.trimEnd()
  return text === '' ? trimmed(line.slice(0, -1)) : [...line.slice(0, -1), { ...last, text }]
}

const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u
const ZERO = /\p{M}/u

/** The line above a section. */
export function heading(text: string, style: 'strong' | Verdict = 'strong'): Line {
  return [span(text, style)]
}

/** The grade in reverse video, with the colour of what it means; ` ? ` where there is none. */
export function gradeBadge(grade: Grade): Line {
  return [span(grade === 'unknown' ? ' ? ' : ` ${grade} `, `${gradeVerdict(grade)} badge`)]
}

/** Columns that a text takes up on a terminal. */
export function width(text: string): number {
  let columns = 0
  for (const character of text) columns += ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1
  return columns
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + width(text), 0)
}

/** Fills lines of `columns` with the words of `line`. The first begins with `lead`, the others are indented as far. */
export function wrap(line: Line, columns: number, lead: Line = []): readonly Line[] {
  const indent = lineWidth(lead)
  const room = Math.max(8, columns - indent)
  const lines: Span[][] = []
  let current: Span[] = []
  for (const word of words(line).flatMap((word) => broken(word, room))) {
    const gap = current.length === 0 ? 0 : 1
    if (lineWidth(current) + gap + lineWidth(word) > room) {
      lines.push(current)
      current = [...word]
    } else {
      if (gap === 1) current.push({ text: ' ', style: 'plain' })
      current.push(...word)
    }
  }
  lines.push(current)
  return lines.map((one, at) => (at === 0 ? [...lead, ...one] : [blank(indent), ...one]))
}

/** What stands between blanks; a word may change its style on the way. */
function words(line: Line): readonly Line[] {
  const found: Span[][] = [[]]
  for (const { text, style } of line) {
    const [first = '', ...rest] = plain(text).split(/ +/)
    if (first !== '') found.at(-1)?.push({ text: first, style })
    for (const word of rest) found.push(word === '' ? [] : [{ text: word, style }])
  }
  return found.filter((word) => word.length > 0)
}

/** A word that is too long for a line, in pieces that are not. */
function broken(word: Line, room: number): readonly Line[] {
  if (lineWidth(word) <= room) return [word]
  const pieces: Span[][] = []
  for (const { text, style } of word) {
    let piece = ''
    for (const character of text) {
      if (width(piece + character) > room) {
        pieces.push([{ text: piece, style }])
        piece = ''
      }
      piece += character
    }
    pieces.push([{ text: piece, style }])
  }
  return pieces
}

/** Cells in columns as wide as their widest. The last column wraps, and goes below where there is no room beside the others. */
export function table(rows: readonly (readonly Line[])[], columns: number, indent: number): readonly Line[] {
  const fixed = Math.max(0, ...rows.map((row) => row.length - 1))
  const widths = [...Array(fixed).keys()].map((at) => Math.max(...rows.map((row) => lineWidth(row[at] ?? []))))
  const room = columns - widths.reduce((sum, one) => sum + one + GAP, indent)
  const crowded = room < LEAST && rows.some((row) => lineWidth(row.at(-1) ?? []) > room)
  return rows.flatMap((row) => {
    const cells = row.slice(0, -1).flatMap((cell, at) => [...cell, blank((widths[at] ?? 0) - lineWidth(cell) + GAP)])
    const last = row.at(-1) ?? []
    if (!crowded) return wrap(last, columns, [blank(indent), ...cells])
    const above = lineWidth(cells) + indent > columns + GAP ? wrap(cells, columns, [blank(indent)]) : [[blank(indent), ...cells]]
    return [...above, ...wrap(last, columns, [blank(indent + GAP)])]
  })
}

/** Between columns. */
const GAP = 2
/** A last column narrower than this goes below the others. */
const LEAST = 24

function blank(count: number): Span {
  return { text: ' '.repeat(count), style: 'plain' }
}
