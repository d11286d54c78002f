import { foldedLines, type FoldedLine } from '../lines/folded-lines.ts'
import { lineEndOf, trimmedEnd } from '../lines/line-ends.ts'
import { addition, type Scope } from '../scopes.ts'
import { placeIn, type SettingsFile } from '../settings-file.ts'

/** A parameter that master.cf sets for one service: `-o name=value`. */
export interface Override {
  readonly name: string
  readonly value: string
  readonly start: number
  readonly end: number
  /** It stands in braces, so that its value may have blanks. */
  readonly braces: boolean
}

/** One service of master.cf, master(5). */
export interface Service {
  readonly name: string
  readonly type: string
  /** The program, such as `smtpd`. */
  readonly command: string
  readonly overrides: readonly Override[]
  /** Offset behind its last character. */
  readonly end: number
  /** Blanks before its continuation lines. */
  readonly indent: string
}

interface Token {
  readonly text: string
  readonly start: number
}

const COMMAND = 7

export function parseMasterCf({ text }: SettingsFile): readonly Service[] {
  return foldedLines(text).flatMap((line) => {
    const tokens = tokensOf(text, line)
    const [name, type] = tokens
    const command = tokens[COMMAND]
    if (name === undefined || type === undefined || command === undefined) return []
    const [first, second] = line.pieces
    const last = line.pieces.at(-1) ?? first
    const indent = second === undefined ? '  ' : (/^\s+/.exec(text.slice(second.start, second.end))?.[0] ?? '  ')
    return [
      {
        name: name.text,
        type: type.text,
        command: command.text.replace(/^.*\//, ''),
        overrides: overridesOf(tokens.slice(COMMAND + 1)),
        end: trimmedEnd(text, last.start, last.end),
        indent,
      },
    ]
  })
}

/** Words with blanks between; one in braces holds blanks. */
function tokensOf(text: string, { pieces }: FoldedLine): readonly Token[] {
  return pieces.flatMap(({ start, end }) =>
    [...text.slice(start, end).matchAll(/\{[^{}]*\}|\S+/g)].map((match) => ({ text: match[0], start: start + match.index })),
  )
}

function overridesOf(tokens: readonly Token[]): readonly Override[] {
  return tokens.flatMap((token, index) => {
    const apart = tokens[index - 1]?.text === '-o'
    const joined = !apart && token.text.startsWith('-o') && token.text.length > 2
    if (!apart && !joined) return []
    const skipped = joined ? 2 : 0
    const match = /^(\{?\s*)([^\s={}]+)(\s*=\s*)([^]*)$/.exec(token.text.slice(skipped))
    if (match === null) return []
    const [, open = '', name = '', equals = '', rest = ''] = match
    const braces = open.startsWith('{')
    const value = braces ? rest.replace(/\s*\}$/, '') : rest
    const start = token.start + skipped + open.length + name.length + equals.length
    return [{ name, value, start, end: start + value.length, braces }]
  })
}

/** What master.cf sets for one service alone. */
export function serviceScope(file: SettingsFile, service: Service): Scope {
  return {
    id: `${file.path} ${service.end}`,
    find: (setting) => {
      const override = service.overrides.findLast(({ name }) => name === setting)
      return (
        override && {
          value: override.value,
          place: placeIn(file, override.start, override.end),
          put: (text) => [
            { file: file.path, start: override.start, end: override.end, text: override.braces ? text : withoutBlanks(text) },
          ],
        }
      )
    },
    add: (setting, value) => {
      const { end, indent } = service
      return addition(file, end, `${lineEndOf(file.text)}${indent}-o ${setting}=${withoutBlanks(value)}`)
    },
  }
}

/** A value without braces ends at the first blank; Postfix takes commas as well wherever it takes blanks in lists. */
function withoutBlanks(value: string): string {
  return value.replaceAll(/[\s,]+/g, ',')
}
