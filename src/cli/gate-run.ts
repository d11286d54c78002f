import { hostname } from 'node:os'
import { PosternError } from '../errors.ts'
import {
  certificateStates,
  Crew,
  Gate,
  GateControl,
  handedOver,
  identitiesOf,
  isPassedOn,
  loopsByName,
  lossesOf,
  Notifier,
  placeText,
  recordLine,
  Upkeep,
  withSockets,
  workersOf,
  type GateConfig,
  type RunningGate,
  type ServiceConfig,
} from '../gate/index.ts'
import { AdminDoors } from './gate-admin.ts'
import { EarlySignals } from './early-signals.ts'
import { strangersIn } from './gate-strangers.ts'
import { PROGRAM } from './gate-program.ts'
import { INTERRUPTED } from './interrupt.ts'
import { outletLines } from './gate-outlet.ts'
import { gateOutput, type GateOutput } from './gate-output.ts'
import { readGate, type GateRead, type GateValues } from './gate-settings.ts'
import type { Terminal } from './terminal.ts'
import { version } from './version.ts'

/** Clients have so long to finish what they have begun, in milliseconds. */
const DRAIN_MS = 30_000
/** What asks for the end so soon after the first is no second request. */
const SAME_REQUEST_MS = 500
/** And the reader of the log has so long to take the rest. */
const LAST_LINES_MS = 2000

/** Runs a gate until a signal or the admin socket ends it. Gives the exit status. */
export async function runGate(file: string, values: GateValues, terminal: Terminal): Promise<number> {
  const asked = new EarlySignals(terminal)
  const running = await Promise.race([start(file, values, terminal), asked.stopped])
  if (running === undefined) return INTERRUPTED
  const { gate, control, upkeep, notifier, output, doors } = running
  void notifier.ready(statusText(gate))
  notifier.watch(() => gate.look(0))
  asked.heed({ stop: () => control.drain(), reload: () => void control.reload().catch(throwUnknown) })
  await control.drained
  // The same request may come twice, as from a service manager that tells every process of a service. One that comes later means that nobody will wait.
  const patience = setTimeout(asked.release, SAME_REQUEST_MS)
  upkeep.stop()
  void notifier.stopping('Lets its clients finish')
  await gate.close(DRAIN_MS)
  await doors.close()
  await Promise.all([output.log.end(LAST_LINES_MS), output.messages.end(LAST_LINES_MS)])
  clearTimeout(patience)
  asked.release()
  return 0
}

type Rule = ServiceConfig['rules'][number]

interface Running {
  readonly gate: Gate | Crew
  readonly control: GateControl
  readonly upkeep: Upkeep
  readonly notifier: Notifier
  readonly output: GateOutput
  readonly doors: AdminDoors
}

async function start(file: string, values: GateValues, terminal: Terminal): Promise<Running> {
  const now = (): Date => new Date()
  const output = gateOutput(terminal, now)
  const { messages, tell, lost } = output
  let read = await readOnce(file, values, terminal)
  let next = read
  const notifier = new Notifier({ env: terminal.env, pid: process.pid, tell })
  const gate = await openGate(read.config, output)
  const upkeep = new Upkeep(gate, read.config, { now, tell })
  const doors = new AdminDoors(terminal)
  const said = async (): Promise<string> =>
    `${servicesText(gate)}${linksText(read.config)}${doors.text}${linesText(control.later)}${await warningsText(read)}`
  const running = withDoors(gate, doors, () => control)
  const control: GateControl = new GateControl(running, read.config, {
    version: version(),
    pid: process.pid,
    file,
    now,
    read: async () => (next = await readOnce(file, values, terminal)).config,
    drain: DRAIN_MS,
    certificates: () => upkeep.certificates,
    lost,
    later: () => (gate instanceof Gate ? laterIn(read.config) : []),
    reloading: () => void notifier.reloading(),
    reloaded: async (error) => {
      void notifier.ready(statusText(gate))
      if (error !== undefined) return messages.write(keptText(error))
      read = next
      upkeep.become(read.config)
      messages.write(`Read ${file} again.\n${await said()}`)
    },
  })
  await doors.become(read.config, control).catch(async (error: unknown) => {
    upkeep.stop()
    await gate.close(0)
    throw error
  })
  messages.write(await said())
  return { gate, control, upkeep, notifier, output, doors }
}

/** The gate for whoever looks after it: the ways in are taken along to another configuration. */
function withDoors(gate: Gate | Crew, doors: AdminDoors, control: () => GateControl): RunningGate {
  return {
    get services() {
      return gate.services
    },
    look: (connections) => gate.look(connections),
    reload: (config, drain) => doors.become(config, control(), () => gate.reload(config, drain)),
  }
}

