import { performance } from 'node:perf_hooks'
import type { Clear, Opening } from '../dialects/index.ts'
import { PosternError } from '../errors.ts'
import { alwaysReset, isCutOff, isFinal, timeIsUp, tooManyConnections } from './lane-errors.ts'
import type { Place } from './crowd.ts'
import type { Door, LaneOptions } from './door.ts'
import { FirstWord } from './first-word.ts'
import { Line } from './line.ts'
import { openDialect } from './open-dialect.ts'
import { Pace } from './pace.ts'
import type { Talk, Waiting } from './talk.ts'
import { TurnedAway } from './turned-away.ts'

/** A connection that is about to see a ClientHello, and what was said on it before. */
export interface ReadyLine {
  readonly line: Line
  readonly clear: Clear
  /** Counts the connections to this server, from 1. */
  readonly number: number
}

export const UNUSED: unique symbol = Symbol('unused')

const CONNECT_PATIENCE_MS = 10_000
/** Every suite of every version, each accepted, and half as much again. */
const MOST_CONNECTIONS = 2500
const MOMENT_MS = 20
/** A door that never opened is given up after so many tries in a row. */
const TRIES_BEFORE_FIRST_SUCCESS = 3
/** A question that wants its own connection is given up when none came through. */
const TRIES_OF_OWN = 2

/**
 * The connections to one server: never more than allowed at once, opened ahead of the questions that will need them, and
 * fewer and slower when the server says that it has enough (421, resets before the hello, refused connections).
 */
export class Lanes {
  readonly #door: Door
  readonly #deadline: number
  readonly #timer: NodeJS.Timeout
  readonly #most: number
  readonly #inTurn: boolean
  readonly #pace: Pace
  #open = 0
  /** Ended by us, and not yet by the server. */
  #leaving = 0
  #preparing = 0
  readonly #lines = new Set<Line>()
  readonly #places = new WeakMap<Line, Place>()
  readonly #firstWord = new FirstWord()
  readonly #turnedAway = new TurnedAway()
  /** Those that are open or being opened. */
  readonly #numbers = new Set<number>()
  /** Who talks, or is about to, and wants no other connection beside. */
  #solo: Waiting | undefined
  #ready: ReadyLine[] = []
  #waiting: Waiting[] = []
  #expected = 0
  #connections = 0
  #connected = false
  #opened = 0
  #resume: NodeJS.Timeout | undefined
  #ended: PosternError | undefined
  #clear: Clear | undefined
  #far = 0
  #opening = 1

  constructor(door: Door, options: LaneOptions) {
    this.#door = door
    this.#pace = new Pace(options.parallel, options.pause)
    this.#most = options.most ?? MOST_CONNECTIONS
    this.#inTurn = options.inTurn ?? false
    this.#deadline = performance.now() + options.timeout
    this.#timer = setTimeout(() => this.#fail(this.alwaysReset ? alwaysReset() : timeIsUp(options.timeout)), options.timeout)
  }

  /** How many connections were opened, or tried. */
  get connections(): number {
    return this.#connections
  }

  /** How often the server refused a connection although it had accepted others. */
  get throttled(): number {
    return this.#pace.throttled
  }

  /** What the server said before TLS, on the connection that went furthest. */
  get clear(): Clear | undefined {
    return this.#clear
  }

  /** Some connection was ready for a ClientHello. */
  get reached(): boolean {
    return this.#opened > 0
  }

  /** Connections are reset, and on none was there ever a word. */
  get alwaysReset(): boolean {
    return this.#firstWord.alwaysReset
  }

  /** TLS begins at once: nothing is said in clear. */
  get implicit(): boolean {
    return this.#door.beginning === 'implicit'
  }

  /** Mean milliseconds that a connection needs from the first packet to the go-ahead. */
  get opening(): number {
    return this.#opening
  }

  get parallel(): number {
    return this.#pace.parallel
  }

