import type { Writable } from 'node:stream'
import { isatty } from 'node:tty'
import { onStarterGone, takeStarter } from './starter.ts'

const STDOUT = 1
const STDERR = 2

/** What a command may do to the world it was typed into. Only `cli` reads `process`; tests hand in their own. */
export interface Terminal {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** A person looks on: colours, progress and the width of the window make sense. */
  readonly interactive: boolean
  readonly colour: boolean
  readonly columns: number
  /** Signs beyond ASCII are shown. Absent: nobody knows, so better not. */
  readonly unicode?: boolean
  /** The width of standard error where it is a terminal on which a line can be drawn again; absent where it is not. */
  readonly progressColumns?: number | undefined
  /** Has `stop` called at the next Ctrl-C, which then does not end the program; gives back what undoes that. Absent: Ctrl-C always ends it. */
  readonly onInterrupt?: (stop: () => void) => () => void
  /** The same for what must not be broken off at all, whatever asks for an end and however often. Absent: everything ends it. */
  readonly hold?: (stop: () => void) => () => void
  /** For what runs until it is told to end: SIGINT, SIGTERM and the end of a Node that has started this one mean `stop`, SIGHUP means `reload`. Gives back what undoes that. */
  readonly onSignals?: (on: { readonly stop: () => void; readonly reload: () => void }) => () => void
  /** Standard output for a log that has to go on whatever becomes of its reader: whoever takes it answers for its errors. Absent: `out` it is. */
  readonly logStream?: () => Writable
  /** Standard error, in the same way. Absent: `err` it is. */
  readonly errorStream?: () => Writable
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The terminal of this process. NO_COLOR and FORCE_COLOR are obeyed (no-color.org). */
export function processTerminal(hold: NonNullable<Terminal['hold']>): Terminal {
  const { env, stdout, stderr } = process
  const starter = takeStarter(env)
  const interactive = isatty(STDOUT)
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0'
  const plain = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== ''
  const dumb = env['TERM'] === 'dumb'
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    interactive,
    colour: forced || (interactive && !plain && !dumb),
    columns: stdout.columns ?? 100,
    unicode: showsUnicode(env, process.platform),
    progressColumns: isatty(STDERR) && !dumb ? stderr.columns : undefined,
    onInterrupt: (stop) => {
      process.once('SIGINT', stop)
      return () => void process.off('SIGINT', stop)
    },
    hold,
    onSignals: ({ stop, reload }) => {
      process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', reload)
      const release = onStarterGone(starter, () => process.ppid, stop)
      return () => {
        release()
        process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', reload)
      }
    },
    logStream: () => stdout.removeAllListeners('error'),
    errorStream: () => stderr,
    cwd: process.cwd(),
    env,
  }
}

/** Whether signs beyond ASCII arrive as what they are: the locale says so (POSIX: LC_ALL before LC_CTYPE before LANG), or it is Windows Terminal. */
export function showsUnicode(env: Readonly<Record<string, string | undefined>>, platform: string): boolean {
  if (platform === 'win32') return env['WT_SESSION'] !== undefined
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => value !== undefined && value !== '') ?? ''
  return /utf-?8/i.test(locale)
}
