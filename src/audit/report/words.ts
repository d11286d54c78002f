import type { Fact, Finding, Verdict } from '../../policy/index.ts'
import type { AuditReport, AuditResult, Grade } from '../result.ts'

/** Worst first. `unknown` stands before `good`: it is never a pass. */
export const VERDICTS: readonly Verdict[] = ['bad', 'weak', 'unknown', 'good']

/** Beside the word, never instead of it. */
export const SYMBOL: Readonly<Record<Verdict, string>> = { bad: '✗', weak: '!', unknown: '?', good: '✓' }

/** What each verdict asks of the reader. */
export const VERDICT_TITLE: Readonly<Record<Verdict, string>> = {
  bad: 'Bad: change this first',
  weak: 'Weak: change this next',
  unknown: 'Unknown: could not be found out, which is not a pass',
  good: 'Good',
}

const CONTROL = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/gu
const SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
])

/**
 * Text from the network with everything made visible that could move a cursor, change a colour, end a line, hide a letter or turn
 * the direction of writing: control and format characters become `\n`, `\x1b`, `\u202e`, `\U000e0041`.
 */
export function plain(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.codePointAt(0) ?? 0
    const [letter, width] = code < 0x100 ? ['x', 2] : code < 0x10000 ? ['u', 4] : ['U', 8]
    return SHORT.get(character) ?? `\\${letter}${code.toString(16).padStart(width, '0')}`
  })
}

/** `3 bad`, `1 suite`, `12 suites`. */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** `a, b and 7 more`. */
export function few(items: readonly string[], limit: number): string {
  // To hide one behind "and 1 more" saves nobody anything.
  if (items.length <= limit + 1) return items.join(', ')
  return `${items.slice(0, limit).join(', ')} and ${items.length - limit} more`
}

/** With a full stop, and never with two. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** With a capital letter at the start. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The words of a fact. What is unknown says so; what makes no sense here does too. */
export function factWords<T extends string | number | boolean>(fact: Fact<T>, words: (known: T) => string): string {
  if (fact === 'unknown') return 'unknown'
  if (fact === 'not-applicable') return 'does not apply'
  return words(fact)
}

export const yesNo = (fact: boolean): string => (fact ? 'yes' : 'no')

const DAY = 86_400_000
const MONTHS: readonly string[] = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `18 Jan 2027`; the text itself where it is no date. */
export function dateWords(iso: string): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return iso
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`
}

/** `22 Nov 2026, 06:30 UTC`. */
export function timeWords(iso: string): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return iso
  return `${dateWords(iso)}, ${date.toISOString().slice(11, 16)} UTC`
}

/** Whole days from one time to another, rounded down; NaN where either is no date. */
export function daysBetween(from: string, to: string): number {
  return Math.floor((new Date(to).getTime() - new Date(from).getTime()) / DAY)
}

/** `57 days left`, `expires today`, `expired 40 days ago`, `not valid before 24 Dec 2026`. */
export function validityWords(certificate: { readonly notBefore: string; readonly notAfter: string }, now: string): string {
  if (new Date(certificate.notBefore).getTime() > new Date(now).getTime()) return `not valid before ${dateWords(certificate.notBefore)}`
  const left = daysBetween(now, certificate.notAfter)
  if (Number.isNaN(left)) return 'unknown'
  if (left < 0) return `expired ${counted(-left, 'day')} ago`
  return left === 0 ? 'expires today' : `${counted(left, 'day')} left`
}

/** `71 connections in 1.8 s`. */
export function costWords(cost: AuditResult['cost']): string {
  const seconds = cost.milliseconds / 1000
  const time = seconds < 1 ? `${Math.round(cost.milliseconds)} ms` : `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  return `${counted(cost.connections, 'connection')} in ${time}`
}

/** How many findings have each verdict. */
export function tally(findings: readonly Finding[]): Readonly<Record<Verdict, number>> {
  const count = { good: 0, weak: 0, bad: 0, unknown: 0 }
  for (const { verdict } of findings) count[verdict]++
  return count
}

/** `2 bad, 1 weak, 3 unknown`; what there is none of is left out. */
export function tallyWords(findings: readonly Finding[], verdicts: readonly Verdict[] = VERDICTS): string {
  const count = tally(findings)
  return verdicts
    .filter((verdict) => count[verdict] > 0)
    .map((verdict) => `${count[verdict]} ${verdict}`)
    .join(', ')
}

/** The worst of some verdicts; undefined where there is none. */
export function worst(verdicts: Iterable<Verdict>): Verdict | undefined {
  const all = new Set(verdicts)
  return VERDICTS.find((verdict) => all.has(verdict))
}

/** What a grade means at a glance. */
export function gradeVerdict(grade: Grade): Verdict {
  if (grade === 'unknown') return 'unknown'
  return grade.startsWith('A') ? 'good' : grade === 'B' || grade === 'C' ? 'weak' : 'bad'
}

/** Such as `NIST SP 800-52, edition r2`; the bare name where the report does not list the rulebook. */
export function rulebookTitle(report: AuditReport, name: string): string {
  const book = report.rulebooks.find((one) => one.name === name)
  return book === undefined ? name : `${book.title}, edition ${book.edition}`
}
