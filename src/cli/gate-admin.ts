import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AdminServer, MetricsServer, placeText, type GateConfig, type GateControl } from '../gate/index.ts'
import type { Terminal } from './terminal.ts'

const SOCKET = 'gate.sock'
/** Where the unit of systemd has it. */
const SYSTEM = join('/run/postern', SOCKET)
const PRIVATE = 0o700

/** Where a gate has its admin socket that is told nothing else: in the folder that systemd made for it, or in the user's. Undefined: nowhere. */
function usualAdmin({ env }: Pick<Terminal, 'env'>): string | undefined {
  const [runtime = ''] = (env['RUNTIME_DIRECTORY'] ?? '').split(':', 1)
  if (runtime !== '') return join(runtime, SOCKET)
  const user = env['XDG_RUNTIME_DIR'] ?? ''
  return user === '' ? undefined : join(user, 'postern', SOCKET)
}

/** The same, in a folder that is there. */
function makeUsualAdmin(terminal: Pick<Terminal, 'env'>): string | undefined {
  const path = usualAdmin(terminal)
  if (path !== undefined) mkdirSync(join(path, '..'), { recursive: true, mode: PRIVATE })
  return path
}

/** The socket of the gate that somebody means who names none: the first that is there. */
export function adminOf(named: string | undefined, terminal: Pick<Terminal, 'env'>): string {
  if (named !== undefined) return named
  const usual = [usualAdmin(terminal), SYSTEM].filter((path) => path !== undefined)
  return usual.find((path) => existsSync(path)) ?? usual[0] ?? SYSTEM
}

/** What is open to whoever looks after a gate. */
export interface AdminDoors {
  /** For whoever starts the gate, in lines. */
  readonly text: string
  readonly close: () => Promise<void>
}

/** The ways in for whoever looks after the gate. Who has named no admin socket goes without one where another gate has the usual one. */
export async function openDoors(config: GateConfig, control: GateControl, terminal: Terminal): Promise<AdminDoors> {
  const metrics = config.metrics === undefined ? undefined : await MetricsServer.open(config.metrics, control)
  const told = metrics === undefined ? '' : `metrics are told on http://${placeText(metrics.place)}/metrics\n`
  try {
    const { admin, text } = await openAdmin(config, control, terminal)
    const close = async (): Promise<void> => {
      metrics?.close()
      await admin?.close()
    }
    return { text: told + text, close }
  } catch (error) {
    metrics?.close()
    throw error
  }
}

async function openAdmin(
  { admin }: GateConfig,
  control: GateControl,
  terminal: Terminal,
): Promise<{ readonly admin: AdminServer | undefined; readonly text: string }> {
  if (admin === false) return { admin: undefined, text: '' }
  if (admin !== undefined) return { admin: await AdminServer.open(admin, control), text: '' }
  try {
    const usual = makeUsualAdmin(terminal)
    return { admin: usual === undefined ? undefined : await AdminServer.open(usual, control), text: '' }
  } catch (error) {
    return { admin: undefined, text: `There is no admin socket: ${error instanceof Error ? error.message : String(error)}\n` }
  }
}
