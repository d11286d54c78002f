import { askStatus } from '../gate/index.ts'
import { adminOf } from './gate-admin.ts'
import { harmless, plural } from './settings-text.ts'
import type { Terminal } from './terminal.ts'

interface OrderValues {
  readonly admin?: string
}

/** Has a gate take up its configuration. Rejects with what is wrong with that, as the gate says it. */
export async function reloadGate({ admin }: OrderValues, terminal: Terminal): Promise<void> {
  const { configuration, services } = await askStatus(adminOf(admin, terminal), 'reload')
  terminal.out(`Configuration ${configuration.generation} is in force, with ${plural(services.length, 'service')}.\n`)
  for (const sentence of configuration.later) terminal.out(`${harmless(sentence)}\n`)
}

/** Has a gate end when its clients are done. */
export async function drainGate({ admin }: OrderValues, terminal: Terminal): Promise<void> {
  const { counts, pid } = await askStatus(adminOf(admin, terminal), 'drain')
  const open = Object.values(counts.services).reduce((sum, service) => sum + service.open, 0)
  terminal.out(`Process ${pid} takes no new clients, and ends within half a minute. Still there: ${plural(open, 'connection')}.\n`)
}
