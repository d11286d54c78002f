import { join, resolve } from 'node:path'
import type { ApplyContext, Outcome } from '../settings/index.ts'
import { isInterrupted } from '../settings/index.ts'
import { wrapped } from './settings-text.ts'
import type { Terminal } from './terminal.ts'

/**
 * Where changes are remembered: what `--state` says, else what the system has for that: /var/lib for root, the state folder of the XDG
 * base directories for everybody else.
 */
export function stateFolder(named: string | undefined, { cwd, env }: Terminal, root: boolean = process.getuid?.() === 0): string {
  if (named !== undefined) return resolve(cwd, named)
  if (root) return '/var/lib/postern'
  const { XDG_STATE_HOME: xdg, HOME: home, ProgramData: windows } = env
  if (windows !== undefined) return join(windows, 'postern')
  return join(xdg === undefined || xdg === '' ? join(home ?? cwd, '.local', 'state') : xdg, 'postern')
}

/**
 * Holds the lock of settings while `work` goes on, and this process with it: whatever asks for its end has the change taken back first,
 * and says so. Errors: those of `withSettings`.
 */
export async function changing<T>(
  { state, real, auditor }: { readonly state: string; readonly real: string; readonly auditor?: ApplyContext['auditor'] },
  terminal: Terminal,
  work: (context: ApplyContext) => Promise<T>,
): Promise<T> {
  const { withSettings } = await import('../settings/apply/index.ts')
  const stopped = new AbortController()
  const release = (terminal.hold ?? terminal.onInterrupt)?.(() => {
    if (!stopped.signal.aborted) terminal.err('postern: note: Stopping: what was begun is taken back first.\n')
    stopped.abort()
  })
  const context = { now: () => new Date(), signal: stopped.signal, ...(auditor === undefined ? {} : { auditor }) }
  try {
    return await withSettings(state, real, context, (outcome) => tellRecovered(outcome, terminal), work)
  } finally {
    release?.()
  }
}

/**
 * Puts right what a crash has left, before anything else is done with these settings. Nothing is touched where nothing is left. Says
 * whether it did: what was read before may stand there no more.
 */
export async function putRightFirst(state: string, real: string, terminal: Terminal): Promise<boolean> {
  if (!isInterrupted(state, real)) return false
  await changing({ state, real }, terminal, () => Promise.resolve())
  return true
}

/** What was put right, on standard error: whoever reads the output wants what was asked for. */
export function tellRecovered({ outcome, entry }: Outcome, terminal: Terminal): void {
  const words = outcome === 'applied' ? 'An interrupted change was finished.' : entry.said.join(' ')
  for (const line of wrapped(words, terminal, 'postern: note: ')) terminal.err(`${line}\n`)
}
