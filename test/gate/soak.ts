/**
 * A gate in two processes under mixed load for a long time: full and resumed handshakes, bulk, STARTTLS, idle, slow and broken clients, and reloads in between.
 * Its memory has to stay flat, nothing may go wrong, and no descriptor may be left. `npm run soak -- [--minutes 60]`
 */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { ConnectionRecord } from '../../src/gate/index.ts'
import { runGateProcess, type GateProcess } from './gate-process.ts'
import { Talker } from './talker.ts'

export interface SoakOutcome {
  readonly counts: Readonly<Record<string, number>>
  /** What each worker had in kB, sample by sample. */
  readonly memory: readonly (readonly number[])[]
  /** What must not be, in words. */
  readonly wrong: readonly string[]
}

const WORKERS = 2
const IDLE = 40
const BULK = 256 * 1024
/** Between two samples, in milliseconds: so many for a short run, at most so many for a long one. */
const SAMPLES = 20
const LONGEST_SAMPLE_MS = 15_000
/** In kB: what a worker may have more in the last quarter than in the second one. */
const GROWTH_KB = 16 * 1024
const MOST_KB = 400 * 1024
/** Shorter ones see a Node that warms up. */
const FLAT_SECONDS = 600

/** What goes on beside each other, each again and again. */
class Soak {
  readonly #gate: GateProcess
  readonly #until: number
  readonly #counts = new Map<string, number>()
  readonly wrong: string[] = []
  #session: Buffer | undefined

  constructor(gate: GateProcess, until: number) {
    this.#gate = gate
    this.#until = until
  }

