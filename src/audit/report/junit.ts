import type { Finding } from '../../policy/index.ts'
import type { AuditReport, AuditResult } from '../result.ts'
import { isAtOrAbove, type FailOn } from './exit-status.ts'
import { INCOMPLETE, incompleteWords } from './sarif.ts'
import { few, plain } from './words.ts'
import { isUndetermined, withDoorNames } from './view.ts'

/**
 * The report as JUnit XML: a test suite for each door and a test case for each finding. At or above `failOn` a case fails; `unknown`
 * below it is skipped, never passed; a door that was not reached or not audited to the end is an error, as exit status 3 is.
 */
export function printJunit(given: AuditReport, failOn: FailOn): string {
  const report = withDoorNames(given)
  const suites = report.targets.map((target) => suite(report, target, failOn))
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="postern audit">\n${suites.join('')}</testsuites>\n`
}

interface Case {
  readonly kind: 'failure' | 'error' | 'skipped' | 'passed'
  readonly xml: string
}

function suite(report: AuditReport, target: AuditResult, failOn: FailOn): string {
  const cases = target.findings.map((finding) => findingCase(target, finding, failOn))
  if (isUndetermined(target)) cases.push(incompleteCase(target))
  const count = (kind: Case['kind']): string => String(cases.filter((one) => one.kind === kind).length)
  const attributes = [
    ['name', target.target],
    ['timestamp', report.started.replace(/(?:\.\d+)?Z$/, '')],
    ['tests', String(cases.length)],
    ['failures', count('failure')],
    ['errors', count('error')],
    ['skipped', count('skipped')],
    ['time', (target.cost.milliseconds / 1000).toFixed(3)],
  ] as const
  const properties = `    <properties>\n      <property name="grade" value="${xml(target.grade)}"/>\n    </properties>\n`
  return `  ${tag('testsuite', attributes)}\n${properties}${cases.map((one) => one.xml).join('')}  </testsuite>\n`
}

function findingCase(target: AuditResult, finding: Finding, failOn: FailOn): Case {
  const open = tag('testcase', [
    ['name', finding.id],
    ['classname', target.target],
    ['time', '0'],
  ])
  const kind = isAtOrAbove(finding.verdict, failOn) ? 'failure' : finding.verdict === 'unknown' ? 'skipped' : 'passed'
  const message = [['message', `${finding.verdict}: ${finding.fact}`]] as const
  const body = {
    failure: `      ${tag('failure', [...message, ['type', finding.verdict]])}${lines(finding)}</failure>\n`,
    skipped: `      ${tag('skipped', message)}</skipped>\n`,
    passed: `      <system-out>${xml(`${finding.verdict}: ${finding.fact}`)}</system-out>\n`,
  }[kind]
  return { kind, xml: `    ${open}\n${body}    </testcase>\n` }
}

function incompleteCase(target: AuditResult): Case {
  const open = tag('testcase', [
    ['name', INCOMPLETE],
    ['classname', target.target],
    ['time', '0'],
  ])
  const error = tag('error', [
    ['message', incompleteWords(target)],
    ['type', target.problem?.code ?? 'unknown'],
  ])
  return { kind: 'error', xml: `    ${open}\n      ${error}${xml(target.problem?.remedy ?? '')}</error>\n    </testcase>\n` }
}

function lines(finding: Finding): string {
  const text = [
    finding.fact,
    ...(finding.subjects.length === 0 ? [] : [`Concerns: ${few(finding.subjects, 12)}`]),
    ...(finding.remedy === undefined ? [] : [`Remedy: ${finding.remedy}`]),
    ...(finding.neededBy === undefined ? [] : [`Needed by: ${finding.neededBy.join('; ')}`]),
    ...finding.rules.map((rule) => `${rule.rulebook} ${rule.edition}: ${rule.verdict}, ${rule.says}`),
  ]
  return text.map(xml).join('\n')
}

function tag(name: string, attributes: readonly (readonly [name: string, value: string])[]): string {
  return `<${name} ${attributes.map(([key, value]) => `${key}="${xml(value)}"`).join(' ')}>`
}

const ENTITY: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

function xml(text: string): string {
  return plain(text).replace(/[&<>"']/g, (character) => ENTITY[character] ?? character)
}
