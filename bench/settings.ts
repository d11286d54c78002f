/**
 * How long `postern settings show` and `plan` take, start-up included, and how many handshakes are foretold in a second.
 *
 *     npm run bench:settings -- [--runs 15] [--megabytes 5] [--no-write]
 *
 * Whole commands of the package as it is installed, built for this, each run in turn with the others so that what else the machine
 * does meets all alike. Writes bench/results/settings.md: the table, the bars, and the machine that they were taken on.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { cataloguedClients, cataloguedServers, negotiate } from '../src/policy/negotiate/index.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '15' },
    megabytes: { type: 'string', default: '5' },
    'no-write': { type: 'boolean', default: false },
  },
})
const RUNS = Number(values.runs)
const BYTES = Number(values.megabytes) * 1024 * 1024

const ROOT = new URL('../', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'postern-bench-settings-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const POSTERN = built()

/** The package without its sources: they would be run as they are. */
function built(): string {
  const home = join(folder, 'package')
  const compiler = join(ROOT, 'node_modules/.bin/tsc')
  const { stdout } = spawnSync(compiler, ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(home, 'dist')], { encoding: 'utf8' })
  if (stdout !== '') process.stderr.write(stdout)
  for (const name of ['bin', 'package.json']) cpSync(join(ROOT, name), join(home, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(home, 'node_modules'))
  return join(home, 'bin/postern.js')
}

/** A command, and how many milliseconds it may take. */
interface Case {
  readonly name: string
  readonly argv: readonly string[]
  readonly bar?: number
  /** What it may end with. */
  readonly status: readonly number[]
}

interface Measured {
  readonly wall: number
  readonly processor: number
}

/** As a large site has it: comments, many unrelated settings, long folded values. */
function mainCf(bytes: number): string {
  const parts = [
    'smtpd_tls_security_level = may\nsmtpd_tls_protocols = !SSLv2, !SSLv3\nsmtpd_tls_mandatory_ciphers = medium\n',
    'smtp_tls_security_level = may\nsmtp_tls_protocols = !SSLv2, !SSLv3\nmyhostname = mail.example.org\n',
  ]
  for (let index = 0, size = 0; size < bytes; index++) {
    const part =
      `# Restriction class ${index}: who may relay through this server, as agreed upon with the customer.\n` +
      `customer_${index}_restrictions = check_client_access hash:/etc/postfix/customers/${index}/clients,\n` +
      `    check_sender_access hash:/etc/postfix/customers/${index}/senders,\n    permit_sasl_authenticated, reject\n\n`
    parts.push(part)
    size += part.length
  }
  return parts.join('')
}

const MASTER = [
  'smtp      inet  n       -       y       -       -       smtpd',
  'submission inet n       -       y       -       -       smtpd',
  '  -o smtpd_tls_security_level=encrypt',
  'smtp      unix  -       -       y       -       -       smtp',
  '',
].join('\n')

/** As Kerio Connect writes it: tables of variables, and long lists of domains and rules. */
function mailserverCfg(bytes: number): string {
  const table = (name: string): string =>
    `  <table name="${name}">\n    <variable name="ServerTlsProtocols">TLSv1,TLSv1.1,TLSv1.2</variable>\n    <variable name="ServerTlsCiphers"></variable>\n    <variable name="ClientTlsProtocols">TLSv1,TLSv1.1,TLSv1.2</variable>\n  </table>\n`
  const parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<config>\n', table('Security'), table('SmtpSecurity'), '  <list name="Domain">\n']
  for (let index = 0, size = 0; size < bytes; index++) {
    const part =
      `    <listitem>\n      <variable name="Domain">customer-${index}.example</variable>\n      <variable name="Description">Größe &amp; Lage</variable>\n` +
      `      <variable name="Primary">0</variable>\n      <variable name="Password">D3S:${'0123456789abcdef'.repeat(3)}</variable>\n    </listitem>\n`
    parts.push(part)
    size += part.length
  }
  return [...parts, '  </list>\n</config>\n'].join('')
}

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function cases(): readonly Case[] {
  const size = `${values.megabytes} MB`
  const [small, large] = ['small', 'large'].map((name) => {
    const own = join(folder, name)
    mkdirSync(own)
    const bytes = name === 'small' ? 0 : BYTES
    write(`${name}/master.cf`, MASTER)
    return { postfix: write(`${name}/main.cf`, mainCf(bytes)), kerio: write(`${name}/mailserver.cfg`, mailserverCfg(bytes)) }
  })
  const state = ['--state', join(folder, 'state')]
  const show = (path = ''): readonly string[] => ['settings', 'show', path, ...state]
  const plan = (path = ''): readonly string[] => ['settings', 'plan', path, '--policy', 'mozilla-intermediate', '--clients', ...state]
  return [
    { name: 'postern --version: start-up', argv: ['--version'], status: [0] },
    { name: 'show, main.cf of a few lines', argv: show(small?.postfix), status: [0] },
    { name: `show, main.cf of ${size}`, argv: show(large?.postfix), bar: 300, status: [0] },
    { name: 'show, mailserver.cfg of a few lines', argv: show(small?.kerio), status: [0] },
    { name: `show, mailserver.cfg of ${size}`, argv: show(large?.kerio), bar: 300, status: [0] },
    { name: 'plan, main.cf of a few lines, whole catalogue', argv: plan(small?.postfix), bar: 500, status: [1] },
    { name: `plan, main.cf of ${size}, whole catalogue`, argv: plan(large?.postfix), bar: 500, status: [1] },
    { name: 'plan, mailserver.cfg of a few lines, whole catalogue', argv: plan(small?.kerio), bar: 500, status: [1] },
    { name: `plan, mailserver.cfg of ${size}, whole catalogue`, argv: plan(large?.kerio), bar: 500, status: [1] },
  ]
}

