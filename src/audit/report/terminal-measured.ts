import type { Posture, Verdict } from '../../policy/index.ts'
import type { AuditResult } from '../result.ts'
import { chainFacts, chainTitle, clearFacts, featureFacts, keyExchangeFacts, type LabelledFact } from './facts.ts'
import { heading, span, table, wrap, type Line } from './layout.ts'
import { orderWords, protocolRows, subjectVerdicts, type ProtocolRow } from './view.ts'
import { counted, few, SYMBOL, VERDICTS } from './words.ts'

export interface DoorOptions {
  readonly columns: number
  readonly verbose: boolean
}

/** What was measured at a door, marked with what the findings say of it. */
export function measuredLines(posture: Posture, target: AuditResult, now: string, options: DoorOptions): readonly Line[] {
  const verdicts = subjectVerdicts(target.findings)
  const { columns, verbose } = options
  const lines: Line[] = [heading('Protocols')]
  for (const row of protocolRows(posture)) lines.push(...protocolLines(row, verdicts, options))
  lines.push([], heading('Key exchange'), ...factLines(keyExchangeFacts(posture), columns), [])
  for (const chain of posture.certificates) {
    const title = wrap([span(chainTitle(chain), 'strong')], columns)
    lines.push(...title, ...factLines(chainFacts(chain, now), columns), [])
  }
  const clear = clearFacts(posture)
  if (clear.length > 0) lines.push(heading('Before TLS'), ...factLines(clear, columns), [])
  if (verbose) lines.push(heading('Features'), ...factLines(featureFacts(posture), columns), [])
  return lines
}

function factLines(facts: readonly LabelledFact[], columns: number): readonly Line[] {
  return table(
    facts.map(({ label, text }) => [[span(label, 'dim')], [span(text)]]),
    columns,
    2,
  )
}

function mark(verdict: Verdict | undefined): Line {
  return verdict === undefined || verdict === 'good' ? [span('  ')] : [span(`${SYMBOL[verdict]} `, verdict)]
}

function protocolLines(
  { name, posture, sameAs, offer, unasked }: ProtocolRow,
  verdicts: ReadonlyMap<string, Verdict>,
  { columns, verbose }: DoorOptions,
): readonly Line[] {
  const verdict = posture.offered === 'unknown' && !unasked ? 'unknown' : verdicts.get(name)
  const lead = [span('  '), ...mark(verdict), span(name.padEnd(9), posture.offered === true ? 'strong' : 'plain')]
  if (posture.suites.length === 0) return wrap([span(offer, posture.offered === false || unasked ? 'dim' : 'plain')], columns, lead)
  const words = [`${offer}, ${counted(posture.suites.length, 'suite')}, ${orderWords(posture)}`]
  if (sameAs !== undefined) return wrap([span(`${words.join()}: the same as ${sameAs}`)], columns, lead)
  const judged = VERDICTS.filter((one) => one !== 'good').flatMap((one) => {
    const count = posture.suites.filter((suite) => verdicts.get(suite) === one).length
    return count === 0 ? [] : [`${count} ${one}`]
  })
  if (judged.length > 0) words.push(`(${judged.join(', ')})`)
  const indent = [span(' '.repeat(13))]
  const suites = verbose
    ? posture.suites.flatMap((suite, at) =>
        wrap([...mark(verdicts.get(suite)), span(suite)], columns, [span(`${' '.repeat(13)}${String(at + 1).padStart(2)} `, 'dim')]),
      )
    : wrap([span(few(posture.suites, 3), 'dim')], columns, indent)
  return [...wrap([span(words.join(' '))], columns, lead), ...suites]
}
