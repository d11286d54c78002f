import { Option } from 'commander'
import type { AuditDoor, AuditReport, AuditResult, FailOn, Target, TargetFile } from '../audit/index.ts'
import { PosternError } from '../errors.ts'
import type { Rulebook } from '../policy/index.ts'
import type { AddCommand } from './commands.ts'
import { checkDifferent, checkWritable, readLines, writeText } from './files.ts'
import { findDoors, placeOf, type Found } from './find-doors.ts'
import { explain, GROUP, section } from './help.ts'
import { INTERRUPTED, orInterrupted } from './interrupt.ts'
import { addNetworkOptions, networkOf, wholeNumber, type NetworkValues } from './network.ts'
import { keepHeapSmall } from './memory.ts'
import { progress, watchDoors } from './progress.ts'
import type { Terminal } from './terminal.ts'
import { version } from './version.ts'

/** Those that most scanners' reports are about. */
export const USUAL_RULES = 'mozilla-intermediate,rfc-9325,ncsc-nl,nist-sp800-52r2,bsi-tr-02102-2,pci-dss'

interface AuditValues extends NetworkValues {
  readonly rules: string
  readonly failOn: FailOn
  readonly file?: string
  readonly only?: 'suites'
  readonly verbose?: true
  readonly json?: true
  readonly sarif?: true
  readonly junit?: true
  readonly markdown?: true
  readonly html?: string
  readonly output?: string
  readonly doors: number
}

/** Ways to print a report, of which one can be had at a time. */
const FORMATS = ['json', 'sarif', 'junit', 'markdown']

/** `postern audit`: what TLS the doors of a server really speak, what is wrong with it, whom it touches and what to change. */
export const addAudit: AddCommand = (program, terminal, exit) => {
  const command = program
    .command('audit')
    .summary('find out what TLS a server speaks, and what to change')
    .description(
      'Audits every door of a domain, or one door: protocols, suites and their order, groups, certificates, features and flaws, judged by named rulebooks. It asks and changes nothing.',
    )
    .argument('[target...]', 'domain, host:port, or URL such as smtp://mail.example.com or imaps://192.0.2.1:993')
    .option('-f, --file <file>', 'read targets from a file, one a line')
    .option('--rules <list>', 'rulebooks to judge by, separated by commas', USUAL_RULES)
    .addOption(
      new Option('--fail-on <verdict>', 'exit with 1 when something is this or worse').choices(['bad', 'weak', 'unknown']).default('bad'),
    )
    .addOption(new Option('--only <part>', 'ask for protocols and suites only').choices(['suites']))
    .option('-v, --verbose', 'show every suite, feature and proof')
    .addOption(
      new Option('--json', 'print the report as JSON (schemas/audit-report.schema.json)').conflicts(
        FORMATS.filter((format) => format !== 'json'),
      ),
    )
    .addOption(new Option('--sarif', 'print the report as SARIF 2.1.0').conflicts(FORMATS.filter((format) => format !== 'sarif')))
    .addOption(new Option('--junit', 'print the report as JUnit XML').conflicts(FORMATS.filter((format) => format !== 'junit')))
    .addOption(new Option('--markdown', 'print the report as Markdown').conflicts(FORMATS.filter((format) => format !== 'markdown')))
    .option('--html <file>', 'write the report as one page, readable on paper')
    .option('-o, --output <file>', 'write what would be printed to a file')
    .option('--doors <number>', 'doors to audit at once, one at each address', wholeNumber(1, 64), 4)
    .action(async (targets: string[], values: AuditValues) => {
      exit(await audit(targets, values, terminal))
    })
  addNetworkOptions(command)
  explain(command, GROUP.look, [
    { line: 'postern audit example.com', does: 'every door of every mail server of a domain' },
    { line: 'postern audit smtp://mail.example.com', does: 'port 25 with STARTTLS' },
    { line: 'postern audit mail.example.com:25,465,993', does: 'three ports, guessed' },
    { line: 'postern audit imaps://10.0.0.5 --sni mail.example.com --ca ca.pem', does: 'by address, own authority' },
    { line: 'postern audit example.com --html report.html', does: 'one page for the desk' },
    { line: 'postern audit -f servers.txt --json --fail-on weak', does: 'for a nightly job' },
  ])
  section(command, 'Exit status:', EXIT_HELP)
}

