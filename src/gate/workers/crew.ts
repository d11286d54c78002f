import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { withIdentities, type GateConfig, type IdentityConfig } from '../config/config.ts'
import { PosternError } from '../../errors.ts'
import type { OpenService } from '../gate.ts'
import { changingTicketKeys, newTicketKeys } from '../ticket-keys.ts'
import type { StapleList } from '../tls/staples.ts'
import type { CrowdChange } from './elsewhere.ts'
import { merge, withoutOpen, type Snapshot } from '../seen/snapshot.ts'
import { Hand } from './hand.ts'
import type { Seen } from './messages.ts'

export interface CrewOptions {
  /** What they run: a file for Node, its words, and those of Node itself. It calls `work()`. */
  readonly program: { readonly file: string; readonly words: readonly string[]; readonly node: readonly string[] }
  /** The name that the gate goes by where it speaks for itself. */
  readonly name: string
  /** Whole lines of what workers write to standard output. */
  readonly out: (lines: string) => void
  /** And to standard error. */
  readonly err: (lines: string) => void
  /** A sentence for whoever runs the gate. */
  readonly tell: (sentence: string) => void
  /** How often workers are asked whether they live, in milliseconds; two seconds without it. Eight silences are the end of one. */
  readonly beat?: number
}

const BEAT_MS = 2000

/** How many processes a configuration wants. */
export function workersOf({ workers = availableParallelism() }: Pick<GateConfig, 'workers'>): number {
  return workers
}

/** A worker that dies is started again after so many milliseconds, each time twice as many, to a limit; who has lived so long begins anew. */
const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 30_000
const LIVED_MS = 60_000
/** Beyond the patience that a worker was told to have. */
const GRACE_MS = 5000

/**
 * A gate in several processes, which share what is listened on: the system gives each connection to one that waits for it. This one serves nobody: it starts
 * them, tells all of them the same, and takes up their output. When it dies, they do.
 */
