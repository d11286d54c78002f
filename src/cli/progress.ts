import type { Terminal } from './terminal.ts'

/** How far long work has come. */
export interface ProgressState {
  readonly done: number
  readonly total: number
  /** What is being worked on. */
  readonly text: string
}

export interface Progress {
  update(state: ProgressState): void
  /** Takes the line away again. What is printed next stands where it stood. */
  end(): void
}

/** A person cannot read faster, and each drawing costs a system call. */
const BETWEEN_DRAWINGS_MS = 100
/** Work that is done sooner needs no line, which would only flicker. */
const BEFORE_FIRST_MS = 250
const BAR = 20
/** Back to the start of the line, and clear it. ECMA-48 §8.3.41. */
const CLEAR = '\r\u001b[K'

/** A line on standard error that is drawn again in place. Where standard error is no terminal, nothing is drawn. `now` is in milliseconds. */
export function progress(terminal: Terminal, now: () => number = () => performance.now()): Progress {
  const columns = terminal.progressColumns
  let drawn = false
  let next = now() + BEFORE_FIRST_MS
  return {
    update(state) {
      if (columns === undefined || now() < next) return
      next = now() + BETWEEN_DRAWINGS_MS
      drawn = true
      terminal.err(`${CLEAR}${line(state, columns, terminal.unicode ?? false)}`)
    },
    end() {
      if (drawn) terminal.err(CLEAR)
      drawn = false
    },
  }
}

/** One column stays free: a full line would wrap on some terminals. */
function line({ done, total, text }: ProgressState, columns: number, unicode: boolean): string {
  const part = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0
  const filled = Math.floor(part * BAR)
  const bar = unicode ? `${'━'.repeat(filled)}${'╌'.repeat(BAR - filled)}` : `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}]`
  // Names come from files and from DNS: nothing in them may move the cursor.
  const harmless = text.replace(/[\p{Cc}\p{Cf}]/gu, '?')
  return `${bar} ${done}/${total} ${harmless}`.slice(0, columns - 1)
}
