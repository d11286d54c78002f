import { suiteByCode, type CipherSuite } from '../../registry/index.ts'
import { buildOf, type Build } from './build.ts'
import { defaultSecurityLevel, tls13Suites, type OpensslGeneration } from './generation.ts'
import { refusalOf, type Refusal } from './refusal.ts'
import { allowedAtLevel } from './security-level.ts'
import type { SuiteOrder } from './suite-order.ts'
import { parseTerms, type Term } from './terms.ts'

export interface ResolveOptions {
  readonly generation: OpensslGeneration
  /**
   * Leaves out what this security level forbids, and PSK and SRP, as `openssl ciphers -s` does. The level in the list
   * wins over this one. Without it, nothing is left out, as in plain `openssl ciphers`. 1.0.2 has no levels.
   */
  readonly securityLevel?: number | undefined
}

/** What a cipher list means. */
export interface Resolution {
  readonly generation: OpensslGeneration
  readonly list: string
  /** In order, TLS 1.3 suites first; empty where the list is refused. */
  readonly suites: readonly CipherSuite[]
  /** Why OpenSSL does not take the list: the call fails and what was set before stays in force. */
  readonly refused: Refusal | undefined
  /** The level that the list sets, else that of the options, else that of a default build. */
  readonly securityLevel: number | undefined
}

/** Resolves a cipher list exactly as the OpenSSL of that generation does, order included. Never throws. */
export function resolveCipherList(list: string, options: ResolveOptions): Resolution {
  const build = buildOf(options.generation)
  const terms = parseTerms(list, build)
  const order = build.order.copy()
  for (const term of terms) applyTerm(order, term)
  return conclude(list, build, options, terms, order)
}

/** What stands at the end of the terms. */
export function conclude(list: string, build: Build, options: ResolveOptions, terms: readonly Term[], order: SuiteOrder): Resolution {
  const listed = listedLevel(terms)
  const securityLevel = listed ?? options.securityLevel ?? defaultSecurityLevel(build.generation)
  const selected = order.active().map((bits) => bits.code)
  const refused = refusalOf(list, terms, selected.length)
  const suites = refused === undefined ? named([...tls13Suites(build.generation), ...selected]) : []
  const filter = options.securityLevel !== undefined && securityLevel !== undefined && build.generation !== '1.0.2'
  return {
    generation: build.generation,
    list,
    suites: filter ? suites.filter((suite) => allowedAtLevel(suite, securityLevel, build.generation)) : suites,
    refused,
    securityLevel,
  }
}

/** Lets one term work on the list. */
export function applyTerm(order: SuiteOrder, term: Term): void {
  if (term.kind === 'select') order.apply(term.operator, term.criteria)
  else if (term.kind === 'strength') order.sortByStrength()
  else if (term.kind === 'default' || term.kind === 'suite-b') for (const inner of term.terms) applyTerm(order, inner)
}

/** The suites that a client without PSK and SRP, as almost all are, puts into its hello. */
export function withoutPskAndSrp(suites: readonly CipherSuite[]): CipherSuite[] {
  return suites.filter((suite) => !suite.kx.endsWith('PSK') && suite.kx !== 'SRP')
}

function listedLevel(terms: readonly Term[]): number | undefined {
  const last = terms.findLast((term) => term.kind === 'seclevel')
  return last?.kind === 'seclevel' ? last.level : undefined
}

function named(codes: readonly number[]): CipherSuite[] {
  return codes.flatMap((code) => suiteByCode(code) ?? [])
}
