import { findingKind, type Finding, type RuleVerdict, type Verdict } from '../../policy/index.ts'
import type { AuditReport, AuditResult } from '../result.ts'
import { GLUE, heading, span, table, wrap, type Line } from './layout.ts'
import type { DoorOptions } from './terminal-measured.ts'
import { contradictions, factNamesSubjects, ruleGroups, rulebookSummaries, withVerdict } from './view.ts'
import { counted, few, SYMBOL, VERDICT_TITLE, VERDICTS } from './words.ts'

/** More findings than this of a kind about which nothing can be done are named, not told. */
const TOLD = 8

/** As many names as say what a finding is about. */
const SUBJECTS = 3

/** The findings of one verdict, with what to do about each. */
export function findingLines(target: AuditResult, verdict: Exclude<Verdict, 'good'>, options: DoorOptions): readonly Line[] {
  const findings = withVerdict(target.findings, verdict)
  if (findings.length === 0) return []
  const title = [...wrap(heading(VERDICT_TITLE[verdict], verdict), options.columns), []]
  if (verdict === 'unknown' && findings.length > TOLD && !options.verbose)
    return [...title, ...named(findings, verdict, options.columns), []]
  const blocks = findings.map((finding) => findingBlock(finding, options))
  // Blocks of one line stand closer together.
  const spaced = blocks.some((block) => block.length > 1)
  return [...title, ...blocks.flatMap((block) => (spaced ? [...block, []] : block)), ...(spaced ? [] : [[]])]
}

function mark(verdict: Verdict): Line {
  return [span(`  ${SYMBOL[verdict]} ${verdict.toUpperCase()} `, verdict)]
}

function named(findings: readonly Finding[], verdict: Verdict, columns: number): readonly Line[] {
  return wrap(
    [span(`${counted(findings.length, 'finding')}: `), span(findings.map(({ id }) => id).join(', '), 'dim')],
    columns,
    mark(verdict),
  )
}

function findingBlock(finding: Finding, { columns, verbose }: DoorOptions): readonly Line[] {
  const rows: (readonly [label: string, text: Line])[] = []
  const kind = findingKind(finding.id)
  if (verbose && kind !== undefined) rows.push(['Why', [span(`${kind.why} (${kind.reference})`)]])
  if (finding.remedy !== undefined) rows.push(['Remedy', [span(finding.remedy, 'strong')]])
  if (finding.neededBy !== undefined && finding.neededBy.length > 0) rows.push(['Needed by', [span(finding.neededBy.join('; '))]])
  if (!factNamesSubjects(finding, verbose ? undefined : SUBJECTS))
    rows.push(['Concerns', [span(verbose ? finding.subjects.join(', ') : few(finding.subjects, SUBJECTS))]])
  if (finding.rules.length > 0) rows.push(['Rulebooks', ruleLine(finding.rules, verbose ? true : undefined)])
  if (verbose && finding.evidence !== undefined) rows.push(['Evidence', [span(finding.evidence, 'dim')]])
  return [
    ...wrap([span(finding.fact), span(` [${finding.id}]`, 'dim')], columns, mark(finding.verdict)),
    ...table(
      rows.map(([label, text]) => [[span(label.padEnd('Rulebooks'.length), 'dim')], text]),
      columns,
      6,
    ),
  ]
}

/** `✗ rfc-9325: MUST NOT, ncsc-nl: insufficient; ✓ nist: allowed`. */
function ruleLine(rules: readonly RuleVerdict[], quoted?: boolean, among?: readonly RuleVerdict[]): Line {
  return ruleGroups(rules, quoted, among).flatMap(({ verdict, words }, at) => [
    span(at === 0 ? '' : '; '),
    span(SYMBOL[verdict], verdict),
    span(`${GLUE}${words.join(', ')}`),
  ])
}

/** What is good, by name; told one by one with --verbose. */
export function goodLines(target: AuditResult, { columns, verbose }: DoorOptions): readonly Line[] {
  const findings = withVerdict(target.findings, 'good')
  if (findings.length === 0) return []
  if (!verbose) return [...named(findings, 'good', columns), []]
  const told = findings.flatMap((finding) => wrap([span(finding.fact), span(` [${finding.id}]`, 'dim')], columns, mark('good')))
  return [heading(VERDICT_TITLE.good, 'good'), [], ...told, []]
}

/** What each rulebook says in all, and where one forbids what another allows. */
export function rulebookLines(report: AuditReport, target: AuditResult, { columns, verbose }: DoorOptions): readonly Line[] {
  if (report.rulebooks.length === 0) return []
  const rows = rulebookSummaries(report, target).map((book) => {
    const words = VERDICTS.filter((verdict) => book.counts[verdict] > 0).map((verdict) => `${book.counts[verdict]} ${verdict}`)
    return [
      [span(`${SYMBOL[book.verdict]} ${book.verdict}`, book.verdict)],
      [span(book.name)],
      [span(words.length === 0 ? 'says nothing of what was found' : words.join(', '))],
    ]
  })
  const against = contradictions(target.findings).map(({ finding, approving, objecting }) => [
    [span(finding.id)],
    ruleLine([...objecting, ...approving], verbose ? true : undefined, finding.rules),
  ])
  const lines = [heading('Rulebooks'), ...table(rows, columns, 2), []]
  return against.length === 0 ? lines : [...lines, heading('Where rulebooks contradict each other'), ...table(against, columns, 2), []]
}
