import type { Terminal } from './terminal.ts'

type Signals = Parameters<NonNullable<Terminal['onSignals']>>[0]

/** Signals from the first moment of a program that takes its time to start: a reload that is asked for then is for when there is what can do it, and does not end it. */
export class EarlySignals {
  readonly release: () => void
  readonly #stopped = Promise.withResolvers<undefined>()
  #reloads = false
  #signals: Signals = {
    stop: () => this.#stopped.resolve(undefined),
    reload: () => void (this.#reloads = true),
  }

  constructor({ onSignals }: Pick<Terminal, 'onSignals'>) {
    const release = onSignals?.({ stop: () => this.#signals.stop(), reload: () => this.#signals.reload() })
    this.release = () => release?.()
  }

  /** Resolves when an end is asked for before somebody heeds it. */
  get stopped(): Promise<undefined> {
    return this.#stopped.promise
  }

  /** From now on these happen, and at once the reload that was asked for before. */
  heed(signals: Signals): void {
    this.#signals = signals
    if (this.#reloads) signals.reload()
  }
}
