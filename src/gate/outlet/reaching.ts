import type { Candidate } from './candidates.ts'
import type { HopSessions } from './hop-sessions.ts'
import type { TlsMemory } from './tls-memory.ts'
import type { KeptForSender } from './kept-hops.ts'
import { isFailure, mostTelling, type HopFailure } from './hop-failure.ts'
import { onwardOf, type Onward } from './onward.ts'
import { outcomeOf, type Count } from './reported.ts'
import { openHop, title, type HopWay, type OpenHop } from './open-hop.ts'
import { forRequireTls } from './require-tls.ts'

export type Patience = HopWay['patience'] & {
  /** Milliseconds for all next hops of a domain: who sends waits for the reply to RCPT no longer than five minutes, RFC 5321 §4.5.3.2.3. */
  readonly reach: number
}

export interface ReachSettings {
  readonly clientName: string
  readonly lmtp: boolean
  readonly now: () => Date
  readonly patience: Patience
  readonly memory: TlsMemory
  readonly sessions: HopSessions
  /** Connections of its messages before. */
  readonly kept?: Pick<KeptForSender, 'take'>
  /** Told of each next hop that was tried. */
  readonly tried: (onward: Onward) => void
  /** Where reports are sent. */
  readonly count?: Count | undefined
  /** Told of each that was reached. */
  readonly reached: (hop: OpenHop) => void
}

/** A next hop that was reached. */
export interface Reached extends OpenHop {
  readonly candidate: Candidate
  /** When, in milliseconds of a clock that nobody sets. */
  readonly since: number
  /** Connections of the sender that went on over it. */
  readonly times: number
  /** Over a connection of messages before. */
  readonly isKept?: true
}

/** The way to a next hop for one domain, from the preferred one to the last. */
export class Reaching {
  readonly #candidates: AsyncGenerator<Candidate | HopFailure, void, undefined>
  readonly #settings: ReachSettings
  readonly #failures: HopFailure[] = []

  constructor(found: AsyncGenerator<Candidate | HopFailure, void, undefined>, settings: ReachSettings) {
    this.#candidates = found
    this.#settings = settings
  }

  /** The one that was reached last has failed, in these words. */
  note(failure: HopFailure): void {
    this.#failures.push(failure)
  }

  /** One of those so far could not be used for what its domain demands of TLS. */
  get isByDomain(): boolean {
    return this.#failures.some(({ byDomain }) => byDomain === true)
  }

  /** The next that can be reached, or why there is none. */
  async next(): Promise<Reached | HopFailure> {
    const until = performance.now() + this.#settings.patience.reach
    while (performance.now() < until) {
      const { value } = await this.#candidates.next()
      if (value === undefined) break
      const reached = isFailure(value) ? value : await this.#open(value)
      if (!isFailure(reached)) return reached
      this.note(reached)
      if (reached.final === true) break
    }
    return mostTelling(this.#failures)
  }

  async #open(candidate: Candidate): Promise<Reached | HopFailure> {
    const kept = this.#settings.kept?.take(candidate)
    if (kept !== undefined) {
      this.#settings.tried(onwardOf(candidate, kept))
      return { ...kept, candidate }
    }
    const last = await openCandidate(candidate, this.#settings)
    this.#settings.tried(onwardOf(candidate, last))
    const outcome = candidate.about === undefined ? undefined : outcomeOf(candidate.about, candidate, last)
    if (outcome !== undefined) this.#settings.count?.(outcome)
    if (isFailure(last)) return last.tls === undefined || candidate.demand.byDomain !== true ? last : { ...last, byDomain: true }
    if (last.tls !== undefined) this.#settings.memory.note(candidate.name)
    this.#settings.reached(last)
    return { ...last, candidate, since: performance.now(), times: 0 }
  }
}

/** Connects, in the clear where TLS fails and need not be. Never rejects. */
export async function openCandidate(
  candidate: Candidate,
  settings: Pick<ReachSettings, 'clientName' | 'lmtp' | 'now' | 'patience'> & Partial<Pick<ReachSettings, 'sessions'>>,
): Promise<OpenHop | HopFailure> {
  const way = { ...candidate, ...settings }
  const opened = await openHop(way)
  if (candidate.demand.requiresTls === true) return forRequireTls(opened, title(candidate))
  const isPlain = isFailure(opened) && mayGoInTheClear(opened, candidate, settings.now())
  if (!isPlain) return opened
  const plain = await openHop({ ...way, plain: true })
  return isFailure(plain) ? plain : { ...plain, tlsFailed: true }
}

/** RFC 7435 §3: TLS that fails protects no less than none. Where a policy is kept to, it is: who reads along could bring about the failure. */
function mayGoInTheClear({ tls }: HopFailure, candidate: Candidate, now: Date): boolean {
  return (
    (tls === 'handshake' || tls === 'version') &&
    candidate.demand.tls === 'try' &&
    candidate.leg.stageAt(now, candidate.demand) === 'observe'
  )
}
