import { malformed } from '../xml/problem.ts'
import { placeIn, type Place, type SettingsFile } from '../settings-file.ts'

/** `NAME=word` in a file that sh reads. */
export interface Assignment {
  readonly name: string
  readonly file: SettingsFile
  readonly start: number
  /** Where the word stands, quotes included. */
  readonly valueStart: number
  readonly end: number
}

export interface ShellFile {
  readonly file: SettingsFile
  readonly assignments: readonly Assignment[]
  /** What is neither an assignment nor a comment, and is not followed. */
  readonly commands: readonly Place[]
  /** Variables of which only the running shell knows what they are in the end: commands name them, or set them under a condition. */
  readonly undecided: ReadonlySet<string>
}

const SPACE = /(?:[ \t\r\n;]|\\\r?\n)+/y
const COMMENT = /#[^\n]*/y
const NAME = /(?:export[ \t]+)?([A-Za-z_]\w*)=/y
const EXPORT = /export(?:[ \t]+[A-Za-z_]\w*)+[ \t]*(?=[;\r\n#]|$)/y
const WORD = /(?:'[^']*'|"(?:\\[^]|[^"\\])*"|\\[^]|\$\([^()\n]*\)|`[^`\n]*`|[^\s;&|<>()'"\\`])*/y
/** Behind the last assignment of a statement: nothing that would make it the environment of a command. */
const END = /[ \t]*(?:(?=[;\r\n])|$|(?<=[ \t])#[^\n]*)/y
const LINE = /(?:\\[^]|[^\n\\])*/y

/** Errors: `input` for a quote that is never closed, with which sh does not go on. */
export function parseShell(file: SettingsFile): ShellFile {
  const { text } = file
  const assignments: Assignment[] = []
  const commands: Place[] = []
  const undecided = new Set<string>()
  let opens = false
  for (let at = 0; at < text.length;) {
    const behind = skip(SPACE, text, at) ?? skip(COMMENT, text, at) ?? skip(EXPORT, text, at)
    if (behind !== undefined) {
      at = behind
      continue
    }
    const statement = assignmentsAt(file, at)
    const end = statement?.end ?? Math.max(skip(LINE, text, at) ?? 0, at + 1)
    if (statement === undefined) {
      commands.push(placeIn(file, at, at))
      const command = text.slice(at, end)
      for (const [name] of setBy(command)) undecided.add(name)
      opens ||= OPENS.test(command)
    } else {
      assignments.push(...statement.assignments)
      if (opens) for (const { name } of statement.assignments) undecided.add(name)
    }
    at = end
  }
  return { file, assignments, commands, undecided }
}

/** What stands behind it may be set or not: in a branch, a loop, a function, a text, or behind the end. */
const OPENS = /^(?:if|case|for|while|until|return|exit)\b|\(\s*\)|\{|<<|&&|\|\|/

/** Names of a command that may be set by it, such as `readonly NAME=…` and `unset NAME`. One that is set for a command alone stays. */
function setBy(command: string): Iterable<RegExpExecArray> {
  const behind = command.replace(/^(?:[A-Za-z_]\w*=(?:'[^']*'|"[^"]*"|[^\s;&|<>()'"])*[ \t]+)+(?=[A-Za-z_/.])/, '')
  return behind.matchAll(/(?<![$\w])[A-Za-z_]\w*/g)
}

function skip(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(text) && pattern.lastIndex > at ? pattern.lastIndex : undefined
}

/** All assignments of one statement. Undefined where a command follows, for which alone they would hold. */
function assignmentsAt(
  file: SettingsFile,
  from: number,
): { readonly assignments: readonly Assignment[]; readonly end: number } | undefined {
  const { text } = file
  const assignments: Assignment[] = []
  for (let at = from; ;) {
    NAME.lastIndex = at
    const name = NAME.exec(text)?.[1]
    if (name === undefined) return undefined
    const valueStart = NAME.lastIndex
    WORD.lastIndex = valueStart
    WORD.test(text)
    const end = Math.max(WORD.lastIndex, valueStart)
    if (/['"]/.test(text.charAt(end)))
      throw malformed(file, end, 'the quote here is never closed', 'Write the same quote where the value ends.')
    assignments.push({ name, file, start: at, valueStart, end })
    END.lastIndex = end
    if (END.test(text)) return { assignments, end: Math.max(END.lastIndex, end) }
    at = end + (/^[ \t]*/.exec(text.slice(end))?.[0].length ?? 0)
    if (at === end) return undefined
  }
}

/** Variables as they are at one moment; undefined: it cannot be told. */
export type Environment = ReadonlyMap<string, string | undefined>

const PART = /'([^']*)'|"((?:\\[^]|[^"\\])*)"|((?:\\[^]|[^'"\\])+)/g

/** What a word comes to. Undefined for what asks a command or has more in its braces than a name. */
export function wordValue(word: string, environment: Environment): string | undefined {
  const parts = [...word.matchAll(PART)].map(([, single, double, bare]) =>
    single === undefined ? expanded(double ?? bare ?? '', double !== undefined, environment) : single,
  )
  return parts.includes(undefined) ? undefined : parts.join('')
}

function expanded(text: string, quoted: boolean, environment: Environment): string | undefined {
  if (/(?<!\\)(?:`|\$\(|\$\{\w*[^\w}])/.test(text)) return undefined
  const pattern = quoted ? /\\([$`"\\])|\$(?:(\w+)|\{(\w+)\})/g : /\\([^])|\$(?:(\w+)|\{(\w+)\})/g
  let known = true
  const value = text.replaceAll(pattern, (_, escaped?: string, name?: string, braced?: string) => {
    if (escaped !== undefined) return escaped
    const referred = name ?? braced ?? ''
    if (environment.has(referred) && environment.get(referred) === undefined) known = false
    return environment.get(referred) ?? ''
  })
  return known ? value : undefined
}

/** A word for sh that comes to this value, in the quotes that stood there. */
export function wordFor(value: string, before: string): string {
  const quote = /^(['"])[^]*\1$/.exec(before)?.[1] ?? (/^[\w.:,+@%!/=-]*$/.test(value) ? '' : '"')
  return `${quote}${value}${quote}`
}
