import { basename } from 'node:path'
import type { Finding, RuleVerdict, Verdict } from '../policy/index.ts'
import {
  usesNoTls,
  type JudgedLeg,
  type LegWords,
  type Origin,
  type Plan,
  type PlannedLeg,
  type Reading,
  type SettingsFinding,
  type Word,
} from '../settings/index.ts'
import type { ForetoldLeg } from '../settings/foretell/index.ts'
import { foretoldLines, type ForetoldOptions } from './settings-foretold.ts'
import { columnsOf, few, GLUE, harmless, plural, sign, styled, titleLine, wrapped, type Style } from './settings-text.ts'
import type { Terminal } from './terminal.ts'

export interface ReportOptions {
  readonly terminal: Terminal
  readonly verbose: boolean
}

const STYLE: Readonly<Record<Verdict, Style>> = { bad: 'red', weak: 'yellow', unknown: 'magenta', good: 'green' }
const SIGN: Readonly<Record<Verdict, readonly [unicode: string, ascii: string]>> = {
  bad: ['✗', 'x'],
  weak: ['!', '!'],
  unknown: ['?', '?'],
  good: ['✓', '+'],
}
const WORST_FIRST: readonly Verdict[] = ['bad', 'weak', 'unknown', 'good']
const LABEL = 14
const FEW_SUITES = 3

/** What settings come to, door by door. Doors that are alike in everything are told once. */
export function showReport(title: string, reading: Reading, legs: readonly JudgedLeg[], options: ReportOptions): string {
  const { terminal } = options
  const files = [...new Set(reading.files.map(({ path }) => path))]
  const groups = [...Map.groupBy(legs, likeness).values()]
  return lines([
    ...head(title, reading.version),
    ...files.map((file) => `  ${styled('dim', harmless(file), terminal)}`),
    '',
    ...groups.flatMap((alike) => legLines(alike, options)),
    ...findingLines(legs, options),
    ...settingsFindings(reading.findings, options),
  ])
}

/** What would change and what that does. */
export function planReport(plan: Plan, foretold: readonly ForetoldLeg[], options: ReportOptions & ForetoldOptions): string {
  const { terminal } = options
  return lines([
    ...head(plan.title, plan.version),
    '',
    ...(plan.changes.length === 0 ? ['Nothing has to change.', ''] : diffLines(plan.diff, terminal)),
    ...plan.legs.filter(({ policy }) => policy !== undefined).flatMap((leg) => effectLines(leg, terminal)),
    ...(plan.changes.length === 0 && !options.everybody ? [] : foretoldLines(foretold, options)),
    ...inexpressibleLines(plan, terminal),
    ...settingsFindings(plan.findings, options),
  ])
}

/** A unified diff with the colours that people know from others. */
export function diffLines(diff: string, terminal: Terminal): readonly string[] {
  const shown = diff.split('\n').map((line) => {
    const text = harmless(line)
    if (/^(?:---|\+\+\+) /.test(line)) return styled('bold', text, terminal)
    if (line.startsWith('@@')) return styled('cyan', text, terminal)
    if (line.startsWith('-')) return styled('red', text, terminal)
    return line.startsWith('+') ? styled('green', text, terminal) : text
  })
  return shown
}

/** What the product has no words for. */
export function inexpressibleLines({ inexpressible }: Pick<Plan, 'inexpressible'>, terminal: Terminal): readonly string[] {
  if (inexpressible.length === 0) return []
  const reasons = [...Map.groupBy(inexpressible, ({ word, why, command }) => `${word}\n${why}\n${command}`).values()]
  const rows = reasons.flatMap((same) => {
    const [one] = same
    if (one === undefined) return []
    const doors = few([...new Set(same.map(({ door, role }) => `${door} (${role})`))], FEW_SUITES)
    const said = wrapped(`${/[.!?]$/.test(one.why) ? one.why : `${one.why}.`} This concerns ${doors}.`, terminal, '  ? ')
    // Never wrapped, so that it can be copied.
    return one.command === undefined ? said : [...said, `      ${one.command}`]
  })
  return [styled('magenta', 'What cannot be said in these settings', terminal), ...rows, '']
}

function head(title: string, { text, from, openssl, asked = '' }: Reading['version']): readonly string[] {
  const how = {
    told: 'as you say',
    installed: `as ${asked} says`,
    file: 'as the file says',
    assumed: 'assumed; --product-version says another',
  }[from]
  const shown = harmless(text)
  const library = openssl === undefined ? '' : `, OpenSSL ${openssl}${from === 'installed' ? '' : ' as installed'}`
  return [`${shown.startsWith(title) ? shown : `${title} ${shown}`} (${harmless(how)})${library}`]
}

function likeness({ role, words, opportunistic }: JudgedLeg): string {
  return JSON.stringify([role, words, opportunistic])
}