/** With the sockets that systemd has handed over. */
async function readOnce(file: string, values: GateValues, terminal: Terminal): Promise<GateRead> {
  const read = await readGate(file, values, terminal, new Date())
  return { ...read, config: withSockets(read.config, handedOver(terminal.env, process.pid)) }
}

/** In this process, or in several that this one starts. */
function openGate(config: GateConfig, { log, messages, tell }: GateOutput): Promise<Gate | Crew> {
  const name = hostname()
  const workers = workersOf(config)
  if (workers === 1) return Gate.open(config, { name, now: () => new Date(), log: (record) => log.write(recordLine(record)), tell })
  return Crew.open(config, {
    program: { file: PROGRAM, words: ['gate', 'worker'], node: process.execArgv },
    name,
    out: (lines) => log.write(lines),
    err: (lines) => messages.write(lines),
    tell,
  })
}

function keptText(error: unknown): string {
  if (!(error instanceof PosternError) || error.fault === 'bug') return ''
  const because = error.cause instanceof Error ? `because: ${error.cause.message}\n` : ''
  return `${error.message}\n${because}${error.remedy ?? ''}\nThe gate goes on as before.\n`
}

/** What of a configuration a single process cannot take up while it serves: its sockets are its own. */
function laterIn(config: GateConfig): readonly string[] {
  const workers = workersOf(config)
  return workers === 1 ? [] : [`Of workers there is one until the gate is started again: one that began alone cannot become ${workers}.`]
}

/** What is wrong with a configuration was told; a bug ends the process. */
function throwUnknown(error: unknown): void {
  if (!(error instanceof PosternError) || error.fault === 'bug') throw error
}

/** For `systemctl status`. */
function statusText(gate: Gate | Crew): string {
  return `Serves ${gate.services.map(({ name }) => name).join(', ')}`
}

function servicesText(gate: Gate | Crew): string {
  return gate.services
    .map(({ name, place, link }) => `${name} listens on ${link === undefined ? placeText(place) : `the link ${link}`}\n`)
    .join('')
}

function linksText({ links: { door, gates } }: GateConfig): string {
  const own = door === undefined ? '' : `links of insides come to ${placeText(door.place)}\n`
  return own + gates.map(({ name, file }) => `the link ${name} is opened with ${file}\n`).join('')
}

/** What is wrong with certificates, who may be an open relay, and what of policies and settings is not kept or not known. */
async function warningsText({ config, settings }: GateRead): Promise<string> {
  const certificates = certificateLines(config)
  const lost = [...(await lossesIn(config))].flatMap(([policy, losses]) =>
    grouped(losses).map((loss) => `${policy}: cannot be kept: ${loss}`),
  )
  const { services } = config
  return linesText([
    ...certificates,
    ...(await loopsByName(services)),
    ...strangersIn(services),
    ...(settings === undefined ? [] : linesOf(settings)),
    ...lost,
  ])
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
    const { link, listen } = service
    terminal.out(
      `${service.name}: ${service.dialect} on ${link === undefined ? placeText(listen) : `the link ${link}`}, TLS ${service.tls}\n`,
    )
    for (const { rule, losses } of service.tls === 'none' ? [] : await lossesOf(service)) {
      terminal.out(`  ${service.rules.length === 1 ? '' : clientsText(rule)}${ruleText(rule)}\n`)
      for (const loss of losses) terminal.out(`    cannot be kept: ${loss}\n`)
    }
    for (const line of outletLines(service)) terminal.out(`  ${line}\n`)
    if (explainsInPassing(service)) terminal.out(`  ${UNTOLD}\n`)
  }
  if (settings !== undefined) for (const line of linesOf(settings)) terminal.out(`${line}\n`)
  terminal.out(linesText([...certificateLines(config), ...(await loopsByName(config.services)), ...strangersIn(config.services)]))
  terminal.out('Fine.\n')
}

function clientsText({ networks }: Rule): string {
  return `${networks?.map(({ address, prefix }) => `${address}/${prefix}`).join(', ') ?? 'others'}: `
}

/** A policy, and how strict it is from when on. */
function ruleText({ policy, stages }: Rule): string {
  const strict = stages.map(({ stage, from }) => (from === undefined ? stage : `${stage} from ${from.toISOString().slice(0, 10)}`))
  return [policy.name, ...(stages.every(({ from }) => from !== undefined) ? ['observe'] : []), ...strict].join(', ')
}

/** In TLS that is passed on nobody has words but the two ends. */
const UNTOLD = 'explain has no words within TLS that is passed on: who would be told why is refused by an alert'

function explainsInPassing({ tls, rules }: ServiceConfig): boolean {
  return isPassedOn(tls) && rules.some(({ stages }) => stages.some(({ stage }) => stage === 'explain'))
}
