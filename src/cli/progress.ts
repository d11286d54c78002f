import type { Terminal } from './terminal.ts'

/** How far long work has come. */
export interface ProgressState {
  readonly done: number
  readonly total: number
  /** How much of what is under way is done, in whole pieces: 0.5 is half a piece. */
  readonly part?: number
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
function line({ done, total, part: begun = 0, text }: ProgressState, columns: number, unicode: boolean): string {
  const part = total > 0 ? Math.min(1, Math.max(0, (done + begun) / total)) : 0
  const filled = Math.floor(part * BAR)
  const bar = unicode ? `${'━'.repeat(filled)}${'╌'.repeat(BAR - filled)}` : `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}]`
  // Names come from files and from DNS: nothing in them may move the cursor.
  const harmless = text.replace(/[\p{Cc}\p{Cf}]/gu, '?')
  return `${bar} ${done}/${total} ${harmless}`.slice(0, columns - 1)
}

interface Watched {
  readonly url: string
}

/** Callbacks that show on the bar how far the work on some doors has come: doors that are finished, and questions inside those that are not. */
export function watchDoors(
  bar: Progress,
  doors: readonly Watched[],
): {
  readonly progress: (door: Watched, answered: number, expected: number) => void
  readonly finished: (result: unknown, door: Watched) => void
} {
  const parts = new Map<Watched, number>()
  let done = 0
  const show = (text: string): void => {
    const part = parts.values().reduce((sum, one) => sum + one, 0)
    bar.update({ done, total: doors.length, part, text })
  }
  show(doors.map(({ url }) => url).join(' '))
  return {
    progress(door, answered, expected) {
      parts.set(door, Math.min(0.99, answered / Math.max(1, expected)))
      show(`${door.url}: ${answered} of about ${Math.max(answered, expected)} questions`)
    },
    finished(_result, door) {
      done++
      parts.delete(door)
      show(door.url)
    },
  }
}
