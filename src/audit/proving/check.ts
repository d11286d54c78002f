import type { Answer } from '../exchange.ts'
import { hex } from '../facts.ts'
import type { Scene } from './scene.ts'

/** One thing that a policy demands, and whether the door keeps to it. */
export interface ProofCheck {
  /** Such as `refuses-protocols`. */
  readonly id: string
  readonly demand: string
  /** What the policy says of it, and where: `MUST NOT (RFC 8996 §5)`. */
  readonly rule: string
  readonly verdict: 'kept' | 'broken' | 'unknown'
  /** What was seen, in one sentence. */
  readonly fact: string
  /** Hex of the answer that proves it. */
  readonly evidence?: string
}

/** A check as it is made, before it is known whether the door answers everybody. */
export interface Draft extends ProofCheck {
  /** Rests on a refusal: that proves something only if the door goes on answering what is allowed. */
  readonly byRefusal?: boolean
}

/** Asks what it has to know and says what it found; nothing where the policy demands nothing. */
export type Check = (scene: Scene) => Promise<readonly Draft[]>

const EVIDENCE_LENGTH = 160

/** The bytes of an answer as a check shows them. */
export function evidenceOf(answer: Answer | undefined): { readonly evidence?: string } {
  return evidenceIn(answer?.bytes)
}

/** As much of these bytes as a check shows; `whole` shows them all. */
export function evidenceIn(bytes: Uint8Array | undefined, { whole = false }: { whole?: boolean } = {}): { readonly evidence?: string } {
  if (bytes === undefined || bytes.length === 0) return {}
  return { evidence: hex(whole ? bytes : bytes.subarray(0, EVIDENCE_LENGTH)) }
}
