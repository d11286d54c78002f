import { closeBehind } from '../closing.ts'
import type { Candidate } from './candidates.ts'
import type { Reached } from './reaching.ts'

/** Milliseconds that a connection waits for another message, as Postfix has it (smtp_connection_cache_time_limit). */
const WAITS = 2000
/** Milliseconds from when it stood: behind that, TLS and who is at the other end are looked at again (smtp_connection_reuse_time_limit). */
const LIVES = 300_000
/** So often a connection is gone on with: servers count what comes over it. */
const MOST_TIMES = 100
/** Connections that wait at once; of more, the one that has waited longest is left. */
const MOST = 64

/** Connections to next hops that one sender may go on with. */
export interface KeptForSender {
  readonly take: (candidate: Candidate) => Reached | undefined
  /** It has taken a message, and owes nothing. Says good-bye where it is not wanted any more. */
  readonly keep: (hop: Reached) => void
}

/**
 * Connections to next hops whose sender has left, for its next message: many senders connect for each. A message gets none that was made for another sender,
 * or under other demands.
 */
export class KeptHops {
  /** The one that has waited longest first. */
  #waiting: readonly Waiting[] = []
  #over = false

  /** `sender`: whom it is told apart by. */
  of(sender: string): KeptForSender {
    return { take: (candidate) => this.#take(keyOf(sender, candidate)), keep: (hop) => this.#keep(keyOf(sender, hop.candidate), hop) }
  }

  /** Nobody comes any more. */
  leave(): void {
    this.#over = true
    for (const { partWith } of this.#waiting) partWith()
  }

  #take(key: string): Reached | undefined {
    // The one that was left last is the least likely to be closed.
    const found = this.#waiting.findLast((one) => one.key === key)
    if (found === undefined) return undefined
    found.release()
    return { ...found.hop, times: found.hop.times + 1, isKept: true }
  }

  #keep(key: string, hop: Reached): void {
    const { stream, since, times, tlsFailed } = hop
    // TLS is tried again with each message.
    const isSpent = tlsFailed === true || performance.now() - since > LIVES || times >= MOST_TIMES
    if (this.#over || isSpent || stream.destroyed || stream.readableEnded || stream.readableLength > 0) return goodBye(hop)
    const release = (): void => {
      clearTimeout(timer)
      stream.off('data', partWith)
      stream.off('end', partWith)
      stream.off('close', partWith)
      this.#waiting = this.#waiting.filter((one) => one !== waiting)
    }
    // Whatever it says unasked, it wants no more of us: RFC 5321 §3.8.
    const partWith = (): void => {
      release()
      goodBye(hop)
    }
    const timer = setTimeout(partWith, WAITS)
    const waiting: Waiting = { key, hop, release, partWith }
    this.#waiting = [...this.#waiting, waiting]
    stream.on('data', partWith)
    stream.on('end', partWith)
    stream.on('close', partWith)
    stream.resume()
    if (this.#waiting.length > MOST) this.#waiting[0]?.partWith()
  }
}

interface Waiting {
  readonly key: string
  readonly hop: Reached
  /** It waits no longer, and nothing of here listens to it. */
  readonly release: () => void
  readonly partWith: () => void
}

/** Leaves a next hop that owes nothing. */
export function goodBye({ stream }: Pick<Reached, 'stream'>): void {
  if (stream.writable) stream.write('QUIT\r\n')
  closeBehind(stream)
}

/** All that was decided before it was connected to. A leg is called by its place in the configuration. */
function keyOf(sender: string, { name, address, port, leg, demand }: Candidate): string {
  return JSON.stringify([sender, name, address, port, leg.title, demand])
}
