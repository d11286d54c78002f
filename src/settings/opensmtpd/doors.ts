import type { ReadOptions } from '../adapter.ts'
import { indentOf } from '../lines/block-lines.ts'
import { lineEndOf, trimmedEnd } from '../lines/line-ends.ts'
import { listenTarget } from '../listens.ts'
import { addition, type Found, type Scope, type ScopedLeg } from '../scopes.ts'
import { placeIn, type SettingsFile } from '../settings-file.ts'
import { malformed } from '../xml/problem.ts'
import { parseSmtpd, type Statement, type Token } from './statements.ts'
import { hasLibtls } from './versions.ts'

/** A listener with TLS, or an action that relays. */
export interface Door extends ScopedLeg {
  readonly statement: Statement
  /** The first `pki` of the line, whose `dhe` counts. */
  readonly pki: string | undefined
  /** Relays in plain text: `smtp+notls://` and `lmtp://`. */
  readonly plain: boolean
  readonly opportunistic: boolean
  readonly listens: readonly string[]
}

export interface SmtpdDoors {
  readonly doors: readonly Door[]
  readonly files: readonly SettingsFile[]
  readonly statements: readonly Statement[]
}

const OLD = ['accept', 'reject']

export function doorsOf(main: SettingsFile, version: string, options: Pick<ReadOptions, 'more' | 'list'>): SmtpdDoors {
  const { statements, files } = parseSmtpd(main, options)
  const old = statements.find(({ tokens: [first] }) => first.kind === 'word' && OLD.includes(first.value))
  if (old !== undefined) {
    const remedy = 'Translate it as the release notes of 6.4 say.'
    throw malformed(old.file, old.tokens[0].start, 'this is the language of OpenSMTPD before 6.4, which is not read here', remedy)
  }
  const global = globalScope(statements)
  const doors = statements.flatMap((statement) => [...listener(statement, version, global), ...relay(statement, version, global)])
  return { doors: distinct(doors), files, statements }
}

function distinct(doors: readonly Door[]): readonly Door[] {
  return doors.map((door, index) => {
    const alike = doors.slice(0, index).filter((one) => one.door === door.door && one.role === door.role).length
    return alike === 0 ? door : { ...door, door: `${door.door} #${alike + 1}` }
  })
}

/** The word behind a keyword. What stands between angle brackets or braces is no keyword, nor is anything in quotes. */
function behind(tokens: readonly Token[], keyword: string): Token | undefined {
  const index = tokens.findIndex(({ kind, value }, at) => at > 1 && kind === 'word' && value === keyword)
  return index === -1 ? undefined : tokens[index + 1]
}

function has(tokens: readonly Token[], keyword: string): boolean {
  return tokens.some(({ kind, value }, at) => at > 2 && kind === 'word' && value === keyword)
}

function listener(statement: Statement, version: string, global: Scope): readonly Door[] {
  const { tokens } = statement
  const [first, second, third] = tokens
  if (first.value !== 'listen' || second?.value !== 'on' || third === undefined || third.value === 'socket') return []
  const atOnce = has(tokens, 'smtps')
  if (!atOnce && !has(tokens, 'tls') && !has(tokens, 'tls-require')) return []
  const port = behind(tokens, 'port')?.value ?? (atOnce ? '465' : '25')
  const pki = behind(tokens, 'pki')?.value
  return [
    {
      door: `${third.value} port ${PORTS[port] ?? port}`,
      role: 'server',
      statement,
      pki,
      plain: false,
      opportunistic: false,
      listens: listensAt(third.value, PORTS[port] ?? port, atOnce),
      scopes: [lineScope(statement, version), global],
      heeds: (setting) => !setting.startsWith('pki ') || setting === dheOf(pki),
    },
  ]
}

const PORTS: Readonly<Record<string, string>> = { smtp: '25', smtps: '465', submission: '587', submissions: '465' }

/** `all` are all addresses, `lo0` those of loopback; which ones another interface has is not in the file. */
function listensAt(place: string, port: string, atOnce: boolean): readonly string[] {
  const address = /^(?:lo\d*|all)$/.test(place) ? '' : place
  const isAddress = address === '' || address === 'localhost' || /^[\d.]+$|:/.test(address)
  const target = isAddress ? listenTarget(atOnce ? 'smtps' : 'smtp', address, port) : undefined
  return target === undefined ? [] : [target]
}

