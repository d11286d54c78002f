import type { Place } from '../settings-file.ts'
import type { Macros } from './macros.ts'

/** Whether lines count: `maybe` where it cannot be told. */
export type State = 'on' | 'off' | 'maybe'

interface Frame {
  readonly outer: State
  readonly place: Place
  state: State
  /** A branch before this one counts. */
  taken: boolean | 'unknown'
}

/** `.ifdef` and its kind: they hold for lines, and from one file into the next. */
export class Conditions {
  readonly #frames: Frame[] = []

  get depth(): number {
    return this.#frames.length
  }

  get state(): State {
    return this.#frames.at(-1)?.state ?? 'on'
  }

  /** The innermost condition that cannot be told. */
  get doubt(): Place | undefined {
    return this.#frames.findLast(({ state, outer }) => state === 'maybe' && outer !== 'maybe')?.place
  }

  /** Reads a line such as `.ifdef TEXT`; false: it is none. */
  read(line: string, macros: Macros, place: () => Place): boolean {
    const [, word = '', text = ''] = /^\.(ifdef|ifndef|elifdef|elifndef|else|endif)(?:\s+(.*))?$/s.exec(line) ?? []
    if (word === '') return false
    if (word === 'endif') {
      this.#frames.pop()
      return true
    }
    const holds = word === 'else' || (word.endsWith('ndef') ? not(macros.defined(text)) : macros.defined(text))
    if (word === 'ifdef' || word === 'ifndef') {
      this.#frames.push({ outer: this.state, place: place(), state: both(this.state, holds), taken: holds })
      return true
    }
    const frame = this.#frames.at(-1)
    if (frame === undefined) return true
    frame.state = both(both(frame.outer, not(frame.taken)), holds)
    frame.taken = frame.taken === true || holds === true ? true : frame.taken === false ? holds : 'unknown'
    return true
  }
}

function both(state: State, holds: boolean | 'unknown'): State {
  if (state === 'off' || holds === false) return 'off'
  return holds === true ? state : 'maybe'
}

function not(holds: boolean | 'unknown'): boolean | 'unknown' {
  return holds === 'unknown' ? holds : !holds
}