const EXIT_HELP = `
0    nothing is at or above --fail-on
1    something is
2    wrong input; what could be read was audited
3    a server or the network: something could not be found out
70   a bug in Postern met one of the doors; the others are reported
130  stopped by Ctrl-C; doors that were finished are reported`.trimStart()

async function audit(texts: readonly string[], values: AuditValues, terminal: Terminal): Promise<number> {
  keepHeapSmall()
  const { exitStatus, reportOf } = await import('../audit/index.ts')
  const rulebooks = await rulebooksOf(values.rules)
  const { targets, errors } = await targetsOf(texts, values, terminal)
  checkDifferent([values.html, values.output], terminal)
  for (const file of [values.html, values.output]) if (file !== undefined) checkWritable(file, terminal)
  const started = new Date()
  const { results, stopped } = await run(targets, rulebooks, values, terminal, started)
  const report = reportOf(results, rulebooks, started, version())
  if (results.length > 0) await show(report, values, terminal)
  // What was found is worth more than a line that could not be read; a clean report is not clean without it.
  for (const error of errors) terminal.err(`postern: error: ${error.message}\n`)
  if (stopped !== undefined) terminal.err(`postern: error: ${stopped}\n`)
  if (stopped !== undefined) return INTERRUPTED
  const status = exitStatus(values.only === undefined ? report : graded(report), values.failOn)
  return errors.length > 0 && status !== 1 && status !== BUG ? WRONG_INPUT : status
}

/** The statuses of `EXIT`, which main.ts gives for errors that stop a command. */
const WRONG_INPUT = 2
const BUG = 70

/** A partial audit has no grade, which is no failure of its own: it is what was asked for. */
function graded(report: AuditReport): AuditReport {
  return {
    ...report,
    targets: report.targets.map((target) => (target.reachable && target.problem === null ? { ...target, grade: 'A' as const } : target)),
  }
}

async function targetsOf(texts: readonly string[], values: AuditValues, terminal: Terminal): Promise<TargetFile> {
  const { parseTarget, parseTargetFile } = await import('../audit/index.ts')
  const named = texts.flatMap((text) => parseTarget(text))
  const listed = values.file === undefined ? NOTHING : parseTargetFile(readLines(values.file, terminal), values.file)
  const targets = [...named, ...listed.targets]
  if (targets.length > 0) return { targets, errors: listed.errors }
  const [first] = listed.errors
  if (first !== undefined) {
    const message = listed.errors.map((error) => error.message).join('\n')
    throw new PosternError('input', first.code, message, { remedy: first.remedy })
  }
  const none = values.file === undefined ? 'no target is given' : `there is no target in ${values.file}`
  throw new PosternError('input', 'NO_TARGET', `Cannot audit: ${none}`, {
    remedy: 'Name a domain, a host and port, or a URL, such as postern audit mail.example.com:25.',
  })
}

const NOTHING: TargetFile = { targets: [], errors: [] }

interface Run {
  readonly results: readonly AuditResult[]
  /** What to say of an audit that was stopped; the results are those that it had by then. */
  readonly stopped: string | undefined
}

