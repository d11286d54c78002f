import { InvalidArgumentError, Option, type Command } from 'commander'
import type { OpensslGeneration } from '../policy/index.ts'
import type { AddCommand } from './commands.ts'
import { explain, GROUP, section } from './help.ts'
import { GENERATIONS } from './openssl-generations.ts'

/** Languages that suites can be written in. */
export const LANGUAGES = ['openssl', 'iana', 'gnutls', 'jsse'] as const
export type Language = (typeof LANGUAGES)[number]

/** What stands for one list in every generation. */
export const ALL = 'all'
export const LATEST: OpensslGeneration = '3.5'

export interface CiphersValues {
  readonly openssl?: OpensslGeneration | typeof ALL
  readonly seclevel?: number
  readonly explain?: true
  readonly json?: true
  readonly as?: Language
  readonly gnutls?: true
  readonly names?: true
}

/** `postern ciphers LIST`: what a cipher list means. */
export const addCiphers: AddCommand = (program, terminal) => {
  const command = program
    .command('ciphers')
    .summary('say what a cipher list means')
    .description('Says what a cipher list means, suite by suite and in order, as each generation of OpenSSL understands it.')
    .argument('<list>', 'an OpenSSL cipher list, a GnuTLS priority string, or suite names as IANA or Java write them')
    // A list may begin with a minus, so what looks like an option is told apart by its place.
    .allowUnknownOption()
    .allowExcessArguments()
    .addOption(new Option('--openssl <generation>', `of which OpenSSL, ${LATEST} unless you say`).choices([...GENERATIONS, ALL]))
    .option('--seclevel <n>', 'leave out what security level 0 to 5 forbids, and PSK and SRP', level)
    .option('--explain', 'walk the list term by term: what each added, removed or moved, and what did nothing and why')
    .addOption(new Option('--as <language>', 'write the suites in another language').choices(LANGUAGES))
    .option('--gnutls', 'read the list as a GnuTLS priority string')
    .option('--names', 'read the list as names of suites, whoever spells them')
    .option('--json', 'print JSON')
    .action(async (list: string, options: CiphersValues, self: Command) => {
      refuseExcess(self)
      const { ciphers } = await import('./ciphers-meaning.ts')
      ciphers(list, options, terminal)
    })
  explain(command, GROUP.look, [
    { line: "postern ciphers 'HIGH:!aNULL'", does: 'suites, in order' },
    { line: "postern ciphers 'HIGH:!SSLv3' --explain", does: 'what each term does' },
    { line: 'postern ciphers DEFAULT --openssl all', does: 'four generations side by side' },
    { line: "postern ciphers 'ALL:@SECLEVEL=0' --seclevel 2 --json", does: 'for scripts' },
    { line: 'postern ciphers NORMAL:-VERS-TLS1.0 --as openssl', does: 'GnuTLS to OpenSSL' },
  ])
  section(command, 'Generations:', GENERATIONS_HELP)
}

const GENERATIONS_HELP = `
1.0.2  1.0.2g and later
1.1.1  1.1.1
3.0    3.0 and 3.1
3.5    3.2 and later
Each stands for a build without special options. A list that OpenSSL refuses ends with status 2.`.trimStart()

function refuseExcess(command: Command): void {
  const [, excess] = command.args
  if (excess === undefined) return
  const option = excess.startsWith('-')
  command.error(
    option ? `error: unknown option '${excess}'` : `error: one list at a time, and '${excess}' stands beside it: put it into quotes`,
  )
}

function level(text: string): number {
  if (!/^[0-5]$/.test(text)) throw new InvalidArgumentError('It is a number from 0 to 5.')
  return Number(text)
}
