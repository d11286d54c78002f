/** Why a process should end that nobody has asked by a key. */
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * What keeps this process from ending in the middle of a change. A terminal that is closed, a system that shuts down and a reader of
 * the output that has seen enough all end a program at once, and a service that was stopped would stay so.
 */
export class ProcessHold {
  readonly #process: Pick<NodeJS.Process, 'on' | 'off'>
  readonly #outputLost: (cause: NodeJS.ErrnoException, changing: boolean) => void
  #held = 0
  #changed = false
  #lost: NodeJS.ErrnoException | undefined

  /** `outputLost` ends the process; `changing` says whether settings may have been changed by now. */
  constructor(process: Pick<NodeJS.Process, 'on' | 'off'>, outputLost: (cause: NodeJS.ErrnoException, changing: boolean) => void) {
    this.#process = process
    this.#outputLost = outputLost
  }

  /** Has `stop` called whenever something asks the process to end, which it does not do until what this gives back was called. */
  readonly hold = (stop: () => void): (() => void) => {
    this.#held += 1
    this.#changed = true
    for (const signal of ENDS) this.#process.on(signal, stop)
    return () => {
      this.#held -= 1
      for (const signal of ENDS) this.#process.off(signal, stop)
      if (this.#held === 0 && this.#lost !== undefined) this.#outputLost(this.#lost, true)
    }
  }

  /** Nobody reads standard output any more: the end, unless the process is held, and then the end of that. */
  readonly lost = (cause: NodeJS.ErrnoException): void => {
    if (this.#held > 0) this.#lost ??= cause
    else this.#outputLost(cause, this.#changed)
  }
}
