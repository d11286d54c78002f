import type { Term } from './terms.ts'

/** Why OpenSSL does not take a list. */
export interface Refusal {
  readonly code: 'CIPHER_LIST_CHARACTER' | 'CIPHER_LIST_COMMAND' | 'CIPHER_LIST_EMPTY'
  /** Where in the list, in UTF-16 units. */
  readonly at: number
  readonly length: number
  readonly culprit: string
  /** In OpenSSL's words. */
  readonly reason: 'invalid command' | 'no cipher match'
  readonly why: string
  readonly remedy: string
}

/** The refusal of a list with these terms that selects `count` suites below TLS 1.3, or undefined when it is taken. */
export function refusalOf(list: string, terms: readonly Term[], count: number): Refusal | undefined {
  for (const term of terms) {
    if (term.kind !== 'invalid') continue
    return term.why === 'command' ? badCommand(term.at, term.text) : badCharacter(term.at + term.text.length, term.text, term.culprit)
  }
  if (count > 0) return undefined
  return {
    code: 'CIPHER_LIST_EMPTY',
    at: 0,
    length: list.length,
    culprit: list,
    reason: 'no cipher match',
    why: 'it selects no cipher suite for TLS 1.2 or earlier',
    remedy: 'Name at least one suite or word that this OpenSSL knows; TLS 1.3 suites are set elsewhere and do not count.',
  }
}

function badCommand(at: number, text: string): Refusal {
  return {
    code: 'CIPHER_LIST_COMMAND',
    at,
    length: text.length,
    culprit: text,
    reason: 'invalid command',
    why: `${JSON.stringify(text)} is no command`,
    remedy: 'Use @STRENGTH, or @SECLEVEL=0 to @SECLEVEL=5 from OpenSSL 1.1.0 on.',
  }
}

function badCharacter(at: number, text: string, culprit: string): Refusal {
  const ended = culprit === '' || /[: ;,]/.test(culprit)
  return {
    code: 'CIPHER_LIST_CHARACTER',
    at: ended ? at - text.length : at,
    length: ended ? Math.max(text.length, 1) : culprit.length,
    culprit: ended ? text : culprit,
    reason: 'invalid command',
    why: ended ? `a name is missing after ${JSON.stringify(text)}` : `${JSON.stringify(culprit)} cannot stand in a name`,
    remedy: ended
      ? 'Write a name after the operator, or remove the operator.'
      : 'Separate names with : and use letters, digits, - and . only.',
  }
}
