import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { AuditDoor, AuditReport } from '../audit/index.ts'
import { PosternError } from '../errors.ts'
import { rulebooksOf, USUAL_RULES } from './audit.ts'
import type { AddCommand } from './commands.ts'
import type { DemoGate } from './demo/gate.ts'
import type { DemoServer } from './demo/old-server.ts'
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

/** `postern demo`: a mail server on this machine as they used to come, a gate in front of it, and an audit of both. */
export const addDemo: AddCommand = (program, terminal, exit) => {
  const command = program
    .command('demo')
    .summary('see an old mail server graded, and again behind a gate, on this machine')
    .description(
      'Starts a real mail server on this machine with the TLS that it came with years ago, puts a gate in front of it, and audits the server by itself and through the gate. Nothing leaves the machine, nothing is asked, and nothing stays but one page.',
    )
    .option('--html <folder>', 'write the page there, instead of into a new folder for temporary files')
    .option('--keep', 'let server and gate run until Ctrl-C, to try other commands on them')
    .action(async (values: DemoValues) => {
      exit(await run(values, terminal))
    })
  explain(command, GROUP.look, [
    { line: 'postern demo', does: 'two reports, in a few seconds' },
    { line: 'postern demo --html .', does: 'and the page in this folder' },
    { line: 'postern demo --keep', does: 'then try postern handshake on server and gate' },
  ])
}

async function run(values: DemoValues, terminal: Terminal): Promise<number> {
  const { makeAuthority } = await import('./demo/certificate.ts')
  const { startOldServer } = await import('./demo/old-server.ts')
  const { startGate } = await import('./demo/gate.ts')
  const { printHtml, printTerminal } = await import('../audit/index.ts')
  const authority = makeAuthority('Postern Demo CA', 'P-256', new Date())
  const old = await startOldServer(authority, new Date())
  try {
    const gate = await startGate(old, () => new Date())
    try {
      terminal.out(introduction(old, gate))
      const report = await audit([old, gate], authority.pem, terminal)
      const { colour, columns, unicode = true } = terminal
      terminal.out(printTerminal(report, { colour, columns, unicode, verbose: false }))
      terminal.out(conclusion(report, writePage(values.html, printHtml(report), terminal)))
      if (values.keep === true) await untilInterrupted(old, gate, terminal)
    } finally {
      await gate.stop()
    }
  } finally {
    await old.stop()
  }
  return 0
}

function introduction(old: DemoServer, gate: DemoGate): string {
  return [
    'A mail server runs on this machine now, with the TLS that it came with years ago:',
    `  smtp://${old.name}:${old.ports.smtp}`,
    ...old.settings.map((line) => `    ${line}`),
    '',
    'In front of it stands a gate, with this postern.yaml and the certificate of the server:',
    `  smtp://${gate.name}:${gate.ports.smtp}`,
    ...gate.configuration
      .trimEnd()
      .split('\n')
      .map((line) => `    ${line}`),
    '',
    'Both are audited now. The audit knows nothing of their settings: it asks, as it would',
    'ask any server.',
    '',
    '',
  ].join('\n')
}

type Audited = Pick<DemoServer, 'name' | 'ports'>

async function audit(servers: readonly Audited[], authority: string, terminal: Terminal): Promise<AuditReport> {
  const { auditAll, reportOf, trustStore } = await import('../audit/index.ts')
  const started = new Date()
  const rulebooks = await rulebooksOf(USUAL_RULES)
  const doors: readonly AuditDoor[] = await Promise.all(servers.map((server) => smtpDoor(server)))
  const bar = progress(terminal)
  let done = 0
  bar.update({ done, total: doors.length, text: 'asking' })
  const results = await auditAll(doors, {
    parallel: PARALLEL,
    doors: doors.length,
    timeout: TIMEOUT_MS,
    rulebooks,
    trust: trustStore([{ file: 'the demo', pem: authority }]),
    now: started,
    finished: ({ target }) => bar.update({ done: ++done, total: doors.length, text: target }),
  })
  bar.end()
  return reportOf(results, rulebooks, started, version())
}

async function smtpDoor({ name, ports }: Audited): Promise<AuditDoor> {
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
  const [old, gate] = report.targets
  return [
    '',
    `The old server gets ${old?.grade ?? 'unknown'}. Through the gate the same server gets ${gate?.grade ?? 'unknown'}, and nothing was changed in it.`,
    'Both as one page, readable on paper:',
    `  ${page}`,
    '',
    'Now ask a server of yours, which changes nothing there:',
    '  npx postern audit mail.example.com',
    '',
  ].join('\n')
}

async function untilInterrupted(old: DemoServer, gate: DemoGate, terminal: Terminal): Promise<void> {
  const [through, past] = [gate, old].map(({ name, ports }) => `smtp://${name}:${ports.smtp}`)
  terminal.out(
    [
      '',
      `The gate is live at ${through}, until Ctrl-C. Try, in another window:`,
      `  npx postern prove ${through} --policy mozilla-intermediate`,
      `  npx postern handshake ${past} --tls1        what the old server takes`,
      `  npx postern handshake ${through} --tls1        and what the gate lets through`,
      `  openssl s_client -connect localhost:${gate.ports.smtp} -starttls smtp`,
      `  a browser at https://${gate.name}:${gate.ports.https}/`,
      '',
    ].join('\n'),
  )
  // Server and gate keep this process alive.
  await new Promise<void>((resolve) => void process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve()))
}
