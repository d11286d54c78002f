import { availableParallelism, hostname } from 'node:os'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { PosternError } from '../errors.ts'
import {
  certificateStates,
  Crew,
  Gate,
  GateControl,
  identitiesOf,
  lossesOf,
  LogWriter,
  placeText,
  Upkeep,
  type GateConfig,
} from '../gate/index.ts'
import { openDoors } from './gate-admin.ts'
import { strangersIn } from './gate-strangers.ts'
import { readGate, type GateRead, type GateValues } from './gate-settings.ts'
import type { Terminal } from './terminal.ts'
import { version } from './version.ts'

/** Clients have so long to finish what they have begun, in milliseconds. */
const DRAIN_MS = 30_000
/** And the reader of the log has so long to take the rest. */
const LAST_LINES_MS = 2000

/** Runs a gate until a signal ends it. Gives the exit status. */
export async function runGate(file: string, values: GateValues, terminal: Terminal): Promise<number> {
  const now = (): Date => new Date()
  let read = await readGate(file, values, terminal, now())
  const log = new LogWriter(terminal.logStream?.() ?? outputOf(terminal), now)
  const gate = await openGate(read.config, log, terminal)
  const upkeep = new Upkeep(gate, read.config, { now, tell: (line) => terminal.err(`${line}\n`) })
  const control = new GateControl(gate, read.config, {
    version: version(),
    pid: process.pid,
    file,
    now,
    read: async () => {
      read = await readGate(file, values, terminal, now())
      return read.config
    },
    drain: DRAIN_MS,
    certificates: () => upkeep.certificates,
    dropped: () => log.dropped,
    reloading: () => undefined,
    reloaded: async (error) => {
      if (error !== undefined) return terminal.err(keptText(error))
      upkeep.become(read.config)
      terminal.err(`Read ${file} again.\n${servicesText(gate)}${await warningsText(read)}`)
    },
  })
  const doors = await openDoors(read.config, control, terminal).catch(async (error: unknown) => {
    upkeep.stop()
    await gate.close(0)
    throw error
  })
  terminal.err(`${servicesText(gate)}${doors.text}${await warningsText(read)}`)
  const release = terminal.onSignals?.({ stop: () => control.drain(), reload: () => void control.reload().catch(throwUnknown) })
  await control.drained
  release?.()
  upkeep.stop()
  await gate.close(DRAIN_MS)
  await doors.close()
  await log.end(LAST_LINES_MS)
  return 0
}

/** In this process, or in several that this one starts. */
function openGate(config: GateConfig, log: LogWriter, terminal: Terminal): Promise<Gate | Crew> {
  const { workers = availableParallelism() } = config
  const name = hostname()
  if (workers === 1) return Gate.open(config, { name, now: () => new Date(), log: (record) => log.write(`${JSON.stringify(record)}\n`) })
  return Crew.open(config, {
    workers,
    program: { file: PROGRAM, words: ['gate', 'worker'], node: process.execArgv },
    name,
    out: (lines) => log.write(lines),
    tell: (sentence) => terminal.err(`${sentence}\n`),
  })
}

/** From src/cli and from dist/cli. */
const PROGRAM = fileURLToPath(new URL('../../bin/postern.js', import.meta.url))

/** For a terminal that is no process. */
function outputOf({ out }: Terminal): Writable {
  return new Writable({
    decodeStrings: false,
    write: (text: unknown, _encoding, done) => {
      out(String(text))
      done()
    },
  })
}

function keptText(error: unknown): string {
  if (!(error instanceof PosternError) || error.fault === 'bug') return ''
  return `${error.message}\n${error.remedy ?? ''}\nThe gate goes on as before.\n`
}

/** What is wrong with a configuration was told; a bug ends the process. */
function throwUnknown(error: unknown): void {
  if (!(error instanceof PosternError) || error.fault === 'bug') throw error
}

function servicesText(gate: Gate | Crew): string {
  return gate.services.map(({ name, place }) => `${name} listens on ${placeText(place)}\n`).join('')
}

/** What is wrong with certificates, and what of policies and settings is not kept or not known. */
async function warningsText({ config, settings }: GateRead): Promise<string> {
  const certificates = certificateLines(config)
  const lost = [...(await lossesIn(config))].flatMap(([policy, losses]) =>
    grouped(losses).map((loss) => `${policy}: cannot be kept: ${loss}`),
  )
  return linesText([...certificates, ...(settings === undefined ? [] : linesOf(settings)), ...lost])
}

function linesText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

/** What is wrong with the certificates, or soon will be. */
function certificateLines(config: GateConfig): readonly string[] {
  return certificateStates(identitiesOf(config), new Date()).flatMap(({ warnings }) => warnings)
}

function linesOf({ findings, notes }: NonNullable<GateRead['settings']>): readonly string[] {
  return [...findings.map(({ fact, remedy }) => (remedy === undefined ? fact : `${fact} ${remedy}`)), ...notes]
}

async function lossesIn({ services }: GateConfig): Promise<ReadonlyMap<string, readonly string[]>> {
  const all = await Promise.all(services.filter(({ tls }) => tls !== 'none').map(lossesOf))
  return new Map(all.flat().map(({ policy, losses }) => [policy, losses]))
}

/** Losses with one reason in one line, and every name in it: a count would hide the one that matters. */
function grouped(losses: readonly string[]): readonly string[] {
  const split = losses.map((loss) => ({ name: loss.slice(0, loss.indexOf(': ')), why: loss.slice(loss.indexOf(': ') + 2) }))
  return [...Map.groupBy(split, ({ why }) => why)].map(([why, some]) => `${some.map(({ name }) => name).join(', ')}: ${why}`)
}

/** Says whether a configuration can be run. Throws what is wrong with it. */
export async function checkGate(file: string, values: GateValues, terminal: Terminal): Promise<void> {
  const { config, settings } = await readGate(file, values, terminal, new Date())
  for (const service of config.services) {
    terminal.out(`${service.name}: ${service.dialect} on ${placeText(service.listen)}, TLS ${service.tls}\n`)
    for (const { policy, losses } of await lossesOf(service)) {
      terminal.out(`  ${policy}\n`)
      for (const loss of losses) terminal.out(`    cannot be kept: ${loss}\n`)
    }
  }
  if (settings !== undefined) for (const line of linesOf(settings)) terminal.out(`${line}\n`)
  terminal.out(linesText([...certificateLines(config), ...strangersIn(config.services)]))
  terminal.out('Fine.\n')
}
