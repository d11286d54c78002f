import { findingKind, type Finding, type Verdict } from '../../policy/index.ts'
import type { AuditReport, AuditResult } from '../result.ts'
import { escapeInvisible } from './json.ts'
import { few, plain, rulebookTitle, worst } from './words.ts'
import { isUndetermined, withDoorNames } from './view.ts'

/** The id of what stands in for a door that was not reached or not audited to the end, so that it never looks like a pass. */
export const INCOMPLETE = 'audit-incomplete'

type Level = 'error' | 'warning' | 'note'

// SARIF 2.1.0 §3.27.10 knows no level for "could not be found out": a note is seen by every viewer, `none` is not.
const LEVEL: Readonly<Record<Exclude<Verdict, 'good'>, Level>> = { bad: 'error', weak: 'warning', unknown: 'note' }

/**
 * The report as SARIF 2.1.0: one rule for each finding id, one result for each finding that is not good, and one for each door of
 * which the audit is not complete. Where it was found is the door as a logical location: a server has no file and no line.
 */
export function printSarif(given: AuditReport): string {
  const report = withDoorNames(given)
  const ids = [...new Set(report.targets.flatMap(({ findings }) => findings.map(({ id }) => id))), INCOMPLETE]
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Postern', version: report.postern, rules: ids.map((id) => rule(report, id)) } },
        invocations: [
          {
            executionSuccessful: !report.targets.some(isUndetermined),
            startTimeUtc: report.started,
            toolExecutionNotifications: report.targets.filter(isUndetermined).map(notification),
          },
        ],
        columnKind: 'utf16CodeUnits',
        results: report.targets.flatMap((target) => results(target, ids)),
      },
    ],
  }
  return `${escapeInvisible(JSON.stringify(log, null, 2))}\n`
}

function rule(report: AuditReport, id: string): object {
  if (id === INCOMPLETE) return incompleteRule()
  const findings = report.targets.flatMap((target) => target.findings.filter((finding) => finding.id === id))
  const verdict = worst(findings.map((finding) => finding.verdict)) ?? 'unknown'
  const kind = findingKind(id)
  const help = [
    ...(kind === undefined ? [] : [kind.why, `See ${kind.reference}.`]),
    ...new Set(findings.flatMap(({ remedy }) => remedy ?? [])),
    ...new Set(findings.flatMap(({ neededBy = [] }) => neededBy.map((client) => `Still needed by: ${client}.`))),
    ...new Set(findings.flatMap(({ rules }) => rules.map((one) => `${rulebookTitle(report, one.rulebook)}: ${one.says} (${one.source}).`))),
  ]
  return {
    id,
    shortDescription: { text: message(kind?.title ?? title(id)) },
    help: { text: message(help.length === 0 ? 'Nothing to do.' : help.join('\n')) },
    defaultConfiguration: { level: verdict === 'good' ? 'none' : LEVEL[verdict] },
    properties: { tags: ['security', 'tls'] },
  }
}

function incompleteRule(): object {
  return {
    id: INCOMPLETE,
    shortDescription: { text: 'The audit is not complete' },
    help: { text: 'What was not asked or not answered is unknown, which is not a pass. Audit again when the server can be reached.' },
    defaultConfiguration: { level: 'warning' },
    properties: { tags: ['security', 'tls'] },
  }
}

/** For ids of reports that are older or newer than this Postern: `protocol-ssl3` reads `Protocol ssl3`. */
function title(id: string): string {
  return id.charAt(0).toUpperCase() + id.slice(1).replaceAll('-', ' ')
}

function results(target: AuditResult, ids: readonly string[]): readonly object[] {
  const found = target.findings.flatMap((finding) => {
    const { verdict } = finding
    return verdict === 'good' ? [] : [result(target, finding.id, LEVEL[verdict], findingWords(finding), ids)]
  })
  return isUndetermined(target) ? [...found, result(target, INCOMPLETE, 'warning', incompleteWords(target), ids)] : found
}

function result(target: AuditResult, ruleId: string, level: Level, text: string, ids: readonly string[]): object {
  return {
    ruleId,
    ruleIndex: ids.indexOf(ruleId),
    level,
    message: { text: message(`${target.target}: ${text}`) },
    locations: [{ logicalLocations: [{ fullyQualifiedName: plain(target.target), kind: 'resource' }] }],
    partialFingerprints: { 'targetAndRule/v1': plain(`${target.target} ${ruleId}`) },
  }
}

function findingWords(finding: Finding): string {
  const subjects = finding.subjects.length === 0 ? '' : ` Concerns ${few(finding.subjects, 6)}.`
  return `${finding.fact}${subjects}${finding.remedy === undefined ? '' : ` ${finding.remedy}`}`
}

/** Why a door counts as not audited, in one sentence. */
export function incompleteWords(target: AuditResult): string {
  if (target.problem !== null) return target.problem.message
  if (!target.reachable) return 'The server was not reached.'
  return target.posture === null ? 'Nothing was found out about this door.' : 'Too little is known for a grade.'
}

function notification(target: AuditResult): object {
  return {
    level: target.reachable ? 'warning' : 'error',
    message: { text: message(`${target.target}: ${incompleteWords(target)}`) },
    associatedRule: { id: INCOMPLETE },
  }
}

/** SARIF 2.1.0 §3.11.5 doubles braces; §3.11.6 makes a link of `[text](destination)`, which text from the network must not do. */
function message(text: string): string {
  const lines = text.split('\n').map(plain).join('\n')
  return lines.replaceAll('{', '{{').replaceAll('}', '}}').replaceAll('](', '] (')
}