  get counts(): SoakOutcome['counts'] {
    return Object.fromEntries(this.#counts)
  }

  get over(): boolean {
    return performance.now() >= this.#until || this.wrong.length > 20
  }

  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1)
  }

  /** Until the end; what throws is wrong. */
  async again(what: string, pause: number, once: () => Promise<void>): Promise<void> {
    while (!this.over) {
      try {
        await once()
        this.count(what)
      } catch (error) {
        this.wrong.push(`${what}: ${String(error)}`)
      }
      await delay(pause)
    }
  }

  async open(session?: Buffer): Promise<TLSSocket> {
    const socket = connectTls({
      port: this.#gate.port('any'),
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ...(session === undefined ? {} : { session }),
    })
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(20_000) })
    return socket
  }

  async full(): Promise<void> {
    const socket = await this.open()
    const told = once(socket, 'session', { signal: AbortSignal.timeout(20_000) })
    await echoed(socket, randomBytes(100))
    ;[this.#session] = (await told) as [Buffer]
    socket.destroy()
  }

  /** A session lives for some minutes, and there is a new one all the time. */
  async resumed(): Promise<void> {
    if (this.#session === undefined) return
    const socket = await this.open(this.#session)
    if (!socket.isSessionReused()) throw new Error('the session was not taken up')
    await echoed(socket, randomBytes(100))
    socket.end()
    await once(socket, 'close', { signal: AbortSignal.timeout(20_000) })
  }

  async bulk(): Promise<void> {
    const socket = await this.open()
    await echoed(socket, randomBytes(BULK))
    socket.destroy()
  }

  async mail(): Promise<void> {
    const talker = await Talker.to(this.#gate.port('mx'))
    await talker.hears(/^220 /)
    await talker.asks('EHLO soak\r\n', /250 .*\r\n$/)
    await talker.asks('STARTTLS\r\n', /^220 /)
    await talker.secure()
    await talker.asks('EHLO soak\r\n', /250 .*\r\n$/)
    await talker.asks('MAIL FROM:<a@example.com>\r\n', /^250 /)
    await talker.asks('QUIT\r\n', /^221 /)
    talker.leave()
  }

  /** Reads little by little what it has said. */
  async slow(): Promise<void> {
    const socket = await this.open()
    socket.write(Buffer.alloc(BULK))
    let heard = 0
    while (heard < BULK) {
      const part = socket.read() as Buffer | null
      heard += part?.length ?? 0
      await delay(20)
    }
    socket.destroy()
  }

  async broken(): Promise<void> {
    const words = [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.from('1603010200010001fc0303', 'hex'), randomBytes(200), Buffer.alloc(0)]
    for (const bytes of words) {
      const socket = connect(this.#gate.port('any'), '127.0.0.1')
      socket.on('error', () => undefined)
      await once(socket, 'connect', { signal: AbortSignal.timeout(20_000) })
      socket.write(bytes)
      await delay(10)
      socket.resetAndDestroy()
    }
  }

  reload(): Promise<void> {
    return this.#gate.reload()
  }
}

/** Says something and hears it. */
async function echoed(socket: TLSSocket, bytes: Buffer): Promise<void> {
  const [hash, heard] = [createHash('sha256'), createHash('sha256')]
  hash.update(bytes)
  socket.write(bytes)
  let length = 0
  const signal = AbortSignal.timeout(60_000)
  while (length < bytes.length) {
    const part = socket.read() as Buffer | null
    if (part === null) {
      await once(socket, 'readable', { signal })
      if (socket.destroyed || socket.readableEnded) throw new Error(`closed after ${length} of ${bytes.length} octets`)
      continue
    }
    heard.update(part)
    length += part.length
  }
  if (hash.digest('hex') !== heard.digest('hex')) throw new Error('other octets came back')
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function mailServer(): Server {
  return createServer((socket) => {
    socket.on('error', () => undefined)
    socket.write('220 behind ESMTP\r\n')
    socket.on('data', (bytes) => void socket.write(bytes.toString().startsWith('QUIT') ? '221 bye\r\n' : '250 fine\r\n'))
  })
}

function workersOf(gate: GateProcess): readonly number[] {
  const pid = String(gate.child.pid)
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
}

const memoryOf = (pid: number): number => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length

/** Runs it for so many seconds. */
export async function soak(seconds: number, tell: (line: string) => void): Promise<SoakOutcome> {
  const echo = createServer((socket) => void socket.on('error', () => undefined).pipe(socket))
  const mail = mailServer()
  const [any, mx] = [await listening(echo), await listening(mail)]
  const service = { listen: '127.0.0.1:0', policy: 'mozilla-intermediate' }
  const ended = new Map<string, number>()
  const failures: string[] = []
  const gate = await runGateProcess(
    {
      workers: WORKERS,
      limits: { perClient: 1000 },
      timeouts: { idle: 2 * seconds },
      services: {
        any: { ...service, dialect: 'tls', tls: 'implicit', backend: `127.0.0.1:${any}` },
        mx: { ...service, dialect: 'smtp', tls: 'starttls', backend: `127.0.0.1:${mx}` },
      },
    },
    'true',
    (line) => {
      const { why, reason } = (JSON.parse(line) as ConnectionRecord).ended
      ended.set(why, (ended.get(why) ?? 0) + 1)
      if (why === 'error' || why === 'crowded') failures.push(`a connection ended with ${why}: ${reason}`)
    },
  )
  try {
    return await soaked(gate, seconds, failures, tell)
  } finally {
    await gate.end()
    for (const server of [echo, mail]) server.close()
  }
}

async function soaked(gate: GateProcess, seconds: number, failures: readonly string[], tell: (line: string) => void): Promise<SoakOutcome> {
  const one = new Soak(gate, performance.now() + seconds * 1000)
  await one.full()
  const pids = workersOf(gate)
  const before = pids.map(descriptorsOf)
  const idle = await Promise.all(Array.from({ length: IDLE }, () => one.open()))
  const memory = pids.map((): number[] => [])
  const every = Math.min((seconds * 1000) / SAMPLES, LONGEST_SAMPLE_MS)
  const sampling = (async () => {
    while (!one.over) {
      for (const [at, pid] of pids.entries()) memory[at]?.push(memoryOf(pid))
      tell(
        `${pids.map((pid) => `${Math.round(memoryOf(pid) / 1024)} MB, ${descriptorsOf(pid)} descriptors`).join('; ')}; ${JSON.stringify(one.counts)}`,
      )
      await delay(every)
    }
  })()
  await Promise.all([
    sampling,
    one.again('full', 5, () => one.full()),
    one.again('resumed', 5, () => one.resumed()),
    one.again('bulk', 50, () => one.bulk()),
    one.again('mail', 10, () => one.mail()),
    one.again('slow', 10, () => one.slow()),
    one.again('broken', 20, () => one.broken()),
    one.again('reload', Math.min(seconds * 200, 30_000), () => one.reload()),
  ])
  for (const socket of idle) {
    await echoed(socket, randomBytes(10))
    socket.destroy()
  }
  one.wrong.push(...failures, ...gate.told.filter((line) => line.includes('died')), ...(await leftOf(pids, before)))
  for (const [at, samples] of memory.entries()) one.wrong.push(...grown(samples, seconds).map((words) => `worker ${at + 1}: ${words}`))
  return { counts: one.counts, memory, wrong: one.wrong }
}

/** Descriptors of connections that are over; the last of them take a moment. */
async function leftOf(pids: readonly number[], before: readonly number[]): Promise<readonly string[]> {
  const left = (): readonly number[] => pids.map((pid, at) => descriptorsOf(pid) - (before[at] ?? 0))
  for (let wait = 0; wait < 100 && left().some((count) => count > 0); wait += 1) await delay(100)
  return left().flatMap((count, at) => (count > 0 ? [`worker ${at + 1} has ${count} descriptors more than before`] : []))
}

function grown(samples: readonly number[], seconds: number): readonly string[] {
  const quarter = Math.floor(samples.length / 4)
  const mean = (from: number): number => samples.slice(from, from + quarter).reduce((sum, one) => sum + one, 0) / Math.max(quarter, 1)
  const growth = mean(samples.length - quarter) - mean(quarter)
  const most = Math.max(...samples)
  return [
    ...(most > MOST_KB ? [`${most} kB of memory`] : []),
    ...(seconds >= FLAT_SECONDS && growth > GROWTH_KB ? [`${Math.round(growth)} kB more in the last quarter than in the second`] : []),
  ]
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' } } })
  const { counts, wrong } = await soak(Number(values.minutes) * 60, (line) => void process.stdout.write(`${line}\n`))
  process.stdout.write(`${JSON.stringify(counts)}\n${wrong.length === 0 ? 'Nothing went wrong, and nothing is left.' : wrong.join('\n')}\n`)
  process.exitCode = wrong.length === 0 ? 0 : 1
}
