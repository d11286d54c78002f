/**
 * Several clients send messages through a gate while gate, server and clients are killed. A client sends each message once: so whatever was acknowledged has
 * to have arrived once and as it was, and whatever was not has arrived at most once, and whole. `node test/gate/nothing-lost.ts [MESSAGES]`
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../peers/run.ts'
import { runGateProcess, type GateProcess } from './gate-process.ts'
import { Octets, sentMessage } from './sent-message.ts'

export interface Outcome {
  readonly sent: number
  readonly acknowledged: number
  readonly arrived: number
  readonly kills: { readonly gate: number; readonly server: number; readonly client: number }
  /** What must not be, in words. */
  readonly wrong: readonly string[]
}

const CLIENTS = 4
const SERVER = new URL('./recording-server.ts', import.meta.url).pathname
const CLIENT = new URL('./sending-client.ts', import.meta.url).pathname

/** One sender, that is begun again behind the message at which it was killed. */
class Sender {
  readonly #port: number
  readonly #name: string
  readonly #count: number
  #next = 0
  #child: ChildProcess | undefined
  readonly acknowledged: string[] = []

  constructor(port: number, name: string, count: number) {
    this.#port = port
    this.#name = name
    this.#count = count
  }

  async run(): Promise<void> {
    while (this.#next < this.#count) {
      const words = [this.#port, this.#name, this.#next, this.#count - this.#next].map(String)
      const child = spawn(process.execPath, [CLIENT, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
      this.#child = child
      createInterface({ input: child.stdout }).on('line', (line) => {
        const [word, number] = line.split(' ')
        this.#next = Number(number) + 1
        if (word === 'acknowledged') this.acknowledged.push(`${this.#name}-${number}`)
      })
      await once(child, 'close')
    }
  }

  kill(): void {
    this.#child?.kill('SIGKILL')
  }
}

async function startServer(port: number, folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [SERVER, String(port), folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return child
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** Runs it. `seed` says when who is killed. */
export async function nothingLost(messages: number, seed: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-nothing-lost-'))
  const [door, behind] = [await freePort(), await freePort()]
  const mx = {
    listen: `127.0.0.1:${door}`,
    dialect: 'smtp',
    tls: 'starttls',
    policy: 'mozilla-intermediate',
    backend: `127.0.0.1:${behind}`,
  }
  const startGate = (): Promise<GateProcess> => runGateProcess({ services: { mx } })
  let gate = await startGate()
  let server = await startServer(behind, folder)
  const chance = new Octets(seed)
  const kills = { gate: 0, server: 0, client: 0 }
  const senders = Array.from({ length: CLIENTS }, (_, at) => new Sender(door, `${seed}-${at}`, Math.ceil(messages / CLIENTS)))
  const over = Promise.all(senders.map((sender) => sender.run())).then(() => true)
  while (!(await Promise.race([over, delay(50 + chance.below(600), false)]))) {
    const who = (['gate', 'server', 'client', 'client'] as const)[chance.below(4)] ?? 'gate'
    kills[who] += 1
    if (who === 'client') senders[chance.below(CLIENTS)]?.kill()
    if (who === 'server') {
      await killed(server)
      server = await startServer(behind, folder)
    }
    if (who === 'gate') {
      await gate.end()
      gate = await startGate()
    }
  }
  await gate.end()
  await killed(server)
  const outcome = judge(folder, senders, Math.ceil(messages / CLIENTS), kills)
  rmSync(folder, { recursive: true })
  return outcome
}

function judge(folder: string, senders: readonly Sender[], each: number, kills: Outcome['kills']): Outcome {
  const arrived = new Map<string, number>()
  const wrong: string[] = []
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.message'))) {
    const content = readFileSync(join(folder, file))
    const [, id = ''] = /^Message-ID: <([^@>]*)@/.exec(content.subarray(0, 200).toString('latin1')) ?? []
    arrived.set(id, (arrived.get(id) ?? 0) + 1)
    const { content: sent } = sentMessage(id)
    if (!content.equals(sent)) wrong.push(`${id} arrived otherwise: ${content.length} octets in place of ${sent.length}`)
  }
  for (const [id, times] of arrived) if (times > 1) wrong.push(`${id} arrived ${times} times`)
  const acknowledged = senders.flatMap((sender) => sender.acknowledged)
  for (const id of acknowledged) if (!arrived.has(id)) wrong.push(`${id} was acknowledged and has not arrived`)
  return { sent: senders.length * each, acknowledged: acknowledged.length, arrived: arrived.size, kills, wrong }
}

if (import.meta.main) {
  const [messages = '10000', seed = String(Date.now())] = process.argv.slice(2)
  const outcome = await nothingLost(Number(messages), seed)
  process.stdout.write(`${JSON.stringify({ seed, ...outcome }, null, 2)}\n`)
  process.exitCode = outcome.wrong.length === 0 ? 0 : 1
}
