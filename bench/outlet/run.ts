/**
 * Messages a second that a Postfix sends through an outlet, beside the same Postfix sending directly, both in TLS to the same other Postfix; and how long a
 * message takes, one after the other.
 *
 *     npm run bench:outlet -- [--rounds 5] [--messages 500] [--no-write]
 *
 * Each round asks one way after the other the same, in turn from either end. Needs Postfix, and root. Writes bench/results/outlet.md.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, setPriority } from 'node:os'
import { parseArgs } from 'node:util'
import { runGateProcess } from '../../test/gate/gate-process.ts'
import { freePort } from '../../test/peers/free-port.ts'
import { anew, standing, type Road } from './latency.ts'
import { reportOf, ROADS, type Delivered, type Manner, type RoadName } from './report.ts'
import { Sending, startReceiving } from './sending.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    messages: { type: 'string', default: '500' },
    'no-write': { type: 'boolean', default: false },
  },
})
const [rounds, messages] = [Number(values.rounds), Number(values.messages)]
/** One after the other, in each round. */
const TIMED = 100

// Before what else the machine does, and so is everything that is started from here.
setPriority(-10)
const [load = 0] = loadavg()
const begun = performance.now()
const receiving = await startReceiving()
const next = receiving.doors.smtp
const port = await freePort()
const out = { listen: `127.0.0.1:${port}`, dialect: 'smtp', tls: 'none', policy: 'mozilla-intermediate' }
const gate = await runGateProcess({
  workers: cpus().length,
  log: 'none',
  services: { out: { ...out, outlet: { to: `127.0.0.1:${next}`, tls: 'required' } } },
})

/** Milliseconds of a processor that the gate has used, with its workers. */
function used(): number {
  const { pid } = gate.child
  const workers = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
  const spent = [String(pid), ...workers.filter((one) => one !== '')].map((one) => {
    const fields = readFileSync(`/proc/${one}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return Number(fields[11]) + Number(fields[12])
  })
  return spent.reduce((sum, ticks) => sum + ticks, 0) * 10
}

const [encrypted, plain] = ['smtp_tls_security_level = encrypt', 'smtp_tls_security_level = none']
const anewEach = 'smtp_connection_cache_on_demand = no'
const ways: readonly (readonly [sender: Delivered['sender'], road: RoadName, postfix: Sending])[] = [
  ['as Debian has it', 'directly, in TLS', await Sending.start(next, [encrypted])],
  ['as Debian has it', 'through the outlet', await Sending.start(port, [plain])],
  ['a connection for each message', 'directly, in TLS', await Sending.start(next, [encrypted, anewEach])],
  ['a connection for each message', 'through the outlet', await Sending.start(port, [plain, anewEach])],
  ['connections kept in TLS', 'directly, in TLS', await Sending.start(next, [encrypted, 'smtp_tls_connection_reuse = yes'])],
]
const roads: Readonly<Record<RoadName, Road>> = {
  'directly, in TLS': { port: next, starttls: true },
  'through the outlet': { port, starttls: false },
  'directly, in the clear': { port: next, starttls: false },
}

const delivered: Delivered[] = []
const times = new Map<Manner, Map<RoadName, number[]>>()

async function sendAll(round: number): Promise<void> {
  for (const [sender, road, postfix] of round % 2 === 0 ? ways : ways.toReversed()) {
    const before = used()
    const rate = messages / (await postfix.sends(messages))
    const own = road === 'through the outlet' ? { gate: (used() - before) / messages } : {}
    process.stderr.write(`${sender}, ${road}: ${rate.toFixed(0)} messages a second\n`)
    // The first round is for the caches of all programs.
    if (round >= 0) delivered.push({ sender, road, rate, ...own })
  }
}

async function timeAll(round: number): Promise<void> {
  for (const [manner, measure] of [
    ['in a connection that stands', standing],
    ['with a connection for each', anew],
  ] as const)
    for (const road of round % 2 === 0 ? ROADS : ROADS.toReversed()) {
      const taken = await measure(roads[road], TIMED)
      if (round < 0) continue
      const known = times.get(manner) ?? new Map<RoadName, number[]>()
      times.set(manner, known.set(road, [...(known.get(road) ?? []), ...taken]))
    }
}

try {
  for (let round = -1; round < rounds; round += 1) {
    await sendAll(round)
    await timeAll(round)
  }
  const text = reportOf({ delivered, times, load, seconds: (performance.now() - begun) / 1000, rounds, messages })
  process.stdout.write(text)
  if (!values['no-write']) writeFileSync(new URL('../results/outlet.md', import.meta.url), text)
} finally {
  await gate.end()
  await Promise.all([receiving, ...ways.map(([, , postfix]) => postfix)].map((one) => one.stop()))
}
process.exit()
