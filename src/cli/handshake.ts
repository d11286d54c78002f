import type { Command } from 'commander'
import type { AuditDoor, Endpoint, Handshake } from '../audit/index.ts'
import { PosternError } from '../errors.ts'
import type { AddCommand } from './commands.ts'
import type { Offer, OfferValues } from './handshake-offer.ts'
import { explain, GROUP, section } from './help.ts'
import { addNetworkOptions, networkOf, type Network, type NetworkValues } from './network.ts'
import type { Terminal } from './terminal.ts'
import { version } from './version.ts'

interface HandshakeValues extends NetworkValues, OfferValues {
  readonly servername?: string
  readonly noservername?: true
  readonly connect?: string
  readonly starttls?: string
  readonly showcerts?: true
  readonly json?: true
}

/** `postern handshake`: one whole handshake, shown in the words of `openssl s_client`. */
export const addHandshake: AddCommand = (program, terminal, exit) => {
  const command = program
    .command('handshake')
    .summary('make one handshake and show what was negotiated')
    .description(
      "Makes one handshake with a door and shows what was negotiated, in the words of openssl s_client.\nIt takes the options of s_client with one dash too, and speaks what today's OpenSSL has lost.",
    )
    .argument('[target]', 'host:port, or URL such as smtp://mail.example.com')
    .option('--tls1_3', 'offer TLS 1.3 only, or together with the others named')
    .option('--tls1_2', 'offer TLS 1.2')
    .option('--tls1_1', 'offer TLS 1.1')
    .option('--tls1', 'offer TLS 1.0')
    .option('--ssl3', 'offer SSL 3.0')
    .option('--cipher <list>', 'offer these suites up to TLS 1.2: names, or an OpenSSL cipher list')
    .option('--ciphersuites <list>', 'offer these suites of TLS 1.3')
    .option('--groups <list>', 'offer these groups, such as X25519:P-256')
    .option('--sigalgs <list>', 'offer these signature algorithms, such as RSA+SHA256')
    .option('--servername <name>', 'ask for this name (as --sni does)')
    .option('--noservername', 'ask for no name')
    .option('--alpn <list>', 'offer these protocols, such as h2,http/1.1')
    .option('--status', 'ask for a stapled OCSP response')
    .option('--showcerts', 'show the certificates in PEM')
    .option('--json', 'print the handshake as JSON (schemas/handshake.schema.json)')
    .action(async (target: string | undefined, values: HandshakeValues) => {
      exit(await run(target, values, terminal))
    })
  addNetworkOptions(command, { single: true })
  likeSClient(command)
  explain(command, GROUP.look, [
    { line: 'postern handshake mail.example.com:25 --tls1_2', does: 'does it speak TLS 1.2?' },
    { line: 'postern handshake imaps://mail.example.com --cipher AES128-SHA', does: 'and this suite?' },
    { line: 'postern handshake -connect example.com:443 -tls1', does: 'as s_client is called' },
  ])
  section(command, 'Exit status:', EXIT_HELP)
}

const EXIT_HELP = `
0  connected, whatever the certificate is worth
1  the server refused the handshake
2  wrong input
3  the server or the network broke off, or nothing came`.trimStart()

/** Puts the second dash before the options of openssl-s_client(1), which have one. */
function likeSClient(command: Command): void {
  command
    .addOption(command.createOption('--connect <target>').hideHelp())
    .addOption(command.createOption('--starttls <protocol>').hideHelp())
  const asTyped = command.parseOptions.bind(command)
  command.parseOptions = (argv) => asTyped(argv.map((word) => (/^-[A-Za-z]\w+$/.test(word) ? `-${SAME[word] ?? word}` : word)))
}

/** Options that have another name here. */
const SAME: Readonly<Record<string, string>> = { '-CAfile': '-ca', '-curves': '-groups' }

async function run(text: string | undefined, values: HandshakeValues, terminal: Terminal): Promise<number> {
  const { answering, handshakeReportOf, parseTarget, printHandshakeJson, resolveTarget } = await import('../audit/index.ts')
  const { offerOf } = await import('./handshake-offer.ts')
  const { handshakeReport } = await import('./handshake-report.ts')
  const started = new Date()
  const offer = offerOf(values)
  const network = await networkOf(values, terminal)
  const [target, ...more] = parseTarget(address(text, values))
  if (target?.kind !== 'door' || more.length > 0) throw oneDoor(target?.host ?? 'mail.example.com')
  // s_client begins with TLS: whoever calls us as it is called does not want us to wait for a banner.
  const door = text === undefined && target.guessed === 'banner' ? { ...target, guessed: 'no' as const } : target
  const { endpoints, problems } = await resolveTarget(door, network.resolveOptions)
  const [problem] = problems
  if (problem !== undefined && endpoints.length === 0) throw problem.error
  const open = await answering(endpoints, { timeout: DOOR_PATIENCE_MS, parallel: 1 })
  const made = await firstOf(open, offer, values, network)
  terminal.out(
    values.json === true
      ? printHandshakeJson(handshakeReportOf(made, started, version()))
      : handshakeReport(made, offer, { showcerts: values.showcerts ?? false, terminal }),
  )
  if (made.connected) return 0
  return made.failure !== undefined && REFUSALS.has(made.failure.kind) ? REFUSED : NETWORK
}

const DOOR_PATIENCE_MS = 3000
const REFUSED = 1
const REFUSALS: ReadonlySet<string> = new Set(['alert', 'closed', 'not-offered'])
const NETWORK = 3

/** s_client has the target in `-connect` and the protocol in `-starttls`. */
function address(text: string | undefined, { connect, starttls }: HandshakeValues): string {
  const target = text ?? connect
  if (target === undefined) {
    throw new PosternError('input', 'NO_TARGET', 'Cannot make a handshake: no target is given', {
      remedy: 'Name a host and port, or a URL, such as postern handshake mail.example.com:25.',
    })
  }
  return starttls === undefined || target.includes('://') ? target : `${starttls}://${target}`
}

function oneDoor(host: string): PosternError {
  return new PosternError('input', 'ONE_DOOR', `Cannot make a handshake with ${host}: that may be many doors`, {
    remedy: `Name one, such as ${host}:443 or smtp://${host}.`,
  })
}

/** The first address that can be connected to, as every client does it. */
async function firstOf(endpoints: readonly Endpoint[], offer: Offer, values: HandshakeValues, network: Network): Promise<Handshake> {
  const { doorOf, handshake, readServerName } = await import('../audit/index.ts')
  const named = values.servername === undefined ? network.sni : readServerName(values.servername)
  let problem: unknown
  for (const endpoint of endpoints) {
    const door = await doorOf(endpoint, named)
    try {
      const serverName = values.noservername === true ? undefined : nameOf(door)
      return await handshake(door, { offer: { ...offer, serverName }, timeout: network.timeout, trust: network.trust, now: new Date() })
    } catch (error) {
      if (!(error instanceof PosternError) || !error.code.startsWith('CONNECT_')) throw error
      problem ??= error
    }
  }
  throw problem
}

/** Names only: an address is none (RFC 6066 §3). */
function nameOf({ serverName }: AuditDoor): string | undefined {
  return /^[\d.]+$|:/.test(serverName) ? undefined : serverName
}
