import type { SettingsFile } from '../settings-file.ts'
import { malformed } from '../xml/problem.ts'

export interface Word {
  readonly value: string
  readonly start: number
  readonly end: number
}

/** One line of haproxy.cfg: words with blanks between, and quotes and backslashes in them. */
export interface Line {
  readonly words: readonly [Word, ...Word[]]
}

/** A section begins with its keyword and ends where the next one begins. */
export interface Section {
  readonly kind: string
  readonly name: string
  readonly head: Line
  readonly lines: readonly Line[]
}

const SECTIONS =
  'global defaults frontend backend listen peers mailers resolvers userlist program cache ring http-errors log-forward crt-store traces fcgi-app acme log-profile'.split(
    ' ',
  )

/** The sections of a file. Errors: `input` for a quote that is never closed, and for lines before the first section. */
export function parseHaproxy(file: SettingsFile): readonly Section[] {
  const sections: { kind: string; name: string; head: Line; lines: Line[] }[] = []
  for (const line of linesOf(file)) {
    const [{ value, start }, name] = line.words
    if (SECTIONS.includes(value)) sections.push({ kind: value, name: name?.value ?? '', head: line, lines: [] })
    else if (sections.length > 0) sections.at(-1)?.lines.push(line)
    else if (!value.startsWith('.'))
      throw malformed(file, start, 'this stands before any section', 'Write global, defaults, frontend or another section before it.')
  }
  return sections
}

const WORD = /(?:"(?:\\[^\r\n]|[^"\\\r\n])*"|'[^'\r\n]*'|\\[^\r\n]|[^\s"'\\#])+/y

function linesOf(file: SettingsFile): readonly Line[] {
  return [...file.text.matchAll(/[^\r\n]+/g)].flatMap((match) => {
    const [first, ...rest] = wordsOf(file, match.index, match.index + match[0].length)
    return first === undefined ? [] : [{ words: [first, ...rest] as const }]
  })
}

function wordsOf(file: SettingsFile, start: number, end: number): readonly Word[] {
  const words: Word[] = []
  for (let at = start; at < end;) {
    const next = file.text.charAt(at)
    if (next === '#') break
    if (/\s/.test(next)) {
      at++
      continue
    }
    WORD.lastIndex = at
    const raw = WORD.exec(file.text)?.[0]
    if (raw === undefined) throw malformed(file, at, 'the quote or backslash here is never closed', 'Close it on the same line.')
    words.push({ value: unquoted(raw), start: at, end: at + raw.length })
    at += raw.length
  }
  return words
}

function unquoted(raw: string): string {
  return raw.replaceAll(/"((?:\\[^]|[^"\\])*)"|'([^']*)'|\\([^])/g, (_, double?: string, single?: string, escaped?: string) =>
    double === undefined ? (single ?? escaped ?? '') : double.replaceAll(/\\([^])/g, '$1'),
  )
}
