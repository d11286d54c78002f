import { Present } from '../present.ts'
import type { ConnectionRecord } from '../record.ts'
import type { Verdict } from '../verdict.ts'
import { HANDSHAKE_BOUNDS, type LiveConnection, type RefusedClient, type ServiceSnapshot, type Snapshot } from './snapshot.ts'

/** So many clients that would be refused are remembered by service, those seen last. */
const MOST_CLIENTS = 1000
const LATELY_MINUTES = 60
const MINUTE_MS = 60_000

/** A connection, as far as the list of those that are there is concerned. */
export interface Live {
  /** What it has carried so far. */
  readonly bytes: ConnectionRecord['bytes']
  /** Milliseconds of a clock that only goes forward, when it began. */
  readonly since: number
  readonly live: () => LiveConnection
  /** For whoever counts. */
  seat?: number | undefined
}

/** What one process of a gate counts, service by service. */
export class Counts {
  readonly #services = new Map<string, ServiceCounts>()

  /** The same one for the same name, whatever configuration it comes from: what was counted only grows. */
  of(service: string): ServiceCounts {
    const there = this.#services.get(service)
    if (there !== undefined) return there
    const made = new ServiceCounts()
    this.#services.set(service, made)
    return made
  }

  /** Everything so far, in numbers of its own: what happens next does not change it. */
  snapshot(): Snapshot {
    return { services: Object.fromEntries([...this.#services].map(([name, counts]) => [name, counts.snapshot()])) }
  }

  /** Connections that are there, at most so many, those that came first first. */
  connections(most: number): readonly LiveConnection[] {
    return [...this.#services.values()]
      .flatMap(({ open }) => [...open].toSorted((one, other) => one.since - other.since))
      .slice(0, most)
      .map((connection) => connection.live())
  }
}

/** What is counted of one service. Everything here happens for every connection: a few sums, and no more. */
export class ServiceCounts {
  readonly open: Present<Live> = new Present()
  #connections = 0
  #resumed = 0
  #unreached = 0
  #in = 0
  #out = 0
  #seconds = 0
  readonly #durations: number[] = [...HANDSHAKE_BOUNDS.map(() => 0), 0]
  readonly #crowded = new Map<string, number>()
  readonly #hellos = new Map<string, number>()
  readonly #negotiated = new Map<string, number>()
  readonly #failed = new Map<string, number>()
  readonly #ended = new Map<string, number>()
  readonly #lately = new Map<number, Map<string, number>>()
  readonly #clients = new Map<string, RefusedClient>()

  opened(connection: Live): void {
    this.#connections += 1
    connection.seat = this.open.enter(connection)
  }

  crowded(limit: string): void {
    count(this.#crowded, limit)
  }

  /** `version`: the newest that was offered. */
  hello(stage: string, verdict: Verdict, client: { readonly address: string; readonly version: string }, now: Date): void {
    if (verdict.kind === 'meets') return count(this.#hellos, `${stage} meets -`)
    const { reason } = verdict.refusal
    count(this.#hellos, `${stage} fails ${reason}`)
    this.#refused(stage, reason, client, now.getTime())
  }

  /** `milliseconds`: from the hello to TLS. */
  secured({ version, suite, group = '-', resumed }: NonNullable<ConnectionRecord['negotiated']>, milliseconds: number): void {
    count(this.#negotiated, `${version} ${suite} ${group}`)
    if (resumed === true) this.#resumed += 1
    const seconds = milliseconds / 1000
    this.#seconds += seconds
    const at = HANDSHAKE_BOUNDS.findIndex((bound) => seconds <= bound)
    const place = at < 0 ? HANDSHAKE_BOUNDS.length : at
    this.#durations[place] = (this.#durations[place] ?? 0) + 1
  }

  /** No server behind could be reached. */
  unreached(): void {
    this.#unreached += 1
  }

  ended(connection: Live, { ended, bytes }: Pick<ConnectionRecord, 'ended' | 'bytes'>): void {
    // Who could not come in was never there.
    if (connection.seat === undefined) return
    this.open.leave(connection.seat)
    connection.seat = undefined
    this.#in += bytes.in
    this.#out += bytes.out
    count(this.#ended, ended.why)
    if (ended.why === 'handshake-failed') count(this.#failed, reasonWord(ended.reason))
  }

  snapshot(): ServiceSnapshot {
    const bytes = { in: this.#in, out: this.#out }
    // A connection may last for a day.
    for (const { bytes: more } of this.open) {
      bytes.in += more.in
      bytes.out += more.out
    }
    return {
      open: this.open.size,
      connections: this.#connections,
      crowded: Object.fromEntries(this.#crowded),
      hellos: Object.fromEntries(this.#hellos),
      negotiated: Object.fromEntries(this.#negotiated),
      resumed: this.#resumed,
      failed: Object.fromEntries(this.#failed),
      handshakeSeconds: { counts: [...this.#durations], sum: this.#seconds },
      bytes,
      ended: Object.fromEntries(this.#ended),
      unreached: this.#unreached,
      refusedLately: Object.fromEntries([...this.#lately].map(([minute, tally]) => [String(minute), Object.fromEntries(tally)])),
      refusedClients: Object.fromEntries(this.#clients),
    }
  }

  #refused(stage: string, reason: string, { address, version }: { readonly address: string; readonly version: string }, now: number): void {
    const minute = Math.floor(now / MINUTE_MS)
    const tally = this.#lately.get(minute) ?? new Map<string, number>()
    count(tally, `${stage} ${reason}`)
    if (tally.size === 1) {
      this.#lately.set(minute, tally)
      for (const old of this.#lately.keys()) if (old <= minute - LATELY_MINUTES) this.#lately.delete(old)
    }
    const before = this.#clients.get(address)
    // Taken out and put in again it is the last.
    this.#clients.delete(address)
    this.#clients.set(address, { count: (before?.count ?? 0) + 1, last: now, stage, reason, version })
    if (this.#clients.size <= MOST_CLIENTS) return
    const [oldest] = this.#clients.keys()
    if (oldest !== undefined) this.#clients.delete(oldest)
  }
}

function count(tally: Map<string, number>, what: string): void {
  tally.set(what, (tally.get(what) ?? 0) + 1)
}

/** One of a closed list of words: `not TLS: …` says more than a label may. */
function reasonWord(reason: string | undefined): string {
  if (reason === undefined) return 'other'
  return reason.startsWith('not TLS') ? 'not-tls' : reason.replace(/[^a-z0-9-].*$/i, '')
}
