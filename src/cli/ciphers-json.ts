import type { CipherSuite } from '../registry/index.ts'
import {
  describeSuite,
  suitesInForce,
  type CipherWarning,
  type Effect,
  type Explanation,
  type GnutlsPriority,
  type GnutlsRefusal,
  type JsseList,
  type ListedSuite,
  type OpensslGeneration,
  type Refusal,
  type TermExplanation,
} from '../policy/index.ts'
import { whyIdle } from './ciphers-words.ts'

/** `postern ciphers LIST --json`. */
export interface CipherListJson {
  readonly openssl: OpensslGeneration
  readonly list: string
  readonly securityLevel: number | null
  /** Why OpenSSL does not take the list; the status is 2 then. */
  readonly refused: Refusal | null
  /** In order. Where the list is refused: what a program goes on with that does not look at the result. */
  readonly suites: readonly ListedSuite[]
  readonly warnings: readonly CipherWarning[]
  /** With `--explain`. */
  readonly terms?: readonly TermJson[]
}

interface TermJson {
  readonly at: number
  readonly text: string
  readonly effect: Effect
  /** IANA names. */
  readonly suites: readonly string[]
  readonly reason: string | null
  readonly why: string | null
  readonly lost: string
  readonly count: number
  readonly standsFor: readonly TermJson[]
}

export function cipherListJson({ resolution, terms, warnings }: Explanation, withTerms: boolean): CipherListJson {
  const { generation, list, securityLevel, refused } = resolution
  return {
    openssl: generation,
    list,
    securityLevel: securityLevel ?? null,
    refused: refused ?? null,
    suites: suitesInForce(resolution).map((suite) => describeSuite(suite, generation)),
    warnings,
    ...(withTerms ? { terms: terms.map(termJson) } : {}),
  }
}

function termJson(term: TermExplanation): TermJson {
  return {
    at: term.at,
    text: term.text,
    effect: term.effect,
    suites: iana(term.suites),
    reason: term.idle?.reason ?? null,
    why: term.idle === undefined ? null : whyIdle(term.idle),
    lost: term.lost,
    count: term.count,
    standsFor: term.standsFor.map(termJson),
  }
}

/** `postern ciphers PRIORITY --gnutls --json`. */
export interface GnutlsJson {
  readonly gnutls: true
  readonly list: string
  readonly refused: GnutlsRefusal | null
  readonly protocols: readonly string[]
  readonly dtls: readonly string[]
  readonly suites: readonly (ListedSuite & { readonly gnutls: string | null })[]
  readonly groups: readonly string[]
  readonly signatureSchemes: readonly string[]
  readonly options: readonly string[]
}

export function gnutlsJson(priority: GnutlsPriority): GnutlsJson {
  const { protocols, dtls, suites, groups, signatureSchemes, options, refused } = priority
  return {
    gnutls: true,
    list: priority.priority,
    refused: refused ?? null,
    protocols,
    dtls,
    suites: suites.map((suite) => ({ ...describeSuite(suite, '3.5'), gnutls: suite.gnutls ?? null })),
    groups,
    signatureSchemes,
    options,
  }
}

/** `postern ciphers NAMES --names --json`. */
export interface NamesJson {
  readonly names: true
  readonly list: string
  readonly suites: readonly (ListedSuite & { readonly jsse: string | null })[]
  readonly unknown: JsseList['unknown']
}

export function namesJson(list: string, { suites, unknown }: JsseList): NamesJson {
  return { names: true, list, suites: suites.map((suite) => ({ ...describeSuite(suite, '3.5'), jsse: suite.jsse ?? null })), unknown }
}

function iana(suites: readonly CipherSuite[]): string[] {
  return suites.map((suite) => suite.iana)
}
