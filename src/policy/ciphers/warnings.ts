import type { CipherSuite } from '../../registry/index.ts'
import type { TermExplanation } from './explain.ts'
import type { Resolution } from './resolve.ts'
import { forbiddenAtLevel } from './security-level.ts'
import { termWarnings } from './term-warnings.ts'

/** Something in a list that surprises people. */
export interface CipherWarning {
  /** Stable: scripts may look for it. */
  readonly id: WarningId
  /** What is the case, in one sentence. */
  readonly message: string
  readonly remedy?: string
  /** The term it is about: where it stands in the list, and its text. */
  readonly at?: number
  readonly text?: string
}

export type WarningId =
  | 'anonymous-suites'
  | 'null-encryption'
  | 'security-level-0'
  | 'protocol-word'
  | 'empty-3des'
  | 'not-compiled-in'
  | 'iana-name'
  | 'foreign-name'
  | 'wrong-case'
  | 'tls13-name'
  | 'default-not-first'
  | 'default-glued'
  | 'unknown-word'
  | 'lost-text'
  | 'weak-suites'
  | 'below-security-level'

interface Explained {
  readonly resolution: Resolution
  readonly terms: readonly TermExplanation[]
}

/** Everything worth saying about an explained list, the list as a whole first, then term by term. */
export function warningsFor(explained: Explained): CipherWarning[] {
  const whole = [anonymous, nullEncryption, levelZero, belowLevel, weak].flatMap((check) => check(explained) ?? [])
  return [...whole, ...explained.terms.flatMap((term) => termWarnings(term, explained.resolution))]
}

function anonymous({ resolution: { suites, securityLevel }, terms }: Explained): CipherWarning | undefined {
  const found = suites.filter((suite) => suite.au === 'anon')
  if (found.length === 0) return undefined
  const open = securityLevel === undefined || securityLevel === 0
  const now = open
    ? 'a client that offers nothing else gets a connection without any certificate'
    : `security level ${securityLevel} keeps ${found.length === 1 ? 'it' : 'them'} from being used, as every level but 0 does`
  return {
    id: 'anonymous-suites',
    message: `The list contains ${countedSuites(found, 'anonymous ')} (aNULL)${addedBy(found, terms)}: ${now}.`,
    remedy: 'Add :!aNULL to the list.',
  }
}

function nullEncryption({ resolution: { suites }, terms }: Explained): CipherWarning | undefined {
  const found = suites.filter((suite) => suite.enc === 'NULL')
  if (found.length === 0) return undefined
  return {
    id: 'null-encryption',
    message: `The list contains ${countedSuites(found)} without encryption (eNULL)${addedBy(found, terms)}.`,
    remedy: 'Add :!eNULL to the list.',
  }
}

/** `1 suite`, `12 anonymous suites`. */
function countedSuites(suites: readonly CipherSuite[], adjective = ''): string {
  return `${suites.length} ${adjective}${suites.length === 1 ? 'suite' : 'suites'}`
}

/** `, which HIGH and ALL bring along`: the terms of the list that added any of the suites. */
function addedBy(found: readonly CipherSuite[], terms: readonly TermExplanation[]): string {
  const codes = new Set(found.map((suite) => suite.code))
  const adding = terms.filter((term) => term.effect === 'added' && term.suites.some((suite) => codes.has(suite.code)))
  const names = [...new Set(adding.map((term) => term.text))]
  if (names.length === 0) return ''
  const listed = names.length === 1 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`
  return `, which ${listed} ${names.length === 1 ? 'brings' : 'bring'} along`
}

function levelZero({ resolution, terms }: Explained): CipherWarning | undefined {
  if (resolution.securityLevel !== 0 || !terms.some((term) => term.effect === 'level')) return undefined
  const open = resolution.suites.some((suite) => suite.au === 'anon' || suite.enc === 'NULL')
  return {
    id: 'security-level-0',
    message: '@SECLEVEL=0 switches off every check of key sizes, hashes and suites.',
    ...(open ? { remedy: 'Where level 0 must be, add :!aNULL:!eNULL, which it lets through.' } : {}),
  }
}

function belowLevel({ resolution: { suites, securityLevel, generation } }: Explained): CipherWarning | undefined {
  if (securityLevel === undefined) return undefined
  const cut = suites.filter((suite) => suite.au !== 'anon' && suite.bits > 0 && forbiddenAtLevel(suite, securityLevel, generation))
  if (cut.length === 0) return undefined
  return {
    id: 'below-security-level',
    message: `Security level ${securityLevel} of OpenSSL ${generation} keeps ${countedSuites(cut)} of the list from ever being used.`,
    remedy: `Give --seclevel ${securityLevel} to see what is left.`,
  }
}

function weak({ resolution: { suites } }: Explained): CipherWarning | undefined {
  const names = new Set(suites.filter((suite) => suite.bits > 0 && suite.bits < 128).map(family))
  for (const suite of suites) if (suite.enc.startsWith('RC4')) names.add('RC4')
  if (names.size === 0) return undefined
  return {
    id: 'weak-suites',
    message: `The list contains suites with ${[...names].join(' and ')}.`,
    remedy: `Add ${[...names].map((name) => `:!${name}`).join('')} to the list.`,
  }
}

function family(suite: CipherSuite): string {
  if (suite.exportGrade) return 'EXPORT'
  return suite.enc.startsWith('3DES') ? '3DES' : suite.enc.startsWith('RC4') ? 'RC4' : 'DES'
}