  get timeLeft(): number {
    return Math.max(0, this.#deadline - performance.now())
  }

  /** Why no more questions are answered, when that is so. */
  get ended(): PosternError | undefined {
    return this.#ended
  }

  /** About so many questions will follow those that wait: connections are opened for them ahead of time. */
  expect(count: number): void {
    this.#expected = count
    this.#pump()
  }

  /** Waits for a connection that is ready for a ClientHello and talks on it. Whoever is cut off by the end of the audit has heard nothing. */
  talk<T>(
    run: Talk<T | typeof UNUSED>,
    { smuggle = false, alone = false }: { smuggle?: boolean; alone?: boolean } = {},
  ): Promise<T | typeof UNUSED> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        own: smuggle ? 'smuggle' : alone ? 'alone' : undefined,
        tries: 1,
        reject,
        run: async (ready) => {
          try {
            const result = await run(ready)
            if (this.#ended !== undefined) throw this.#ended
            if (result !== UNUSED) this.#pace.succeeded()
            if (result === UNUSED && !ready.line.over) this.#putBack(ready)
            else this.#close(ready.line)
            resolve(result)
          } catch (error) {
            this.#close(ready.line)
            reject(error)
          }
        },
      }
      this.#waiting.push(waiting)
      this.#pump()
    })
  }

  /** Talks again what was talked on a line that is over, this time with no other connection open. */
  alone<T>(instead: Line, run: Talk<T | typeof UNUSED>): Promise<T | typeof UNUSED> {
    this.#close(instead)
    return this.talk(run, { alone: true })
  }

  /**
   * Asks on a line, and once more on another one as long as the server, in plain text, turns away those who come for TLS. Fewer and slower
   * from then on. A door that has never said anything else is believed in the end.
   */
  async insist<T>(line: Line, ask: (line: Line) => Promise<T>): Promise<T> {
    const answer = await ask(line)
    if (!this.implicit || !this.#turnedAway.asksAgain(line, this.#pace)) return answer
    this.#pace.failed()
    this.#slowDown()
    this.#close(line)
    const alone = this.#solo !== undefined
    this.#solo = undefined
    const again = await this.talk((ready) => this.insist(ready.line, ask), { alone })
    return again === UNUSED ? answer : again
  }

  /** Which connection this is, and which others were open when it was begun. */
  placeOf(line: Line): Place {
    return this.#places.get(line) ?? { number: 0, beside: [] }
  }

  /** The server treats connections otherwise when there are more of them: fewer and slower from now on. */
  crowded(): void {
    this.#slowDown()
  }

  /** Ends every connection. */
  close(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#resume)
    this.#ended ??= new PosternError('bug', 'LANES_CLOSED', 'Cannot ask the server: the audit has ended')
    this.#ready = []
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#ended)
    for (const line of this.#lines) this.#close(line)
  }

  /** In the order of connecting: a server that serves one client after the other waits for the oldest one. */
  #putBack(ready: ReadyLine): void {
    const younger = this.#ready.findIndex((one) => one.number > ready.number)
    this.#ready.splice(younger < 0 ? this.#ready.length : younger, 0, ready)
  }

  #pump(): void {
    if (this.#solo !== undefined) return
    const alone = this.#waiting.findIndex((one) => one.own === 'alone')
    if (alone >= 0) return this.#prepareAlone(alone)
    this.#serve()
    while (this.#ended === undefined) {
      const owner = this.#waiting.findIndex((one) => one.own === 'smuggle')
      if (owner < 0 && this.#wanted() <= 0) return
      // Whoever wants a connection of its own cannot use those that stand ready for others.
      if (owner >= 0 && this.#full) this.#dismiss()
      if (this.#full || this.#pace.pausing) return
      if (this.#spent) return this.#fail(tooManyConnections(this.#most))
      void this.#prepare(owner < 0 ? undefined : this.#waiting.splice(owner, 1)[0])
    }
  }

  /** Nobody else is served before whoever wants to be alone has been. */
  #prepareAlone(index: number): void {
    while (this.#ready.length > 0) this.#dismiss()
    if (this.#ended !== undefined || this.#open + this.#leaving > 0 || this.#pace.pausing) return
    if (this.#spent) return this.#fail(tooManyConnections(this.#most))
    this.#solo = this.#waiting.splice(index, 1)[0]
    void this.#prepare(this.#solo)
  }

  get #spent(): boolean {
    return this.#connections >= this.#most
  }

  /** Gives the connections that are ready to those who wait for any. */
  #serve(): void {
    while (!this.#isOutOfTurn) {
      const next = this.#waiting.findIndex((one) => one.own === undefined)
      const ready = next < 0 ? undefined : this.#ready.shift()
      if (ready === undefined) return
      if (ready.line.over) this.#died(ready)
      else
        void this.#waiting
          .splice(next, 1)[0]
          ?.run(ready)
          .finally(() => this.#pump())
    }
  }

  /** An older connection is not ready yet, or still talks. */
  get #isOutOfTurn(): boolean {
    const [oldest] = this.#ready
    return this.#inTurn && oldest !== undefined && [...this.#numbers].some((number) => number < oldest.number)
  }

  /** Ends the youngest connection that stands ready for nobody. */
  #dismiss(): void {
    const idle = this.#ready.pop()
    if (idle !== undefined) this.#close(idle.line)
  }

  /** The server closed a connection that had asked it nothing yet: it has too many of them, or will not wait. */
  #died({ line }: ReadyLine): void {
    this.#close(line)
    this.#pace.failed()
    if (line.reset && this.#firstWord.failed(this.placeOf(line))) this.#fail(alwaysReset())
    else this.#slowDown()
  }

  #wanted(): number {
    // Before the first success nothing is opened ahead: a closed door is knocked at once, not eight times.
    const waiting = this.#waiting.filter((one) => one.own === undefined).length
    const ahead = !this.#connected ? Math.min(1, waiting) : waiting + this.#expected
    return ahead - this.#preparing - this.#ready.length
  }

  /** Opens a connection, for whoever is next or for one that wants its own. */
  async #prepare(owner?: Waiting): Promise<void> {
    this.#open++
    this.#preparing++
    const number = ++this.#connections
    const beside = [...this.#numbers]
    this.#numbers.add(number)
    let line: Line | undefined
    const began = performance.now()
    try {
      line = await Line.open(this.#door.address, this.#door.port, Math.min(CONNECT_PATIENCE_MS, this.timeLeft))
      this.#lines.add(line)
      this.#firstWord.opened(line)
      this.#places.set(line, { number, beside })
      this.#connected = true
      this.#pump()
      const clear = await this.#speak(line, owner?.own === 'smuggle')
      this.#opening = this.#opened === 0 ? performance.now() - began : this.#opening * 0.7 + (performance.now() - began) * 0.3
      this.#opened++
      if (owner === undefined) this.#putBack({ line, clear, number })
      else void owner.run({ line, clear, number }).finally(() => this.#served(owner))
    } catch (error) {
      this.#numbers.delete(number)
      if (line === undefined) this.#open--
      else this.#close(line)
      if (this.#connected && isCutOff(error) && this.#firstWord.failed({ beside })) this.#fail(error)
      if (owner === undefined) this.#failed(error)
      else this.#failedFor(owner, error)
    } finally {
      this.#preparing--
    }
    if (this.#ended !== undefined) this.close()
    this.#pump()
  }

  #served(owner: Waiting): void {
    if (this.#solo === owner) this.#solo = undefined
    this.#pump()
  }

  #failedFor(owner: Waiting, error: unknown): void {
    if (owner.own === 'alone') {
      this.#solo = undefined
      this.crowded()
    }
    if (owner.tries < TRIES_OF_OWN && !isFinal(error)) this.#waiting.push({ ...owner, tries: owner.tries + 1 })
    else owner.reject(error)
  }

  #speak(line: Line, smuggle: boolean): Promise<Clear> {
    const noted = smuggle ? (): void => undefined : (opening: Opening): void => this.#noteClear(opening)
    return openDialect(line, this.#door, { smuggle, timeLeft: () => this.timeLeft, noted })
  }

  /** What a connection that came through has shown is not forgotten for one that did not. */
  #noteClear(opening: Opening): void {
    const { outcome } = opening
    const far = outcome?.kind === 'ready' ? 2 : outcome === undefined || (outcome.kind === 'refused' && outcome.temporary) ? 0 : 1
    if (far < this.#far) return
    this.#far = far
    this.#clear = opening.clear
  }

  #failed(error: unknown): void {
    if (!(error instanceof PosternError)) return this.#fail(error)
    this.#pace.failed()
    // Connection refused is a clear word as long as the server has never said anything else.
    if (this.#opened === 0 && (isFinal(error) || isCutOff(error) || this.#pace.failures >= TRIES_BEFORE_FIRST_SUCCESS))
      return this.#fail(error)
    this.#slowDown()
  }

  #slowDown(): void {
    const pause = this.#pace.slowDown(this.implicit ? undefined : this.#open, { once: this.#firstWord.isUnlikely })
    clearTimeout(this.#resume)
    this.#resume = setTimeout(() => this.#pump(), pause + 1)
  }

  /** No question is answered from now on. */
  #fail(error: unknown): void {
    const known =
      error instanceof PosternError ? error : new PosternError('bug', 'LANE_BROKEN', 'Cannot keep a connection', { cause: error })
    this.#ended ??= known
    this.close()
  }

  #close(line: Line): void {
    if (!this.#lines.delete(line)) return
    this.#firstWord.ended(line)
    this.#numbers.delete(this.placeOf(line).number)
    this.#open--
    this.#leaving++
    const gone = (): void => {
      this.#leaving--
      this.#pump()
    }
    // A server that counts may need a moment to see that there is one less.
    void line.close().then(() => (this.#pace.throttled > 0 ? setTimeout(gone, MOMENT_MS) : gone()))
  }

  /**
   * Whether no more may be opened. A connection that we have ended does not count, for the server hears of that before it hears of
   * the next one; but where it ends its side late, or has said that it has too many, it counts until it is gone.
   */
  get #full(): boolean {
    const most = this.#pace.throttled > 0 ? this.#pace.parallel : this.#pace.parallel * 2
    return this.#open >= this.#pace.parallel || this.#open + this.#leaving >= most
  }
}
