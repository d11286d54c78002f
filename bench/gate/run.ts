/**
 * The gate beside HAProxy, nginx and stunnel: handshakes, throughput, latency, memory, and messages through Postfix.
 *
 *     npm run bench:gate -- [--rounds 5] [--seconds 1.5] [--only full13,down50,memory,smtp] [--no-write]
 *
 * Each program serves with one process on the first core; the load (load.c) and the server behind (backend.c) have the second. All are up at once, and each
 * round asks one after the other the same, in turn from either end. Needs gcc with OpenSSL's headers; a program that is not installed is left out, and that is
 * said. Writes bench/results/gate.md and gate.json.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '../../test/peers/free-port.ts'
import { CONTENDERS, type Contender, type ContenderName, type Place } from './contenders.ts'
import { MEASURES, type Told } from './measures.ts'
import { messagesThroughPostfix } from './postfix.ts'
import { listens, pinned, Running } from './processes.ts'
import { reportOf, type MemoryRun, type Result, type Run } from './report.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1.5' },
    only: { type: 'string', default: '' },
    'no-write': { type: 'boolean', default: false },
  },
})
const only = values.only.split(',').filter(Boolean)
const wanted = (id: string): boolean => only.length === 0 || only.includes(id)

const PROXY_CORE = '0'
const LOAD_CORE = '1'
const HERE = new URL('./', import.meta.url).pathname
const RESULTS = new URL('../results/', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'postern-bench-gate-'))
chmodSync(folder, 0o755)
const running = new Set<Running>()
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

function must(command: readonly string[], remedy: string): void {
  const [program = '', ...words] = command
  const { status, stderr, error } = spawnSync(program, words, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, OPENSSL_CONF: '/dev/null' },
  })
  if (status === 0) return
  process.stderr.write(`Cannot run ${command.join(' ')}: ${error?.message ?? stderr}\n${remedy}\n`)
  process.exit(3)
}

function prepare(): void {
  for (const [kind, key] of [
    ['ec', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']],
    ['rsa', ['-newkey', 'rsa:2048']],
  ] as const) {
    const names = ['-subj', '/CN=gate.test', '-addext', 'subjectAltName=DNS:gate.test']
    const files = ['-keyout', `${kind}.key`, '-out', `${kind}.crt`]
    must(['openssl', 'req', '-x509', ...key, '-nodes', '-days', '9', ...names, ...files], 'Install openssl.')
    writeFileSync(
      join(folder, `${kind}.pem`),
      `${readFileSync(join(folder, `${kind}.crt`), 'utf8')}${readFileSync(join(folder, `${kind}.key`), 'utf8')}`,
    )
    for (const name of [`${kind}.key`, `${kind}.pem`]) chmodSync(join(folder, name), 0o600)
  }
  // HAProxy takes several kinds of keys for one name from files with one beginning.
  for (const [kind, ending] of [
    ['ec', 'ecdsa'],
    ['rsa', 'rsa'],
  ] as const) {
    writeFileSync(join(folder, `both.pem.${ending}`), readFileSync(join(folder, `${kind}.pem`)))
  }
  const remedy = 'Install gcc and libssl-dev.'
  must(['gcc', '-O2', '-o', 'load', join(HERE, 'load.c'), '-lssl', '-lcrypto'], remedy)
  must(['gcc', '-O2', '-o', 'backend', join(HERE, 'backend.c')], remedy)
}

function start(command: readonly string[], core: string): Running {
  const one = new Running(command, { core, log: join(folder, 'log'), folder })
  running.add(one)
  return one
}

async function stop(one: Running): Promise<void> {
  running.delete(one)
  await one.stop()
}

interface Up {
  readonly contender: Contender
  readonly place: Place
  readonly process: Running
}

let behind: Place['behind'] = { tcp: 0, imap: 0, smtp: 0 }

async function startBehind(): Promise<void> {
  behind = { tcp: await freePort(), imap: await freePort(), smtp: await freePort() }
  for (const [port, kind] of [
    [behind.tcp, 'tcp'],
    [behind.imap, 'imap'],
  ] as const) {
    await listens(port, start([join(folder, 'backend'), String(port), kind, '3'], LOAD_CORE))
  }
}

/** Undefined where it does not start, which is said. */
async function up(contender: Contender, workers: number): Promise<Up | undefined> {
  const ports = { tls: await freePort(), imap: await freePort(), smtp: await freePort() }
  const place: Place = { folder, ports, behind, workers }
  if (contender.version === undefined) {
    process.stderr.write(`${contender.name} is not installed: it is left out.\n`)
    return undefined
  }
  const one = start(contender.command(place), PROXY_CORE)
  if (await listens(ports.tls, one)) return { contender, place, process: one }
  process.stderr.write(
    `${contender.name} does not start: it is left out. See below.\n${readFileSync(join(folder, 'log'), 'utf8').slice(-500)}\n`,
  )
  await stop(one)
  return undefined
}

