/**
 * A link beside a direct connection and an SSH tunnel: throughput, added latency, memory.
 *
 *     npm run bench:link -- [--rounds 5] [--seconds 1.2] [--idle 2000] [--no-write]
 *
 * Both ends of a way (gate and inside; sshd and ssh -R) have the first core together, a process each; the load and the server behind have the second. All
 * are up at once, and each round asks one after the other the same, in turn from either end; a first one, short, is not counted. Needs openssh-server. Writes bench/results/link.md.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '../../test/peers/free-port.ts'
import { answered, bulk, idle, latencies, serveLoad } from './load.ts'
import { reportOf, type Figures } from './report.ts'
import { bareWay, linkWay, sshWay, type Scene, type Way, type WayName } from './ways.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1.2' },
    idle: { type: 'string', default: '2000' },
    'no-write': { type: 'boolean', default: false },
  },
})
const [rounds, seconds, connections] = [Number(values.rounds), Number(values.seconds), Number(values.idle)]

const WARM_SECONDS = 0.5

const WAY_CORE = '0'
const LOAD_CORE = '1'
execFileSync('taskset', ['-cp', LOAD_CORE, String(process.pid)], { stdio: 'ignore' })

/** Where the kernel has a group for each session, `nice` counts within the group alone, and this counts between them: sched(7), autogroup. */
const GROUP = '/proc/self/autogroup'
const HIGHEST = -20

/** How nice the group of this session is; undefined where there are no groups. */
function groupNice(): number | undefined {
  const [, nice] = existsSync(GROUP) ? (/nice (-?\d+)/.exec(readFileSync(GROUP, 'utf8')) ?? []) : []
  return nice === undefined ? undefined : Number(nice)
}

function setGroupNice(nice: number | undefined): void {
  try {
    if (nice !== undefined) writeFileSync(GROUP, String(nice))
  } catch {
    process.stderr.write('What else the machine does may come first: only root may change that\n')
  }
}

const niceBefore = groupNice()
if (niceBefore !== undefined) setGroupNice(HIGHEST)
const folder = mkdtempSync(join(tmpdir(), 'postern-bench-link-'))
const begun = performance.now()
const serverPort = await freePort()
const server = await serveLoad(serverPort)
const leaving = new AbortController()
const scene: Scene = { folder, running: [], leaving: leaving.signal, server: serverPort, core: WAY_CORE }
const ways: Way[] = [{ name: 'direct', port: serverPort, ends: [] }]

async function leave(): Promise<void> {
  leaving.abort()
  await Promise.all(scene.running.map((one) => one.stop()))
  rmSync(folder, { recursive: true, force: true })
  setGroupNice(niceBefore)
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void leave().then(() => process.exit(1)))

try {
  ways.push(await linkWay(scene), await bareWay(scene))
  if (existsSync('/usr/sbin/sshd')) ways.push(await sshWay(scene, 'ssh'), await sshWay(scene, 'ssh, AES-GCM'))
  else process.stderr.write('sshd is not installed (openssh-server): nothing to compare with\n')
  const figures: Figures = new Map()
  const note = (measure: string, way: WayName, figure: number): void => {
    const known = figures.get(measure) ?? new Map<WayName, number[]>()
    known.set(way, [...(known.get(way) ?? []), figure])
    figures.set(measure, known)
    process.stderr.write(`${measure}, ${way}: ${figure.toFixed(2)}\n`)
  }
  // First of all, while nothing has grown that could shrink meanwhile; the first connections pay for what all use.
  for (const { name, port, ends } of ways.slice(1)) {
    const first = await idle(port, connections)
    await delay(1000)
    const before = ends.map(({ memory }) => memory)
    const held = await idle(port, connections)
    await delay(1000)
    for (const [index, { memory }] of ends.entries())
      note(index === 0 ? 'memory outside' : 'memory inside', name, (memory - (before[index] ?? 0)) / connections)
    first.close()
    held.close()
    await delay(500)
  }
  // Programs get faster as they go.
  for (const { port } of ways)
    for (const way of ['down', 'up'] as const) for (const count of [1, 50]) await bulk(port, way, count, WARM_SECONDS, server, () => 0)
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? ways : ways.toReversed()
    for (const way of ['down', 'up'] as const)
      for (const count of [1, 50])
        for (const { name, port, ends } of order) {
          await answered(port)
          const cpu = (): number => ends.reduce((sum, one) => sum + one.cpu, 0)
          const { rate, octets, used } = await bulk(port, way, count, seconds, server, cpu)
          note(`${way}${count}`, name, rate)
          if (ends.length > 0) note(`${way}${count} cpu`, name, octets / 1e6 / used)
        }
    for (const one of order) {
      await answered(one.port)
      for (const [together, suffix] of [
        [1, ''],
        [20, ' together'],
      ] as const) {
        const sorted = await latencies(one.port, seconds, together)
        for (const part of [50, 99]) note(`p${part}${suffix}`, one.name, sorted[Math.floor((sorted.length * part) / 100)] ?? Number.NaN)
      }
    }
  }
  const text = reportOf(figures, { seconds: (performance.now() - begun) / 1000, rounds, connections })
  process.stdout.write(text)
  if (!values['no-write']) writeFileSync(new URL('../results/link.md', import.meta.url), text)
} finally {
  await leave()
}
process.exit()
