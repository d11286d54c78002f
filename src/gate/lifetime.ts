/** Milliseconds. */
export interface LifetimeLimits {
  readonly idle: number
  /** Before somebody is logged in. */
  readonly idleBeforeLogin: number
  readonly total: number
}

/** How long a connection may be silent, and how long it may last. A client that says a line octet by octet moves nothing: it is idle. */
export class Lifetime {
  readonly #limits: LifetimeLimits
  readonly #over: (why: 'idle' | 'total') => void
  readonly #total: NodeJS.Timeout
  #idle: NodeJS.Timeout
  #ended = false

  constructor(limits: LifetimeLimits, over: (why: 'idle' | 'total') => void) {
    this.#limits = limits
    this.#over = over
    this.#idle = this.#silent(limits.idleBeforeLogin)
    this.#total = setTimeout(() => over('total'), limits.total)
  }

  /** Something was carried. */
  moved(): void {
    this.#idle.refresh()
  }

  loggedIn(): void {
    const { idle, idleBeforeLogin } = this.#limits
    // What TLS is over closes before TLS does: the server may answer in between.
    if (this.#ended || idle === idleBeforeLogin) return
    clearTimeout(this.#idle)
    this.#idle = this.#silent(idle)
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#idle)
    clearTimeout(this.#total)
  }

  #silent(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => this.#over('idle'), milliseconds)
  }
}