/** The setting of the parameters of a certificate. */
export function dheOf(pki: string | undefined): string {
  return `pki ${pki ?? ''} dhe`
}

function relay(statement: Statement, version: string, global: Scope): readonly Door[] {
  const { tokens } = statement
  const [first, second, third] = tokens
  if (first.value !== 'action' || second === undefined || third?.value !== 'relay') return []
  const scheme = /^([a-z+]+):\/\//.exec(behind(tokens, 'host')?.value ?? '')?.[1] ?? 'smtp'
  return [
    {
      door: `action ${second.value}`,
      role: 'client',
      statement,
      pki: undefined,
      plain: scheme === 'smtp+notls' || scheme === 'lmtp',
      opportunistic: scheme === 'smtp' && !has(tokens, 'tls'),
      listens: [],
      scopes: [lineScope(statement, version), global],
      heeds: (setting) => !setting.startsWith('pki '),
    },
  ]
}

/** `ciphers` and `protocols` of one line, which only newer versions know. */
function lineScope(statement: Statement, version: string): Scope {
  const { file, tokens, end } = statement
  return {
    id: `${file.path} ${tokens[0].start}`,
    find: (setting) => (isOfLine(setting, version) ? foundAt(file, behind(tokens, setting)) : undefined),
    add: (setting, value) => (isOfLine(setting, version) ? addition(file, end, ` ${setting} "${value}"`) : undefined),
  }
}

function isOfLine(setting: string, version: string): boolean {
  return hasLibtls(version) && (setting === 'ciphers' || setting === 'protocols')
}

/** `smtp ciphers` and `pki NAME dhe`. The last one counts. */
function globalScope(statements: readonly Statement[]): Scope {
  const wordsOf = (setting: string): readonly string[] => (setting === 'ciphers' ? ['smtp', 'ciphers'] : setting.split(' '))
  const find = (setting: string): Found | undefined => {
    const words = wordsOf(setting)
    if (setting === 'protocols') return undefined
    const found = statements.findLast(({ tokens }) => words.every((word, index) => tokens[index]?.value === word))
    return found && foundAt(found.file, found.tokens[words.length])
  }
  return {
    id: 'global',
    find,
    add: (setting, value) => {
      const neighbour = statements.findLast(({ tokens: [first] }) => first.value === 'smtp' || first.value === 'pki') ?? statements[0]
      if (setting !== 'ciphers' || neighbour === undefined) return undefined
      const { file, tokens } = neighbour
      const end = endOfLine(file, neighbour)
      return addition(file, end, `${lineEndOf(file.text)}${indentOf(file.text, tokens[0].start)}smtp ciphers "${value}"`)
    },
  }
}

/** Where the line of a statement ends, behind its comment, which a backslash may continue. */
function endOfLine({ text }: SettingsFile, { end }: Statement): number {
  const rest = /(?:\\\n|[^\n])*/y
  rest.lastIndex = end
  rest.exec(text)
  return text.charAt(rest.lastIndex - 1) === '\r' ? trimmedEnd(text, end, rest.lastIndex) : rest.lastIndex
}

function foundAt(file: SettingsFile, token: Token | undefined): Found | undefined {
  if (token === undefined) return undefined
  const { value, start, end, kind } = token
  // A bare word, as values of dhe are, stays one.
  const written = (text: string): string => (kind === 'word' && /^\w+$/.test(text) ? text : `"${text}"`)
  return {
    value,
    get place() {
      return placeIn(file, start, end)
    },
    put: (text) => [{ file: file.path, start, end, text: written(text) }],
  }
}

/** One of several words of a macro, or a macro that is not defined in the files: nobody can change it in its place. */
export function isOutOfReach({ statement }: Door, setting: string, statements: readonly Statement[], version: string): boolean {
  const own = isOfLine(setting, version) ? behind(statement.tokens, setting) : undefined
  const global = statements.findLast(({ tokens }) => tokens[0].value === 'smtp' && tokens[1]?.value === 'ciphers')?.tokens[2]
  const token = own ?? (setting === 'ciphers' ? global : undefined)
  return token?.fromMacro === true
}
