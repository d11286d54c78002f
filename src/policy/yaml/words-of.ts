import type { z } from 'zod'

/** What the schema library says of its own accord, in words for its programmers. */
const UNCHANGED = /^(?:Too (?:small|big)|Invalid )/

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a list of words and values',
  record: 'a list of names and values',
}

/** What is wrong with a value, as a clause. */
export function wordsOf(issue: z.core.$ZodIssue): string {
  if (!UNCHANGED.test(issue.message)) return issue.message
  if (issue.code === 'invalid_type') {
    const kind = KINDS[issue.expected]
    return kind === undefined ? 'nothing of this kind can stand here' : `what stands here is not ${kind}`
  }
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? 'nothing can be called so here'
  if (issue.code === 'too_small') return tooSmall(issue.origin, issue.minimum, issue.inclusive === true)
  if (issue.code === 'too_big') return tooBig(issue.origin, issue.maximum)
  return 'nothing of this kind can stand here'
}

function tooSmall(origin: string, minimum: number | bigint, inclusive: boolean): string {
  if (origin === 'array') return 'the list is empty'
  if (origin === 'string') return 'the text is empty'
  return inclusive ? `it has to be ${minimum} or more` : `it has to be more than ${minimum}`
}

function tooBig(origin: string, maximum: number | bigint): string {
  if (origin === 'string') return `the text has more than ${maximum} characters`
  return origin === 'array' ? `the list has more than ${maximum} items` : `it has to be ${maximum} or less`
}
