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

function anonymous({ resolution: { suites, securityLevel } }: Explained): CipherWarning | undefined {
  const count = suites.filter((suite) => suite.au === 'anon').length
  if (count === 0) return undefined
  const open = securityLevel === undefined || securityLevel === 0
  const now = open
    ? 'a client that offers nothing else gets a connection without any certificate'
    : `only security level ${securityLevel} keeps them from being used`
  return {
    id: 'anonymous-suites',
    message: `The list contains ${count} anonymous suites (aNULL), which HIGH and ALL bring along: ${now}.`,
    remedy: 'Add :!aNULL to the list.',
  }
}

function nullEncryption({ resolution: { suites } }: Explained): CipherWarning | undefined {
  const count = suites.filter((suite) => suite.enc === 'NULL').length
  if (count === 0) return undefined
  return {
    id: 'null-encryption',
    message: `The list contains ${count} suites without encryption (eNULL); words such as kRSA, aRSA, PSK and SHA256 select them too.`,
    remedy: 'Add :!eNULL to the list.',
  }
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
    message: `Security level ${securityLevel} of OpenSSL ${generation} keeps ${cut.length} suites of the list from ever being used.`,
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
