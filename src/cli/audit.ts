import { Option } from 'commander'
import type { AuditReport, AuditResult, FailOn, Target, TargetFile } from '../audit/index.ts'
import { PosternError } from '../errors.ts'
import type { Rulebook } from '../policy/index.ts'
import type { AddCommand } from './commands.ts'
import { checkWritable, readText, writeText } from './files.ts'
import { findDoors, placeOf } from './find-doors.ts'
import { explain, GROUP } from './help.ts'
import { addNetworkOptions, networkOf, wholeNumber, type NetworkValues } from './network.ts'
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
    .option('--doors <number>', 'doors to audit at once', wholeNumber(1, 64), 4)
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
}

async function audit(texts: readonly string[], values: AuditValues, terminal: Terminal): Promise<number> {
  const { exitStatus, reportOf } = await import('../audit/index.ts')
  const rulebooks = await rulebooksOf(values.rules)
  const { targets, errors } = await targetsOf(texts, values, terminal)
  for (const file of [values.html, values.output]) if (file !== undefined) checkWritable(file, terminal)
  const started = new Date()
  const results = await run(targets, rulebooks, values, terminal, started)
  const report = reportOf(results, rulebooks, started, version())
  await show(report, values, terminal)
  // What was found is worth more than a line that could not be read; a clean report is not clean without it.
  for (const error of errors) terminal.err(`postern: error: ${error.message}\n`)
  const status = exitStatus(values.only === undefined ? report : graded(report), values.failOn)
  return errors.length > 0 && status !== 1 ? WRONG_INPUT : status
}

/** The status of `EXIT.input`, which main.ts gives for errors that stop a command. */
const WRONG_INPUT = 2

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
  const listed = values.file === undefined ? NOTHING : parseTargetFile(readText(values.file, terminal), values.file)
  const targets = [...named, ...listed.targets]
  if (targets.length > 0) return { targets, errors: listed.errors }
  const [first] = listed.errors
  if (first !== undefined) {
    const message = listed.errors.map((error) => error.message).join('\n')
    throw new PosternError('input', first.code, message, { remedy: first.remedy })
  }
  throw new PosternError('input', 'NO_TARGET', 'Cannot audit: no target is given', {
    remedy: 'Name a domain, a host and port, or a URL, such as postern audit mail.example.com:25.',
  })
}

const NOTHING: TargetFile = { targets: [], errors: [] }

async function run(
  targets: readonly Target[],
  rulebooks: readonly Rulebook[],
  values: AuditValues,
  terminal: Terminal,
  now: Date,
): Promise<readonly AuditResult[]> {
  const { auditAll, unreachable } = await import('../audit/index.ts')
  const network = await networkOf(values, terminal)
  const bar = progress(terminal)
  bar.update({ done: 0, total: targets.length, text: 'looking up names' })
  const folded = new Set<string>()
  try {
    const found = await findDoors(targets, network, (name) => void folded.add(name))
    const doors = found.flatMap((one) => ('door' in one ? [one.door] : []))
    const places = Map.groupBy(doors, placeOf)
    const asked = [...places.values()].flatMap(([first]) => first ?? [])
    const { parallel, timeout, trust } = network
    const watch = watchDoors(bar, asked)
    const results = await auditAll(asked, { parallel, doors: values.doors, timeout, rulebooks, trust, now, only: values.only, ...watch })
    const answers = new Map([...places.keys()].map((place, index) => [place, results[index]]))
    return found.flatMap((one) => {
      if ('error' in one) return [unreachable(one.target, one.error)]
      const answer = answers.get(placeOf(one.door))
      return answer === undefined ? [] : [{ ...answer, target: one.door.url }]
    })
  } finally {
    bar.end()
    if (folded.size > 0) terminal.err(`postern: note: named more than once, audited once: ${some([...folded])}\n`)
  }
}

/** More names would hide what else there is to read. */
const MOST_NAMED = 5

function some(names: readonly string[]): string {
  const more = names.length - MOST_NAMED
  return `${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

export async function rulebooksOf(list: string): Promise<readonly Rulebook[]> {
  const { rulebookByName, RULEBOOKS } = await import('../policy/index.ts')
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => {
      const rulebook = rulebookByName(name)
      if (rulebook !== undefined) return rulebook
      throw new PosternError('input', 'RULEBOOK_UNKNOWN', `Cannot judge by ${JSON.stringify(name)}: there is no such rulebook`, {
        remedy: `Choose from ${RULEBOOKS.map((one) => one.name).join(', ')}.`,
      })
    })
}

async function show(report: AuditReport, values: AuditValues, terminal: Terminal): Promise<void> {
  const { printHtml, printJson, printJunit, printMarkdown, printSarif, printTerminal } = await import('../audit/index.ts')
  if (values.html !== undefined) writeText(values.html, printHtml(report), terminal)
  const text = values.json
    ? printJson(report)
    : values.sarif
      ? printSarif(report)
      : values.junit
        ? printJunit(report, values.failOn)
        : values.markdown
          ? printMarkdown(report)
          : printTerminal(report, {
              colour: terminal.colour && values.output === undefined,
              columns: terminal.columns,
              verbose: values.verbose ?? false,
              unicode: terminal.unicode ?? true,
            })
  if (values.output === undefined) terminal.out(text)
  else writeText(values.output, text, terminal)
}
