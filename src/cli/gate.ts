import type { Command } from 'commander'
import type { AddCommand } from './commands.ts'
import type { ExplainValues } from './gate-explain.ts'
import { addSettingsOptions, GATE_CONFIGURATION } from './gate-options.ts'
import type { GateValues } from './gate-settings.ts'
import type { StatusValues } from './gate-status.ts'
import type { UnitValues } from './gate-unit.ts'
import { explain, GROUP, section } from './help.ts'
import type { Terminal } from './terminal.ts'

/** `postern gate`: the running edge. What a command does is loaded when it is wanted. */
export const addGate: AddCommand = (program, terminal, exit) => {
  const gate = program
    .command('gate')
    .summary('stand in front of servers and decide which TLS clients may use')
    .description(
      'Stands in front of mail, web and file-transfer servers of any age, and speaks STARTTLS and TLS with clients as a policy wants it. A service can be tightened step by step: it observes, explains, or refuses.',
    )
    .helpGroup(GROUP.change)
  addRun(gate, terminal, exit)
  addCheck(gate, terminal)
  addExplain(gate, terminal, exit)
  addStatus(gate, terminal)
  addReload(gate, terminal)
  addDrain(gate, terminal)
  addUnit(gate, terminal)
  addWorker(gate, terminal)
}

function addRun(gate: Command, terminal: Terminal, exit: (status: number) => void): void {
  const command = gate
    .command('run')
    .summary('run the services of a configuration')
    .description(
      'Runs the services of a configuration until SIGTERM or Ctrl-C, and then lets clients finish. SIGHUP reads the configuration again with no connection dropped, and keeps the old one where the new one is wrong. Each connection is a line of JSON.',
    )
    .argument('<file>', GATE_CONFIGURATION)
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
    .argument('<file>', GATE_CONFIGURATION)
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

function addExplain(gate: Command, terminal: Terminal, exit: (status: number) => void): void {
  const command = gate
    .command('explain')
    .summary('say what would become of a message to a domain now, hop by hop, without sending one')
    .description(
      'Looks up where a domain takes its mail, goes to every mail host as far as an outlet would, by DANE, MTA-STS and its policy, and says good-bye before the sender is told.',
    )
    .argument('<domain>', 'of a recipient')
    .option('--config <file>', 'the outlet of this configuration; without it, one of which nothing is said')
    .option('--service <name>', 'of several outlets, this one')
    .option('--json', 'print JSON (schemas/gate-explain.schema.json)')
    .action(async (domain: string, values: ExplainValues) => {
      const { explainDestination } = await import('./gate-explain.ts')
      exit(await explainDestination(domain, values, terminal))
    })
  explain(command, GROUP.look, [
    { line: 'postern gate explain example.com', does: 'as an outlet does that is told nothing' },
    { line: 'postern gate explain example.com --config postern.yaml', does: 'as yours does' },
  ])
  section(
    command,
    'Exit status:',
    '0   a message would go\n1   it would be deferred or refused, and in which words\n2   the configuration is wrong',
  )
}

const ADMIN = ['--admin <socket>', 'the admin socket of the gate (default: the usual one of this user, or /run/postern/gate.sock)'] as const

function addStatus(gate: Command, terminal: Terminal): void {
  const command = gate
    .command('status')
    .summary('show how a running gate is: services, clients, versions, certificates')
    .description(
      'Asks a running gate over its admin socket, and shows its services with their stages and connections, the versions that are negotiated, who the policy cuts off and why, and when certificates end.',
    )
    .option(...ADMIN)
    .option('--watch', 'show it again every two seconds, until Ctrl-C')
    .option('--json', 'print JSON (schemas/gate-status.schema.json)')
    .action(async (values: StatusValues) => {
      const { showStatus } = await import('./gate-status.ts')
      await showStatus(values, terminal)
    })
  explain(command, GROUP.look, [
    { line: 'postern gate status --watch', does: 'a table that lives' },
    { line: 'postern gate status --json', does: 'for scripts' },
  ])
}

function addReload(gate: Command, terminal: Terminal): void {
  const command = gate
    .command('reload')
    .summary('have a running gate take up its changed configuration, and say whether it did')
    .description(
      'Has a running gate read its configuration again, waits, and says whether it is in force. Where it is wrong, says why, and the gate goes on as before. No connection is dropped.',
    )
    .option(...ADMIN)
    .action(async (values: Pick<StatusValues, 'admin'>) => {
      const { reloadGate } = await import('./gate-order.ts')
      await reloadGate(values, terminal)
    })
  explain(command, GROUP.change, [{ line: 'postern gate reload', does: 'behind a change of postern.yaml' }])
  section(command, 'Exit status:', '0   the new configuration is in force\n2   it is wrong, and the old one stays\n3   no gate answers')
}

function addDrain(gate: Command, terminal: Terminal): void {
  const command = gate
    .command('drain')
    .summary('have a running gate take no new clients, and end when those that are there are done')
    .description('Has a running gate end as SIGTERM does: it takes no new clients, and gives those that are there half a minute.')
    .option(...ADMIN)
    .action(async (values: Pick<StatusValues, 'admin'>) => {
      const { drainGate } = await import('./gate-order.ts')
      await drainGate(values, terminal)
    })
  explain(command, GROUP.change, [{ line: 'postern gate drain', does: 'before the machine goes down' }])
}

function addUnit(gate: Command, terminal: Terminal): void {
  const command = gate
    .command('unit')
    .summary('print a unit of systemd that runs a configuration, locked up and without root')
    .description(
      'Prints a unit of systemd that runs a configuration as a user of its own, sees nothing that it does not need, and may do nothing but listen. With --sockets systemd listens itself: no client meets a closed door while the gate starts again.',
    )
    .argument('<file>', GATE_CONFIGURATION)
    .option('--sockets', 'have systemd listen for every service, and print its units for that, too')
    .action(async (file: string, values: UnitValues) => {
      const { printGateUnit } = await import('./gate-unit.ts')
      await printGateUnit(file, values, terminal)
    })
  addSettingsOptions(command)
  explain(command, GROUP.change, [
    { line: 'postern gate unit /etc/postern/postern.yaml > /etc/systemd/system/postern-gate.service', does: 'one file' },
    { line: 'postern gate unit /etc/postern/postern.yaml --sockets', does: 'several, with their names' },
  ])
}
