import type { Fact, FeaturePosture, FlawPosture, TolerancePosture } from '../policy/index.ts'
import type { ProtocolName } from '../registry/index.ts'
import type { Proof } from './proof.ts'
import type { Known, Server } from './server.ts'

/** What a probe adds to a posture. */
export interface ProbeFacts {
  readonly features?: Partial<FeaturePosture>
  readonly tolerance?: Partial<TolerancePosture>
  readonly flaws?: Partial<FlawPosture>
  readonly prefersClientChaCha?: Partial<Record<ProtocolName, boolean | 'unknown' | 'not-applicable'>>
  readonly signatureSchemes?: Partial<Record<'TLSv1.2' | 'TLSv1.3', readonly string[] | 'unknown'>>
  readonly sslv2Hello?: Fact
  /** Older protocols that use no other groups than the newest one up to TLS 1.2. */
  readonly groupsOfNewest?: readonly ProtocolName[]
  /** What was heard that shows each fact, for the evidence of the report. */
  readonly proofs?: readonly Proof[]
}

/** What is known when a probe was asked a second time: what it has found out once is not forgotten for an answer that tells less. */
export function settled(first: ProbeFacts | undefined, again: ProbeFacts): ProbeFacts {
  if (first === undefined) return again
  const before = first.proofs ?? []
  const proofs = (again.proofs ?? []).filter(({ fact }) => tells(again, fact) || !before.some((one) => one.fact === fact))
  return {
    ...first,
    ...known(again),
    features: { ...first.features, ...known(again.features) },
    tolerance: { ...first.tolerance, ...known(again.tolerance) },
    flaws: { ...first.flaws, ...known(again.flaws) },
    signatureSchemes: { ...first.signatureSchemes, ...known(again.signatureSchemes) },
    prefersClientChaCha: { ...first.prefersClientChaCha, ...known(again.prefersClientChaCha) },
    groupsOfNewest: [...new Set([...(first.groupsOfNewest ?? []), ...(again.groupsOfNewest ?? [])])],
    proofs: [...before.filter(({ fact }) => !proofs.some((one) => one.fact === fact)), ...proofs],
  }
}

/** Without what is unknown. */
function known<T extends object>(facts: T | undefined): Partial<T> {
  const left: Partial<T> = { ...facts }
  for (const key in left) if (left[key] === 'unknown') delete left[key]
  return left
}

/** Whether a fact of a posture is known by these. */
function tells({ features, tolerance, flaws }: ProbeFacts, fact: string): boolean {
  const [kind = '', name = ''] = fact.split('.', 2)
  const facts = Object.entries({ features, tolerance, flaws }).find(([key]) => key === kind)?.[1]
  const value = Object.entries(facts ?? {}).find(([key]) => key === name)?.[1]
  return facts === undefined || value !== 'unknown'
}

/**
 * One matter to look into. `ask` does the talking, each question over a connection of its own; `judge` is pure, so that a stored
 * answer can be judged again. An `ask` that throws leaves its facts `unknown`.
 */
export interface Probe<A> {
  /** Such as `fallback-scsv`. */
  readonly name: string
  readonly question: string
  /** Where it is written what a server should do. */
  readonly reference: string
  /** How many connections `ask` needs at the most. */
  readonly connections: number
  /** Facts that need no question: `not-applicable` where it makes no sense to ask. Undefined: ask. */
  readonly skip: (known: Known) => ProbeFacts | undefined
  readonly ask: (server: Server) => Promise<A>
  readonly judge: (answer: A) => ProbeFacts
}

/** A probe whose answer type nobody outside needs to know. */
export interface AnyProbe {
  readonly name: string
  readonly question: string
  readonly reference: string
  readonly connections: number
  readonly run: (server: Server) => Promise<ProbeFacts>
}

/** Skips, or asks and judges. */
export function probe<A>(one: Probe<A>): AnyProbe {
  return {
    name: one.name,
    question: one.question,
    reference: one.reference,
    connections: one.connections,
    run: async (server) => one.skip(server.known) ?? one.judge(await one.ask(server)),
  }
}
