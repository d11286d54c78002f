import { addAudit } from './audit.ts'
import { addProve } from './prove.ts'
import type { Command } from 'commander'
import { addCiphers } from './ciphers.ts'
import { addCompletion } from './completion.ts'
import { addDemo } from './demo.ts'
import { addHandshake } from './handshake.ts'
import { addPolicy } from './policy.ts'
import { addSettings } from './settings.ts'
import type { Terminal } from './terminal.ts'

/** Adds one command to the program. `exit` says the exit status of a command that did not fail. */
export type AddCommand = (program: Command, terminal: Terminal, exit: (status: number) => void) => void

/** Every command of Postern, in the order of its help. A new command is one file and one line here. */
export const COMMANDS: readonly AddCommand[] = [
  addAudit,
  addProve,
  addHandshake,
  addCiphers,
  addPolicy,
  addSettings,
  addDemo,
  addCompletion,
]
