import type { Finding, Verdict } from '../../policy/index.ts'
import type { AuditReport, AuditResult } from '../result.ts'
import { GLUE, gradeBadge, heading, lineWidth, span, table, wrap, type Line } from './layout.ts'
import { measuredLines, type DoorOptions } from './terminal-measured.ts'
import { contradictions, isUndetermined, rulebookSummaries, withVerdict } from './view.ts'
import { costWords, few, sentence, SYMBOL, tallyWords, VERDICT_TITLE, VERDICTS } from './words.ts'

/** Everything about one door: what it is worth and why, what to do, and what was measured. */
export function doorLines(report: AuditReport, target: AuditResult, options: DoorOptions): readonly Line[] {
  const lines: Line[] = [...headline(target, options.columns), []]
  for (const verdict of ['bad', 'weak', 'unknown'] as const) lines.push(...findingLines(target, verdict, options))
  lines.push(...goodLines(target, options))
  if (target.findings.length > 0) lines.push(...rulebookLines(report, target, options.columns))
  if (target.posture !== null) lines.push(...measuredLines(target.posture, target, report.started, options))
  if (options.verbose) lines.push(...evidenceLines(target, options.columns))
  return lines
}

function headline(target: AuditResult, columns: number): readonly Line[] {
  const title = [span('━━ ', 'dim'), span(target.target, 'strong'), span(' ', 'dim')]
  const ruled = [...title, span('━'.repeat(Math.max(2, columns - lineWidth(title))), 'dim')]
  const why = target.gradeReasons.map(sentence).join(' ')
  const grade = target.grade === 'unknown' ? 'No grade.' : `Grade ${target.grade}.`
  const badge = [...gradeBadge(target.grade), span(' '.repeat(6 - lineWidth(gradeBadge(target.grade))))]
  const indent = [span('      ')]
  const lines = [
    ...(lineWidth(title) + 2 > columns ? wrap(title, columns) : [ruled]),
    ...wrap([span(grade, 'strong'), span(` ${why}`)], columns, badge),
  ]
  const sum = [tallyWords(target.findings), target.address ?? '', costWords(target.cost)].filter((part) => part !== '').join(' · ')
  lines.push(...wrap([span(sum, 'dim')], columns, indent))
  if (target.problem !== null) {
    lines.push(
      [],
      ...wrap(
        [
          span(`${SYMBOL.unknown} ${target.reachable ? 'NOT COMPLETE' : 'NOT REACHED'} `, 'unknown'),
          span(sentence(target.problem.message)),
        ],
        columns,
        indent,
      ),
    )
    if (target.problem.remedy !== undefined) lines.push(...wrap([span(target.problem.remedy)], columns, indent))
  } else if (isUndetermined(target)) {
    lines.push(...wrap([span('Too little is known about this door. That is not a pass.', 'unknown')], columns, indent))
  }
  return lines
}

function findingLines(target: AuditResult, verdict: Verdict, options: DoorOptions): readonly Line[] {
  const findings = withVerdict(target.findings, verdict)
  if (findings.length === 0) return []
  const blocks = findings.map((finding) => findingBlock(finding, options))
  // Blocks of one line stand closer together.
  const spaced = blocks.some((block) => block.length > 1)
  return [
    ...wrap(heading(VERDICT_TITLE[verdict], verdict), options.columns),
    [],
    ...blocks.flatMap((block) => (spaced ? [...block, []] : block)),
    ...(spaced ? [] : [[]]),
  ]
}

function findingBlock(finding: Finding, { columns, verbose }: DoorOptions): readonly Line[] {
  const { verdict } = finding
  const mark = [span(`  ${SYMBOL[verdict]} ${verdict.toUpperCase()} `, verdict)]
  const rows: (readonly [label: string, text: Line])[] = []
  if (finding.remedy !== undefined) rows.push(['Remedy', [span(finding.remedy, 'strong')]])
  if (finding.neededBy !== undefined && finding.neededBy.length > 0) rows.push(['Needed by', [span(finding.neededBy.join(', '))]])
  if (finding.subjects.length > 0) rows.push(['Concerns', [span(verbose ? finding.subjects.join(', ') : few(finding.subjects, 3))]])
  if (finding.rules.length > 0) rows.push(['Rulebooks', ruleWords(finding.rules)])
  if (verbose && finding.evidence !== undefined) rows.push(['Evidence', [span(finding.evidence, 'dim')]])
  return [
    ...wrap([span(finding.fact), span(` [${finding.id}]`, 'dim')], columns, mark),
    ...table(
      rows.map(([label, text]) => [[span(label.padEnd('Rulebooks'.length), 'dim')], text]),
      columns,
      6,
    ),
  ]
}

/** Worst first: `✗ rfc9325: MUST NOT, ✓ nist: allowed`. */
function ruleWords(rules: Finding['rules']): Line {
  const ordered = VERDICTS.flatMap((verdict) => rules.filter((rule) => rule.verdict === verdict))
  return ordered.flatMap((rule, at) => [
    span(at === 0 ? '' : ', '),
    span(SYMBOL[rule.verdict], rule.verdict),
    span(`${GLUE}${rule.rulebook}: ${rule.says}${rule.subjects.length === 0 ? '' : ` (${few(rule.subjects, 2)})`}`),
  ])
}

function goodLines(target: AuditResult, { columns, verbose }: DoorOptions): readonly Line[] {
  const findings = withVerdict(target.findings, 'good')
  if (findings.length === 0) return []
  const mark = [span(`  ${SYMBOL.good} GOOD `, 'good')]
  if (!verbose) return [...wrap([span(findings.map(({ id }) => id).join(', '))], columns, mark), []]
  return [
    heading('Good', 'good'),
    [],
    ...findings.flatMap((finding) => wrap([span(finding.fact), span(` [${finding.id}]`, 'dim')], columns, mark)),
    [],
  ]
}

function rulebookLines(report: AuditReport, target: AuditResult, columns: number): readonly Line[] {
  if (report.rulebooks.length === 0) return []
  const rows = rulebookSummaries(report, target).map((book) => {
    const counts = (['bad', 'weak', 'unknown', 'good'] as const).filter((verdict) => book.counts[verdict] > 0)
    const words = counts.map((verdict) => `${book.counts[verdict]} ${verdict}`).join(', ')
    return [
      [span(`${SYMBOL[book.verdict]} ${book.verdict}`, book.verdict)],
      [span(book.name), span(` ${book.edition}`, 'dim')],
      [span(words === '' ? 'says nothing of what was found' : words)],
    ]
  })
  const against = contradictions(target.findings).flatMap(({ finding, approving, objecting }) => [
    ...wrap(
      [span('They contradict each other on '), span(finding.id, 'strong'), span(': '), ...ruleWords([...objecting, ...approving])],
      columns,
      [span('  ')],
    ),
  ])
  return [heading('Rulebooks'), ...table(rows, columns, 2), ...against, []]
}

function evidenceLines(target: AuditResult, columns: number): readonly Line[] {
  if (target.evidence.length === 0) return []
  const rows = target.evidence.map(({ fact, asked, answer }) => [
    [span(fact)],
    [span(`${asked}: ${answer === '' ? 'silence' : answer}`, 'dim')],
  ])
  return [heading('Evidence'), ...table(rows, columns, 2), []]
}
