import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** A program and its arguments; what somebody typed is one line for the shell. */
export type CommandLine = readonly string[]

/** What a command came to. */
export interface Ran {
  readonly command: string
  /** `exit 1`, `killed by SIGSEGV`, `still running after 120 s`, `not found`. */
  readonly ended: string
  readonly ok: boolean
  /** There is no such program. */
  readonly missing: boolean
  /** The end of what it wrote to standard output and standard error. */
  readonly output: string
  readonly milliseconds: number
}

export interface RunOptions {
  /** Where its output is kept while it runs. */
  readonly folder: string
  /** Milliseconds. */
  readonly patience: number
  /** Ends the command before its time is up. */
  readonly signal?: AbortSignal | undefined
  /** Takes out of its output what nobody may see. */
  readonly hide?: ((text: string) => string) | undefined
}

/** As much of the output as anybody reads. */
const MOST_OUTPUT = 16 * 1024
/** Between being asked to end and being made to. */
const GRACE_MS = 3000

/** The line that somebody typed, for the shell of the system. */
export function shellLine(text: string): CommandLine {
  return process.platform === 'win32' ? ['cmd.exe', '/d', '/s', '/c', text] : ['/bin/sh', '-c', text]
}

/** As somebody would type it. */
export function commandWords(line: CommandLine): string {
  const [program = '', ...rest] = line
  return /\/sh$|cmd\.exe$/.test(program) ? (rest.at(-1) ?? '') : line.join(' ')
}

/**
 * Runs a command to its end, or ends it and all that it has started when its time is up. Its output goes to a file and not to a pipe:
 * a service that it leaves behind would keep a pipe open for ever, and would die of writing to it once we are gone. Never rejects.
 */
export async function runCommand(line: CommandLine, { folder, patience, signal, hide = (text) => text }: RunOptions): Promise<Ran> {
  const began = performance.now()
  const path = join(folder, 'output')
  const descriptor = openOutput(path)
  try {
    const [program = '', ...rest] = line
    const stdio = descriptor ?? 'ignore'
    const child = spawn(program, rest, { stdio: ['ignore', stdio, stdio], detached: process.platform !== 'win32', windowsHide: true })
    const end = await ended(child, patience, signal)
    return { command: commandWords(line), ...end, output: hide(outputIn(path)), milliseconds: Math.round(performance.now() - began) }
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
    rmSync(path, { force: true })
  }
}

/** A command is worth more than its output: on a full disk it runs without. */
function openOutput(path: string): number | undefined {
  try {
    rmSync(path, { force: true })
    return openSync(path, 'ax', 0o600)
  } catch {
    return undefined
  }
}

function outputIn(path: string): string {
  try {
    const bytes = readFileSync(path)
    const cut = bytes.length > MOST_OUTPUT
    return `${cut ? '…' : ''}${bytes.subarray(cut ? bytes.length - MOST_OUTPUT : 0).toString('utf8')}`
  } catch {
    return ''
  }
}

type End = Pick<Ran, 'ended' | 'ok' | 'missing'>

function ended(child: ChildProcess, patience: number, signal: AbortSignal | undefined): Promise<End> {
  return new Promise((resolve) => {
    let late: string | undefined
    let grace: NodeJS.Timeout | undefined
    const end = (why: string): void => {
      late ??= why
      endGroup(child, 'SIGTERM')
      grace ??= setTimeout(() => endGroup(child, 'SIGKILL'), GRACE_MS)
    }
    const stop = (): void => end('stopped before it had ended')
    const timer = setTimeout(() => end(`still running after ${patience / 1000} s`), patience)
    if (signal?.aborted === true) stop()
    signal?.addEventListener('abort', stop)
    const finish = (end: End): void => {
      clearTimeout(timer)
      clearTimeout(grace)
      signal?.removeEventListener('abort', stop)
      // Whoever ignores SIGTERM while its parent obeys would live on.
      if (late !== undefined) endGroup(child, 'SIGKILL')
      resolve(end)
    }
    child.on('error', (error) => {
      const missing = 'code' in error && error.code === 'ENOENT'
      finish({ ended: missing ? 'not found' : error.message, ok: false, missing })
    })
    child.on('exit', (code, killed) => {
      if (late !== undefined) finish({ ended: late, ok: false, missing: false })
      else finish({ ended: killed === null ? `exit ${code}` : `killed by ${killed}`, ok: code === 0, missing: false })
    })
  })
}

/** The command leads a group of its own, so that this reaches what it has started, and nobody else. */
function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, signal)
    else child.kill(signal)
  } catch {
    // It has ended by itself.
  }
}
