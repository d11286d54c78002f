/**
 * Audits many small TLS servers on loopback from one `postern audit -f` process: memory stays bounded, no socket is left behind, and the
 * time grows with the number of targets and no faster.
 *
 *     npm run bench:audit-many -- [--targets 250,500,1000] [--doors 16] [--out NAME]
 *
 * Writes bench/results/NAME.md. Linux only: the whole of 127.0.0.0/8 is loopback there, and open sockets are counted in /proc.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { certificates } from '../../test/peers/index.ts'
import { freePort } from '../../test/peers/free-port.ts'
import { CHECKOUT } from './programs.ts'
import { smallAddress } from './small-address.ts'

const { values } = parseArgs({
  options: {
    targets: { type: 'string', default: '250,500,1000' },
    doors: { type: 'string', default: '16' },
    out: { type: 'string', default: `audit-many-${new Date().toISOString().slice(0, 10)}` },
  },
})

/** Server processes: more than one, so that they do not wait for each other more than real ones would. */
const PROCESSES = 2
const MOST_MEGABYTES = 300
/** Seconds a target at the most against the fewest targets: what else the machine does is in it. */
const LINEAR = 1.25

interface Row {
  readonly targets: number
  readonly began: number
  readonly most: number
  readonly left: number
  /** Kilobytes. */
  readonly rss: number
  readonly milliseconds: number
  readonly reached: number
  readonly connections: number
}

const counts = values.targets.split(',').map(Number)
const folder = mkdtempSync(join(tmpdir(), 'postern-many-'))
const port = await freePort()
const servers = await startServers(Math.max(...counts), port)
try {
  const rows: Row[] = []
  for (const count of counts) {
    const row = await audit(count)
    rows.push(row)
    process.stderr.write(`bench: ${JSON.stringify(row)}\n`)
  }
  const file = join(CHECKOUT, `bench/results/${values.out}.md`)
  mkdirSync(join(CHECKOUT, 'bench/results'), { recursive: true })
  writeFileSync(file, report(rows))
  process.stderr.write(`bench: written: ${file}\n`)
} finally {
  for (const server of servers) await end(server)
  rmSync(folder, { recursive: true, force: true })
}

async function startServers(count: number, onPort: number): Promise<readonly ChildProcess[]> {
  const leaf = (await certificates()).leaf('ecdsa')
  const share = Math.ceil(count / PROCESSES)
  const script = new URL('./small-servers.ts', import.meta.url).pathname
  return Promise.all(
    Array.from({ length: PROCESSES }, async (_, index) => {
      const words = [script, String(index * share), String(share), String(onPort), leaf.key, leaf.chain]
      const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] })
      await Promise.race([
        once(child.stdout, 'data'),
        once(child, 'exit').then(() => Promise.reject(new Error('Cannot start the servers'))),
      ])
      return child
    }),
  )
}

async function end(server: ChildProcess): Promise<void> {
  const gone = once(server, 'exit')
  server.stdin?.end()
  await gone
}

/** One run of the command over the first `count` servers. */
async function audit(count: number): Promise<Row> {
  const list = join(folder, 'targets.txt')
  const result = join(folder, 'watch.json')
  const out = join(folder, 'report.json')
  writeFileSync(list, Array.from({ length: count }, (_, number) => `tls://${smallAddress(number)}:${port}\n`).join(''))
  const words = ['--import', new URL('./watch.ts', import.meta.url).href, join(CHECKOUT, 'bin/postern.js'), 'audit', '-f', list]
  const child = spawn(process.execPath, [...words, '--doors', values.doors, '--json', '-o', out], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, WATCH_RESULT: result },
  })
  await once(child, 'exit')
  const { targets } = JSON.parse(readFileSync(out, 'utf8')) as { targets: { reachable: boolean; cost: { connections: number } }[] }
  return {
    targets: count,
    ...(JSON.parse(readFileSync(result, 'utf8')) as Pick<Row, 'began' | 'most' | 'left' | 'rss' | 'milliseconds'>),
    reached: targets.filter((target) => target.reachable).length,
    connections: targets.reduce((sum, target) => sum + target.cost.connections, 0),
  }
}

function report(rows: readonly Row[]): string {
  const [cpu] = cpus()
  const [fewest] = rows
  const each = (row: Row): number => row.milliseconds / row.targets
  const bars = rows.flatMap((row) => [
    [`${row.targets} targets: every one reached`, `${row.reached}`, row.reached === row.targets],
    [`${row.targets} targets: memory < ${MOST_MEGABYTES} MB`, `${Math.round(row.rss / 1024)} MB`, row.rss / 1024 < MOST_MEGABYTES],
    [`${row.targets} targets: no socket left`, `${row.began} open at first, ${row.left} at last`, row.left <= row.began],
    [
      `${row.targets} targets: time a target ≤ ${LINEAR} times that of ${fewest?.targets ?? 0}`,
      `${(each(row) / each(fewest ?? row)).toFixed(2)} times`,
      each(row) <= LINEAR * each(fewest ?? row),
    ],
  ])
  return [
    '# postern audit over many targets',
    '',
    `- Machine: ${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}; the servers run on it too`,
    `- Whole audits of small TLS servers on Node ${process.version}, one \`postern audit -f FILE --doors ${values.doors} --json\` each`,
    '',
    '| targets | time | a target | connections | peak memory | open sockets: at first, at the most, at last |',
    '| ---: | ---: | ---: | ---: | ---: | --- |',
    ...rows.map(
      (row) =>
        `| ${row.targets} | ${(row.milliseconds / 1000).toFixed(1)} s | ${each(row).toFixed(0)} ms | ${row.connections} | ${Math.round(row.rss / 1024)} MB | ${row.began}, ${row.most}, ${row.left} |`,
    ),
    '',
    '| bar | measured | |',
    '| --- | --- | --- |',
    ...bars.map(([what, measured, met]) => `| ${what} | ${measured} | ${met === true ? 'met' : '**not met**'} |`),
    '',
  ].join('\n')
}
