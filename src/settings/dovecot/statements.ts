import { dirname } from 'node:path'
import type { ReadOptions } from '../adapter.ts'
import { filesNamed } from '../lines/includes.ts'
import { trimmedEnd, trimmedStart } from '../lines/line-ends.ts'
import type { SettingsFile } from '../settings-file.ts'
import { malformed } from '../xml/problem.ts'

/** `key = value`, with the value as it is meant: without quotes and folded lines. */
export interface Setting {
  readonly kind: 'setting'
  readonly key: string
  readonly value: string
  readonly file: SettingsFile
  readonly start: number
  /** Where the value stands, quotes included. */
  readonly valueStart: number
  readonly end: number
}

/** `name argument { … }`. Included files are part of the block that includes them. */
export interface Block {
  readonly kind: 'block'
  /** Such as `protocol imap`. */
  readonly name: string
  readonly file: SettingsFile
  readonly start: number
  /** Behind its opening brace. */
  readonly open: number
  readonly statements: readonly Statement[]
}

export type Statement = Setting | Block

interface Frame {
  readonly name: string
  readonly start: number
  readonly open: number
  readonly statements: Statement[]
}

type Reach = Pick<ReadOptions, 'more' | 'list'>

const MOST_DEPTH = 16

/** The statements of a file and of all that it includes. Errors: `input` where braces do not match or a line is none. */
export function parseDovecot(file: SettingsFile, reach: Reach, depth = 0): readonly Statement[] {
  const frames: [Frame, ...Frame[]] = [{ name: '', start: 0, open: 0, statements: [] }]
  for (const line of linesOf(file.text)) {
    const frame = frames.at(-1) ?? frames[0]
    if (line.text === '}') close(file, frames, line.start)
    else if (line.text.endsWith('{') && !/^[\w/.-]+\s*=/.test(line.text)) {
      const name = line.text.slice(0, -1).trim().replaceAll(/\s+/g, ' ')
      frames.push({ name, start: line.start, open: line.end, statements: [] })
    } else frame.statements.push(...statementsOf(file, line, reach, depth))
  }
  const open = frames.at(-1)
  if (open !== undefined && frames.length > 1)
    throw malformed(file, open.start, 'the block that begins here is never closed', 'Write } in a line of its own where it ends.')
  return frames[0].statements
}

function close(file: SettingsFile, frames: Frame[], at: number): void {
  const frame = frames.pop()
  const outer = frames.at(-1)
  if (frame === undefined || outer === undefined)
    throw malformed(file, at, 'no block is open that } could close', 'Take it out, or find the { that is missing.')
  const { name, start, open, statements } = frame
  outer.statements.push({ kind: 'block', name, file, start, open, statements })
}

interface Line {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** Lines that say something, without blanks around them and comments behind them. A backslash at the end folds. */
function linesOf(text: string): readonly Line[] {
  const lines: Line[] = []
  for (const match of text.matchAll(/(?:[^\r\n\\]|\\(?!\r?\n)|\\\r?\n)+/g)) {
    const start = trimmedStart(text, match.index, match.index + match[0].length)
    const whole = text.slice(start, match.index + match[0].length)
    const end = trimmedEnd(text, start, start + withoutComment(whole))
    if (end > start) lines.push({ text: text.slice(start, end), start, end })
  }
  return lines
}

/** How much of a line is no comment: one begins with any # outside of quotes. */
function withoutComment(line: string): number {
  const match = /^(?:"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|[^#])*/.exec(line)
  return match?.[0].length ?? line.length
}

function statementsOf(file: SettingsFile, line: Line, reach: Reach, depth: number): readonly Statement[] {
  const include = /^!include(?:_try)?\s+(.*)$/s.exec(line.text)?.[1]
  if (include !== undefined) {
    if (depth === MOST_DEPTH) return []
    return filesNamed(unquoted(include), dirname(file.path), reach).flatMap((one) => parseDovecot(one, reach, depth + 1))
  }
  const match = /^([^\s=]+)\s*=\s*/.exec(line.text)
  if (match === null) throw malformed(file, line.start, 'this is neither key = value nor a block', 'Write key = value, or put # before it.')
  const valueStart = line.start + match[0].length
  const value = unquoted(file.text.slice(valueStart, line.end).replaceAll(/\\\r?\n\s*/g, ' '))
  return [{ kind: 'setting', key: match[1] ?? '', value, file, start: line.start, valueStart, end: line.end }]
}

function unquoted(value: string): string {
  const inner = /^"([^]*)"$|^'([^]*)'$/.exec(value)
  return inner === null ? value : (inner[1] ?? inner[2] ?? '').replaceAll(/\\(["'\\])/g, '$1')
}