export class Crew {
  readonly #options: CrewOptions
  #config: GateConfig
  #staples: StapleList = []
  #ticketKeys = newTicketKeys()
  readonly #stopChanging: () => void
  readonly #hands = new Set<Hand>()
  #failures = 0
  /** How many processes there shall be. */
  #workers: number
  /** Those that died, and whose place is taken in a moment. */
  #awaited = 0
  /** What those had seen that have died: sums never become smaller. */
  #dead: Snapshot = merge([])
  readonly #closing = new AbortController()
  /** One thing after the other: who is started in a reload has its configuration. */
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(config: GateConfig, options: CrewOptions) {
    this.#config = config
    this.#workers = workersOf(config)
    this.#options = options
    this.#stopChanging = changingTicketKeys((keys) => {
      this.#ticketKeys = keys
      for (const hand of this.#hands) hand.tell({ kind: 'ticket-keys', keys })
    })
  }

  /** Starts all of them, or none. Rejects with what `Gate.open()` would reject with. */
  static async open(config: GateConfig, options: CrewOptions): Promise<Crew> {
    const { file, words, node } = options.program
    // Whoever waits for connections takes the next one; the other way this process would accept all of them and pass them on.
    cluster.schedulingPolicy = cluster.SCHED_NONE
    cluster.setupPrimary({
      exec: file,
      args: [...words],
      execArgv: [...node],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
    })
    const crew = new Crew(config, options)
    try {
      await Promise.all(Array.from({ length: crew.#workers }, () => crew.#start()))
    } catch (error) {
      await crew.close(0)
      throw error
    }
    return crew
  }

  get services(): readonly OpenService[] {
    return [...this.#hands].find(({ services }) => services.length > 0)?.services ?? []
  }

  /** All of them take up another configuration, or none does: see `Gate.reload()`. */
  reload(config: GateConfig, drain: number): Promise<void> {
    return this.#inTurn(async () => {
      const hands = this.#staying
      const ready = await Promise.allSettled(hands.map((hand) => hand.order({ do: 'prepare', config })))
      // Who has died comes back with what the others take up. Where all have, it may be what they died of.
      const failed = ready.find(isFailure) ?? (ready.some(({ status }) => status === 'fulfilled') ? undefined : ready.find(isRejected))
      if (failed !== undefined) {
        await Promise.allSettled(hands.map((hand) => hand.order({ do: 'abandon' })))
        throw failed.reason
      }
      this.#config = config
      // Who dies now comes back with the new one.
      await Promise.allSettled(hands.map((hand) => hand.order({ do: 'commit', drain })))
      this.#workers = workersOf(config)
      await this.#adjust(drain)
    })
  }

  get #staying(): readonly Hand[] {
    return [...this.#hands].filter(({ isLeaving }) => !isLeaving)
  }

  /** So many processes lack; fewer than none: are too many. */
  get #lacking(): number {
    return this.#workers - this.#staying.length - this.#awaited
  }

  /** As many processes as the configuration wants. Who is too much gives its clients so many milliseconds, and nobody waits for it. */
  async #adjust(patience: number): Promise<void> {
    const lacking = this.#lacking
    const leaving = lacking < 0 ? this.#staying.slice(lacking) : []
    for (const hand of leaving) {
      hand.tell({ kind: 'processes', count: 0 })
      void hand.close(patience, patience + GRACE_MS)
    }
    const since = performance.now()
    const more = Array.from({ length: Math.max(lacking, 0) }, () =>
      this.#start().catch((error: unknown) => void this.#again(reasonOf(error), since)),
    )
    await Promise.all(more)
    // An inside that has joined opens its links to each process, and has to know how many there are.
    for (const hand of this.#staying) hand.tell({ kind: 'processes', count: this.#workers })
  }

  /** What all of them have counted, those that have died among them as far as they had said it, and at most so many of those who are there. */
  async look(connections: number): Promise<Seen> {
    const looked = await Promise.all([...this.#hands].map(async (hand) => ({ hand, seen: await hand.look(connections) })))
    // Who has died meanwhile is among the dead already.
    const seen = looked.flatMap((one) => (this.#hands.has(one.hand) ? [one.seen] : []))
    return {
      snapshot: merge([this.#dead, ...seen.map(({ snapshot }) => snapshot)]),
      connections: seen.flatMap((one) => one.connections).slice(0, connections),
    }
  }

  /** From now on these are stapled, and no others. */
  staple(staples: StapleList): void {
    this.#staples = staples
    for (const hand of this.#hands) hand.tell({ kind: 'staples', staples })
  }

  /** All of them take up other certificates: see `Gate.renew()`. What is wrong for one of them is wrong for all. */
  renew(identities: readonly IdentityConfig[]): Promise<void> {
    return this.#inTurn(async () => {
      const renewed = await Promise.allSettled(this.#staying.map((hand) => hand.order({ do: 'renew', identities })))
      const failed = renewed.find(isFailure)
      if (failed !== undefined) throw failed.reason
      this.#config = { ...this.#config, services: this.#config.services.map((service) => withIdentities(service, identities)) }
    })
  }

  /** Takes no new clients, gives those that are there so many milliseconds, and ends all processes. */
  async close(patience: number): Promise<void> {
    this.#closing.abort()
    this.#stopChanging()
    await Promise.all([...this.#hands].map((hand) => hand.close(patience, patience + GRACE_MS)))
  }

  async #start(): Promise<void> {
    if (this.#closing.signal.aborted) return
    const begun = performance.now()
    const hand = new Hand(cluster.fork(), this.#options.beat ?? BEAT_MS, {
      out: this.#options.out,
      err: this.#options.err,
      crowd: (changes) => this.#passOn(changes, hand),
      refused: (message) => {
        for (const other of this.#hands) if (other !== hand) other.tell(message)
      },
      gone: (why, open) => {
        this.#hands.delete(hand)
        this.#dead = merge([this.#dead, withoutOpen(hand.seen.snapshot)])
        this.#passOn(
          hand.crowd.changes.map(([service, address, by]) => [service, address, -by]),
          hand,
        )
        if (open && !hand.isLeaving && !this.#closing.signal.aborted) void this.#again(why, begun)
      },
    })
    for (const other of this.#hands) hand.tell({ kind: 'elsewhere', changes: other.crowd.changes })
    hand.tell({ kind: 'staples', staples: this.#staples })
    this.#hands.add(hand)
    const joins = [...this.#hands].some(({ services }) => services.length > 0)
    try {
      await hand.order({
        do: 'open',
        config: { ...this.#config, workers: this.#workers },
        name: this.#options.name,
        ticketKeys: this.#ticketKeys,
        joins,
      })
    } catch (error) {
      await hand.close(0, GRACE_MS)
      throw error
    }
  }

  /** Another in the place of one that died. */
  async #again(why: string, begun: number): Promise<void> {
    this.#failures = performance.now() - begun > LIVED_MS ? 0 : this.#failures
    const wait = Math.min(FIRST_DELAY_MS * 2 ** this.#failures, LONGEST_DELAY_MS)
    this.#failures += 1
    this.#options.tell(`A worker has died (${why}), and its clients with it. Another takes its place in ${wait / 1000} s.`)
    this.#awaited += 1
    await delay(wait, undefined, { signal: this.#closing.signal, ref: false }).catch(() => undefined)
    const since = performance.now()
    const start = (): Promise<void> => {
      this.#awaited -= 1
      return this.#lacking > 0 ? this.#start() : Promise.resolve()
    }
    await this.#inTurn(start).catch((error: unknown) => this.#again(reasonOf(error), since))
  }

  #passOn(changes: readonly CrowdChange[], from: Hand): void {
    if (changes.length === 0) return
    for (const hand of this.#hands) if (hand !== from) hand.tell({ kind: 'elsewhere', changes })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return result
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function isRejected(one: PromiseSettledResult<unknown>): one is PromiseRejectedResult {
  return one.status === 'rejected'
}

/** What was ordered went wrong. A worker that died over it may have died of something else. */
function isFailure(one: PromiseSettledResult<unknown>): one is PromiseRejectedResult {
  return isRejected(one) && !(one.reason instanceof PosternError && one.reason.code === 'GATE_WORKER_DIED')
}
