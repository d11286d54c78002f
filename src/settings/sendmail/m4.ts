import type { SettingsFile } from '../settings-file.ts'

/** A macro of a .mc that is called outside of quotes, or a line of a section that m4 copies. */
export interface Call {
  readonly name: string
  /** Without quotes. The second one of `define` is the value. */
  readonly args: readonly Argument[]
  readonly start: number
  readonly end: number
}

export interface Argument {
  readonly text: string
  /** Where it stands, without its quotes. */
  readonly start: number
  readonly end: number
}

/** What stands outside of quotes and comments: words with their arguments, and raw lines that begin with `O`. */
export interface M4File {
  readonly calls: readonly Call[]
  /** Lines such as `O CipherList=…` in a section LOCAL_CONFIG. */
  readonly lines: readonly Argument[]
  /** Where a section LOCAL_CONFIG begins: behind its line. */
  readonly localConfig: number | undefined
}

const SKIPPED = /dnl\b[^\n]*(?:\n|$)|#[^\n]*/y
const WORD = /[A-Za-z_]\w*/y
const OPTION = /O[ \t][^\n]*/y

export function parseM4({ text }: SettingsFile): M4File {
  const calls: Call[] = []
  const lines: Argument[] = []
  let localConfig: number | undefined
  let isLocal = false
  for (let at = 0; at < text.length;) {
    const lineStart = at === 0 || text.charAt(at - 1) === '\n'
    const skipped = match(SKIPPED, text, at)
    const option = isLocal && lineStart ? match(OPTION, text, at) : undefined
    const word = match(WORD, text, at)
    if (skipped !== undefined) at = skipped
    else if (option !== undefined) {
      lines.push({ text: text.slice(at, option).replace(/\r$/, ''), start: at, end: option })
      at = option
    } else if (word !== undefined) {
      const call = callAt(text, at, word)
      if (call.args.length > 0) calls.push(call)
      if (call.name === 'LOCAL_CONFIG') {
        isLocal = true
        localConfig = endOfLine(text, word)
      } else if (/^(?:LOCAL_|MAILER|divert)/.test(call.name)) isLocal = false
      at = call.end
    } else at = text.charAt(at) === '`' ? quoteEnd(text, at) : at + 1
  }
  return { calls, lines, localConfig }
}

/** Deep enough for macros that name each other; one that names itself would never end. */
const MOST_DEPTH = 16

/** A text with what its macros stand for in place of their names, and without one pair of quotes around what is quoted. */
export function expandM4(text: string, macros: ReadonlyMap<string, string>, depth = 0): string {
  let expanded = ''
  for (let at = 0; at < text.length;) {
    const end = text.charAt(at) === '`' ? quoteEnd(text, at) : (match(WORD, text, at) ?? at + 1)
    const part = text.slice(at, end)
    const meant = depth < MOST_DEPTH ? macros.get(part) : undefined
    expanded += part.startsWith('`') ? part.slice(1, -1) : meant === undefined ? part : expandM4(meant, macros, depth + 1)
    at = end
  }
  return expanded
}

function match(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : undefined
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end + 1
}

/** Behind the quote that closes the one at `at`; quotes nest. */
function quoteEnd(text: string, at: number): number {
  let depth = 0
  for (let index = at; index < text.length; index++) {
    const character = text.charAt(index)
    if (character === '`') depth++
    else if (character === "'") depth--
    if (depth === 0) return index + 1
  }
  return text.length
}

function callAt(text: string, start: number, behind: number): Call {
  const name = text.slice(start, behind)
  if (text.charAt(behind) !== '(') return { name, args: [], start, end: behind }
  const args: Argument[] = []
  let depth = 0
  let from = behind + 1
  for (let at = from; at < text.length;) {
    const skipped = match(SKIPPED, text, at)
    const character = text.charAt(at)
    if (skipped !== undefined) at = skipped
    else if (character === '`') at = quoteEnd(text, at)
    else {
      if (character === '(') depth++
      const ends = depth === 0 && (character === ',' || character === ')')
      if (ends) {
        args.push(argument(text, from, at))
        from = at + 1
      }
      if (character === ')' && depth-- === 0) return { name, args, start, end: at + 1 }
      at++
    }
  }
  return { name, args, start, end: text.length }
}

/** Without blanks and comments before it, and without its quotes where they are one pair around it all. */
function argument(text: string, from: number, to: number): Argument {
  const before = /^(?:\s|dnl\b[^\n]*\n)*/.exec(text.slice(from, to))?.[0].length ?? 0
  const start = from + before
  const end = start + text.slice(start, to).trimEnd().length
  const quoted = text.charAt(start) === '`' && quoteEnd(text, start) === end && end - start > 1
  return quoted ? { text: text.slice(start + 1, end - 1), start: start + 1, end: end - 1 } : { text: text.slice(start, end), start, end }
}
