import { availableParallelism, hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { PosternError } from '../errors.ts'
import { certificateStates, Crew, Gate, identitiesOf, lossesOf, placeText, Upkeep, type GateConfig } from '../gate/index.ts'
import { readGate, type GateRead, type GateValues } from './gate-settings.ts'
import type { Terminal } from './terminal.ts'

/** Clients have so long to finish what they have begun, in milliseconds. */
const DRAIN_MS = 30_000

/** Runs a gate until a signal ends it. Gives the exit status. */
export async function runGate(file: string, values: GateValues, terminal: Terminal): Promise<number> {
  const now = (): Date => new Date()
  const read = await readGate(file, values, terminal, now())
  const gate = await openGate(read.config, terminal, now)
  const upkeep = new Upkeep(gate, read.config, { now, tell: (line) => terminal.err(`${line}\n`) })
  terminal.err(`${await warningsText(read)}${servicesText(gate)}`)
  const ended = Promise.withResolvers<undefined>()
  const reload = async (): Promise<void> => {
    try {
      const again = await readGate(file, values, terminal, now())
      await gate.reload(again.config, DRAIN_MS)
      upkeep.become(again.config)
      terminal.err(`Read ${file} again.\n${await warningsText(again)}${servicesText(gate)}`)
    } catch (error) {
      if (!(error instanceof PosternError) || error.fault === 'bug') throw error
      terminal.err(`${error.message}\n${error.remedy ?? ''}\nThe gate goes on as before.\n`)
    }
  }
  const release = terminal.onSignals?.({ stop: () => ended.resolve(undefined), reload: () => void reload() })
  await ended.promise
  release?.()
  upkeep.stop()
  await gate.close(DRAIN_MS)
  return 0
}

/** In this process, or in several that this one starts. */
function openGate(config: GateConfig, terminal: Terminal, now: () => Date): Promise<Gate | Crew> {
  const { workers = availableParallelism() } = config
  const name = hostname()
  if (workers === 1) return Gate.open(config, { name, now, log: (record) => terminal.out(`${JSON.stringify(record)}\n`) })
  return Crew.open(config, {
    workers,
    program: { file: PROGRAM, words: ['gate', 'worker'], node: process.execArgv },
    name,
    out: terminal.out,
    tell: (sentence) => terminal.err(`${sentence}\n`),
  })
}

/** From src/cli and from dist/cli. */
const PROGRAM = fileURLToPath(new URL('../../bin/postern.js', import.meta.url))

function servicesText(gate: Gate | Crew): string {
  return gate.services.map(({ name, place }) => `${name} listens on ${placeText(place)}\n`).join('')
}

/** What is wrong with certificates, and what of settings is not kept or not known. */
async function warningsText({ config, settings }: GateRead): Promise<string> {
  const certificates = certificateLines(config)
  if (settings === undefined) return linesText(certificates)
  const lost = [...(await lossesIn(config))].flatMap(([policy, losses]) =>
    grouped(losses).map((loss) => `${policy}: cannot be kept: ${loss}`),
  )
  return linesText([...certificates, ...linesOf(settings), ...lost])
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
  terminal.out(linesText(certificateLines(config)))
  terminal.out('Fine.\n')
}
