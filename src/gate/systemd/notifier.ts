import { execFile } from 'node:child_process'

/** Whoever takes notices does so at once, or is not there. Milliseconds. */
const PATIENCE_MS = 5000

export interface NotifierOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly pid: number
  /** Told once when nobody can be notified, and why. */
  readonly tell: (sentence: string) => void
}

/**
 * Tells systemd how a service is (sd_notify(3)), where it wants to know. Notices are datagrams, for which Node has no Unix sockets: `systemd-notify` sends
 * them, one process of a few milliseconds for each, one after the other. The unit has to say `NotifyAccess=all`, since it is not the gate itself that
 * sends them.
 */
export class Notifier {
  readonly #options: NotifierOptions
  readonly #wanted: boolean
  #turn: Promise<void> = Promise.resolve()
  #failed = false
  #watchdog: NodeJS.Timeout | undefined

  constructor(options: NotifierOptions) {
    this.#options = options
    this.#wanted = (options.env['NOTIFY_SOCKET'] ?? '') !== ''
  }

  /** It serves. `status`: a few words for people. */
  ready(status: string): Promise<void> {
    return this.#send('READY=1', `STATUS=${status}`)
  }

  /** It reads its configuration again; `ready()` says when that is over. */
  reloading(): Promise<void> {
    // CLOCK_MONOTONIC, which Type=notify-reload compares with the time of its request.
    return this.#send('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`, 'STATUS=Reads its configuration again')
  }

  /** It takes no new clients. */
  stopping(status: string): Promise<void> {
    clearInterval(this.#watchdog)
    return this.#send('STOPPING=1', `STATUS=${status}`)
  }

  /** Says twice in each period in which systemd wants to hear of it that the gate lives. `isAlive`: rejects, or never resolves, where it does not. */
  watch(isAlive: () => Promise<unknown>): void {
    const { env, pid } = this.#options
    const period = Number(env['WATCHDOG_USEC'] ?? '0') / 1000
    const whose = env['WATCHDOG_PID']
    if (!this.#wanted || !(period > 0) || (whose !== undefined && Number(whose) !== pid)) return
    const tell = (): void =>
      void isAlive().then(
        () => this.#send('WATCHDOG=1'),
        () => undefined,
      )
    this.#watchdog = setInterval(tell, period / 2).unref()
  }

  #send(...words: readonly string[]): Promise<void> {
    if (!this.#wanted) return this.#turn
    this.#turn = this.#turn.then(() => this.#call(words))
    return this.#turn
  }

  #call(words: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      execFile('systemd-notify', [...words], { env: { ...this.#options.env }, timeout: PATIENCE_MS }, (error) => {
        if (error !== null && !this.#failed) {
          this.#failed = true
          this.#options.tell(`systemd cannot be told how the gate is: ${error.message.split('\n', 1)[0] ?? ''}`)
        }
        resolve()
      })
    })
  }
}
