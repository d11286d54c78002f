import { dirname } from 'node:path'
import type { ReadOptions } from '../adapter.ts'
import { filesNamed } from '../lines/includes.ts'
import type { SettingsFile } from '../settings-file.ts'
import { malformed } from '../xml/problem.ts'

/** A word of smtpd.conf, without its quotes; the place has them. Of a macro the place is where it is used. */
export interface Token {
  readonly value: string
  readonly kind: 'word' | 'string' | 'sign'
  readonly start: number
  readonly end: number
  /** One of several words that a macro stands for: it cannot be changed here. Of a macro that nobody here knows, the value is empty. */
  readonly fromMacro: boolean
}

export interface Statement {
  readonly file: SettingsFile
  readonly tokens: readonly [Token, ...Token[]]
  /** Behind its last word. */
  readonly end: number
}

interface Parser {
  readonly options: Pick<ReadOptions, 'more' | 'list'>
  readonly root: string
  readonly macros: Map<string, string>
  readonly files: SettingsFile[]
  readonly statements: Statement[]
}

export interface Statements {
  readonly statements: readonly Statement[]
  readonly files: readonly SettingsFile[]
}

/** As deep as anybody nests files; smtpd itself has no limit. */
const MOST_DEPTH = 16

/**
 * The statements of a file and of all that it includes, with macros in place of their names. Errors: `input` for a quote or brace that
 * is never closed.
 */
export function parseSmtpd(main: SettingsFile, options: Pick<ReadOptions, 'more' | 'list'>): Statements {
  const parser: Parser = { options, root: dirname(main.path), macros: new Map(), files: [], statements: [] }
  readFile(parser, main, 0)
  return { statements: parser.statements, files: [...new Set(parser.files)] }
}

function readFile(parser: Parser, file: SettingsFile, depth: number): void {
  parser.files.push(file)
  for (const tokens of linesOf(parser, file)) {
    const [first, second, third] = tokens
    const last = tokens.at(-1)
    if (first === undefined || last === undefined) continue
    if (second?.value === '=' && second.kind === 'sign') {
      if (third !== undefined) parser.macros.set(first.value, third.value)
    } else if (first.value === 'include' && first.kind === 'word') {
      const named = second === undefined || depth === MOST_DEPTH ? [] : filesNamed(second.value, parser.root, parser.options)
      for (const one of named) readFile(parser, one, depth + 1)
    } else parser.statements.push({ file, tokens: [first, ...tokens.slice(1)], end: last.end })
  }
}

/** Blanks, continued lines and comments; a backslash at the end of its line continues a comment, too. */
const BLANK = /(?:[ \t\r]|\\\n|#(?:[^\\\n]+|\\[^]?)*)+/y
const QUOTED = /"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'/y
const MACRO = /\$(\w+)/y
const WORD = /[\w:](?:\\\n|[^\s(){}<>!=#,])*/y

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** The words of each line; braces hold several lines together. */
function* linesOf(parser: Parser, file: SettingsFile): Generator<readonly Token[]> {
  const { text } = file
  let tokens: Token[] = []
  const open: number[] = []
  for (let at = 0; at < text.length;) {
    const blank = match(BLANK, text, at)?.[0]
    const next = text.charAt(at)
    if (blank !== undefined) at += blank.length
    else if (next === '\n') {
      if (open.length === 0) {
        yield tokens
        tokens = []
      }
      at++
    } else {
      if (next === '{') open.push(at)
      if (next === '}') open.pop()
      const found = tokensAt(parser, file, at)
      tokens.push(...found)
      at = found.at(-1)?.end ?? at + 1
    }
  }
  const [unclosed] = open
  if (unclosed !== undefined) throw malformed(file, unclosed, 'the brace that opens here is never closed', 'Write } where it ends.')
  yield tokens
}

/** One word, or those that a macro stands for. */
function tokensAt({ macros }: Parser, file: SettingsFile, start: number): readonly [Token, ...Token[]] {
  const { text } = file
  const next = text.charAt(start)
  const token = (kind: Token['kind'], value: string, length: number): readonly [Token] => [
    { kind, value, start, end: start + length, fromMacro: false },
  ]
  if (next === '"' || next === "'") {
    const raw = match(QUOTED, text, start)?.[0]
    if (raw === undefined) throw malformed(file, start, 'the quote that begins here is never closed', 'Close it.')
    return token('string', unquoted(raw), raw.length)
  }
  const macro = match(MACRO, text, start)
  if (macro !== null) return expanded(macros.get(macro[1] ?? ''), start, start + macro[0].length)
  const word = match(WORD, text, start)?.[0]
  return word === undefined ? token('sign', next, 1) : token('word', word.replaceAll('\\\n', ''), word.length)
}

/** A backslash goes before the quote and blanks, and at the end of a line; a line end inside of quotes counts for nothing. */
function unquoted(raw: string): string {
  const quote = raw.charAt(0)
  return raw.slice(1, -1).replaceAll(/\\([ \t\n"'])|\n/g, (whole, escaped: string | undefined) => {
    if (escaped === undefined || escaped === '\n') return ''
    return escaped === quote || /[ \t]/.test(escaped) ? escaped : whole
  })
}

/** What a macro stands for is read as it stands there, as words; `-D` on the command line may define others. */
function expanded(value: string | undefined, start: number, end: number): readonly [Token, ...Token[]] {
  const words = [...(value ?? '').matchAll(/"([^"]*)"|[\w:][^\s(){}<>!=#,]*|[^\s]/g)]
  const [first, ...others] = words.map((word): Token => ({
    kind: word[1] === undefined ? (/^[\w:]/.test(word[0]) ? 'word' : 'sign') : 'string',
    value: word[1] ?? word[0],
    start,
    end,
    fromMacro: words.length > 1,
  }))
  return first === undefined ? [{ kind: 'string', value: '', start, end, fromMacro: true }] : [first, ...others]
}
