import type { ProtocolName } from '../../registry/index.ts'
import type { Verdict } from '../finding.ts'
import { findingKind, type FindingId } from '../findings.ts'
import type { Fact, Posture } from '../posture.ts'
import { judge, type Thing } from '../rulebook.ts'
import { OWN_RULEBOOK } from '../rulebooks.ts'

/** What a check looks at. */
export interface Scene {
  readonly posture: Posture
  readonly now: Date
  /** Senders go on in plain text where TLS fails, as on port 25 (RFC 9325 §5.2). */
  readonly opportunistic: boolean
}

/** What a check saw: a finding before the rulebooks and the words of its kind are added. */
export interface Observation {
  readonly id: FindingId
  /** Our own. */
  readonly verdict: Verdict
  readonly fact: string
  readonly subjects: readonly string[]
  /** What rulebooks are asked about. Empty where nothing was there to judge. */
  readonly things: readonly Thing[]
}

/** A check looks at a posture and reports nothing where its question makes no sense. */
export type Check = (scene: Scene) => readonly Observation[]

/** The verdict on a thing that is not as it should be, by the list of findings. */
export function verdictWhenBroken(id: FindingId): 'weak' | 'bad' {
  return findingKind(id)?.bad === undefined ? 'weak' : 'bad'
}

/** What to say of a behaviour in each case. */
export interface BehaviourWords {
  readonly kept: string
  readonly broken: string
  /** After "Whether": `the server compresses`. */
  readonly whether: string
}

/** Reports whether a behaviour is as it should be. */
export function behaviour(id: FindingId, kept: Fact, words: BehaviourWords, subjects: readonly string[] = []): readonly Observation[] {
  if (kept === 'not-applicable') return []
  if (kept === 'unknown') return [{ id, verdict: 'unknown', fact: notFoundOut(words.whether), subjects, things: [] }]
  const verdict = kept ? 'good' : verdictWhenBroken(id)
  return [{ id, verdict, fact: kept ? words.kept : words.broken, subjects, things: [{ subject: 'behaviour', id, kept }] }]
}

export function notFoundOut(whether: string): string {
  return `Whether ${whether} could not be found out.`
}

const SEVERITY: readonly Verdict[] = ['good', 'unknown', 'weak', 'bad']

/** The most serious of several verdicts; `good` of none. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce((a, b) => (SEVERITY.indexOf(b) > SEVERITY.indexOf(a) ? b : a), 'good')
}

/** Our own verdict on a thing. */
export function ownVerdict(thing: Thing, now: Date): Verdict {
  return judge(OWN_RULEBOOK, thing, now)?.verdict ?? 'good'
}

/** `TLS 1.2` for `TLSv1.2`. */
export function protocolTitle(protocol: ProtocolName): string {
  const title = protocol.replace('v', ' ')
  return title.includes('.') ? title : `${title}.0`
}

/** `a`, `a and b`, `a, b and c`; beyond `most` names their number. */
export function listed(names: readonly string[], most = 6): string {
  if (names.length > most) return `${names.slice(0, most - 1).join(', ')} and ${names.length - most + 1} more`
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`
}
