/**
 * Several clients send messages through a gate while gate, server and clients are killed. A client that has not heard that a message was taken sends it
 * again, as another attempt: so every message is acknowledged in the end, whatever was acknowledged has to have arrived as it was, and no attempt more than
 * once. `node test/gate/nothing-lost.ts [MESSAGES] [--behind recording|postfix|exim] [--seed WORD]`.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '../peers/free-port.ts'
import { BEHIND, startBehind, type Behind, type BehindName } from './arriving.ts'
import { runGateProcess, type GateProcess } from './gate-process.ts'
import { Octets, sentMessage } from './sent-message.ts'

export interface Outcome {
  readonly sent: number
  readonly acknowledged: number
  /** Attempts, each counted once. */
  readonly arrived: number
  /** Attempts that have arrived without the client having heard of it: it has sent them again. */
  readonly unheard: number
  /** Messages that the server has taken once and delivered more than once, since it was killed in between. */
  readonly twiceByServer: number
  readonly kills: Readonly<Record<Killed, number>>
  /** What must not be, in words. */
  readonly wrong: readonly string[]
}

const VICTIMS = ['gate', 'server', 'client', 'client'] as const
type Killed = (typeof VICTIMS)[number]

/** On average somebody is killed after so many messages. */
const MESSAGES_A_KILL = 7
/** Milliseconds in which nothing more arrives. */
const QUIET_MS = 5000
const CLIENT = new URL('./sending-client.ts', import.meta.url).pathname

/** One sender, that is begun again with the message at which it was killed. */
class Sender {
  readonly #port: number
  readonly #name: string
  readonly #count: number
  readonly #octets: Behind['octets']
  #next = 0
  #attempt = 0
  #child: ChildProcess | undefined
  readonly acknowledged: string[] = []

  constructor(port: number, name: string, count: number, octets: Behind['octets']) {
    this.#port = port
    this.#name = name
    this.#count = count
    this.#octets = octets
  }

  async run(): Promise<void> {
    while (this.#next < this.#count) {
      const words = [this.#port, this.#name, this.#next, this.#count, this.#attempt, this.#octets].map(String)
      const child = spawn(process.execPath, [CLIENT, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
      this.#child = child
      createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line))
      await once(child, 'close')
    }
  }

  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  #hear(line: string): void {
    const [word, number, attempt] = line.split(' ')
    const acknowledged = word === 'acknowledged'
    if (acknowledged) this.acknowledged.push(`${this.#name}-${number}.${attempt}`)
    this.#next = Number(number) + (acknowledged ? 1 : 0)
    this.#attempt = acknowledged ? 0 : Number(attempt) + 1
  }
}

/** Runs it, with so many clients at once. `seed` says what is sent and who is killed. */
export async function nothingLost(messages: number, seed: string, behindName: BehindName, clients = 4): Promise<Outcome> {
  const behind = await startBehind(behindName)
  const port = await freePort()
  const backend = `127.0.0.1:${behind.port}`
  const mx = { listen: `127.0.0.1:${port}`, dialect: 'smtp', tls: 'starttls', policy: 'mozilla-intermediate', backend }
  const startGate = (): Promise<GateProcess> => runGateProcess({ services: { mx } })
  let gate = await startGate()
  const chance = new Octets(seed)
  const kills = { gate: 0, server: 0, client: 0 }
  const left: Killed[] = []
  const each = Math.ceil(messages / clients)
  const senders = Array.from({ length: clients }, (_, at) => new Sender(port, `${seed}-${at}`, each, behind.octets))
  const all = { sent: false }
  const sending = Promise.all(senders.map((sender) => sender.run())).finally(() => (all.sent = true))
  const soFar = (): number => senders.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0)
  for (;;) {
    const next = soFar() + chance.below(2 * MESSAGES_A_KILL)
    const moment = chance.below(100)
    while (!all.sent && soFar() < next) await delay(10)
    await delay(moment)
    if (all.sent) break
    if (left.length === 0) left.push(...VICTIMS)
    const [who = 'gate'] = left.splice(chance.below(left.length), 1)
    kills[who] += 1
    if (who === 'client') senders[chance.below(clients)]?.kill()
    if (who === 'server') await behind.crash()
    if (who === 'gate') {
      await gate.end()
      gate = await startGate()
    }
  }
  await sending
  await gate.end()
  await settled(behind, soFar())
  const outcome = judge(behind, senders, { sent: clients * each, kills })
  await behind.end()
  return outcome
}

/** A server that is started delivers what is in its queue. Waits until all is there, or no more comes. */
async function settled(behind: Behind, acknowledged: number): Promise<void> {
  await behind.crash()
  let [count, since] = [behind.count(), performance.now()]
  while (count < acknowledged || performance.now() - since < QUIET_MS / 10) {
    await delay(50)
    if (behind.count() === count && performance.now() - since > QUIET_MS) return
    if (behind.count() > count) [count, since] = [behind.count(), performance.now()]
  }
}

function judge(behind: Behind, senders: readonly Sender[], { sent, kills }: Pick<Outcome, 'sent' | 'kills'>): Outcome {
  const namesOf = new Map<string, Set<string>>()
  const wrong: string[] = []
  let twiceByServer = 0
  for (const { name, content } of behind.arrived()) {
    const [, id = ''] = /^Message-ID: <([^@>]*)@/.exec(content.subarray(0, 200).toString('latin1')) ?? []
    const names = namesOf.get(id) ?? new Set()
    if (names.has(name)) twiceByServer += 1
    namesOf.set(id, names.add(name))
    const message = sentMessage(id, behind.octets)
    if (!content.equals(message.content))
      wrong.push(`${id} (${message.way}) arrived otherwise: ${content.length} octets in place of ${message.content.length}`)
  }
  for (const [id, names] of namesOf) if (names.size > 1) wrong.push(`${id} arrived ${names.size} times`)
  const acknowledged = new Set(senders.flatMap((sender) => sender.acknowledged))
  for (const id of acknowledged) if (!namesOf.has(id)) wrong.push(`${id} was acknowledged and has not arrived`)
  const unheard = [...namesOf.keys()].filter((id) => !acknowledged.has(id)).length
  return { sent, acknowledged: acknowledged.size, arrived: namesOf.size, unheard, twiceByServer, kills, wrong }
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: {
      behind: { type: 'string', default: 'recording' },
      seed: { type: 'string', default: String(Date.now()) },
    },
    allowPositionals: true,
  })
  const behind = BEHIND.find((name) => name === values.behind)
  if (behind === undefined) throw new Error(`There is no server ${values.behind}: it is one of ${BEHIND.join(', ')}`)
  const outcome = await nothingLost(Number(positionals[0] ?? 10_000), values.seed, behind)
  process.stdout.write(`${JSON.stringify({ behind, seed: values.seed, ...outcome }, null, 2)}\n`)
  process.exitCode = outcome.wrong.length === 0 ? 0 : 1
}
