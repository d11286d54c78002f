import { isMap, isNode, isScalar, LineCounter, parseDocument, visit, type Document, type Node } from 'yaml'
import type { z } from 'zod'
import { PosternError } from '../../errors.ts'
import { wordsAt } from './words-at.ts'
import { wordsOf } from './words-of.ts'

/** What kind of file it is, for errors. */
export interface YamlKind {
  /** Such as `policy`: "Cannot read policy our.yaml". */
  readonly noun: string
  /** The code of every error, with fault `input`. */
  readonly code: string
  /** Characters; longer ones are no such files, and are not read. */
  readonly longest: number
  /** A line that one may begin with. */
  readonly example: string
  /** For a value that the schema does not know by name. */
  readonly custom: string
  /** Where it is said what may stand in it. */
  readonly see: string
}

/** A place in a file and what is wrong there. */
export interface YamlProblem {
  readonly path: readonly string[]
  /** Where in the string at that path, in UTF-16 units. */
  readonly at?: number
  readonly what: string
  readonly remedy: string
}

/** A YAML text that has the shape of a schema. */
export interface YamlText<T> {
  readonly value: T
  /** The error for something wrong with it that the schema does not see. */
  readonly refuse: (problem: YamlProblem) => PosternError
}

/**
 * Reads a YAML text. `fileName` is for errors, which name line and column, show the line with a caret and say what to do. Throws `PosternError`
 * with the code of its kind.
 */
export function readYaml<T>(text: string, fileName: string, schema: z.ZodType<T>, kind: YamlKind): YamlText<T> {
  const { noun, code } = kind
  if (text.length > kind.longest) {
    const message = `Cannot read ${noun} ${fileName}: it has ${text.length} characters, and ${kind.longest} are the most`
    throw new PosternError('input', code, message, { remedy: `Check that this is the ${noun} file.` })
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const refuse = (at: number, what: string, remedy: string): PosternError => {
    const place = lines.linePos(Math.min(Math.max(at, 0), text.length))
    const shown = complaint(text, `${noun} ${fileName}`, place.line, place.col, what)
    return new PosternError('input', code, shown, { remedy })
  }
  const [flaw] = document.errors
  if (flaw !== undefined) throw refuse(flaw.pos[0], yamlWords(flaw.message, noun), 'Mend the YAML: check indentation, quotes and brackets.')
  const alias = firstAlias(document)
  if (alias !== undefined) throw refuse(alias, 'an alias (*name) stands here', 'Write out what it stands for.')
  const [at, name] = inheritedName(document) ?? []
  if (name !== undefined) throw refuse(at ?? 0, `nothing can be called "${name}" here`, 'Choose another name.')
  const whole: unknown = document.toJS()
  const parsed = schema.safeParse(whole)
  if (!parsed.success) throw refuse(...complaintOf(worst(leaves(parsed.error.issues, whole)), document, schema, kind))
  return { value: parsed.data, refuse: (problem) => refuse(offsetOf(problem, document), problem.what, problem.remedy) }
}

/** `Cannot read policy our.yaml:3:7: …`, the line, and a caret below the place. */
function complaint(text: string, file: string, line: number, column: number, what: string): string {
  const [source = ''] = text.split(/\r?\n/).slice(line - 1, line)
  // Of a long line, what stands around the place.
  const from = column <= LONGEST_LINE ? 0 : column - LONGEST_LINE / 2
  const shown = `${from > 0 ? '…' : ''}${source.slice(from, from + LONGEST_LINE)}`
  const caret = ' '.repeat(Math.max(0, column - 1 - from + (from > 0 ? 1 : 0)))
  return `Cannot read ${file}:${line}:${column}: ${what}\n  ${shown}\n  ${caret}^`
}

/** Longer lines would push the caret off the screen. */
const LONGEST_LINE = 200

/** The parser's words without its own place, which the complaint gives. */
function yamlWords(message: string, noun: string): string {
  if (message.includes('multiple documents')) return `a second document begins here, and a ${noun} is one`
  if (message.includes('call stack')) return 'brackets are nested too deeply here'
  return message.replace(/ at line \d+, column \d+:?[^]*$/, '')
}

/** Aliases can make a short file grow without end, and no such file has a use for them. */
function firstAlias(document: Document): number | undefined {
  let at: number | undefined
  visit(document, {
    Alias: (_key, node) => {
      at = node.range?.[0] ?? 0
      return visit.BREAK
    },
  })
  return at
}

/** A name that every object of JavaScript has from elsewhere, such as `__proto__`: what stands behind it would be lost, or be taken for what it is not. */
function inheritedName(document: Document): readonly [at: number, name: string] | undefined {
  let found: readonly [number, string] | undefined
  visit(document, {
    Pair: (_key, { key }) => {
      if (!isScalar(key) || typeof key.value !== 'string' || !(key.value in Object.prototype)) return undefined
      found = [key.range?.[0] ?? 0, key.value]
      return visit.BREAK
    },
  })
  return found
}

type Issue = z.core.$ZodIssue

/** What is wrong in terms of the kind of value that was written, where several kinds may stand. */
function leaves(issues: readonly Issue[], value: unknown): readonly Issue[] {
  return issues.flatMap((issue): readonly Issue[] => {
    if (issue.code !== 'invalid_union') return [issue]
    const inner = valueAt(value, issue.path)
    const kinds = issue.errors.map((kind) => leaves(kind, inner))
    const meant = kinds.find((kind) => !kind.some((one) => isOfAnotherKind(one, inner)))
    return meant?.map((one) => ({ ...one, path: [...issue.path, ...one.path] })) ?? [issue]
  })
}

function isOfAnotherKind(issue: Issue, value: unknown): boolean {
  if (issue.path.length > 0) return false
  if (issue.code === 'invalid_value') return issue.values.every((one) => typeof one !== typeof value)
  return issue.code === 'invalid_type' || issue.code === 'invalid_union'
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  const [first, ...rest] = path
  if (first === undefined || typeof value !== 'object' || value === null) return first === undefined ? value : undefined
  return valueAt(Reflect.get(value, first), rest)
}

/** A word that is not known first: it may be the one that is missing. */
function worst(issues: readonly Issue[]): Issue | undefined {
  return issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
}

function complaintOf(
  issue: Issue | undefined,
  document: Document,
  schema: z.ZodType,
  kind: YamlKind,
): [at: number, what: string, remedy: string] {
  const path = (issue?.path ?? []).map(String)
  if (issue === undefined || (path.length === 0 && issue.code !== 'unrecognized_keys')) {
    return [0, 'it is not a list of words and values', `Begin with a line such as "${kind.example}".`]
  }
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys
    return [keyOffset(document, path, key), `there is no word "${key}" here`, suggestion(key, wordsAt(schema, path))]
  }
  if (issue.code === 'invalid_value') {
    const value: unknown = document.getIn(pathIn(path))
    const wrong = typeof value === 'string' ? value : JSON.stringify(value)
    const words = issue.values.map(String)
    if (value === undefined) return missing(path, document, schema, words)
    return [offset(document, path), `${JSON.stringify(value)} is not allowed for "${path.join('.')}"`, suggestion(wrong, words)]
  }
  if (issue.code === 'custom') return [offset(document, path), issue.message, kind.custom]
  if (document.getIn(pathIn(path)) === undefined) return missing(path, document, schema)
  return [offset(document, path), `"${path.join('.')}": ${wordsOf(issue)}`, `See ${kind.see} for what may stand here.`]
}

