import { PROTOCOLS, type ProtocolName } from '../../registry/index.ts'
import type { Finding, Posture, ProtocolPosture, RuleVerdict, Verdict } from '../../policy/index.ts'
import type { AuditReport, AuditResult } from '../result.ts'
import { capitalised, few, sentence, VERDICTS, worst } from './words.ts'

/** The report with a name of its own for each door: where one name leads to several addresses, the address belongs to it. */
export function withDoorNames(report: AuditReport): AuditReport {
  const count = new Map<string, number>()
  for (const { target } of report.targets) count.set(target, (count.get(target) ?? 0) + 1)
  const targets = report.targets.map((result) => {
    const { target, address } = result
    return address === null || count.get(target) === 1 ? result : { ...result, target: `${target} (${address})` }
  })
  return { ...report, targets }
}

/** The findings with one verdict, in their own order. */
export function withVerdict(findings: readonly Finding[], verdict: Verdict): readonly Finding[] {
  return findings.filter((finding) => finding.verdict === verdict)
}

/** Worst first; within a verdict the order of the report. */
export function worstFirst(findings: readonly Finding[]): readonly Finding[] {
  return VERDICTS.flatMap((verdict) => withVerdict(findings, verdict))
}

/** What to do, worst first, each remedy once. */
export function steps(result: AuditResult): readonly { readonly verdict: Verdict; readonly remedy: string }[] {
  const seen = new Map<string, Verdict>()
  for (const { verdict, remedy } of worstFirst(result.findings)) {
    if (remedy !== undefined && (verdict === 'bad' || verdict === 'weak') && !seen.has(remedy)) seen.set(remedy, verdict)
  }
  return [...seen].map(([remedy, verdict]) => ({ remedy, verdict }))
}

/** What a door that was reached needs first: the weightiest step, else what kept it from being audited. Nothing where all is well. */
export function firstStep(result: AuditResult): string | undefined {
  const [step] = steps(result)
  return step?.remedy ?? (result.problem === null ? undefined : sentence(result.problem.message))
}

/** Whether something stayed open that keeps a door from being called fine: it was not reached, or not asked to the end, or not graded. */
export function isUndetermined(result: AuditResult): boolean {
  return !result.reachable || result.posture === null || result.problem !== null || result.grade === 'unknown'
}

/** The worst verdict of the findings that name a protocol, suite, group or certificate. Nothing where no finding names it. */
export function subjectVerdicts(findings: readonly Finding[]): ReadonlyMap<string, Verdict> {
  const verdicts = new Map<string, Verdict>()
  for (const { subjects, verdict } of worstFirst(findings)) {
    for (const subject of subjects) if (!verdicts.has(subject)) verdicts.set(subject, verdict)
  }
  return verdicts
}

/** What one rulebook says of a door, over all findings. */
export interface RulebookSummary {
  readonly name: string
  readonly title: string
  readonly edition: string
  readonly date: string
  /** The worst it says; `unknown` where it says nothing at all. */
  readonly verdict: Verdict
  readonly counts: Readonly<Record<Verdict, number>>
}

export function rulebookSummaries(report: AuditReport, result: AuditResult): readonly RulebookSummary[] {
  return report.rulebooks.map((book) => {
    const counts = { good: 0, weak: 0, bad: 0, unknown: 0 }
    for (const finding of result.findings) {
      const verdict = rulebookVerdict(finding, book.name)
      if (verdict !== undefined) counts[verdict]++
    }
    return { ...book, counts, verdict: worst(VERDICTS.filter((verdict) => counts[verdict] > 0)) ?? 'unknown' }
  })
}

/** The worst that a rulebook says of a finding, which it may judge part by part. */
export function rulebookVerdict(finding: Finding, rulebook: string): Verdict | undefined {
  return worst(finding.rules.filter((rule) => rule.rulebook === rulebook).map((rule) => rule.verdict))
}

/** Two rulebooks of which one calls good what the other calls weak or bad. */
export interface Contradiction {
  readonly finding: Finding
  readonly approving: readonly RuleVerdict[]
  readonly objecting: readonly RuleVerdict[]
}

export function contradictions(findings: readonly Finding[]): readonly Contradiction[] {
  return findings.flatMap((finding) => {
    const good = finding.rules.filter((rule) => rule.verdict === 'good')
    const not = finding.rules.filter((rule) => rule.verdict === 'bad' || rule.verdict === 'weak')
    const approving = good.filter((rule) => not.some((other) => contradict(rule, other)))
    const objecting = not.filter((rule) => good.some((other) => contradict(other, rule)))
    return approving.length === 0 ? [] : [{ finding, approving, objecting }]
  })
}

/** No subjects means all of the finding. A rulebook that judges part by part does not contradict itself. */
function contradict(one: RuleVerdict, other: RuleVerdict): boolean {
  if (one.rulebook === other.rulebook) return false
  if (one.subjects.length === 0 || other.subjects.length === 0) return true
  return one.subjects.some((subject) => other.subjects.includes(subject))
}

