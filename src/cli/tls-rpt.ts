import type { Command } from 'commander'
import type { TlsReport } from '../gate/tls-rpt/index.ts'
import type { AddCommand } from './commands.ts'
import { readBytes } from './files.ts'
import { explain, GROUP } from './help.ts'
import type { Terminal } from './terminal.ts'

interface ReadValues {
  readonly verbose?: true
  readonly json?: true
}

const SOME_FAILED = 1

/** `postern tls-rpt`: reports of others about TLS with our servers. */
export const addTlsRpt: AddCommand = (program, terminal, exit) => {
  const reports = program
    .command('tls-rpt')
    .summary('read reports about TLS from those who send us mail')
    .description('Reads the reports that other mail servers send about TLS with ours (SMTP TLS reporting, RFC 8460 §3).')
    .helpGroup(GROUP.look)
  addRead(reports, terminal, exit)
}

function addRead(reports: Command, terminal: Terminal, exit: (status: number) => void): void {
  const command = reports
    .command('read')
    .summary('say what a report means, and what to do')
    .description(
      'Says in words what reports mean: how many sessions went well, which failed where and why, and what to do about it. Reads .json and .json.gz files, and mails that have either attached. The exit status is 1 when sessions failed.',
    )
    .argument('<file...>', 'reports as they were received; - is standard input')
    .option('-v, --verbose', 'show every host and sender')
    .option('--json', 'print JSON')
    .action(async (files: readonly string[], values: ReadValues) => {
      const { MOST_BYTES, readReport } = await import('../gate/tls-rpt/index.ts')
      const read = files.map((file) => readReport(readBytes(file, MOST_BYTES, terminal), file === '-' ? 'standard input' : file))
      if (values.json) terminal.out(`${JSON.stringify({ version: 1, reports: read }, undefined, 2)}\n`)
      else {
        const { reportText } = await import('./tls-rpt-text.ts')
        terminal.out(read.map((report) => reportText(report, values.verbose ?? false, terminal)).join('\n'))
      }
      exit(read.some(anyFailed) ? SOME_FAILED : 0)
    })
  explain(command, GROUP.look, [
    { line: 'postern tls-rpt read google.com!example.com!1763683200!1763769599.json.gz', does: 'a file' },
    { line: 'postern tls-rpt read - < report.eml', does: 'a mail' },
  ])
}

function anyFailed({ policies }: TlsReport): boolean {
  return policies.some(({ summary }) => summary['total-failure-session-count'] > 0)
}
