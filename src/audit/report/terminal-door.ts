import type { AuditReport, AuditResult } from '../result.ts'
import { gradeBadge, heading, lineWidth, span, table, wrap, type Line } from './layout.ts'
import { findingLines, goodLines, rulebookLines } from './terminal-findings.ts'
import { measuredLines, type DoorOptions } from './terminal-measured.ts'
import { isUndetermined, mainReasons, problemTitle } from './view.ts'
import { costWords, sentence, SYMBOL, tallyWords } from './words.ts'

const INDENT: Line = [span('      ')]
/** The weightiest reasons for a grade; who wants them all asks for all. */
const REASONS = 3

/** Everything about one door: what it is worth and why, what to do, and what was measured. */
export function doorLines(report: AuditReport, target: AuditResult, options: DoorOptions): readonly Line[] {
  const lines: Line[] = [
    ...titleLines(target, options.columns),
    ...gradeLines(target, options),
    ...problemLines(target, options.columns),
    [],
  ]
  for (const verdict of ['bad', 'weak', 'unknown'] as const) lines.push(...findingLines(target, verdict, options))
  lines.push(...goodLines(target, options))
  if (target.findings.length > 0) lines.push(...rulebookLines(report, target, options))
  if (target.posture !== null) lines.push(...measuredLines(target.posture, target, report.started, options))
  if (options.verbose) lines.push(...evidenceLines(target, options.columns))
  return lines
}

function titleLines(target: AuditResult, columns: number): readonly Line[] {
  const title = [span('━━ ', 'dim'), span(target.target, 'strong'), span(' ', 'dim')]
  const left = columns - lineWidth(title)
  return left < 2 ? wrap(title, columns) : [[...title, span('━'.repeat(left), 'dim')]]
}

function gradeLines(target: AuditResult, { columns, verbose }: DoorOptions): readonly Line[] {
  const badge = gradeBadge(target.grade)
  const lead = [...badge, span(' '.repeat(lineWidth(INDENT) - lineWidth(badge)))]
  const grade = target.grade === 'unknown' ? 'No grade' : `Grade ${target.grade}`
  const sum = [tallyWords(target.findings), target.address ?? '', costWords(target.cost)].filter((part) => part !== '')
  const { reasons, more } = mainReasons(target, verbose ? Infinity : REASONS)
  return [
    ...wrap([span(grade, 'strong'), span(` · ${sum.join(' · ')}`, 'dim')], columns, lead),
    ...reasons.flatMap((reason) => wrap([span(reason)], columns, [...INDENT, span('- ', 'dim')])),
    ...(more > 0 ? [[...INDENT, span(`- and ${more} more reasons`, 'dim')]] : []),
  ]
}

function problemLines(target: AuditResult, columns: number): readonly Line[] {
  const { problem } = target
  if (problem !== null) {
    const title = span(`${SYMBOL.unknown} ${problemTitle(target).toUpperCase()} `, 'unknown')
    const remedy = problem.remedy === undefined ? [] : wrap([span(problem.remedy)], columns, INDENT)
    return [[], ...wrap([title, span(sentence(problem.message))], columns, INDENT), ...remedy]
  }
  if (!isUndetermined(target)) return []
  return wrap([span('Too little is known about this door. That is not a pass.', 'unknown')], columns, INDENT)
}

function evidenceLines(target: AuditResult, columns: number): readonly Line[] {
  if (target.evidence.length === 0) return []
  const rows = target.evidence.map(({ fact, asked, answer }) => [
    [span(fact)],
    [span(`${asked}: ${answer === '' ? 'silence' : answer}`, 'dim')],
  ])
  return [heading('Evidence'), ...table(rows, columns, 2), []]
}
