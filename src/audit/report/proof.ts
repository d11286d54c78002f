import type { Verdict } from '../../policy/index.ts'
import type { Proof, ProofCheck, ProofReport } from '../prove.ts'
import { escapeInvisible } from './json.ts'
import { lineWidth, printLines, span, table, wrap, type Line } from './layout.ts'
import type { TerminalOptions } from './terminal.ts'
import { capitalised, costWords, counted, sentence, SYMBOL, timeWords } from './words.ts'

const NARROWEST = 40
const WIDEST = 110
/** Hexadecimal digits that are shown of the bytes that prove something. */
const MOST_EVIDENCE = 320

type Outcome = ProofCheck['verdict']

/** Worst first. */
const OUTCOMES: readonly Outcome[] = ['broken', 'unknown', 'kept']
const STYLE: Readonly<Record<Outcome, Verdict>> = { broken: 'bad', unknown: 'unknown', kept: 'good' }
const HEADLINE: Readonly<Record<Proof['keeps'], readonly [badge: string, words: string, verdict: Verdict]>> = {
  yes: [' YES ', 'Keeps to', 'good'],
  no: [' NO ', 'Does not keep to', 'bad'],
  unknown: [' ? ', 'It is not known whether it keeps to', 'unknown'],
}

/** Proofs for a person at a terminal: what is broken first, then what is not known, which is no pass. */
export function printProofs(report: ProofReport, options: TerminalOptions): string {
  const columns = Math.min(WIDEST, Math.max(NARROWEST, options.columns))
  const verbose = options.verbose ?? false
  const lines: Line[] = [[span(`Postern ${report.postern}, ${timeWords(report.started)}`, 'dim')], []]
  if (report.proofs.length > 1) lines.push(...summary(report.proofs, columns), [])
  for (const [at, proof] of report.proofs.entries()) lines.push(...(at === 0 ? [] : [[]]), ...proofLines(proof, columns, verbose))
  return printLines(lines, { colour: options.colour, unicode: options.unicode ?? true })
}

/** Proofs as JSON. The shape is schemas/proof.schema.json. */
export function printProofJson(report: ProofReport): string {
  return `${escapeInvisible(JSON.stringify(report, undefined, 2))}\n`
}

function summary(proofs: readonly Proof[], columns: number): readonly Line[] {
  const head = ['Door', 'Keeps to it', 'What is wrong'].map((word) => [span(word, 'dim')])
  const rows = proofs.map((proof) => {
    const [badge, , verdict] = HEADLINE[proof.keeps]
    return [[span(proof.target)], [span(badge, `${verdict} badge`)], [span(first(proof))]]
  })
  return [[span(counted(proofs.length, 'door'), 'strong')], [], ...table([head, ...rows], columns, 2)]
}

function first({ checks, problem }: Proof): string {
  const [broken, unknown] = (['broken', 'unknown'] as const).map((outcome) => checks.find((check) => check.verdict === outcome))
  if (broken !== undefined) return broken.fact
  if (problem !== null) return sentence(problem.message)
  return unknown === undefined ? 'Nothing.' : `It is not known whether ${unknown.demand}.`
}

function proofLines(proof: Proof, columns: number, verbose: boolean): readonly Line[] {
  const lines: Line[] = [titleLine(proof, columns), ...headline(proof, columns), []]
  if (proof.problem !== null) {
    const { message, remedy } = proof.problem
    lines.push(...wrap([span(sentence(message))], columns, [span(`  ${SYMBOL.unknown} PROBLEM `, 'unknown')]))
    if (remedy !== undefined) lines.push(...wrap([span(remedy, 'strong')], columns, [span('      ')]))
    lines.push([])
  }
  for (const check of proof.checks.filter(({ verdict }) => verdict === 'broken')) lines.push(...checkLines(check, columns, verbose), [])
  lines.push(...unknownLines(proof, columns, verbose))
  lines.push(...keptLines(proof, columns, verbose))
  for (const remark of proof.remarks)
    lines.push(...wrap([span(`${remark} The policy does not ask for that.`)], columns, mark('REMARK', 'weak')))
  if (proof.keeps === 'no')
    lines.push([], ...wrap([span('Every suite and what to change: '), span(`postern audit ${proof.target}`, 'strong')], columns))
  return lines.slice(0, lines.findLastIndex((line) => line.length > 0) + 1)
}

function titleLine({ target }: Proof, columns: number): Line {
  const title = [span('━━ ', 'dim'), span(target, 'strong'), span(' ', 'dim')]
  return [...title, span('━'.repeat(Math.max(0, columns - lineWidth(title))), 'dim')]
}

function headline({ keeps, policy, checks, address, cost }: Proof, columns: number): readonly Line[] {
  const [badge, words, verdict] = HEADLINE[keeps]
  const counts = OUTCOMES.map((outcome) => [checks.filter((check) => check.verdict === outcome).length, outcome] as const)
  const tally = counts.filter(([count]) => count > 0).map(([count, outcome]) => `${count} ${outcome}`)
  const sum = [tally.join(', '), address ?? '', costWords(cost)].filter((part) => part !== '')
  const lead = [span(badge, `${verdict} badge`), span(' ')]
  return wrap([span(`${words} ${policy.title}, edition ${policy.edition}`, 'strong'), span(` · ${sum.join(' · ')}`, 'dim')], columns, lead)
}

function mark(word: string, verdict: Verdict): Line {
  return [span(`  ${SYMBOL[verdict]} ${word} `, verdict)]
}

function checkLines({ id, demand, rule, verdict, fact, evidence }: ProofCheck, columns: number, verbose: boolean): readonly Line[] {
  const rows = [
    [[span('Demanded', 'dim')], [span(capitalised(sentence(demand)))]],
    [[span('Rule', 'dim')], [span(rule)]],
    ...(verbose && evidence !== undefined ? [[[span('Evidence', 'dim')], [span(shortened(evidence), 'dim')]]] : []),
  ]
  return [...wrap([span(fact), span(` [${id}]`, 'dim')], columns, mark(verdict.toUpperCase(), STYLE[verdict])), ...table(rows, columns, 6)]
}

/** Whole certificates are in the JSON. */
function shortened(evidence: string): string {
  return evidence.length <= MOST_EVIDENCE ? evidence : `${evidence.slice(0, MOST_EVIDENCE)} (${evidence.length / 2} bytes)`
}

/** What nobody can tell, each reason once. */
function unknownLines({ checks }: Proof, columns: number, verbose: boolean): readonly Line[] {
  const unknown = checks.filter(({ verdict }) => verdict === 'unknown')
  return [...Map.groupBy(unknown, ({ fact }) => fact).values()].flatMap((same) => {
    const [only] = same
    if (only === undefined || same.length === 1 || verbose) return same.flatMap((check) => [...checkLines(check, columns, verbose), []])
    const demands = [[span('Demanded', 'dim')], [span(capitalised(sentence(same.map(({ demand }) => demand).join('; '))))]]
    return [...wrap([span(only.fact)], columns, mark('UNKNOWN', 'unknown')), ...table([demands], columns, 6), []]
  })
}

/** What is demanded and kept, in one go; one by one where somebody wants to know how that was found. */
function keptLines({ checks }: Proof, columns: number, verbose: boolean): readonly Line[] {
  const kept = checks.filter(({ verdict }) => verdict === 'kept')
  if (kept.length === 0) return []
  if (verbose) return kept.flatMap((check) => checkLines(check, columns, verbose))
  const demands = [...new Set(kept.map(({ demand }) => demand))]
  return wrap([span(capitalised(sentence(demands.join('; '))))], columns, mark('KEPT', 'good'))
}
