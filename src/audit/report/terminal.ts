import type { AuditReport, AuditResult } from '../result.ts'
import { gradeBadge, heading, printLines, span, table, wrap, type Line } from './layout.ts'
import { doorLines } from './terminal-door.ts'
import { counted, rulebookTitle, sentence, tally, timeWords } from './words.ts'
import { firstStep, isUndetermined, withDoorNames } from './view.ts'

export interface TerminalOptions {
  readonly colour: boolean
  /** Width of the window. Text is filled up to 110 columns; a narrower window than 40 breaks the lines itself. */
  readonly columns: number
  /** Every suite, every good finding, every feature and the evidence. */
  readonly verbose?: boolean
  /** False for terminals that show ASCII only. */
  readonly unicode?: boolean
}

const NARROWEST = 40
/** Longer lines are hard to read, however wide the window. */
const WIDEST = 110

/** The report for a person at a terminal, who wants to know what to do. Words carry everything; signs and colours only repeat it. */
export function printTerminal(given: AuditReport, options: TerminalOptions): string {
  const report = withDoorNames(given)
  const columns = Math.min(WIDEST, Math.max(NARROWEST, options.columns))
  const verbose = options.verbose ?? false
  const lines: Line[] = [[span(`Postern ${report.postern}, ${timeWords(report.started)}`, 'dim')], []]
  if (report.targets.length !== 1) lines.push(...summary(report, columns), [])
  for (const [at, target] of report.targets.entries())
    lines.push(...(at === 0 ? [] : [[]]), ...doorLines(report, target, { columns, verbose }))
  lines.push(...editions(report, columns))
  if (!verbose && report.targets.length > 0) {
    lines.push(...wrap([span('--verbose shows every suite, feature and proof; --html FILE writes it all into one page.', 'dim')], columns))
  }
  return printLines(lines, { colour: options.colour, unicode: options.unicode ?? true })
}

/** One line a door, so that the worst is found before the long text begins. */
function summary(report: AuditReport, columns: number): readonly Line[] {
  if (report.targets.length === 0) return [[span('No door was audited.', 'unknown')]]
  const head = ['Door', 'Grade', 'Bad', 'Weak', 'Unknown', 'First']
  const rows = report.targets.map((target) => {
    const { bad, weak, unknown } = tally(target.findings)
    const number = (count: number, style: 'bad' | 'weak' | 'unknown'): Line =>
      count === 0 ? [span('-', 'dim')] : [span(String(count), style)]
    return [
      [span(target.target)],
      gradeBadge(target.grade),
      number(bad, 'bad'),
      number(weak, 'weak'),
      number(unknown, 'unknown'),
      [span(first(target))],
    ]
  })
  return [
    [span(counted(report.targets.length, 'door'), 'strong')],
    [],
    ...table([head.map((word) => [span(word, 'dim')]), ...rows], columns, 2),
  ]
}

function first(target: AuditResult): string {
  if (target.posture === null) return `Not reached. ${sentence(target.problem?.message ?? '')}`
  return firstStep(target) ?? (isUndetermined(target) ? 'Not audited to the end.' : 'Nothing to do.')
}

function editions(report: AuditReport, columns: number): readonly Line[] {
  if (!report.targets.some(({ findings }) => findings.some(({ rules }) => rules.length > 0))) return []
  const rows = report.rulebooks.map((book) => [
    [span(book.name, 'dim')],
    [span(`${rulebookTitle(report, book.name)} (${book.date})`, 'dim')],
  ])
  return [heading('Rulebooks used'), ...table(rows, columns, 2), []]
}