/** The shell tells of the processor time of its children. */
function run({ name, argv, status }: Case): Measured {
  const start = performance.now()
  const ended = spawnSync('sh', ['-c', '"$@" >/dev/null; code=$?; times; exit $code', 'sh', process.execPath, POSTERN, ...argv], {
    encoding: 'utf8',
    cwd: folder,
    timeout: 60_000,
  })
  const wall = performance.now() - start
  if (ended.status === null || !status.includes(ended.status)) throw new Error(`${name} ended with ${ended.status}: ${ended.stderr}`)
  const spent = [...(ended.stdout.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)]
  return { wall, processor: spent.reduce((sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1000, 0) }
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

/** Every client with every server, again and again. */
function handshakesPerSecond(): { readonly rate: number; readonly pairs: number } {
  const [clients, servers] = [cataloguedClients(), cataloguedServers()]
  const round = (): void => {
    for (const { client } of clients) for (const { server } of servers) negotiate(client, server)
  }
  for (let warming = 0; warming < 100; warming++) round()
  const rounds = 1000
  const start = performance.now()
  for (let done = 0; done < rounds; done++) round()
  const pairs = clients.length * servers.length
  return { rate: (rounds * pairs * 1000) / (performance.now() - start), pairs }
}

function table(all: readonly Case[], measured: ReadonlyMap<Case, readonly Measured[]>): readonly string[] {
  const rows = all.map((one) => {
    const runs = measured.get(one) ?? []
    const walls = runs.map(({ wall }) => wall)
    const middle = median(walls)
    const bar = one.bar === undefined ? '' : `${one.bar}`
    const kept = one.bar === undefined ? '' : middle < one.bar ? 'kept' : 'missed'
    const processor = median(runs.map((each) => each.processor))
    const numbers = [middle, Math.min(...walls), Math.max(...walls), processor].map((number) => number.toFixed(0))
    return `| ${[one.name, ...numbers, bar, kept].join(' | ')} |`
  })
  return ['| command | median | best | worst | processor | bar | |', '| --- | ---: | ---: | ---: | ---: | ---: | --- |', ...rows]
}

const all = cases()
const [loadBefore = 0] = loadavg()
for (const one of all) run(one)
const measured = new Map<Case, Measured[]>(all.map((one) => [one, []]))
for (let round = 0; round < RUNS; round++) for (const one of all) measured.get(one)?.push(run(one))
const { rate, pairs } = handshakesPerSecond()

const page = [
  '# postern settings: how long it takes',
  '',
  `- Machine: ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}, Node ${process.version}`,
  `- Whole commands of the built package, start-up included, in milliseconds; ${RUNS} runs each in turn after one that is not counted; processor time with that of all threads.`,
  `- Load of the machine before: ${loadBefore.toFixed(1)}. With more than its own programs on it the median tells of them too, and the best run of the command.`,
  `- The whole catalogue: ${cataloguedClients().length} clients and ${cataloguedServers().length} servers, before and after, for every door.`,
  '',
  ...table(all, measured),
  '',
  `negotiate(): ${Math.round(rate).toLocaleString('en')} handshakes a second, ${pairs} pairs of the catalogue with ends that it has met before (bar: 100,000, ${rate > 100_000 ? 'kept' : 'missed'}).`,
  '',
].join('\n')

process.stdout.write(page)
if (!values['no-write']) writeFileSync(join(ROOT, 'bench/results/settings.md'), page)
