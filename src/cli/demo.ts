import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { AuditDoor, AuditReport } from '../audit/index.ts'
import { PosternError } from '../errors.ts'
import { rulebooksOf, USUAL_RULES } from './audit.ts'
import type { AddCommand } from './commands.ts'
import type { Demo, DemoServer } from './demo/servers.ts'
import { explain, GROUP } from './help.ts'
import { progress } from './progress.ts'
import type { Terminal } from './terminal.ts'
import { version } from './version.ts'

interface DemoValues {
  readonly html?: string
  readonly keep?: true
}

const PARALLEL = 8
const TIMEOUT_MS = 60_000

/** `postern demo`: two mail servers on this machine, one as they used to come and one that is well kept, and an audit of both. */
export const addDemo: AddCommand = (program, terminal, exit) => {
  const command = program
    .command('demo')
    .summary('see an audit of two mail servers on this machine')
    .description(
      'Starts two real mail servers on this machine, one with the TLS that they came with years ago and one that is well kept, and audits both. Nothing leaves the machine, nothing is asked, and nothing stays but one page.',
    )
    .option('--html <folder>', 'write the page there, instead of into a new folder for temporary files')
    .option('--keep', 'let the servers run until Ctrl-C, to try other commands on them')
    .action(async (values: DemoValues) => {
      exit(await run(values, terminal))
    })
  explain(command, GROUP.look, [
    { line: 'postern demo', does: 'two reports, in a few seconds' },
    { line: 'postern demo --html .', does: 'and the page in this folder' },
    { line: 'postern demo --keep', does: 'then try postern handshake on the servers' },
  ])
}

async function run(values: DemoValues, terminal: Terminal): Promise<number> {
  const { startDemo } = await import('./demo/servers.ts')
  const { printHtml, printTerminal } = await import('../audit/index.ts')
  const demo = await startDemo(new Date())
  try {
    terminal.out(introduction(demo))
    const report = await audit(demo, terminal)
    const { colour, columns, unicode = true } = terminal
    terminal.out(printTerminal(report, { colour, columns, unicode, verbose: false }))
    terminal.out(conclusion(report, writePage(values.html, printHtml(report), terminal)))
    if (values.keep === true) await untilInterrupted(demo, terminal)
    return 0
  } finally {
    await demo.stop()
  }
}

function introduction({ old, kept }: Demo): string {
  const server = (title: string, { name, ports, settings }: DemoServer): string =>
    [`${title}: smtp://${name}:${ports.smtp}`, ...settings.map((line) => `  ${line}`), ''].join('\n')
  return [
    'Two mail servers run on this machine now. Postern knows nothing of their',
    'settings, which stand below: it asks, as it would ask any server.',
    '',
    server('One as they came years ago', old),
    server('One that is well kept', kept),
    '',
  ].join('\n')
}

async function audit(demo: Demo, terminal: Terminal): Promise<AuditReport> {
  const { auditAll, reportOf, trustStore } = await import('../audit/index.ts')
  const started = new Date()
  const rulebooks = await rulebooksOf(USUAL_RULES)
  const doors: readonly AuditDoor[] = await Promise.all([demo.old, demo.kept].map((server) => smtpDoor(server)))
  const bar = progress(terminal)
  let done = 0
  bar.update({ done, total: doors.length, text: 'asking' })
  const results = await auditAll(doors, {
    parallel: PARALLEL,
    doors: doors.length,
    timeout: TIMEOUT_MS,
    rulebooks,
    trust: trustStore([{ file: 'the demo', pem: demo.authority }]),
    now: started,
    finished: ({ target }) => bar.update({ done: ++done, total: doors.length, text: target }),
  })
  bar.end()
  return reportOf(results, rulebooks, started, version())
}

async function smtpDoor({ name, ports }: DemoServer): Promise<AuditDoor> {
  const { doorOf, parseTarget } = await import('../audit/index.ts')
  const [target] = parseTarget(`smtp://${name}:${ports.smtp}`)
  if (target?.kind !== 'door') throw new PosternError('bug', 'DEMO_TARGET', `Cannot audit ${name}: it is no door`)
  return doorOf({ target, address: '127.0.0.1', family: 4, port: ports.smtp, certain: true })
}

/** Gives the path of the page. */
function writePage(folder: string | undefined, html: string, terminal: Terminal): string {
  const wanted = folder === undefined ? undefined : resolve(terminal.cwd, folder)
  try {
    if (wanted !== undefined) mkdirSync(wanted, { recursive: true })
    const file = join(wanted ?? mkdtempSync(join(tmpdir(), 'postern-demo-')), 'postern-demo.html')
    writeFileSync(file, html)
    return file
  } catch (cause) {
    throw new PosternError('input', 'FILE_UNWRITABLE', `Cannot write the page into ${wanted ?? tmpdir()}`, {
      remedy: 'Name a folder that can be written to with --html.',
      cause,
    })
  }
}

function conclusion(report: AuditReport, page: string): string {
  const [old, kept] = report.targets
  return [
    '',
    `The old server gets ${old?.grade ?? 'unknown'}, the well-kept one ${kept?.grade ?? 'unknown'}.`,
    'The same as one page, readable on paper:',
    `  ${page}`,
    '',
    'Now ask a server of yours, which changes nothing there:',
    '  npx postern audit mail.example.com',
    '',
  ].join('\n')
}

async function untilInterrupted({ old, kept }: Demo, terminal: Terminal): Promise<void> {
  terminal.out(
    [
      '',
      'The servers run until Ctrl-C. Try, in another window:',
      `  npx postern handshake smtp://${old.name}:${old.ports.smtp} --tls1`,
      `  npx postern prove smtp://${kept.name}:${kept.ports.smtp} --policy mozilla-intermediate`,
      `  openssl s_client -connect localhost:${old.ports.smtp} -starttls smtp -tls1_2 -cipher ADH-AES256-SHA:@SECLEVEL=0`,
      `  a browser at https://${kept.name}:${kept.ports.https}/`,
      '',
    ].join('\n'),
  )
  // The servers keep this process alive.
  await new Promise<void>((resolve) => void process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve()))
}
