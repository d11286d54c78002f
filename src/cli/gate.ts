import type { Command } from 'commander'
import { PRODUCTS } from '../settings/products/index.ts'
import type { AddCommand } from './commands.ts'
import { GATE_PRODUCTS } from './gate-products.ts'
import type { GateValues } from './gate-settings.ts'
import { explain, GROUP, section } from './help.ts'
import { addVersionOptions } from './settings-options.ts'
import type { Terminal } from './terminal.ts'

/** `postern gate`: the running edge. What a command does is loaded when it is wanted. */
export const addGate: AddCommand = (program, terminal, exit) => {
  const gate = program
    .command('gate')
    .summary('stand in front of servers and decide which TLS clients may use')
    .description(
      'Stands in front of mail servers of any age, speaks STARTTLS and TLS with clients as a policy wants it, and plain text with the server behind. A service can be tightened step by step: it observes, explains, or refuses.',
    )
    .helpGroup(GROUP.change)
  addRun(gate, terminal, exit)
  addCheck(gate, terminal)
  addWorker(gate, terminal)
}

const FILE = 'configuration (YAML, schemas/gate.schema.json), or mailserver.cfg or server.xml'

/** For settings of other programs. */
function addSettingsOptions(command: Command): void {
  command.option('--with <file>', 'beside settings: where certificates and servers behind are (default postern.yaml in their folder)')
  addVersionOptions(
    command,
    PRODUCTS.filter(({ product }) => GATE_PRODUCTS.includes(product)),
  )
}

function addRun(gate: Command, terminal: Terminal, exit: (status: number) => void): void {
  const command = gate
    .command('run')
    .summary('run the services of a configuration')
    .description(
      'Runs the services of a configuration until SIGTERM or Ctrl-C, and then lets clients finish. SIGHUP reads the configuration again with no connection dropped, and keeps the old one where the new one is wrong. Each connection is a line of JSON.',
    )
    .argument('<file>', FILE)
    .action(async (file: string, values: GateValues) => {
      const { runGate } = await import('./gate-run.ts')
      exit(await runGate(file, values, terminal))
    })
  addSettingsOptions(command)
  explain(command, GROUP.change, [
    { line: 'postern gate run postern.yaml', does: 'until it is told to end' },
    { line: 'postern gate run mailserver.cfg', does: 'the TLS of these settings, with postern.yaml beside them' },
    { line: 'kill -HUP PID', does: 'take up what was changed in the file' },
  ])
  section(command, 'Exit status:', 'The same as of other commands; 0 when it was told to end.')
}

function addCheck(gate: Command, terminal: Terminal): void {
  const command = gate
    .command('check')
    .summary('say whether a configuration can be run, and what of it cannot be kept')
    .description(
      'Reads a configuration with every policy and key that it names, makes every context of TLS, and says what of the policies this machine cannot keep. Nothing listens.',
    )
    .argument('<file>', FILE)
    .action(async (file: string, values: GateValues) => {
      const { checkGate } = await import('./gate-run.ts')
      await checkGate(file, values, terminal)
    })
  addSettingsOptions(command)
  explain(command, GROUP.look, [{ line: 'postern gate check postern.yaml', does: 'before it is run or reloaded' }])
}

/** For `gate run`, which starts several. */
function addWorker(gate: Command, terminal: Terminal): void {
  gate
    .command('worker', { hidden: true })
    .description('Serves clients for a gate that runs in several processes, which starts it.')
    .action(async () => {
      const { runWorker } = await import('./gate-worker.ts')
      runWorker(terminal)
    })
}
