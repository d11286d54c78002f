/**
 * Old servers send messages of all sizes through an outlet: a Postfix with a queue, and a program in Node 8, which knows TLS 1.0 alone here. Meanwhile the outlet
 * and its next hops, a Postfix and a server that records, are killed. Every message arrives, as it was, or is still in its sender's queue; it arrives once more
 * only where its sender has not heard that it was taken. `node test/gate/outlet/nothing-lost.ts [MESSAGES] [--seed WORD]`.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { certificates, SERVER_NAME } from '../../peers/index.ts'
import { freePort } from '../../peers/free-port.ts'
import { CHECKOUT } from '../../peers/packages.ts'
import { startBehind, type Arrived, type Behind } from '../arriving.ts'
import { runGateProcess, type GateProcess } from '../gate-process.ts'
import { Octets, sentMessage, stuffed } from '../sent-message.ts'
import { startSendingPostfix, type SendingPostfix } from './sending-postfix.ts'

export interface Outcome {
  /** Messages by sender. */
  readonly node8: { readonly sent: number; readonly acknowledged: number; readonly unheard: number }
  readonly postfix: { readonly sent: number; readonly acknowledged: number; readonly waiting: number; readonly again: number }
  /** Messages that the Postfix behind has taken once and delivered more than once, since it was killed in between. */
  readonly twiceByServer: number
  readonly kills: Readonly<Record<Killed, number>>
  readonly seconds: number
  /** What must not be, in words. */
  readonly wrong: readonly string[]
}

const VICTIMS = ['outlet', 'recording', 'postfix'] as const
type Killed = (typeof VICTIMS)[number]

/** How much goes on at once. */
export interface Pace {
  /** On average somebody is killed after so many messages. */
  readonly messagesAKill: number
  /** Processes of Node 8 that send through the outlet, and as many that give the Postfix what it sends. */
  readonly clients: number
}

/** For 10,000 messages in less than ten minutes. */
const USUAL: Pace = { messagesAKill: 100, clients: 12 }

/** Postfix puts off all that it has whenever the outlet is gone, and does nothing else with thousands. */
const MOST_QUEUED = 150
/** Milliseconds in which nothing more arrives, or nothing more is sent. */
const QUIET_MS = 5000
const STUCK_MS = 60_000

const NODE8 = `${CHECKOUT}test/stacks/node_modules/node8/bin/node`
const SENDER = new URL('./old-sender.cjs', import.meta.url).pathname
const RECIPIENTS = ['b@example.net', 'b@recorded.example'] as const

/** A process of Node 8 that is given one message after the other. */
class OldSender {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>