function generator(words: readonly string[]): ChildProcess {
  return spawn('nice', pinned(LOAD_CORE, [join(folder, 'load'), ...words]), { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** One run of the load generator, with what the contender used of its core meanwhile. */
async function load(words: readonly string[], contender: Running): Promise<{ readonly told: Told; readonly cpu: number } | undefined> {
  const child = generator(words)
  let [out, begun] = ['', contender.cpu]
  child.stdout?.on('data', (bytes: Buffer) => void (out += bytes.toString()))
  child.stderr?.on('data', (bytes: Buffer) => {
    if (bytes.includes('WARM')) begun = contender.cpu
  })
  await once(child, 'close')
  const line = out.trim().split('\n').at(-1) ?? ''
  return line.startsWith('{') ? { told: JSON.parse(line) as Told, cpu: contender.cpu - begun } : undefined
}

/** Measures that share a load are taken in one run. */
async function rounds(all: readonly Up[]): Promise<Run[]> {
  const runs: Run[] = []
  const groups = [
    ...Map.groupBy(
      MEASURES.filter(({ id }) => wanted(id)),
      ({ load, door, on }) => JSON.stringify([load, door, on]),
    ).values(),
  ]
  const count = Number(values.rounds)
  for (let round = -1; round < count; round += 1) {
    for (const group of groups) {
      const [first] = group
      if (first === undefined) continue
      const order = all.filter(({ contender }) => first.on.includes(contender.name))
      for (const { contender, place, process: one } of round % 2 === 0 ? order : order.toReversed()) {
        // The first round warms up and does not count: whoever compiles while it runs has seen some ten thousand connections then.
        const seconds = round < 0 ? '3' : values.seconds
        const [mode = '', ...words] = first.load
        const result = await load([mode, '127.0.0.1', String(place.ports[first.door]), '-t', seconds, ...warm(words), ...words], one)
        if (round < 0 || result === undefined) continue
        const { told, cpu } = result
        for (const measure of group)
          runs.push({ measure: measure.id, contender: contender.name, round, figure: measure.figure(told), cpu, told })
      }
    }
    process.stderr.write(round < 0 ? 'warm\n' : `round ${round + 1} of ${count}\n`)
  }
  return runs
}

function warm(words: readonly string[]): readonly string[] {
  return words.includes('-w') ? [] : ['-w', '0.3']
}

const DESCRIPTORS = 9500
const SETTLE_MS = 3000

/** Memory that idle connections take. Who is one process has no descriptors for more than some thousands: each connection takes two. */
async function memory(connections: number): Promise<MemoryRun[]> {
  const several = connections > DESCRIPTORS
  const able: readonly ContenderName[] = several ? ['gate', 'nginx'] : ['gate', 'haproxy', 'nginx', 'stunnel']
  const found: MemoryRun[] = []
  for (const contender of CONTENDERS.filter(({ name }) => able.includes(name))) {
    const one = await up(contender, several ? 4 : 1)
    if (one === undefined) continue
    const door = ['127.0.0.1', String(one.place.ports.tls)]
    await load(['hs', ...door, '-t', '1.5'], one.process)
    await delay(1000)
    const before = one.process.memory
    const parts = Math.ceil(connections / DESCRIPTORS)
    const loads: ChildProcess[] = []
    let idle = 0
    for (let part = 0; part < parts; part += 1) {
      const child = generator(['idle', ...door, '-c', String(Math.ceil(connections / parts)), '-H', '60', '-S', '8'])
      loads.push(child)
      child.stderr?.resume()
      const [line] = (await Promise.race([once(createInterface({ input: child.stdout! }), 'line'), delay(60_000, ['{}'])])) as [string]
      idle += (JSON.parse(line) as { idle?: number }).idle ?? 0
    }
    await delay(SETTLE_MS)
    const after = one.process.memory
    found.push({
      contender: contender.name,
      connections: idle,
      wanted: connections,
      processes: several ? 4 : 1,
      base: before,
      each: (after - before) / Math.max(idle, 1),
    })
    for (const child of loads) child.kill('SIGKILL')
    await stop(one.process)
    process.stderr.write(`memory of ${contender.name} at ${idle}\n`)
  }
  return found
}

async function main(): Promise<void> {
  const began = performance.now()
  prepare()
  await startBehind()
  const all: Up[] = []
  const needed = new Set(MEASURES.filter(({ id }) => wanted(id)).flatMap(({ on }) => on))
  for (const contender of CONTENDERS) {
    const one = needed.has(contender.name) ? await up(contender, 1) : undefined
    if (one !== undefined) all.push(one)
  }
  const runs = await rounds(all)
  for (const { process: one } of all) await stop(one)
  const idle = wanted('memory') ? [...(await memory(5000)), ...(await memory(20_000))] : []
  const messages = wanted('smtp') ? await messagesThroughPostfix({ folder, behind, up, load, stop, rounds: Number(values.rounds) }) : []
  const result: Result = { runs, memory: idle, messages, seconds: Math.round((performance.now() - began) / 1000) }
  const text = reportOf(result, MEASURES, CONTENDERS)
  process.stdout.write(text)
  if (values['no-write']) return
  writeFileSync(join(RESULTS, 'gate.md'), text)
  writeFileSync(join(RESULTS, 'gate.json'), `${JSON.stringify(result, undefined, 1)}\n`)
}

try {
  await main()
} finally {
  await Promise.all([...running].map((one) => one.stop()))
}
