import type { Command } from 'commander'
import type { Terminal } from './terminal.ts'

/** Adds one command to the program. `exit` says the exit status of a command that did not fail. */
export type AddCommand = (program: Command, terminal: Terminal, exit: (status: number) => void) => void

/** Every command of Postern, in the order of its help, loaded when it is wanted. A new command is one file and one line here. */
const COMMANDS: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  ['audit', async () => (await import('./audit.ts')).addAudit],
  ['prove', async () => (await import('./prove.ts')).addProve],
  ['handshake', async () => (await import('./handshake.ts')).addHandshake],
  ['ciphers', async () => (await import('./ciphers.ts')).addCiphers],
  ['policy', async () => (await import('./policy.ts')).addPolicy],
  ['settings', async () => (await import('./settings.ts')).addSettings],
  ['gate', async () => (await import('./gate.ts')).addGate],
  ['link', async () => (await import('./link.ts')).addLink],
  ['tls-rpt', async () => (await import('./tls-rpt.ts')).addTlsRpt],
  ['demo', async () => (await import('./demo.ts')).addDemo],
  ['completion', async () => (await import('./completion.ts')).addCompletion],
])

export function allCommands(): Promise<readonly AddCommand[]> {
  return Promise.all([...COMMANDS.values()].map((load) => load()))
}

/**
 * The command that a command line begins with: whoever audits need not wait for all the others to be loaded. All of them
 * where it begins with none, and for `completion`, which tells of all; none for the version.
 */
export async function commandsFor([first = '']: readonly string[]): Promise<readonly AddCommand[]> {
  if (first === '--version' || first === '-V') return []
  const load = COMMANDS.get(first)
  return load === undefined || first === 'completion' ? allCommands() : [await load()]
}
