/** Reads policy files. It loads zod and yaml, so it is imported only through parse-policy.ts, and only when a file is read. */
import { isMap, isNode, isScalar, LineCounter, parseDocument, visit, type Document, type Node } from 'yaml'
import type { z } from 'zod'
import { PosternError } from '../errors.ts'
import type { Policies } from './policies.ts'
import { policyOfFile, type PolicyFile, type PolicyProblem, type PolicyWords } from './policy-file.ts'
import { policyFile, policyWords } from './policy-schema.ts'
import type { Policy } from './policy.ts'
import { RULEBOOKS, rulebookByName } from './rulebooks.ts'

/** A policy of ten thousand words is none; this keeps a wrong file from using up the memory. */
export const MAX_POLICY_LENGTH: number = 256 * 1024

/**
 * The policies in a YAML text, for each role and door. `fileName` is for errors and for the policy's name; `now` decides which words of the base
 * rulebook have run out. Throws `PosternError` with code `POLICY_FILE`, naming line, column, the line itself and a remedy.
 */
export function readPolicies(text: string, fileName: string, now: Date): Policies {
  if (text.length > MAX_POLICY_LENGTH) {
    const message = `Cannot read policy ${fileName}: it has ${text.length} characters, and ${MAX_POLICY_LENGTH} are the most`
    throw new PosternError('input', 'POLICY_FILE', message, { remedy: 'Check that this is the policy file.' })
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const refuse = (at: number, what: string, remedy: string): PosternError => {
    const place = lines.linePos(Math.min(Math.max(at, 0), text.length))
    return new PosternError('input', 'POLICY_FILE', complaint(text, fileName, place.line, place.col, what), { remedy })
  }
  const [flaw] = document.errors
  if (flaw !== undefined) throw refuse(flaw.pos[0], yamlWords(flaw.message), 'Mend the YAML: check indentation, quotes and brackets.')
  const alias = firstAlias(document)
  if (alias !== undefined) throw refuse(alias, 'an alias (*name) stands here', 'Write out what it stands for.')
  const parsed = policyFile.safeParse(document.toJS())
  if (!parsed.success) throw refuse(...complaintOf(parsed.error.issues[0], document))
  const file = parsed.data
  const made = (...sections: readonly Section[]): Policy => {
    const policy = policyIn(file, sections, fileName, now)
    if ('what' in policy) throw refuse(offsetOf(policy, document), policy.what, policy.remedy)
    return policy
  }
  const server: Section = { path: ['server'], words: file.server ?? {} }
  const client: Section = { path: ['client'], words: file.client ?? {} }
  const doors = Object.entries(file.doors ?? {}).map(([name, words]) => {
    const door: Section = { path: ['doors', name], words }
    return [name, { server: made(server, door), client: made(client, door) }] as const
  })
  return { server: made(server), client: made(client), doors: new Map(doors) }
}

/** The policy of servers in a YAML text, for whoever asks a door. Throws as `readPolicies` does. */
export function readPolicy(text: string, fileName: string, now: Date): Policy {
  return readPolicies(text, fileName, now).server
}

/** A part of the file whose words replace those further out. */
interface Section {
  readonly path: readonly string[]
  readonly words: PolicyWords
}

/** The policy that is left when every section has had its say. What is wrong stands where the innermost section has its word. */
function policyIn(file: PolicyFile, sections: readonly Section[], fileName: string, now: Date): Policy | PolicyProblem {
  const { server: _server, client: _client, doors: _doors, ...outer } = file
  const whole: PolicyFile = Object.assign({}, outer, ...sections.map(({ words }) => words))
  const rulebook = rulebookByName(whole.base)
  if (rulebook === undefined) throw new PosternError('bug', 'POLICY_BASE', `Cannot find the rulebook ${whole.base}: the schema allows it`)
  const policy = policyOfFile(whole, rulebook, fileName, now)
  if (!('what' in policy)) return policy
  const [word = ''] = policy.path
  const section = sections.findLast(({ words }) => word in words)
  return { ...policy, path: [...(section?.path ?? []), ...policy.path] }
}

/** `Cannot read policy our.yaml:3:7: …`, the line, and a caret below the place. */
function complaint(text: string, fileName: string, line: number, column: number, what: string): string {
  const [source = ''] = text.split(/\r?\n/).slice(line - 1, line)
  const caret = ' '.repeat(Math.max(0, column - 1))
  return `Cannot read policy ${fileName}:${line}:${column}: ${what}\n  ${source.slice(0, LONGEST_LINE)}\n  ${caret}^`
}

/** Longer lines would push the caret off the screen. */
const LONGEST_LINE = 200

/** The parser's words without its own place, which the complaint gives. */
function yamlWords(message: string): string {
  if (message.includes('multiple documents')) return 'a second document begins here, and a policy is one'
  if (message.includes('call stack')) return 'brackets are nested too deeply here'
  return message.replace(/ at line \d+, column \d+:?[^]*$/, '')
}

/** Aliases can make a short file grow without end, and a policy has no use for them. */
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

type Issue = z.core.$ZodIssue

function complaintOf(issue: Issue | undefined, document: Document): [at: number, what: string, remedy: string] {
  const path = (issue?.path ?? []).map(String)
  if (issue === undefined || (path.length === 0 && issue.code !== 'unrecognized_keys')) {
    return [0, 'it is not a list of words and values', `Begin with a line such as "base: ${RULEBOOKS[2]?.name ?? 'mozilla-intermediate'}".`]
  }
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys
    return [keyOffset(document, path, key), `there is no word "${key}" here`, suggestion(key, policyWords(path))]
  }
  if (issue.code === 'invalid_value') {
    const value: unknown = document.getIn(path)
    const wrong = typeof value === 'string' ? value : JSON.stringify(value)
    const words = issue.values.map(String)
    if (value === undefined) return [0, `"${path.join('.')}" is missing`, `Add one of ${words.join(', ')}.`]
    return [offset(document, path), `${JSON.stringify(value)} is not allowed for "${path.join('.')}"`, suggestion(wrong, words)]
  }
  if (issue.code === 'custom')
    return [offset(document, path), issue.message, 'Check the spelling; names of IANA, OpenSSL, GnuTLS and JSSE are understood.']
  if (issue.code === 'invalid_union') {
    const deeper = issue.errors.map(([first]) => first).find((inner) => inner !== undefined && inner.path.length > 0)
    if (deeper !== undefined) return complaintOf({ ...deeper, path: [...issue.path, ...deeper.path] }, document)
  }
  return [
    offset(document, path),
    `"${path.join('.')}": ${issue.message}`,
    'See schemas/policy.schema.json or docs/policies.md for what may stand here.',
  ]
}

