import type { Command } from 'commander'
import type { AddCommand } from './commands.ts'
import { addSettingsOptions, GATE_CONFIGURATION } from './gate-options.ts'
import type { GateValues } from './gate-settings.ts'
import { explain, GROUP, section } from './help.ts'
import type { InviteValues, JoinValues } from './link-members.ts'
import type { Terminal } from './terminal.ts'

/** `postern link`: tunnels that an inside opens to a gate. What a command does is loaded when it is wanted. */
export const addLink: AddCommand = (program, terminal, exit) => {
  const link = program
    .command('link')
    .summary('publish inside servers through a gate, with no port to the inside open')
    .description(
      'An inside opens a tunnel to a gate in the DMZ, and clients of the gate come to servers inside over it. The gate invites an inside, which joins; nobody ever connects to the inside.',
    )
    .helpGroup(GROUP.change)
  addInvite(link, terminal)
  addJoin(link, terminal)
  addRun(link, terminal, exit)
  addUnit(link, terminal)
  addList(link, terminal)
  addRevoke(link, terminal)
}

const GATE_FILE = 'configuration of the gate, with links: { listen: … }'

function addInvite(link: Command, terminal: Terminal): void {
  const command = link
    .command('invite')
    .summary('at the gate: print a line with which an inside joins, once')
    .description(
      'Prints a line that holds where the gate is, the key by which it is known, and a secret that is good once and for some hours. An inside of this name that is there already is replaced when the new one joins.',
    )
    .argument('<file>', GATE_FILE)
    .argument('<name>', 'how the gate shall call the inside: small letters, digits, dots, hyphens, underscores')
    .option('--gate <host:port>', 'where the inside finds this gate (default: where the configuration listens)')
    .option('--hours <number>', 'how long the line is good', '24')
    .action(async (file: string, name: string, values: InviteValues) => {
      const { invite } = await import('./link-members.ts')
      await invite(file, name, values, terminal)
    })
  explain(command, GROUP.change, [
    { line: 'postern link invite postern.yaml office --gate gate.example.com:7443', does: 'the line for office' },
  ])
}

function addJoin(link: Command, terminal: Terminal): void {
  const command = link
    .command('join')
    .summary('inside: make a key, and let the gate know it')
    .description(
      'Makes a key that never leaves this machine, lets the gate know its certificate by the secret of an invitation, and writes all that a link needs into a file for this user alone. The certificate is renewed by itself as long as links are run.',
    )
    .argument('<invitation>', 'the line that postern link invite has printed; - reads it from standard input')
    .option('--file <file>', 'where to write', 'gate.link')
    .action(async (line: string, values: JoinValues) => {
      const { join } = await import('./link-members.ts')
      await join(line, values, terminal)
    })
  explain(command, GROUP.change, [{ line: 'postern link join - --file edge.link', does: 'with the line on standard input' }])
}

function addRun(link: Command, terminal: Terminal, exit: (status: number) => void): void {
  const command = link
    .command('run')
    .summary('inside: open the links of a configuration, and serve who comes over them')
    .description('The same as postern gate run: an inside is a gate whose services listen on a link in place of a port.')
    .argument('<file>', GATE_CONFIGURATION)
    .action(async (file: string, values: GateValues) => {
      const { runGate } = await import('./gate-run.ts')
      exit(await runGate(file, values, terminal))
    })
  addSettingsOptions(command)
  explain(command, GROUP.change, [{ line: 'postern link run inside.yaml', does: 'until it is told to end' }])
}

function addUnit(link: Command, terminal: Terminal): void {
  const command = link
    .command('unit')
    .summary('inside: print a unit of systemd that runs the links of a configuration, locked up and without root')
    .description(
      'Prints a unit of systemd that runs a configuration as a user of its own, as postern gate unit does, under another name. The files of gates are renewed by themselves: they have to be in /var/lib/postern-link, where the unit may write.',
    )
    .argument('<file>', GATE_CONFIGURATION)
    .action(async (file: string, values: GateValues) => {
      const { printGateUnit } = await import('./gate-unit.ts')
      await printGateUnit(file, values, terminal, 'link')
    })
  addSettingsOptions(command)
  explain(command, GROUP.change, [
    { line: 'postern link unit /etc/postern/inside.yaml > /etc/systemd/system/postern-link.service', does: 'one file' },
  ])
}

function addList(link: Command, terminal: Terminal): void {
  const command = link
    .command('list')
    .summary('at the gate: show who may open links, and who is expected')
    .description(
      'Shows the insides that may open links to this gate, since when, until when their certificates are good, and the invitations that nobody has used.',
    )
    .argument('<file>', GATE_FILE)
    .action(async (file: string) => {
      const { list } = await import('./link-members.ts')
      await list(file, terminal)
    })
  explain(command, GROUP.look, [{ line: 'postern link list postern.yaml', does: 'insides and invitations' }])
}

function addRevoke(link: Command, terminal: Terminal): void {
  const command = link
    .command('revoke')
    .summary('at the gate: let an inside open links no more, and end those that stand')
    .description(
      'Forgets an inside and every invitation of its name. A running gate ends its links within a second, and all that goes over them.',
    )
    .argument('<file>', GATE_FILE)
    .argument('<name>', 'how the gate calls the inside')
    .action(async (file: string, name: string) => {
      const { revoke } = await import('./link-members.ts')
      await revoke(file, name, terminal)
    })
  explain(command, GROUP.change, [{ line: 'postern link revoke postern.yaml office', does: 'it may come no more' }])
  section(command, 'Exit status:', '0   it may come no more\n2   there is no inside of that name, and no invitation')
}