  constructor(port: number, version: 'TLSv1' | 'clear') {
    this.#child = spawn(NODE8, [SENDER, String(port), version], { env: {}, stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /** Whether it was told that the message is taken. */
  async sends(id: string, recipient: string): Promise<boolean> {
    const content = stuffed(sentMessage(id, 'text').content)
    this.#child.stdin.write(`${id} ${recipient} ${content.length}\n`)
    this.#child.stdin.write(content)
    const { value } = await this.#lines.next()
    return String(value).startsWith(`taken ${id}`)
  }

  end(): void {
    this.#child.stdin.end()
  }
}

/** Messages of one half. */
interface Giving {
  readonly port: number
  readonly version: 'TLSv1' | 'clear'
  readonly name: string
  readonly count: number
  readonly clients: number
  /** Whether another one may be given now. */
  readonly hasRoom: () => boolean
}

/** Gives each until it is taken, as an attempt of another name, and notes the names of those that were. */
async function giveAll({ port, version, name, count, clients, hasRoom }: Giving, taken: Set<string>): Promise<void> {
  const each = async (client: number): Promise<void> => {
    const sender = new OldSender(port, version)
    for (let number = client; number < count; number += clients) {
      const recipient = RECIPIENTS[new Octets(`${name}-${number}`).below(RECIPIENTS.length)] ?? ''
      while (!hasRoom()) await delay(50)
      for (let attempt = 0; ; attempt += 1) {
        const id = `${name}-${number}.${attempt}`
        if (await sender.sends(id, recipient)) {
          taken.add(id)
          break
        }
        await delay(50)
      }
    }
    sender.end()
  }
  await Promise.all(Array.from({ length: clients }, (_, client) => each(client)))
}

/** Runs it: half of the messages by each sender. `seed` says what is sent, and who is killed. */
export async function outletLosesNothing(messages: number, seed: string, pace: Pace): Promise<Outcome> {
  const begun = performance.now()
  const hops = { recording: await startBehind('recording', true), postfix: await startBehind('postfix') }
  const port = await freePort()
  const postfix = await startSendingPostfix(port)
  const victims = await Victims.start(port, hops)
  try {
    const half = Math.ceil(messages / 2)
    const acknowledged = new Set<string>()
    const soFar = (): number => acknowledged.size + postfix.sent()
    const over = { is: false }
    const sending = sendAll({ seed, half, port, postfix, clients: pace.clients }, acknowledged).finally(() => (over.is = true))
    const kills = await victims.kill({ seed, messagesAKill: pace.messagesAKill, soFar, isOver: () => over.is })
    await sending
    await settled([hops.recording, hops.postfix], soFar())
    const arrived = [...hops.recording.arrived().map(withoutTrace), ...hops.postfix.arrived()]
    const seconds = Math.round((performance.now() - begun) / 1000)
    return { ...judge(arrived, acknowledged, half, postfix), kills, seconds }
  } finally {
    await Promise.all([victims.end(), postfix.stop(), hops.recording.end(), hops.postfix.end()])
  }
}

interface SendingAll {
  readonly seed: string
  readonly half: number
  readonly port: number
  readonly postfix: SendingPostfix
  readonly clients: number
}

async function sendAll({ seed, half, port, postfix, clients }: SendingAll, acknowledged: Set<string>): Promise<void> {
  const queued = new Set<string>()
  const hasRoom = (): boolean => queued.size - postfix.sent() < MOST_QUEUED
  await Promise.all([
    giveAll({ port, version: 'TLSv1', name: `${seed}-n`, count: half, clients, hasRoom: () => true }, acknowledged),
    giveAll({ port: postfix.port, version: 'clear', name: `${seed}-p`, count: half, clients, hasRoom }, queued),
  ])
  await allSent(postfix, half)
}

interface Killing {
  readonly seed: string
  readonly messagesAKill: number
  readonly soFar: () => number
  readonly isOver: () => boolean
}

/** Whoever is killed, and started again. */
class Victims {
  readonly #port: number
  readonly #hops: Readonly<Record<'recording' | 'postfix', Behind>>
  #outlet: GateProcess

  private constructor(port: number, hops: Readonly<Record<'recording' | 'postfix', Behind>>, outlet: GateProcess) {
    this.#port = port
    this.#hops = hops
    this.#outlet = outlet
  }

  static async start(port: number, hops: Readonly<Record<'recording' | 'postfix', Behind>>): Promise<Victims> {
    return new Victims(port, hops, await runOutlet(port, hops))
  }

