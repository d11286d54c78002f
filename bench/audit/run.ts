/**
 * Measures `postern audit` beside sslscan, nmap ssl-enum-ciphers and testssl.sh: wall time, processor time, TCP connections, suites
 * found. On nginx, Postfix and Dovecot with everything that OpenSSL has, and on a modern nginx; over loopback, and with a round trip.
 *
 *     npm run bench:audit -- [--runs 5] [--slow-runs 1] [--targets https,smtp] [--programs postern,nmap] [--round-trips 0,50] [--out NAME]
 *
 * Needs root on a Linux with Python for the round trip and for Postfix and Dovecot; otherwise it measures what it can and says so.
 * Everything runs in turn, round by round, so that what else the machine does meets all programs alike. Writes
 * bench/results/NAME.md (the table and the bars) and NAME.jsonl (every single run). `--table FILE` only prints the page of a .jsonl, with
 * machine and versions as they stand in the .md beside it.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SERVER_NAME } from '../../test/peers/index.ts'
import { missingPackages, type PackageName } from '../../test/peers/packages.ts'
import { loopback, namespaces, type Network } from './network.ts'
import { CHECKOUT, isThere, PROGRAMS, type Program } from './programs.ts'
import { report, type Row } from './report.ts'
import { startTargets, type Target } from './targets.ts'

const RESULTS = join(CHECKOUT, 'bench/results')
const MEASURED = new URL('./measured.py', import.meta.url).pathname
const PACKAGES: readonly PackageName[] = ['nginx', 'postfix', 'dovecot-imapd', 'openssl', 'sslscan', 'nmap', 'testssl.sh']
/** No single run takes longer. */
const SECONDS_A_RUN = 900
/** However long the whole takes, the servers end after this. */
const MINUTES_OF_SERVERS = 300

const OPTIONS = {
  runs: { type: 'string', default: '5' },
  'slow-runs': { type: 'string', default: '1' },
  targets: { type: 'string', default: 'https,https-modern,smtp,imap' },
  programs: { type: 'string', default: 'postern,sslscan,nmap,sslyze,testssl.sh' },
  'round-trips': { type: 'string', default: '0,50' },
  out: { type: 'string', default: `audit-${new Date().toISOString().slice(0, 10)}` },
  table: { type: 'string' },
} as const

interface Plan {
  readonly runs: number
  readonly slowRuns: number
  readonly targets: readonly Target[]
  readonly programs: readonly Program[]
  readonly roundTrips: readonly number[]
  readonly host: string
  readonly network: Network
  /** Told of each row. */
  readonly keep: (row: Row) => void
}

const { values } = parseArgs({ options: OPTIONS })

if (values.table === undefined) await bench()
else process.stdout.write(report(rowsOf(values.table), aboutIn(values.table.replace(/\.jsonl$/, '.md'))))

async function bench(): Promise<void> {
  const root = process.getuid?.() === 0
  if (root) getPackages()
  const wanted = values['round-trips'].split(',').map(Number)
  const roundTrip = wanted.find((one) => one > 0)
  const python = existsSync('/usr/bin/python3')
  const isolated = root && python && existsSync('/dev/net/tun')
  if (!isolated) say('not root, or no Python or /dev/net/tun: only HTTPS, without a round trip, and connections of the whole machine count')
  const network = isolated ? await namespaces(SERVER_NAME, roundTrip) : loopback()
  try {
    await benchIn(network, isolated ? wanted : [0])
  } finally {
    await network.close()
  }
}

async function benchIn(network: Network, roundTrips: readonly number[]): Promise<void> {
  const servers = await startTargets(network, MINUTES_OF_SERVERS)
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => (stopping ??= servers.stop())
  // The servers and namespaces outlive nobody who presses Ctrl-C.
  const interrupted = (): void =>
    void stop()
      .then(() => network.close())
      .then(() => process.exit(130))
  process.once('SIGINT', interrupted)
  process.once('SIGTERM', interrupted)
  try {
    mkdirSync(RESULTS, { recursive: true })
    const raw = join(RESULTS, `${values.out}.jsonl`)
    writeFileSync(raw, '')
    const named = values.programs.split(',')
    const plan: Plan = {
      runs: Number(values.runs),
      slowRuns: Number(values['slow-runs']),
      targets: servers.targets.filter((target) => values.targets.split(',').includes(target.name)),
      programs: PROGRAMS.filter((program) => named.some((name) => program.name.startsWith(name)) && isThere(program)),
      roundTrips,
      host: network.name,
      network,
      keep: (row) => appendFileSync(raw, `${JSON.stringify(row)}\n`),
    }
    await rounds(plan)
    const file = join(RESULTS, `${values.out}.md`)
    writeFileSync(file, report(rowsOf(raw), about(plan)))
    say(`written: ${file}`)
  } finally {
    await stop()
    process.off('SIGINT', interrupted)
    process.off('SIGTERM', interrupted)
  }
}

