import type { Worker } from 'node:cluster'
import { setTimeout as delay } from 'node:timers/promises'
import { PosternError } from '../../errors.ts'
import type { OpenService } from '../gate.ts'
import { merge } from '../seen/snapshot.ts'
import { CrowdCount, type CrowdChange } from './elsewhere.ts'
import { WholeLines } from './whole-lines.ts'
import { errorOf, isFromWorker, type ClientRefused, type FromWorker, type Order, type Seen, type ToWorker } from './messages.ts'

export interface HandEvents {
  readonly out: (lines: string) => void
  readonly err: (lines: string) => void
  readonly crowd: (changes: readonly CrowdChange[]) => void
  readonly refused: (message: ClientRefused) => void
  /** The process is no more. `why`: a signal or a status. `open`: it served. */
  readonly gone: (why: string, open: boolean) => void
}

interface Waiting {
  readonly resolve: (seen: Seen | undefined) => void
  readonly reject: (error: Error) => void
}

/** Who asks what was seen does not wait for a worker that is stuck, in milliseconds. */
const LOOK_MS = 2000
/** A worker that leaves so many questions in a row without a word is killed; one that has yet to say its first word may be so many late. */
const MOST_SILENT = 8
const MOST_SILENT_AT_FIRST = 30

/** A worker as the main process has it. */
export class Hand {
  readonly #worker: Worker
  readonly #events: HandEvents
  readonly #waiting = new Map<number, Waiting>()
  readonly #over = Promise.withResolvers<undefined>()
  #isLeaving = false
  /** It was killed for its silence. */
  #stuck = false
  /** By a signal or with a status. */
  #ended: string | undefined
  #number = 0
  #services: readonly OpenService[] = []
  #seen: Seen = { snapshot: merge([]), connections: [] }
  readonly #beat: NodeJS.Timeout
  /** Questions since its last word. They are counted and not timed: a machine that slept, or Ctrl-Z, has stopped those who ask, too. */
  #silent = 0
  #mostSilent = MOST_SILENT_AT_FIRST
  /** Its clients. */
  readonly crowd: CrowdCount = new CrowdCount()

  /** `beat`: milliseconds from one question whether it lives to the next. */
  constructor(worker: Worker, beat: number, events: HandEvents) {
    this.#worker = worker
    this.#beat = setInterval(() => this.#askWhetherItLives(), beat).unref()
    this.#events = events
    worker.on('message', (message: unknown) => {
      if (isFromWorker(message)) this.#hear(message)
    })
    worker.on('error', () => undefined)
    worker.on('exit', (status: number | null, signal: string | null) => this.#exit(signal ?? `status ${String(status)}`))
    const [out, err] = [new WholeLines(events.out), new WholeLines(events.err)]
    worker.process.stdout?.on('data', (bytes: Buffer) => out.push(bytes))
    worker.process.stderr?.on('data', (bytes: Buffer) => err.push(bytes))
  }

  /** Where it listens; nowhere as long as it has not said so. */
  get services(): readonly OpenService[] {
    return this.#services
  }

  /** It takes no new clients, and ends. */
  get isLeaving(): boolean {
    return this.#isLeaving
  }

  /** What it had seen when it was asked last. */
  get seen(): Seen {
    return this.#seen
  }

  /** What it has seen, with at most so many connections; of one that does not say, what it had seen before. */
  async look(connections: number): Promise<Seen> {
    const late = new AbortController()
    const looked = this.order({ do: 'look', connections }).catch(() => undefined)
    await Promise.race([looked, delay(LOOK_MS, undefined, { signal: late.signal }).catch(() => undefined)])
    late.abort()
    return this.#seen
  }

  /** Has it do something, and gives what it was asked to look at. Rejects with what went wrong there, or when it dies. */
  order(order: Order): Promise<Seen | undefined> {
    // Nobody would ever answer.
    if (this.#ended !== undefined) return Promise.reject(died(this.#ended))
    this.#number += 1
    const number = this.#number
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject })
      this.tell({ kind: 'order', number, order })
    })
  }

  tell(message: ToWorker): void {
    if (this.#worker.isConnected()) this.#worker.send(message, undefined, undefined, () => undefined)
  }

  /** Ends it when its clients are gone or `patience` milliseconds are over, and kills it after `limit`. */
  async close(patience: number, limit: number): Promise<void> {
    this.#isLeaving = true
    const timer = setTimeout(() => this.#worker.process.kill('SIGKILL'), limit)
    await this.order({ do: 'close', patience }).catch(() => undefined)
    if (this.#worker.isConnected()) this.#worker.process.disconnect()
    await this.#over.promise
    clearTimeout(timer)
  }

  /** One that is stopped or stuck has all its clients hang, and whoever gives it an order: it is better dead. */
  #askWhetherItLives(): void {
    if (this.#silent >= this.#mostSilent) {
      this.#stuck = true
      this.#worker.process.kill('SIGKILL')
    }
    this.#silent += 1
    this.tell({ kind: 'alive' })
  }

  #hear(message: FromWorker): void {
    this.#silent = 0
    this.#mostSilent = MOST_SILENT
    if (message.kind === 'alive') return
    if (message.kind === 'crowd') {
      for (const change of message.changes) this.crowd.add(change)
      return this.#events.crowd(message.changes)
    }
    if (message.kind === 'refused') return this.#events.refused(message)
    const waiting = this.#waiting.get(message.number)
    this.#waiting.delete(message.number)
    if (message.kind === 'failed') return waiting?.reject(errorOf(message.error))
    this.#services = message.services
    this.#seen = message.seen ?? this.#seen
    waiting?.resolve(message.seen)
  }

  #exit(how: string): void {
    const why = this.#stuck ? 'it was stuck, and was killed' : how
    this.#ended = why
    clearInterval(this.#beat)
    for (const { reject } of this.#waiting.values()) reject(died(why))
    this.#waiting.clear()
    this.#over.resolve(undefined)
    this.#events.gone(why, this.#services.length > 0)
  }
}

function died(why: string): PosternError {
  return new PosternError('world', 'GATE_WORKER_DIED', `Cannot wait for a worker: it has died (${why})`, {
    remedy: 'Look into the log of the system for what ended it, such as want of memory, and try again.',
  })
}