  /** Goes on until all is sent. */
  async kill({ seed, messagesAKill, soFar, isOver }: Killing): Promise<Record<Killed, number>> {
    const kills = { outlet: 0, recording: 0, postfix: 0 }
    const chance = new Octets(seed)
    const left: Killed[] = []
    for (;;) {
      const next = soFar() + chance.below(2 * messagesAKill)
      const moment = chance.below(100)
      while (!isOver() && soFar() < next) await delay(50)
      await delay(moment)
      if (isOver()) return kills
      if (left.length === 0) left.push(...VICTIMS)
      const [who = 'outlet'] = left.splice(chance.below(left.length), 1)
      kills[who] += 1
      await (who === 'outlet' ? this.#killOutlet() : this.#hops[who].crash())
    }
  }

  end(): Promise<void> {
    return this.#outlet.end()
  }

  async #killOutlet(): Promise<void> {
    await this.#outlet.end()
    this.#outlet = await runOutlet(this.#port, this.#hops)
  }
}

async function runOutlet(port: number, { recording, postfix }: Readonly<Record<'recording' | 'postfix', Behind>>): Promise<GateProcess> {
  const { root } = await certificates()
  const outlet = {
    to: `127.0.0.1:${recording.port}`,
    tls: 'verify',
    ca: root,
    name: SERVER_NAME,
    destinations: [{ domains: ['example.net'], to: `127.0.0.1:${postfix.port}` }],
  }
  const service = { listen: `127.0.0.1:${port}`, dialect: 'smtp', tls: 'starttls', policy: 'mozilla-old', outlet }
  return runGateProcess({ log: 'none', services: { out: service } })
}

/** Until the queue is empty, or nothing of it goes any more. */
async function allSent(postfix: SendingPostfix, count: number): Promise<void> {
  let [sent, since] = [postfix.sent(), performance.now()]
  while (sent < count && performance.now() - since < STUCK_MS) {
    await delay(200)
    if (postfix.sent() > sent) [sent, since] = [postfix.sent(), performance.now()]
  }
}

/** What a server has taken it may deliver later. */
async function settled(hops: readonly Behind[], due: number): Promise<void> {
  const count = (): number => hops.reduce((sum, hop) => sum + hop.count(), 0)
  let [last, since] = [count(), performance.now()]
  while (last < due || performance.now() - since < QUIET_MS / 10) {
    await delay(50)
    if (performance.now() - since > QUIET_MS) return
    if (count() > last) [last, since] = [count(), performance.now()]
  }
}

/** The Postfix that sends puts its trace before a message. */
function withoutTrace({ name, content }: Arrived): Arrived {
  return { name, content: content.subarray(Math.max(0, content.indexOf('Message-ID: '))) }
}

function judge(
  all: readonly Arrived[],
  acknowledged: ReadonlySet<string>,
  half: number,
  postfix: SendingPostfix,
): Omit<Outcome, 'kills' | 'seconds'> {
  const namesOf = new Map<string, Set<string>>()
  const wrong: string[] = []
  let twiceByServer = 0
  for (const { name, content } of all) {
    const [, id = ''] = /^Message-ID: <([^@>]*)@/.exec(content.subarray(0, 200).toString('latin1')) ?? []
    const names = namesOf.get(id) ?? new Set()
    if (names.has(name)) twiceByServer += 1
    namesOf.set(id, names.add(name))
    const { length } = content
    const sent = sentMessage(id, 'text').content
    if (!content.equals(sent)) wrong.push(`${id} arrived otherwise: ${length} octets in place of ${sent.length}`)
  }
  const timesOf = (id: string): number => namesOf.get(id)?.size ?? 0
  for (const id of acknowledged) if (timesOf(id) === 0) wrong.push(`${id} was acknowledged and has not arrived`)
  const fromNode8 = [...namesOf.keys()].filter((id) => id.includes('-n-'))
  for (const id of fromNode8) if (timesOf(id) > 1) wrong.push(`${id} arrived ${timesOf(id)} times`)
  const heard = postfix.heard()
  let again = 0
  for (const [id, { isSent, unheard, isReturned }] of heard) {
    if (isReturned) wrong.push(`${id} was returned`)
    if (isSent && timesOf(id) === 0) wrong.push(`${id} was acknowledged and has not arrived`)
    const most = unheard + (isSent ? 1 : 0)
    if (timesOf(id) > most) wrong.push(`${id} arrived ${timesOf(id)} times, and ${most} can be explained`)
    if (timesOf(id) > 1) again += timesOf(id) - 1
  }
  const known = [...heard.values()].filter(({ isSent }) => isSent).length
  const waiting = postfix.waiting()
  if (known + waiting < half) wrong.push(`${half - known - waiting} messages are neither sent nor in the queue`)
  return {
    node8: { sent: half, acknowledged: acknowledged.size, unheard: fromNode8.filter((id) => !acknowledged.has(id)).length },
    postfix: { sent: half, acknowledged: known, waiting, again },
    twiceByServer,
    wrong,
  }
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({ options: { seed: { type: 'string', default: String(Date.now()) } }, allowPositionals: true })
  const outcome = await outletLosesNothing(Number(positionals[0] ?? 10_000), values.seed, USUAL)
  process.stdout.write(`${JSON.stringify({ seed: values.seed, ...outcome }, null, 2)}\n`)
  process.exitCode = outcome.wrong.length === 0 ? 0 : 1
}