function legLines(alike: readonly JudgedLeg[], options: ReportOptions): readonly string[] {
  const [leg] = alike
  if (leg === undefined) return []
  const { terminal } = options
  const doors = alike.map(({ door }) => harmless(door))
  const title = `${doors.join(', ')} ${sign('·', '-', terminal)} ${leg.role}`
  return [
    ...(title.length + 4 > columnsOf(terminal) ? wrapped(title, terminal, '== ') : [titleLine(title, terminal)]),
    ...wordLines(leg.words, options),
    '',
  ]
}

function wordLines(words: LegWords, { terminal, verbose }: ReportOptions): readonly string[] {
  const suites = (names: readonly string[]): string =>
    names.length === 0 ? 'none' : `${names.length}: ${verbose ? names.join(', ') : few(names, FEW_SUITES)}`
  const rows: readonly (readonly [label: string, value: string, origin: Origin])[] = usesNoTls(words)
    ? [row('TLS', words.protocols, () => 'none')]
    : [
        row('Protocols', words.protocols, (names) => (names.length === 0 ? 'none' : names.join(', '))),
        row('Suites', words.suites, suites),
        row('Suite chosen', words.order, (who) => `by the ${who}`),
        row('Groups', words.groups, (names) => (names.length === 0 ? 'none' : names.join(', '))),
        row('DHE', words.dh, (bits) => (bits === null ? 'off' : `${bits} bits`)),
        row('SSLv2 hello', words.sslv2Hello, (answered) => (answered ? 'answered' : 'refused')),
      ]
  return rows.flatMap(([label, value, origin]) => {
    const lead = `  ${styled('dim', label.padEnd(LABEL), terminal)}`
    const from = wrapped(originWords(origin), terminal, ' '.repeat(LABEL + 2))
    return [...wrapped(value, terminal, lead, LABEL + 2), ...from.map((line) => styled('dim', line, terminal))]
  })
}

function row<T>(label: string, { value, origin }: Word<T>, words: (value: T) => string): readonly [string, string, Origin] {
  return [label, value === 'unknown' ? 'unknown' : words(value), origin]
}

/** `main.cf:12, smtpd_tls_protocols`, or what holds where nothing is said. */
export function originWords(origin: Origin): string {
  if (origin.kind === 'file') return `${basename(origin.place.file)}:${origin.place.line}, ${origin.setting}`
  if (origin.kind === 'default') return `default of ${origin.of}, ${origin.setting} is not set`
  return `fixed: ${origin.why}`
}

/** A finding that is the same at several doors. */
interface SharedFinding {
  readonly finding: Finding
  readonly legs: readonly JudgedLeg[]
}

/** What is wrong, worst first, each thing once with the doors that have it. */
function findingLines(legs: readonly JudgedLeg[], options: ReportOptions): readonly string[] {
  const { terminal, verbose } = options
  const all = legs.flatMap((leg) => leg.findings.map((finding) => ({ finding, leg })))
  const shared = [...Map.groupBy(all, ({ finding: { id, verdict, fact } }) => `${id} ${verdict} ${fact}`).values()].flatMap(
    (same): SharedFinding[] => {
      const [first] = same
      if (first === undefined) return []
      const neededBy = [...new Set(same.flatMap(({ finding }) => finding.neededBy ?? []))]
      return [{ finding: { ...first.finding, neededBy }, legs: same.map(({ leg }) => leg) }]
    },
  )
  const told = WORST_FIRST.slice(0, verbose ? undefined : 2).flatMap((verdict) =>
    shared
      .filter(({ finding }) => finding.verdict === verdict)
      .flatMap((one) => [...findingBlock(one.finding, options, legs.length === one.legs.length ? [] : one.legs), '']),
  )
  const bad = new Set(shared.filter(({ finding }) => finding.verdict !== 'good').map(({ finding }) => finding.id))
  const good = [...new Set(shared.map(({ finding }) => finding.id))].filter((id) => !bad.has(id))
  const undecided = new Set(legs.flatMap((leg) => leg.undecided))
  if (legs.length === 0) return ['No door in these settings has TLS.', '']
  if (shared.length === 0 && undecided.size === 0) return []
  return [
    titleLine('What is to be said of it', terminal),
    ...told,
    ...(verbose || good.length === 0
      ? []
      : wrapped(`${plural(good.length, 'finding')}: ${good.join(', ')}`, terminal, ...mark('good', terminal))),
    ...(undecided.size === 0
      ? []
      : wrapped(
          `Settings do not tell ${plural(undecided.size, 'thing')} that an audit of a door finds out.`,
          terminal,
          ...mark('unknown', terminal),
        )),
    '',
  ]
}

function mark(verdict: Verdict, terminal: Terminal): [lead: string, width: number] {
  const text = `  ${sign(...SIGN[verdict], terminal)} ${verdict.toUpperCase()} `
  return [styled(STYLE[verdict], text, terminal), text.length]
}