/** A word that has to stand there does not. `values`: those that may follow it. */
function missing(
  path: readonly string[],
  document: Document,
  schema: z.ZodType,
  values: readonly string[] = [],
): [at: number, what: string, remedy: string] {
  const all = wordsAt(schema, path.slice(0, -1))
  const remedy = values.length > 0 ? `Add one of ${values.join(', ')}.` : `Add it. There may be ${all.join(', ')}.`
  return [offset(document, path), `"${path.join('.')}" is missing`, remedy]
}

/** The nearest word, if one is near; otherwise all of them. Another number is another thing, and no slip. */
function suggestion(wrong: string, words: readonly string[]): string {
  const all = words.length === 1 ? words.join('') : `one of ${words.join(', ')}`
  const withoutNumbers = (word: string): string => word.toLowerCase().replaceAll(/\d/g, '')
  const sameNumbers = words.some((word) => word.toLowerCase() === wrong.toLowerCase())
  if (!sameNumbers && words.some((word) => withoutNumbers(word) === withoutNumbers(wrong))) return `Use ${all}.`
  const near = words.map((word) => [distance(wrong.toLowerCase(), word.toLowerCase()), word] as const).toSorted(([a], [b]) => a - b)[0]
  return near !== undefined && near[0] <= 2 ? `Did you mean ${near[1]}?` : `Use ${all}.`
}

/** Letters to change, add or take away (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

function offsetOf({ path, at }: YamlProblem, document: Document): number {
  const node = nodeAt(document, path)
  // A quoted list begins one further on; escapes inside it would shift the rest, which a cipher list has none of.
  const quote = node !== undefined && 'type' in node && node.type.startsWith('QUOTE_') ? 1 : 0
  return offset(document, path) + (at === undefined ? 0 : at + quote)
}

function offset(document: Document, path: readonly string[]): number {
  return nodeAt(document, path)?.range?.[0] ?? (path.length > 0 ? offset(document, path.slice(0, -1)) : 0)
}

function nodeAt(document: Document, path: readonly string[]): Node | undefined {
  const node: unknown = document.getIn(pathIn(path), true)
  return isNode(node) ? node : undefined
}

/** As yaml has it: items of a list by their number. */
function pathIn(path: readonly string[]): (string | number)[] {
  return path.map((key) => (/^\d+$/.test(key) ? Number(key) : key))
}

function keyOffset(document: Document, path: readonly string[], key: string): number {
  const parent: unknown = path.length === 0 ? document.contents : nodeAt(document, path)
  if (!isMap(parent)) return offset(document, path)
  const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key)
  return isNode(pair?.key) ? (pair.key.range?.[0] ?? 0) : offset(document, path)
}
