import { InvalidArgumentError, Option, type Command } from 'commander'
import { PosternError } from '../errors.ts'
import {
  explainCipherList,
  looksLikeGnutls,
  OPENSSL_GENERATIONS,
  parseGnutlsPriority,
  parseJsse,
  suitesInForce,
  type Explanation,
  type OpensslGeneration,
} from '../policy/index.ts'
import { cipherListJson, gnutlsJson, namesJson } from './ciphers-json.ts'
import { comparison, explanation, gnutlsReport, namesReport, suiteReport } from './ciphers-report.ts'
import { LANGUAGES, translation, type Language } from './ciphers-translation.ts'
import type { AddCommand } from './commands.ts'
import { explain, GROUP, section } from './help.ts'
import type { Terminal } from './terminal.ts'

/** What stands for one list in every generation. */
const ALL = 'all'
const LATEST: OpensslGeneration = '3.5'

interface Options {
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
    .addOption(new Option('--openssl <generation>', `of which OpenSSL, ${LATEST} unless you say`).choices([...OPENSSL_GENERATIONS, ALL]))
    .option('--seclevel <n>', 'leave out what security level 0 to 5 forbids, and PSK and SRP', level)
    .option('--explain', 'walk the list term by term: what each added, removed or moved, and what did nothing and why')
    .addOption(new Option('--as <language>', 'write the suites in another language').choices(LANGUAGES))
    .option('--gnutls', 'read the list as a GnuTLS priority string')
    .option('--names', 'read the list as names of suites, whoever spells them')
    .option('--json', 'print JSON')
    .action((list: string, options: Options, self: Command) => {
      refuseExcess(self)
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

function ciphers(list: string, options: Options, terminal: Terminal): void {
  const { gnutls, names, openssl } = options
  const free = openssl === undefined
  if (gnutls === true || (free && names !== true && looksLikeGnutls(list))) return showGnutls(list, options, terminal)
  if (names === true || (free && looksLikeNames(list))) return showNames(list, options, terminal)
  if (openssl === ALL) return showAll(list, options, terminal)
  showOpenssl(list, openssl ?? LATEST, options, terminal)
}

/** Nothing but IANA or JSSE names, as Java's settings have them. */
function looksLikeNames(list: string): boolean {
  return /^\s*(?:TLS|SSL)_\w+(?:\s*[,:;\s]\s*(?:TLS|SSL)_\w+)*\s*$/.test(list)
}

function showOpenssl(list: string, generation: OpensslGeneration, options: Options, terminal: Terminal): void {
  checkLevel(generation, options)
  const explained = explainCipherList(list, { generation, securityLevel: options.seclevel })
  if (options.json === true) terminal.out(json(cipherListJson(explained, options.explain === true)))
  else if (explained.resolution.refused === undefined) terminal.out(openssl(explained, options, terminal))
  else if (options.explain === true) terminal.out(explanation(explained, terminal))
  refuse(explained)
}

function openssl(explained: Explanation, options: Options, terminal: Terminal): string {
  if (options.as !== undefined) return translation(explained.resolution.suites, options.as, explained.resolution.generation, terminal)
  return options.explain === true ? explanation(explained, terminal) : suiteReport(explained, terminal)
}

function showAll(list: string, options: Options, terminal: Terminal): void {
  const explained = OPENSSL_GENERATIONS.map((generation) =>
    explainCipherList(list, { generation, securityLevel: generation === '1.0.2' ? undefined : options.seclevel }),
  )
  if (options.json === true) {
    terminal.out(json({ list, generations: explained.map((one) => cipherListJson(one, options.explain === true)) }))
  } else if (options.explain === true) for (const one of explained) terminal.out(`${explanation(one, terminal)}\n`)
  else terminal.out(comparison(explained, terminal))
  const taken = explained.find(({ resolution }) => resolution.refused === undefined)
  const latest = explained.at(-1)
  if (taken === undefined && latest !== undefined) refuse(latest)
}

function showGnutls(list: string, options: Options, terminal: Terminal): void {
  const priority = parseGnutlsPriority(list)
  if (options.json === true) terminal.out(json(gnutlsJson(priority)))
  const { refused } = priority
  if (refused !== undefined) {
    const message = `Cannot read the GnuTLS priority string: ${refused.why}\n${underlined(list, refused.at, refused.length)}`
    throw new PosternError('input', 'GNUTLS_PRIORITY', message, { remedy: refused.remedy })
  }
  if (options.json === true) return
  if (options.as === undefined) terminal.out(gnutlsReport(priority, terminal))
  else terminal.out(translation(priority.suites, options.as, generationOf(options), terminal))
}

function showNames(list: string, options: Options, terminal: Terminal): void {
  const named = parseJsse(list)
  if (options.json === true) terminal.out(json(namesJson(list, named)))
  const [unknown] = named.unknown
  if (unknown !== undefined) {
    const message = `Cannot read the suite names: nobody has registered ${JSON.stringify(unknown.name)}`
    const remedy = 'Correct the name; case counts. postern ciphers ALL --json lists names.'
    throw new PosternError('input', 'SUITE_NAME', `${message}\n${underlined(list, unknown.at, unknown.name.length)}`, { remedy })
  }
  if (options.json === true) return
  if (options.as === undefined) terminal.out(namesReport(named, terminal))
  else terminal.out(translation(named.suites, options.as, generationOf(options), terminal))
}

function generationOf({ openssl }: Options): OpensslGeneration {
  return openssl === undefined || openssl === ALL ? LATEST : openssl
}

function checkLevel(generation: OpensslGeneration, { seclevel }: Options): void {
  if (generation !== '1.0.2' || seclevel === undefined) return
  const message = 'Cannot apply a security level with OpenSSL 1.0.2: levels came with 1.1.0'
  throw new PosternError('input', 'CIPHER_LEVEL', message, { remedy: 'Leave --seclevel out, or choose a newer generation.' })
}

/** What OpenSSL refuses, we refuse: with the place, and with what happens in a program that does not look. */
function refuse({ resolution }: Explanation): void {
  const { refused, generation, list } = resolution
  if (refused === undefined) return
  const cannot = `Cannot use the cipher list with OpenSSL ${generation}: ${refused.why} (${refused.reason})`
  const left = suitesInForce(resolution).length
  const after = `A program that does not look at the result goes on with ${left === 0 ? 'no suite at all' : `${left} others`}.`
  throw new PosternError('input', refused.code, `${cannot}\n${underlined(list, refused.at, refused.length)}`, {
    remedy: `${refused.remedy} ${after}`,
  })
}

/** The text, and carets below the culprit. */
function underlined(text: string, at: number, length: number): string {
  const shown = text.replace(/\p{Cc}/gu, '\u{fffd}')
  return `  ${shown}\n  ${' '.repeat(at)}${'^'.repeat(Math.max(1, length))}`
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
