import { Command, CommanderError } from 'commander'
import { PosternError } from '../errors.ts'
import { COMMANDS } from './commands.ts'
import { processTerminal, type Terminal } from './terminal.ts'

/** 0 fine, 1 findings, 2 wrong input, 3 peer or world, 70 a bug (sysexits EX_SOFTWARE). */
export const EXIT: Readonly<Record<PosternError['fault'], number>> = { input: 2, peer: 3, world: 3, bug: 70 }

/** Finds the command, runs it, and turns every failure into words and an exit code. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  let status = 0
  const program = new Command('postern')
    .description('The TLS gate for mail and file-transfer servers.')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showHelpAfterError('(postern --help shows the commands)')
  for (const command of COMMANDS) {
    command(program, terminal, (code) => {
      status = code
    })
  }
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return status
  } catch (error) {
    return fail(error, terminal)
  }
}

function fail(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.input
  const known = error instanceof PosternError
  terminal.err(`postern: error: ${error instanceof Error ? error.message : String(error)}\n`)
  for (let cause = error instanceof Error ? error.cause : undefined; cause instanceof Error; cause = cause.cause) {
    terminal.err(`postern: because: ${cause.message}\n`)
  }
  if (known && error.remedy !== undefined) terminal.err(`postern: hint: ${error.remedy}\n`)
  if (!known) {
    if (error instanceof Error && error.stack !== undefined) terminal.err(`${error.stack}\n`)
    terminal.err('postern: hint: This is a bug in Postern. Please report it with the command you ran.\n')
  }
  return known ? EXIT[error.fault] : EXIT.bug
}

/** Runs the command line of this process. */
export async function run(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2), processTerminal())
}