function findingBlock(
  finding: Finding | SettingsFinding,
  { terminal, verbose }: ReportOptions,
  legs: readonly JudgedLeg[] = [],
): readonly string[] {
  const labelled = (label: string, text: string): readonly string[] =>
    wrapped(text, terminal, `      ${styled('dim', label.padEnd(11), terminal)}`, 17)
  const { neededBy = [], rules, remedy, verdict, fact, id } = finding
  const place =
    'place' in finding && finding.place !== undefined
      ? labelled('Where', `${finding.place.file}:${finding.place.line}:${finding.place.column}`)
      : []
  return [
    ...wrapped(`${fact} [${id}]`, terminal, ...mark(verdict, terminal)),
    ...place,
    ...(legs.length === 0 ? [] : labelled('Doors', doorWords(legs))),
    ...(remedy === undefined ? [] : labelled('Remedy', remedy)),
    ...(neededBy.length === 0 ? [] : labelled('Needed by', neededBy.join('; '))),
    ...(rules.length === 0 ? [] : labelled('Rulebooks', ruleWords(rules, verbose, terminal))),
  ]
}

function doorWords(legs: readonly JudgedLeg[]): string {
  return legs.map(({ door, role }) => `${door} (${role})`).join(', ')
}

/** The rulebooks by verdict, worst first; `in part` where one judges parts differently. */
function ruleWords(rules: readonly RuleVerdict[], verbose: boolean, terminal: Terminal): string {
  return WORST_FIRST.flatMap((verdict) => {
    const some = rules.filter((rule) => rule.verdict === verdict)
    const words = some.map(({ rulebook, says }) => {
      if (verbose) return `${rulebook}: ${says}`
      return rules.some((other) => other.rulebook === rulebook && other.verdict !== verdict) ? `${rulebook} in part` : rulebook
    })
    return some.length === 0 ? [] : [`${sign(...SIGN[verdict], terminal)}${GLUE}${[...new Set(words)].join(', ')}`]
  }).join('; ')
}

function settingsFindings(findings: readonly SettingsFinding[], options: ReportOptions): readonly string[] {
  if (findings.length === 0) return []
  const sorted = WORST_FIRST.flatMap((verdict) => findings.filter((finding) => finding.verdict === verdict))
  return [titleLine('The settings themselves', options.terminal), ...sorted.flatMap((finding) => [...findingBlock(finding, options), ''])]
}

/** What changes for one door, in two lines, and what is still bad. */
function effectLines({ door, role, policy, before, after }: PlannedLeg, terminal: Terminal): readonly string[] {
  const changed = changedWords(before.words, after.words)
  const title = titleLine(`${harmless(door)} ${sign('·', '-', terminal)} ${role}, wanted: ${harmless(policy?.name ?? '')}`, terminal)
  const count = (leg: JudgedLeg, verdict: Verdict): number => leg.findings.filter((finding) => finding.verdict === verdict).length
  const arrow = sign('→', '->', terminal)
  const verdicts = (['bad', 'weak', 'good'] as const).map(
    (verdict) => `${count(before, verdict)} ${arrow} ${count(after, verdict)} ${verdict}`,
  )
  const left = after.findings.filter(({ verdict }) => verdict === 'bad')
  return [
    title,
    ...(changed.length === 0 ? ['  Stays as it is.'] : changed.flatMap((line) => wrapped(line, terminal, '  '))),
    ...wrapped(`Findings: ${verdicts.join(', ')}`, terminal, '  '),
    ...left.flatMap(({ fact, id }) => wrapped(`${fact} [${id}]`, terminal, ...mark('bad', terminal))),
    '',
  ]
}

function changedWords(before: LegWords, after: LegWords): readonly string[] {
  const names = (word: Word<readonly string[]>): readonly string[] => (word.value === 'unknown' ? [] : word.value)
  const list = (label: string, was: Word<readonly string[]>, is: Word<readonly string[]>): readonly string[] => {
    const gone = names(was).filter((one) => !names(is).includes(one))
    const added = names(is).filter((one) => !names(was).includes(one))
    const parts = [...(gone.length === 0 ? [] : [`without ${few(gone, 5)}`]), ...(added.length === 0 ? [] : [`with ${few(added, 5)}`])]
    return parts.length === 0 ? [] : [`${label}: ${parts.join('; ')}`]
  }
  const plain = <T>(label: string, was: Word<T>, is: Word<T>): readonly string[] =>
    was.value === is.value ? [] : [`${label}: ${String(was.value)} before, ${String(is.value)} after`]
  return [
    ...list('Protocols', before.protocols, after.protocols),
    ...list('Suites', before.suites, after.suites),
    ...list('Groups', before.groups, after.groups),
    ...plain('Suite chosen by', before.order, after.order),
    ...plain('DHE bits', before.dh, after.dh),
    ...plain('SSLv2 hello', before.sslv2Hello, after.sslv2Hello),
  ]
}

function lines(all: readonly string[]): string {
  const last = all.findLastIndex((line) => line !== '')
  return `${all.slice(0, last + 1).join('\n')}\n`
}
