import { dirname } from 'node:path'
import type { ReadOptions } from '../adapter.ts'
import { filesNamed } from '../lines/includes.ts'
import type { SettingsFile } from '../settings-file.ts'
import { malformed } from '../xml/problem.ts'

export interface Argument {
  readonly value: string
  readonly start: number
  readonly end: number
}

/** A directive of nginx: its name, its arguments, and its block where it has one. */
export interface Directive {
  readonly name: string
  readonly args: readonly Argument[]
  readonly file: SettingsFile
  readonly start: number
  /** Behind its semicolon, or behind the brace that opens its block. */
  readonly end: number
  /** The directives of its block; those of included files are among them, each with its own file. */
  readonly block?: readonly Directive[]
}

interface Parser {
  readonly file: SettingsFile
  readonly include: (pattern: string) => readonly Directive[]
  at: number
}

const MOST_DEPTH = 16

/** The directives of a file and of all that it includes. Errors: `input` where braces, quotes or semicolons are missing. */
export function parseNginx(file: SettingsFile, options: Pick<ReadOptions, 'more' | 'list'>): readonly Directive[] {
  return parseFile(file, dirname(file.path), options, 0)
}

function parseFile(file: SettingsFile, root: string, options: Pick<ReadOptions, 'more' | 'list'>, depth: number): readonly Directive[] {
  const include = (pattern: string): readonly Directive[] =>
    depth === MOST_DEPTH ? [] : filesNamed(pattern, root, options).flatMap((one) => parseFile(one, root, options, depth + 1))
  return parseBlock({ file, include, at: 0 }, undefined)
}

/** Up to the brace that closes the block that was opened at `opened`, or up to the end of the file. */
function parseBlock(parser: Parser, opened: number | undefined): readonly Directive[] {
  const directives: Directive[] = []
  for (;;) {
    skipBlanks(parser)
    const { file, at } = parser
    const next = file.text.charAt(at)
    if (next === '') {
      if (opened === undefined) return directives
      throw malformed(file, opened, 'the block that begins here is never closed', 'Write } where it ends.')
    }
    if (next === '}') {
      if (opened === undefined)
        throw malformed(file, at, 'no block is open that } could close', 'Take it out, or find the { that is missing.')
      parser.at++
      return directives
    }
    directives.push(...parseDirective(parser))
  }
}

function parseDirective(parser: Parser): readonly Directive[] {
  const { file } = parser
  const words: Argument[] = []
  for (;;) {
    skipBlanks(parser)
    const next = file.text.charAt(parser.at)
    if (next === ';' || next === '{') break
    if (next === '' || next === '}')
      throw malformed(file, words.at(-1)?.end ?? parser.at, 'a ; is missing here', 'Write ; behind each directive.')
    words.push(parseWord(parser))
  }
  const brace = file.text.charAt(parser.at) === '{'
  parser.at++
  const [first, ...args] = words
  const directive = { name: first?.value ?? '', args, file, start: first?.start ?? parser.at - 1, end: parser.at }
  if (brace)
    return [{ ...directive, block: directive.name.endsWith('_by_lua_block') ? skipLua(parser) : parseBlock(parser, parser.at - 1) }]
  const pattern = directive.name === 'include' ? args[0]?.value : undefined
  return pattern === undefined ? [directive] : [directive, ...parser.include(pattern)]
}

function skipBlanks(parser: Parser): void {
  const blanks = /(?:\s+|#[^\r\n]*)*/y
  blanks.lastIndex = parser.at
  blanks.exec(parser.file.text)
  parser.at = blanks.lastIndex
}

const BARE = /(?:\\[^]|\$\{|[^\s;{}\\])+/y
const QUOTED = /"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'/y

function parseWord(parser: Parser): Argument {
  const { file, at: start } = parser
  const quote = /["']/.test(file.text.charAt(start))
  const pattern = quote ? QUOTED : BARE
  pattern.lastIndex = start
  const raw = pattern.exec(file.text)?.[0]
  if (raw === undefined)
    throw malformed(file, start, 'the quote that begins here is never closed', 'Close it, or put a backslash before it.')
  // `${name}` holds the only braces of a bare word.
  const whole = !quote && raw.endsWith('${') ? `${raw}${/^[^}]*\}?/.exec(file.text.slice(start + raw.length))?.[0] ?? ''}` : raw
  parser.at = start + whole.length
  const inner = quote ? whole.slice(1, -1) : whole
  return { value: inner.replaceAll(/\\([ '"\\;{}])/g, '$1'), start: start + Number(quote), end: parser.at - Number(quote) }
}

/** Lua between braces is not nginx’s own language. */
function skipLua(parser: Parser): readonly Directive[] {
  const { file } = parser
  const opened = parser.at - 1
  for (let depth = 1; depth > 0; parser.at++) {
    const next = file.text.charAt(parser.at)
    if (next === '') throw malformed(file, opened, 'the block that begins here is never closed', 'Write } where it ends.')
    depth += next === '{' ? 1 : next === '}' ? -1 : 0
  }
  return []
}
