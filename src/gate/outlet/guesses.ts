/** Milliseconds that the second attempt waits; each wrong one doubles it, as Dovecot has it (auth_penalty), up to the longest. */
const FIRST = 1000
const LONGEST = 15_000

/** Milliseconds behind the last wrong password; then all is forgotten. */
const REMEMBERED = 600_000

/** Whoever guessed least lately is forgotten first. */
const MOST = 10_000

/** Who has said wrong passwords, and how long it has to wait for an answer. */
export class Guesses {
  readonly #clock: () => number
  readonly #wrong = new Map<string, { readonly times: number; readonly until: number }>()

  /** `clock`: milliseconds of a clock that nobody sets. */
  constructor(clock: () => number) {
    this.#clock = clock
  }

  /** Milliseconds before the next password of a client is looked at. */
  wait(client: string): number {
    const times = this.#times(client)
    return times === 0 ? 0 : Math.min(FIRST * 2 ** (times - 1), LONGEST)
  }

  wrong(client: string): void {
    const times = this.#times(client) + 1
    this.#wrong.delete(client)
    this.#wrong.set(client, { times, until: this.#clock() + REMEMBERED })
    const [oldest] = this.#wrong.keys()
    if (this.#wrong.size > MOST && oldest !== undefined) this.#wrong.delete(oldest)
  }

  right(client: string): void {
    this.#wrong.delete(client)
  }

  #times(client: string): number {
    const found = this.#wrong.get(client)
    return found === undefined || found.until <= this.#clock() ? 0 : found.times
  }
}
