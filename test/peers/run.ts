import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { listeners } from './free-port.ts'

/** One program of a peer. It must stay in the foreground. */
export interface Run {
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** What ends it; SIGTERM unless the program takes its time over that. */
  readonly signal?: 'TERM' | 'INT' | 'KILL'
}

/** A program under guard. */
export interface Guarded {
  readonly alive: () => boolean
  readonly stop: () => Promise<void>
}

/** How a program is kept. */
export interface Keeping {
  /** Its working directory; when this process dies, the guard removes it. */
  readonly folder: string
  /** Where its output goes. */
  readonly log: string
  /** It lives no longer than this. */
  readonly minutes: number
  readonly env: Readonly<Record<string, string>>
}

const GUARD = new URL('./guard.sh', import.meta.url).pathname

/** Nothing of the person's environment shines through. */
function environment(folder: string, own: Readonly<Record<string, string>> = {}): Record<string, string> {
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  return { PATH: path, HOME: folder, TMPDIR: folder, LANG: 'C.UTF-8', ...own }
}

/**
 * Starts a program in a process group of its own, its output going to `log`. It ends with `stop()`, with this process, or
 * after `minutes`, whichever comes first.
 */
export function runGuarded(run: Run, { folder, log, minutes, env }: Keeping): Guarded {
  mkdirSync(join(folder, 'tmp'), { recursive: true })
  const output = openSync(log, 'a')
  const child = spawn('/bin/sh', [GUARD, folder, String(minutes * 60), run.signal ?? 'TERM', ...run.command], {
    cwd: folder,
    detached: true,
    env: environment(folder, { ...env, ...run.env }),
    stdio: ['pipe', output, output],
  })
  closeSync(output)
  child.stdin?.on('error', () => {})
  child.unref()
  return { alive: () => child.exitCode === null && child.signalCode === null, stop: () => stopGuarded(child) }
}

async function stopGuarded(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.ref()
  const gone = once(child, 'exit')
  child.stdin?.end('stop\n')
  await gone
}

/**
 * SIGKILL for every process that works in the folder or has it for a root directory, until there is none: programs that change into it take their
 * children with them, whatever group and session those are in.
 */
export async function killAllIn(folder: string): Promise<void> {
  for (;;) {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isIn(folder, name))
    if (pids.length === 0) return
    for (const pid of pids) {
      try {
        process.kill(Number(pid), 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    }
    await delay(5)
  }
}

function isIn(folder: string, pid: string): boolean {
  return ['cwd', 'root'].some((link) => {
    try {
      const place = readlinkSync(`/proc/${pid}/${link}`)
      return place === folder || place.startsWith(`${folder}/`)
    } catch {
      return false
    }
  })
}

/** Waits until every port is listened on. False when a program ended before, `failed` says so, or `seconds` have passed. */
export async function allListening(
  ports: readonly number[],
  programs: readonly Guarded[],
  seconds: number,
  failed: () => boolean = () => false,
): Promise<boolean> {
  const end = performance.now() + seconds * 1000
  let missing = new Set(ports)
  for (let pass = 0; ; pass++) {
    missing = missing.difference(listeners('/proc/net/tcp'))
    // Few listen on IPv6 alone, and to ask for them costs more.
    if (missing.size > 0 && pass % 4 === 0) missing = missing.difference(listeners('/proc/net/tcp6'))
    if (missing.size === 0) return true
    if (programs.some((program) => !program.alive()) || failed() || performance.now() > end) return false
    await delay(15)
  }
}
