import { Option } from 'commander'
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { AuditDoor, AuditReport, AuditResult, FailOn, Target } from '../audit/index.ts'
import { PosternError } from '../errors.ts'
import type { Rulebook } from '../policy/index.ts'
import type { AddCommand } from './commands.ts'
import { explain, GROUP } from './help.ts'
import { addNetworkOptions, networkOf, wholeNumber, type NetworkValues } from './network.ts'
import { progress } from './progress.ts'
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

/** `postern audit`: what TLS the doors of a server really speak, what is wrong with it, whom it touches and what to change. */
export const addAudit: AddCommand = (program, terminal, exit) => {
  const command = program
    .command('audit')
    .summary('find out what TLS a server speaks, and what to change')
    .description(
      'Audits every door of a domain, or one door: protocols, suites and their order, groups, certificates,\nfeatures and flaws, judged by named rulebooks. It asks and changes nothing.',
    )
    .argument('[target...]', 'domain, host:port, or URL such as smtp://mail.example.com or imaps://192.0.2.1:993')
    .option('-f, --file <file>', 'read targets from a file, one a line')
    .option('--rules <list>', 'rulebooks to judge by, separated by commas', USUAL_RULES)
    .addOption(
      new Option('--fail-on <verdict>', 'exit with 1 when something is this or worse').choices(['bad', 'weak', 'unknown']).default('bad'),
    )
    .addOption(new Option('--only <part>', 'ask for protocols and suites only').choices(['suites']))
    .option('-v, --verbose', 'show every suite, feature and proof')
    .option('--json', 'print the report as JSON (schemas/audit-report.schema.json)')
    .option('--sarif', 'print the report as SARIF 2.1.0')
    .option('--junit', 'print the report as JUnit XML')
    .option('--markdown', 'print the report as Markdown')
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
  const targets = await targetsOf(texts, values, terminal)
  const started = new Date()
  const results = await run(targets, rulebooks, values, terminal, started)
  const report = reportOf(results, rulebooks, started, version())
  await show(report, values, terminal)
  return exitStatus(values.only === undefined ? report : graded(report), values.failOn)
}

/** A partial audit has no grade, which is no failure of its own: it is what was asked for. */
function graded(report: AuditReport): AuditReport {
  return {
    ...report,
    targets: report.targets.map((target) => (target.reachable && target.problem === null ? { ...target, grade: 'A' as const } : target)),
  }
}

async function targetsOf(texts: readonly string[], values: AuditValues, terminal: Terminal): Promise<readonly Target[]> {
  const { parseTarget, parseTargetFile } = await import('../audit/index.ts')
  const named = texts.flatMap((text) => parseTarget(text))
  const listed = values.file === undefined ? [] : parseTargetFile(readText(values.file, terminal), values.file)
  if (named.length + listed.length > 0) return [...named, ...listed]
  throw new PosternError('input', 'NO_TARGET', 'Cannot audit: no target is given', {
    remedy: 'Name a domain, a host and port, or a URL, such as postern audit mail.example.com:25.',
  })
}

async function run(
  targets: readonly Target[],
  rulebooks: readonly Rulebook[],
  values: AuditValues,
  terminal: Terminal,
  now: Date,
): Promise<readonly AuditResult[]> {
  const { answering, auditAll, doorOf, resolveTarget, targetUrl, unreachable } = await import('../audit/index.ts')
  const { resolveOptions, parallel, timeout, trust, sni } = await networkOf(values, terminal)
  const bar = progress(terminal)
  bar.update({ done: 0, total: targets.length, text: 'looking up names' })
  const resolutions = await Promise.all(targets.map((target) => resolveTarget(target, resolveOptions)))
  const failed = resolutions.flatMap(({ problems }, index) => problems.map(({ error }) => unreachable(nameOf(targets[index]), error)))
  const endpoints = await answering(
    resolutions.flatMap((resolution) => resolution.endpoints),
    { timeout: DOOR_PATIENCE_MS, parallel: DOORS_AT_ONCE },
  )
  const doors: AuditDoor[] = await Promise.all(endpoints.map((endpoint) => doorOf(endpoint, sni)))
  let done = 0
  const finished = (result: AuditResult): void => bar.update({ done: ++done, total: doors.length, text: result.target })
  bar.update({ done, total: doors.length, text: doors.map((door) => door.url).join(' ') })
  const results = await auditAll(doors, { parallel, doors: values.doors, timeout, rulebooks, trust, now, only: values.only, finished })
  bar.end()
  return [...failed, ...results]

  function nameOf(target: Target | undefined): string {
    if (target === undefined) return ''
    return target.kind === 'door' ? targetUrl(target) : target.host
  }
}

/** A door that nobody named and that has not answered by then is closed. */
const DOOR_PATIENCE_MS = 3000
const DOORS_AT_ONCE = 64

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

function readText(file: string, terminal: Terminal): string {
  try {
    return readFileSync(resolve(terminal.cwd, file), 'utf8')
  } catch (cause) {
    throw new PosternError('input', 'FILE_UNREADABLE', `Cannot read ${file}`, { remedy: 'Check the name and the permissions.', cause })
  }
}

function writeText(file: string, text: string, terminal: Terminal): void {
  try {
    writeFileSync(resolve(terminal.cwd, file), text)
  } catch (cause) {
    throw new PosternError('world', 'FILE_UNWRITABLE', `Cannot write ${file}`, {
      remedy: 'Check the folder, its permissions and the space on the disk.',
      cause,
    })
  }
}
