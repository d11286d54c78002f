import { Command, CommanderError } from 'commander'
import { PosternError } from '../errors.ts'
import { commandsFor, type AddCommand } from './commands.ts'
import { GROUP, HELP_STYLE, outputTo, section } from './help.ts'
import { ProcessHold } from './hold.ts'
import { INTERRUPTED } from './interrupt.ts'
import { harmlessLines } from './settings-text.ts'
import { processTerminal, type Terminal } from './terminal.ts'
import { versionWords } from './version.ts'

/** 0 fine, 1 findings, 2 wrong input, 3 peer or world, 70 a bug (sysexits EX_SOFTWARE). */
export const EXIT: Readonly<Record<PosternError['fault'], number>> = { input: 2, peer: 3, world: 3, bug: 70 }

/** The whole command line, with these commands in it. */
export function createProgram(terminal: Terminal, exit: (status: number) => void, commands: readonly AddCommand[]): Command {
  const program = new Command('postern')
    .usage('COMMAND …')
    .description(
      'Finds out what TLS a mail or file-transfer server really speaks, which named rules it breaks, whom that touches, and what to change; and changes it, if you say so, so that it can be taken back.',
    )
    .version(`postern ${versionWords()}`, '-V, --version', 'show the version, and what it runs on')
    .helpOption('-h, --help', 'show this help')
    .commandsGroup(GROUP.more)
    .helpCommand('help [command]', 'show the help of a command')
    .exitOverride()
    .configureOutput(outputTo(terminal))
    .configureHelp(HELP_STYLE)
    .showHelpAfterError('(--help shows what there is)')
  for (const command of commands) command(program, terminal, exit)
  section(program, 'Exit status:', EXIT_HELP)
  section(program, 'More help:', 'postern COMMAND --help says all about one command, with examples.')
  return program
}

const EXIT_HELP = `
0    fine
1    something is at or above --fail-on, or the answer is no
2    wrong input
3    a server or the network, also where nothing could be found out
70   a bug in Postern
130  stopped by Ctrl-C`.trimStart()

/** Finds the command, of those of Postern if none are given, runs it, and turns every failure into words and an exit code. */
export async function main(argv: readonly string[], terminal: Terminal, commands?: readonly AddCommand[]): Promise<number> {
  let status = 0
  const exit = (code: number): void => {
    status = code
  }
  const program = createProgram(terminal, exit, commands ?? (await commandsFor(argv)))
  try {
    await program.parseAsync(helpOnSomething(argv, program), { from: 'user' })
    return status
  } catch (error) {
    return fail(error, terminal)
  }
}

/** `help` on what is no command says so, as the command itself would, instead of showing what there is. */
function helpOnSomething(argv: readonly string[], program: Command): string[] {
  const [first, second] = argv
  const unknown = first === 'help' && second !== undefined && second !== 'help' && program.commands.every((one) => one.name() !== second)
  return unknown ? argv.slice(1) : [...argv]
}

function fail(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.input
  const known = error instanceof PosternError
  terminal.err(`postern: error: ${harmlessLines(error instanceof Error ? error.message : String(error))}\n`)
  for (let cause = error instanceof Error ? error.cause : undefined; cause instanceof Error; cause = cause.cause) {
    terminal.err(`postern: because: ${harmlessLines(cause.message)}\n`)
  }
  if (known && error.remedy !== undefined) terminal.err(`postern: hint: ${harmlessLines(error.remedy)}\n`)
  if (!known) {
    if (error instanceof Error && error.stack !== undefined) terminal.err(`${harmlessLines(error.stack)}\n`)
    terminal.err('postern: hint: This is a bug in Postern. Please report it with the command you ran.\n')
  }
  return known ? EXIT[error.fault] : EXIT.bug
}

/** A reader that has seen enough (`postern audit … | head`) ends us as SIGPIPE would, without words: 128 + 13. */
const READER_GONE = 141

/** Wrong input has touched nothing, which nobody may claim once settings may have been changed. */
function outputLost(cause: Error, changing: boolean): PosternError {
  if (!changing)
    return new PosternError('input', 'FILE_UNWRITABLE', 'Cannot write to standard output', {
      remedy: 'Write to where there is room, or to a file with --output.',
      cause,
    })
  return new PosternError('world', 'OUTPUT_LOST', 'Cannot write to standard output what came of it', {
    remedy: 'See postern settings history: what was begun was brought to its end.',
    cause,
  })
}

/** Runs the command line of this process. */
export async function run(): Promise<void> {
  const hold = new ProcessHold(process, (cause, changing) => {
    if (cause.code === 'EPIPE') process.exit(READER_GONE)
    process.exit(fail(outputLost(cause, changing), terminal))
  })
  const terminal = processTerminal(hold.hold)
  process.stdout.on('error', hold.lost)
  // Whoever reads errors may leave without harm.
  process.stderr.on('error', () => undefined)
  const status = await main(process.argv.slice(2), terminal)
  process.exitCode = status
  // Work that was stopped goes on behind our back: it must not keep anybody waiting.
  if (status === INTERRUPTED) process.stdout.write('', () => process.exit(status))
}
