import { setImmediate } from 'node:timers/promises'
import type { SessionEvent } from '../../wire/index.ts'
import { alertDescription } from '../../registry/index.ts'
import { describeAnswer, type Answer } from '../exchange.ts'
import { suits, type Subject } from './words.ts'

/**
 * How a question will probably be answered: with a handshake, or with the word that is for versions, or with the one for all other offers.
 * `older`: with that for versions, where the refusal of a newer one will bear it out.
 */
export type Expected = 'taken' | Subject | 'older'

/** The same where it may be known only when it is asked. */
export type Expectation = Expected | (() => Expected)

interface Waiting {
  readonly expected: () => Expected
  readonly ask: () => Promise<void>
}

interface TurnsOptions {
  /** Nobody waits for a turn, and nothing is borne out here. */
  readonly twice: boolean
  /** So many questions will follow at once. */
  readonly follow: (count: number) => void
  /** Asks, in a turn of its own, something that has to be taken, if there is any such thing. */
  readonly takable: () => void
}

/** What a server said that took something. */
const TAKEN = 'taken'

/**
 * Who asks when. A server that refuses everybody for a while does so in one word, whatever it is asked. So one question is asked after the other, and next to one that
 * was refused comes one that has to be taken, or is refused in another word: then no time of refusing that is longer than a single connection can have hidden anything.
 */
export class Turns {
  readonly #options: TurnsOptions
  /** How each connection was answered, in order. */
  readonly #story: string[] = []
  readonly #places = new WeakMap<Answer, number>()
  readonly #waiting: Waiting[] = []
  readonly #words: Record<Subject, string> = { version: 'alert protocol_version', offer: 'alert handshake_failure' }
  #running = false
  /** The question that was answered last has to be believed for itself. */
  #counts = false
  /** Nothing has been taken since something was asked for that alone. */
  #inVain = false

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /** Asks when it is its turn. */
  take<T>(expected: Expectation, ask: () => Promise<T>): Promise<T> {
    if (this.#options.twice) return ask()
    return new Promise((resolve, reject) => {
      this.#waiting.push({ expected: typeof expected === 'string' ? () => expected : expected, ask: () => ask().then(resolve, reject) })
      if (!this.#running) void this.#goOn()
    })
  }

  /** Notes an answer. What is none, such as silence, stands between no others. */
  heard(answer: Answer): void {
    const { kind } = answer
    if (kind === 'reset' || kind === 'silent' || kind === 'not-tls') return
    this.#note(kind === 'server-hello' || kind === 'sslv2-server-hello' ? TAKEN : describeAnswer(answer))
    this.#places.set(answer, this.#story.length - 1)
  }

  /** The same of a session, by what came. */
  saw(events: readonly SessionEvent[]): void {
    const alert = events.find((event) => event.kind === 'alert')
    if (events.some(({ kind }) => kind === 'server-hello' || kind === 'hello-retry-request')) this.#note(TAKEN)
    else if (alert !== undefined) this.#note(`alert ${alertDescription.name(alert.description)}`)
  }

  /** The session that was seen last came to this answer. */
  sawAs(answer: Answer): void {
    if (answer.kind === 'alert') this.#places.set(answer, this.#story.length - 1)
  }

  /** In which word this server refuses what it was asked for. */
  learn(subject: Subject, answer: Answer): void {
    if (suits(answer, subject)) this.#words[subject] = describeAnswer(answer)
  }

  /** The last answer was none of a time of refusing. */
  get endsWell(): boolean {
    return this.#story.at(-1) === TAKEN
  }

  /**
   * Whether no time of refusing can have held this answer and another one: both its neighbours are none of it. The word has to be the server's own, too, which
   * it has said at another time.
   */
  standsAlone(answer: Answer): boolean {
    const place = this.#places.get(answer)
    if (this.#options.twice || place === undefined) return false
    const own = this.#story[place]
    const isOther = (how: string | undefined): boolean => how !== undefined && how !== own
    return (
      isOther(this.#story[place - 1]) &&
      isOther(this.#story[place + 1]) &&
      this.#story.indexOf(own ?? '') !== this.#story.lastIndexOf(own ?? '')
    )
  }

  #note(how: string): void {
    this.#story.push(how)
    if (how === TAKEN) this.#inVain = false
  }

  async #goOn(): Promise<void> {
    this.#running = true
    for (;;) {
      // Whoever was told the last answer asks what follows from it.
      await setImmediate()
      const next = this.#next()
      if (next === undefined) break
      this.#waiting.splice(this.#waiting.indexOf(next), 1)
      this.#options.follow(this.#waiting.length)
      this.#counts = next.expected() !== 'older'
      await next.ask()
    }
    this.#running = false
  }

  #next(): Waiting | undefined {
    const [first] = this.#waiting
    const refused = this.#waiting.filter(({ expected }) => expected() !== TAKEN)
    const [last] = this.#story.slice(-1)
    if (last === undefined || refused.length === 0) return this.#taken ?? first
    // Most questions are about offers: what is about versions stands between two of them.
    if (last === TAKEN) return refused.find(({ expected }) => expected() === 'offer') ?? first
    const other = refused.filter((one) => this.#wordFor(one) !== last).toSorted((one, two) => rank(one) - rank(two))
    if (other.length > 0 || !Object.values(this.#words).includes(last)) return other[0] ?? first
    const older = this.#counts ? undefined : refused.find(({ expected }) => expected() === 'older')
    if (older !== undefined) return older
    if (this.#taken === undefined && !this.#inVain) {
      this.#inVain = true
      this.#options.takable()
    }
    return this.#taken ?? first
  }

  #wordFor({ expected }: Waiting): string {
    return this.#words[expected() === 'offer' ? 'offer' : 'version']
  }

  get #taken(): Waiting | undefined {
    return this.#waiting.find(({ expected }) => expected() === TAKEN)
  }
}

/** What is borne out by others may come last, where it needs nothing around it. */
function rank({ expected }: Waiting): number {
  return expected() === 'older' ? 1 : 0
}