/** Round robin. */
async function rounds(plan: Plan): Promise<void> {
  for (let round = 0; round < Math.max(plan.runs, plan.slowRuns); round++) {
    for (const roundTrip of plan.roundTrips) {
      for (const target of plan.targets) {
        for (const program of plan.programs) {
          if (round >= (program.slow ? plan.slowRuns : plan.runs)) continue
          const row = await measure(plan, program, target, roundTrip)
          plan.keep({ ...row, round })
          const cost = `${row.wall.toFixed(2)} s, ${row.cpu.toFixed(2)} s of processor, ${row.connections} connections, ${row.suites} suites`
          say(`${round + 1} ${roundTrip} ms ${target.name} ${program.name}: ${cost}${row.problem === undefined ? '' : ` (${row.problem})`}`)
        }
      }
    }
  }
}

async function measure({ network, host }: Plan, program: Program, target: Target, roundTrip: number): Promise<Omit<Row, 'round'>> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-run-'))
  try {
    const out = join(folder, 'out')
    const result = join(folder, 'cost')
    const words = ['python3', MEASURED, result, String(SECONDS_A_RUN), ...program.command(target, host, out)]
    const [command = '', ...rest] = network.atScanner(roundTrip, words) ?? []
    const child = spawn(command, rest, { cwd: folder, stdio: 'ignore' })
    await once(child, 'exit')
    const cost = JSON.parse(readFileSync(result, 'utf8')) as Pick<Row, 'wall' | 'cpu' | 'rss' | 'connections' | 'status' | 'load'>
    return { roundTrip, target: target.name, program: program.name, asks: program.asks, ...cost, ...found(program, out, cost.status) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A program that failed gets a row nevertheless. */
function found(program: Program, out: string, status: number): { suites: number; problem?: string } {
  try {
    return { suites: program.suites(readFileSync(out, 'utf8')) }
  } catch (error) {
    return { suites: 0, problem: `status ${status}, no result: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** Machine and versions. */
function about(plan: Plan): readonly string[] {
  const [cpu] = cpus()
  const debian = existsSync('/etc/debian_version') ? `, Debian ${readFileSync('/etc/debian_version', 'utf8').trim()}` : ''
  const versions = [...new Set(plan.programs.map((program) => program.version()))]
  const servers = ['nginx -v', 'postconf -d mail_version', 'dovecot --version', 'openssl version'].map((line) => {
    const { stdout, stderr } = spawnSync('sh', ['-c', `${line} 2>&1`], { encoding: 'utf8' })
    return `${stdout}${stderr}`.trim().replace('mail_version = ', 'Postfix ').replace(/^(\d)/, 'Dovecot $1').replace('nginx version: ', '')
  })
  return [
    `Machine: ${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}${debian}`,
    `Programs: ${versions.join('; ')}`,
    `Servers: ${servers.join('; ')}`,
  ]
}

/** What a page that was written before says of machine and versions. */
function aboutIn(page: string): readonly string[] {
  if (!existsSync(page)) return []
  return [...readFileSync(page, 'utf8').matchAll(/^- ((?:Machine|Programs|Servers): .*)$/gm)].map(([, line = '']) => line)
}

function rowsOf(file: string): readonly Row[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
}

/** What `npm test` installs is more than is needed here, but it is the one place that knows how. */
function getPackages(): void {
  if (missingPackages(PACKAGES).length > 0) spawnSync(process.execPath, [join(CHECKOUT, 'test/setup.ts')], { stdio: 'inherit' })
  const absent = missingPackages(PACKAGES)
  if (absent.length > 0) throw new Error(`Cannot measure: not on this machine: ${absent.map((one) => one.name).join(' ')}`)
}

function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`)
}
