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

/** One way in for whoever looks after a gate, open or left out. */
interface AdminDoor {
  /** What of a configuration it stands for; undefined where that was not possible, and may be with the next one. */
  readonly stands: string | undefined
  /** For whoever starts the gate, in lines. */
  readonly text: string
  /** Who is there hears the answer to what was asked. */
  readonly close: () => void | Promise<void>
}

/** The ways in for whoever looks after the gate. Who has named no admin socket goes without one where another gate has the usual one. */
export class AdminDoors {
  readonly #terminal: Terminal
  #open: readonly AdminDoor[] = []

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** For whoever starts the gate, in lines. */
  get text(): string {
    return this.#open.map(({ text }) => text).join('')
  }

  /**
   * Goes where a configuration wants it, while `work` does the rest of what has to be done for it: what is new is open before, and what is old closed
   * behind. Rejects with what is wrong with either, and then nothing has changed.
   */
  async become(config: GateConfig, control: GateControl, work: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const before = this.#open
    const next: AdminDoor[] = []
    try {
      for (const { stands, make } of doorsIn(config, control, this.#terminal))
        next.push(before.find((door) => door.stands === stands) ?? (await make()))
      await work()
    } catch (error) {
      await closeAll(next.filter((door) => !before.includes(door)))
      throw error
    }
    this.#open = next
    await closeAll(before.filter((door) => !next.includes(door)))
  }

  close(): Promise<void> {
    return closeAll(this.#open)
  }
}

async function closeAll(doors: readonly AdminDoor[]): Promise<void> {
  for (const door of doors) await door.close()
}

interface WantedDoor {
  readonly stands: string
  readonly make: () => Promise<AdminDoor>
}

function doorsIn(config: GateConfig, control: GateControl, terminal: Terminal): readonly WantedDoor[] {
  const wanted = (word: 'metrics' | 'admin', make: (stands: string) => Promise<AdminDoor>): WantedDoor => {
    const stands = JSON.stringify([word, config[word] ?? null])
    return { stands, make: () => make(stands) }
  }
  return [
    wanted('metrics', (stands) => openMetrics(config, control, stands)),
    wanted('admin', (stands) => openAdmin(config, control, terminal, stands)),
  ]
}

async function openMetrics({ metrics }: GateConfig, control: GateControl, stands: string): Promise<AdminDoor> {
  if (metrics === undefined) return { stands, text: '', close: () => undefined }
  const server = await MetricsServer.open(metrics, control)
  return { stands, text: `metrics are told on http://${placeText(server.place)}/metrics\n`, close: () => server.close() }
}

async function openAdmin({ admin }: GateConfig, control: GateControl, terminal: Terminal, stands: string): Promise<AdminDoor> {
  const none = { stands, text: '', close: () => undefined }
  if (admin === false) return none
  const openAt = async (path: string): Promise<AdminDoor> => {
    const server = await AdminServer.open(path, control)
    return { stands, text: '', close: () => server.close() }
  }
  if (admin !== undefined) return openAt(admin)
  try {
    const usual = makeUsualAdmin(terminal)
    return usual === undefined ? none : await openAt(usual)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { stands: undefined, text: `There is no admin socket: ${why}\n`, close: () => undefined }
  }
}