/** The nearest word, if one is near; otherwise all of them. Another number is another thing, and no slip. */
function suggestion(wrong: string, words: readonly string[]): string {
  const withoutNumbers = (word: string): string => word.toLowerCase().replaceAll(/\d/g, '')
  const sameNumbers = words.some((word) => word.toLowerCase() === wrong.toLowerCase())
  if (!sameNumbers && words.some((word) => withoutNumbers(word) === withoutNumbers(wrong))) return `Use one of ${words.join(', ')}.`
  const near = words.map((word) => [distance(wrong.toLowerCase(), word.toLowerCase()), word] as const).toSorted(([a], [b]) => a - b)[0]
  return near !== undefined && near[0] <= 2 ? `Did you mean ${near[1]}?` : `Use one of ${words.join(', ')}.`
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

function offsetOf({ path, at }: PolicyProblem, document: Document): number {
  const node = nodeAt(document, path)
  // A quoted list begins one further on; escapes inside it would shift the rest, which a cipher list has none of.
  const quote = node !== undefined && 'type' in node && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') ? 1 : 0
  return offset(document, path) + (at === undefined ? 0 : at + quote)
}

function offset(document: Document, path: readonly string[]): number {
  return nodeAt(document, path)?.range?.[0] ?? (path.length > 0 ? offset(document, path.slice(0, -1)) : 0)
}

function nodeAt(document: Document, path: readonly string[]): Node | undefined {
  const node: unknown = document.getIn(
    path.map((key) => (/^\d+$/.test(key) ? Number(key) : key)),
    true,
  )
  return isNode(node) ? node : undefined
}

function keyOffset(document: Document, path: readonly string[], key: string): number {
  const parent: unknown = path.length === 0 ? document.contents : nodeAt(document, path)
  if (!isMap(parent)) return offset(document, path)
  const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key)
  return isNode(pair?.key) ? (pair.key.range?.[0] ?? 0) : offset(document, path)
}
