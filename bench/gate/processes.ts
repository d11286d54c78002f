import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Clock ticks of /proc in a second. */
const TICKS = 100

/** Before what else the machine does, where that is allowed, and on one core: words for `nice`. */
export function pinned(core: string, command: readonly string[]): string[] {
  return ['-n', '-10', 'taskset', '-c', core, ...command]
}

/** A program with all that it starts, on one core. */
export class Running {
  readonly #child: ChildProcess

  constructor(command: readonly string[], { core, log, folder }: { readonly core: string; readonly log: string; readonly folder: string }) {
    const output = openSync(log, 'a')
    // OpenSSL of Debian reads a file that makes it stricter than the programs are told to be.
    const env = { ...process.env, OPENSSL_CONF: '/dev/null' }
    this.#child = spawn('nice', pinned(core, command), { stdio: ['ignore', 'ignore', output], cwd: folder, env })
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  get pids(): readonly number[] {
    return this.#child.pid === undefined ? [] : familyOf(this.#child.pid)
  }

  /** Seconds of a processor that it has used. */
  get cpu(): number {
    return this.pids.reduce((sum, pid) => sum + cpuOf(pid), 0)
  }

  /** Memory in kB, what is shared counted once. */
  get memory(): number {
    return this.pids.reduce((sum, pid) => sum + Number(/^Pss:\s+(\d+)/m.exec(procOf(pid, 'smaps_rollup'))?.[1] ?? 0), 0)
  }

  async stop(): Promise<void> {
    const all = this.pids
    if (!this.ended) {
      this.#child.kill('SIGTERM')
      await Promise.race([once(this.#child, 'exit'), delay(1500)])
    }
    for (const pid of all) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended.
      }
    }
  }
}

function familyOf(pid: number): number[] {
  const children = procOf(pid, `task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(familyOf)]
}

function cpuOf(pid: number): number {
  const fields = procOf(pid, 'stat')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS
}

/** Empty for a process that has ended. */
function procOf(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}

/** Resolves when somebody listens, and says whether. */
export async function listens(port: number, running: Running, patience = 10_000): Promise<boolean> {
  const end = performance.now() + patience
  while (performance.now() < end && !running.ended) {
    const socket = connect(port, '127.0.0.1')
    const open = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(() => false)
    socket.destroy()
    if (open) return true
    await delay(50)
  }
  return false
}

/** What a program says of its version; undefined where there is none. */
export function said(command: readonly string[], pattern: RegExp): string | undefined {
  const [program = '', ...words] = command
  const { stdout, stderr, error } = spawnSync(program, words, { encoding: 'utf8' })
  return error === undefined ? pattern.exec(stdout + stderr)?.[0] : undefined
}