/** What rulebooks that agree say of one thing. */
export interface RuleGroup {
  readonly verdict: Verdict
  /** `ncsc-nl: insufficient`, or the bare names where so many speak that their words would hide who says what. */
  readonly words: readonly string[]
}

/** As many as can be quoted in a line or two. */
const QUOTED = 4

/**
 * The rulebooks by verdict, worst first. A name is `in part` where the rulebook judges parts differently, which it may do in
 * rules that are not shown here: `among` are all rules of the finding.
 */
export function ruleGroups(
  rules: readonly RuleVerdict[],
  quoted: boolean = rules.length <= QUOTED,
  among: readonly RuleVerdict[] = rules,
): readonly RuleGroup[] {
  return VERDICTS.flatMap((verdict) => {
    const some = rules.filter((rule) => rule.verdict === verdict)
    const words = some.map((rule) => {
      if (quoted) return `${rule.rulebook}: ${rule.says}${rule.subjects.length === 0 ? '' : ` (${few(rule.subjects, 2)})`}`
      return among.some((other) => other.rulebook === rule.rulebook && other.verdict !== verdict)
        ? `${rule.rulebook} in part`
        : rule.rulebook
    })
    return some.length === 0 ? [] : [{ verdict, words: [...new Set(words)] }]
  })
}

/** Whether the fact already names the first few things that the finding concerns, so that naming them again would be noise. */
export function factNamesSubjects({ fact, subjects }: Finding, count: number = subjects.length): boolean {
  const protocols: readonly string[] = PROTOCOLS
  return subjects.slice(0, count).every((subject) => fact.includes(subject) || protocols.includes(subject))
}

/** The weightiest reasons for the grade as sentences, and how many more there are. */
export function mainReasons({ gradeReasons }: AuditResult, count: number): { readonly reasons: readonly string[]; readonly more: number } {
  const reasons = gradeReasons.map((reason) => capitalised(sentence(reason)))
  // To hide one behind "and 1 more" saves nobody anything.
  return reasons.length <= count + 1 ? { reasons, more: 0 } : { reasons: reasons.slice(0, count), more: reasons.length - count }
}

/** A protocol with its posture, newest first, as reports show it. */
export interface ProtocolRow {
  readonly name: ProtocolName
  readonly posture: ProtocolPosture
  /** An earlier row with the same suites in the same order, chosen by the same side. */
  readonly sameAs: ProtocolName | undefined
  /** `refused (alert protocol_version)`, `offered`, `no TLS, since STARTTLS is not offered`. */
  readonly offer: string
  /** The door offers no TLS at all, so that nobody could ask for this version. */
  readonly unasked: boolean
}

export function protocolRows(posture: Posture): readonly ProtocolRow[] {
  const rows: ProtocolRow[] = []
  const unasked = offersNoTls(posture)
  for (const name of PROTOCOLS.toReversed()) {
    const one = posture.protocols[name]
    const same = rows.find((row) => one.suites.length > 0 && row.sameAs === undefined && hasSameSuites(row.posture, one))
    const offer = unasked ? 'no TLS, since STARTTLS is not offered' : offerWords(one)
    rows.push({ name, posture: one, sameAs: same?.name, offer, unasked })
  }
  return rows
}

/** TLS has to be asked for at this door, and is not offered there. */
export function offersNoTls({ clear }: Posture): boolean {
  return clear?.starttls === 'missing'
}

/** What kept a door from being audited to the end. */
export function problemTitle({ reachable, posture }: Pick<AuditResult, 'reachable' | 'posture'>): string {
  if (!reachable || posture === null) return 'Not reached'
  return offersNoTls(posture) ? 'No TLS' : 'Not complete'
}

function hasSameSuites(one: ProtocolPosture, other: ProtocolPosture): boolean {
  return one.order === other.order && one.complete === other.complete && one.suites.join() === other.suites.join()
}

/** `server chooses`, in words that also fit a client's choice and ignorance. */
export function orderWords(posture: ProtocolPosture): string {
  if (posture.order === 'unknown') return 'who chooses is unknown'
  const chacha = posture.prefersClientChaCha === true && posture.order === 'server' ? ', ChaCha20 first for clients that prefer it' : ''
  return `${posture.order} chooses${chacha}`
}

/** `refused (alert protocol_version)`, `unknown`, `12 suites`. */
export function offerWords(posture: ProtocolPosture): string {
  if (posture.offered === 'unknown') return `unknown${posture.refusal === undefined ? '' : ` (${posture.refusal})`}`
  if (!posture.offered) return `refused${posture.refusal === undefined ? '' : ` (${posture.refusal})`}`
  return posture.complete ? 'offered' : 'offered, list not complete'
}

/** Every offered suite once, the newest protocol's order first. */
export function allSuites(posture: Posture): readonly string[] {
  return [...new Set(protocolRows(posture).flatMap((row) => row.posture.suites))]
}
