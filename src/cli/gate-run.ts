import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import { Gate, lossesOf, placeText, readGateConfig } from '../gate/index.ts'
import type { Terminal } from './terminal.ts'

/** Clients have so long to finish what they have begun, in milliseconds. */
const DRAIN_MS = 30_000

/** Runs a gate until a signal ends it. Gives the exit status. */
export async function runGate(file: string, terminal: Terminal): Promise<number> {
  const path = resolve(terminal.cwd, file)
  const now = (): Date => new Date()
  const gate = await Gate.open(await readGateConfig(path, now()), {
    name: hostname(),
    now,
    log: (record) => terminal.out(`${JSON.stringify(record)}\n`),
  })
  terminal.err(servicesText(gate))
  const ended = Promise.withResolvers<undefined>()
  const reload = async (): Promise<void> => {
    try {
      await gate.reload(await readGateConfig(path, now()), DRAIN_MS)
      terminal.err(`Read ${file} again.\n${servicesText(gate)}`)
    } catch (error) {
      if (!(error instanceof PosternError) || error.fault === 'bug') throw error
      terminal.err(`${error.message}\n${error.remedy ?? ''}\nThe gate goes on as before.\n`)
    }
  }
  const release = terminal.onSignals?.({ stop: () => ended.resolve(undefined), reload: () => void reload() })
  await ended.promise
  release?.()
  await gate.close(DRAIN_MS)
  return 0
}

function servicesText(gate: Gate): string {
  return gate.services.map(({ name, place }) => `${name} listens on ${placeText(place)}\n`).join('')
}

/** Says whether a configuration can be run. Throws what is wrong with it. */
export async function checkGate(file: string, terminal: Terminal): Promise<void> {
  const config = await readGateConfig(resolve(terminal.cwd, file), new Date())
  for (const service of config.services) {
    terminal.out(`${service.name}: ${service.dialect} on ${placeText(service.listen)}, TLS ${service.tls}\n`)
    for (const { policy, losses } of await lossesOf(service)) {
      terminal.out(`  ${policy}\n`)
      for (const loss of losses) terminal.out(`    cannot be kept: ${loss}\n`)
    }
  }
  terminal.out('Fine.\n')
}
