/**
 * Starts and stops a service as an init system does, for `--start` and `--stop`:
 *
 *     node keeper.ts start FOLDER READY PROGRAM ARGUMENT…   returns once its output has READY in it, or fails
 *     node keeper.ts stop FOLDER                            returns once it has ended
 *
 * Its output goes to FOLDER/log. It ends by itself after a while, whatever becomes of the test.
 */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const LONGEST_MS = 120_000
const PATIENCE_MS = 30_000
const SELF = fileURLToPath(import.meta.url)

/** The line for `--start` or `--stop`. */
export function keeperLine(what: 'start' | 'stop', folder: string, ...rest: readonly string[]): string {
  return [process.execPath, SELF, what, folder, ...rest].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
}

/** Whether it runs. */
export function isKept(folder: string): boolean {
  return existsSync(join(folder, 'pid'))
}

export async function start(folder: string, ready: string, command: readonly string[]): Promise<boolean> {
  const path = join(folder, 'log')
  const log = openSync(path, 'a')
  const before = statSync(path).size
  const keeper = spawn(process.execPath, [SELF, 'keep', folder, ...command], { detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  let ended = false
  keeper.on('exit', () => (ended = true))
  const isReady = (): boolean => readFileSync(path).subarray(before).includes(ready)
  await until(() => isReady() || ended)
  keeper.unref()
  return isReady() && !ended
}

export async function stop(folder: string): Promise<void> {
  if (!isKept(folder)) return
  try {
    process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 'SIGTERM')
  } catch {
    rmSync(join(folder, 'pid'), { force: true })
  }
  await until(() => !isKept(folder))
}

async function until(done: () => boolean): Promise<void> {
  const last = Date.now() + PATIENCE_MS
  while (!done() && Date.now() < last) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** The parent of the service, so that its end is seen. */
function keep(folder: string, [program = '', ...rest]: readonly string[]): void {
  const child = spawn(program, rest, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
  const late = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS)
  writeFileSync(join(folder, 'pid'), String(process.pid))
  process.on('SIGTERM', () => void child.kill('SIGTERM'))
  child.on('exit', (status) => {
    clearTimeout(late)
    rmSync(join(folder, 'pid'), { force: true })
    process.exitCode = status ?? 1
  })
}

if (process.argv[1] === SELF) {
  const [what = '', folder = '', ...rest] = process.argv.slice(2)
  if (what === 'keep') keep(folder, rest)
  else if (what === 'stop') await stop(folder)
  else process.exit((await start(folder, rest[0] ?? '', rest.slice(1))) ? 0 : 1)
}