async function run(
  targets: readonly Target[],
  rulebooks: readonly Rulebook[],
  values: AuditValues,
  terminal: Terminal,
  now: Date,
): Promise<Run> {
  const { auditAll } = await import('../audit/index.ts')
  const network = await networkOf(values, terminal)
  const bar = progress(terminal)
  bar.update({ done: 0, total: targets.length, text: 'looking up names' })
  const folded = new Set<string>()
  try {
    const found = await findDoors(targets, network, (name) => void folded.add(name))
    const places = Map.groupBy(
      found.flatMap((one) => ('door' in one ? [one.door] : [])),
      placeOf,
    )
    const doors = [...places.values()].flatMap(([first]) => first ?? [])
    const { parallel, timeout, trust } = network
    const watch = watchDoors(bar, doors)
    const answers = new Map<string, AuditResult>()
    const finished = (result: AuditResult, door: AuditDoor): void => {
      answers.set(placeOf(door), result)
      watch.finished(result, door)
    }
    const options = { parallel, doors: values.doors, timeout, rulebooks, trust, now, only: values.only, ...watch, finished }
    const whole = await orInterrupted(auditAll(doors, options), terminal)
    const left = doors.length - answers.size
    const stopped =
      whole === undefined && left > 0 ? `Cannot finish the audit: it was stopped, ${left} of ${doors.length} doors are left` : undefined
    return { results: await inOrder(found, answers, stopped !== undefined), stopped }
  } finally {
    bar.end()
    if (folded.size > 0) terminal.err(`postern: note: named more than once, audited once: ${some([...folded])}\n`)
  }
}

/** The results in the order of the doors. An audit that was stopped before anything was answered has none. */
async function inOrder(
  found: readonly Found[],
  answers: ReadonlyMap<string, AuditResult>,
  stopped: boolean,
): Promise<readonly AuditResult[]> {
  const { unreachable } = await import('../audit/index.ts')
  if (stopped && answers.size === 0) return []
  return found.flatMap((one) => {
    if ('error' in one) return [unreachable(one.target, one.error)]
    const answer = answers.get(placeOf(one.door))
    return answer === undefined ? [] : [{ ...answer, target: one.door.url }]
  })
}

/** More names would hide what else there is to read. */
const MOST_NAMED = 5

function some(names: readonly string[]): string {
  const more = names.length - MOST_NAMED
  return `${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

export async function rulebooksOf(list: string): Promise<readonly Rulebook[]> {
  const { rulebookByName, RULEBOOKS } = await import('../policy/index.ts')
  const names = new Set(list.split(',').map((name) => name.trim()))
  if (names.size > 1) names.delete('')
  return [...names].map((name) => {
    const rulebook = rulebookByName(name)
    if (rulebook !== undefined) return rulebook
    throw new PosternError('input', 'RULEBOOK_UNKNOWN', `Cannot judge by ${JSON.stringify(name)}: there is no such rulebook`, {
      remedy: `Choose from ${RULEBOOKS.map((one) => one.name).join(', ')}.`,
    })
  })
}

async function show(report: AuditReport, values: AuditValues, terminal: Terminal): Promise<void> {
  const { printHtml } = await import('../audit/index.ts')
  const pieces = await printed(report, values, terminal)
  const { output, html } = values
  // What took minutes to find out must not be lost with a full disk: then it is printed.
  const written = output !== undefined && attempt(() => writeText(output, pieces(), terminal))
  if (written !== true) for (const piece of pieces()) terminal.out(piece)
  const page = html === undefined || attempt(() => writeText(html, [printHtml(report)], terminal))
  for (const one of [written, page]) if (one instanceof Error) throw one
}

/** The report in the format that was asked for, in pieces. */
async function printed(report: AuditReport, values: AuditValues, terminal: Terminal): Promise<() => readonly string[] | Generator<string>> {
  const { jsonPieces, printJunit, printMarkdown, printSarif, printTerminal } = await import('../audit/index.ts')
  if (values.json) return () => jsonPieces(report)
  if (values.sarif) return () => [printSarif(report)]
  if (values.junit) return () => [printJunit(report, values.failOn)]
  if (values.markdown) return () => [printMarkdown(report)]
  const colour = terminal.colour && values.output === undefined
  const { columns, unicode = true } = terminal
  return () => [printTerminal(report, { colour, columns, verbose: values.verbose ?? false, unicode })]
}

/** True, or the error. */
function attempt(work: () => void): true | Error {
  try {
    work()
    return true
  } catch (error) {
    if (error instanceof PosternError) return error
    throw error
  }
}
