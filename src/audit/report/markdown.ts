import type { Finding, Verdict } from '../../policy/index.ts'
import type { AuditReport, AuditResult } from '../result.ts'
import { chainFacts, chainTitle, keyExchangeFacts } from './facts.ts'
import {
  contradictions,
  factNamesSubjects,
  firstStep,
  mainReasons,
  ruleGroups,
  orderWords,
  protocolRows,
  rulebookSummaries,
  withVerdict,
  withDoorNames,
} from './view.ts'
import { costWords, few, plain, rulebookTitle, sentence, SYMBOL, tally, timeWords, VERDICT_TITLE } from './words.ts'

const REASONS = 5
const SUBJECTS = 6

/** The report as Markdown for tickets and wikis: GitHub's tables, no HTML, and nothing from the network that could be markup. */
export function printMarkdown(given: AuditReport): string {
  const report = withDoorNames(given)
  const about = `Postern ${text(report.postern)}, ${timeWords(report.started)}`
  const books = report.rulebooks.map((book) => `- ${text(`${rulebookTitle(report, book.name)} (${book.date})`)}`)
  const blocks = ['# TLS audit', about, summary(report), ...report.targets.flatMap((target) => door(report, target))]
  if (books.length > 0) blocks.push('## Rulebooks', books.join('\n'))
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

function summary(report: AuditReport): string {
  if (report.targets.length === 0) return 'No door was audited.'
  const rows = report.targets.map((target) => {
    const { bad, weak, unknown } = tally(target.findings)
    const first = target.posture === null ? (target.problem?.message ?? 'not reached') : (firstStep(target) ?? '')
    return [code(target.target), grade(target), ...[bad, weak, unknown].map(String), text(first)]
  })
  return table(['Door', 'Grade', 'Bad', 'Weak', 'Unknown', 'First'], rows)
}

function grade(target: AuditResult): string {
  return `**${target.grade}**`
}

function door(report: AuditReport, target: AuditResult): readonly string[] {
  const blocks = [`## ${code(target.target)}: ${target.grade === 'unknown' ? 'no grade' : `grade ${target.grade}`}`]
  if (target.problem !== null) blocks.push(problem(target.problem))
  const { reasons, more } = mainReasons(target, REASONS)
  const rest = more > 0 ? [`- and ${more} more reasons`] : []
  if (reasons.length > 0) blocks.push([...reasons.map((reason) => `- ${text(reason)}`), ...rest].join('\n'))
  for (const verdict of ['bad', 'weak', 'unknown'] as const) blocks.push(...findings(target, verdict))
  blocks.push(good(target), rulebooks(report, target), posture(report, target), `Cost: ${costWords(target.cost)}.`)
  return blocks
}

function problem(of: NonNullable<AuditResult['problem']>): string {
  return `**Not complete:** ${text(sentence(of.message))}${of.remedy === undefined ? '' : ` ${text(of.remedy)}`}`
}

function findings(target: AuditResult, verdict: Verdict): readonly string[] {
  const items = withVerdict(target.findings, verdict)
  return items.length === 0 ? [] : [`### ${SYMBOL[verdict]} ${VERDICT_TITLE[verdict]}`, items.map(item).join('\n')]
}

function item(finding: Finding): string {
  const lines = [`- **${text(finding.fact)}** (${code(finding.id)})`]
  if (!factNamesSubjects(finding, SUBJECTS)) lines.push(`  - Concerns: ${few(finding.subjects.map(code), SUBJECTS)}`)
  if (finding.remedy !== undefined) lines.push(`  - Remedy: ${text(finding.remedy)}`)
  if (finding.neededBy !== undefined && finding.neededBy.length > 0) lines.push(`  - Needed by: ${text(finding.neededBy.join('; '))}`)
  if (finding.rules.length > 0) lines.push(`  - Rulebooks: ${groups(finding.rules)}`)
  return lines.join('\n')
}

function groups(rules: Finding['rules'], among: Finding['rules'] = rules): string {
  return ruleGroups(rules, undefined, among)
    .map(({ verdict, words }) => `${SYMBOL[verdict]} ${verdict} (${text(words.join(', '))})`)
    .join('; ')
}

function good(target: AuditResult): string {
  const ids = withVerdict(target.findings, 'good').map(({ id }) => code(id))
  return ids.length === 0 ? '' : `${SYMBOL.good} Good: ${ids.join(', ')}`
}

function rulebooks(report: AuditReport, target: AuditResult): string {
  if (target.findings.length === 0 || report.rulebooks.length === 0) return ''
  const rows = rulebookSummaries(report, target).map((book) => [
    text(rulebookTitle(report, book.name)),
    `${SYMBOL[book.verdict]} ${book.verdict}`,
    ...(['bad', 'weak', 'unknown', 'good'] as const).map((verdict) => String(book.counts[verdict])),
  ])
  const against = contradictions(target.findings).map(
    ({ finding, approving, objecting }) =>
      `- They contradict each other on ${code(finding.id)}: ${groups([...objecting, ...approving], finding.rules)}`,
  )
  return [table(['Rulebook', 'Verdict', 'Bad', 'Weak', 'Unknown', 'Good'], rows), ...(against.length === 0 ? [] : ['', ...against])].join(
    '\n',
  )
}

function posture(report: AuditReport, target: AuditResult): string {
  if (target.posture === null) return ''
  const rows = protocolRows(target.posture).map(({ name, posture: one, sameAs, offer }) => {
    const suites = one.suites.map(code).join(', ')
    const order = one.suites.length === 0 ? '' : orderWords(one)
    return [name, text(offer), order, sameAs === undefined ? suites : `the same ${one.suites.length} suites as ${sameAs}`]
  })
  const facts = keyExchangeFacts(target.posture).map((fact) => `- ${fact.label}: ${text(fact.text)}`)
  const chains = target.posture.certificates.map((chain) => {
    const lines = chainFacts(chain, report.started).map((fact) => `  - ${fact.label}: ${text(fact.text)}`)
    return [`- ${text(chainTitle(chain))}`, ...lines].join('\n')
  })
  return ['### Measured', '', table(['Protocol', 'Offered', 'Order', 'Suites'], rows), '', ...facts, ...chains].join('\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/**
 * Text in which nothing is markup but `backticks`, in which nothing is markup either: every sign that Markdown gives a meaning is escaped, and what sites make links of on their own
 * (addresses of pages, `@name`, `#1`) is taken apart with a word joiner, which is not seen.
 */
function text(raw: string): string {
  return raw
    .split(/`([^`]+)`/)
    .map((part, at) => (at % 2 === 1 ? code(part) : words(part)))
    .join('')
}

function words(raw: string): string {
  return plain(raw)
    .replace(/@|:(?=\/\/)|#(?=\d)|\bwww(?=\.)/gi, '$&\u2060')
    .replace(/[\\`*[\]~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^[-+#]/g, '\\$&')
    .replace(/^(\d+)([.)])(?=\s|$)/, '$1\\$2')
    .replace(/[<>&|]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

/** A code span: in it nothing is markup but its own fence. */
function code(raw: string): string {
  const words = raw === '' ? ' ' : plain(raw)
  const longest = Math.max(0, ...[...words.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return longest === 0 ? `${fence}${words}${fence}` : `${fence} ${words} ${fence}`
}
