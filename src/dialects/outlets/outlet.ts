import type { Conceal } from './concealed.ts'
import type { HopAbilities } from './smtp-hop.ts'

/**
 * An outlet, as a script without a socket: it is the server of whoever sends through it, and leads each transaction to the next hop while that is still
 * waiting. Bytes go in as they come, cut anywhere; what has to be done comes out. That a message was accepted is said by the next hop alone.
 */
export interface Outlet {
  /** The connection stands. */
  readonly start: () => OutletStep
  readonly fromClient: (bytes: Uint8Array) => OutletStep
  readonly fromHop: (bytes: Uint8Array) => OutletStep
  /** What `reach` asked for. */
  readonly reached: (abilities: HopAbilities, known?: HopKnown) => OutletStep
  /** There is no next hop for it. `said`: a reply without the end of its line, 4yz or 5yz. */
  readonly unreached: (said: string) => OutletStep
  /** The next hop has closed the connection, or did not answer in time. `why`: a clause. */
  readonly hopLost: (why: string) => OutletStep
  /** The client says no more. */
  readonly clientDone: () => OutletStep
  /** What comes from the client is only kept until the next hop has answered, and there is enough of it. */
  readonly isFull: () => boolean
  /** What the next hop owes, by which its patience is measured: RFC 5321 §4.5.3.2. */
  readonly awaits: () => Awaited
}

export type Awaited = 'nothing' | 'mail' | 'rcpt' | 'data' | 'content' | 'message'

/** What has to be done, in the order of the fields. */
export interface OutletStep {
  readonly toHop?: Uint8Array
  /**
   * The connection to the next hop is not needed any more: `keep` where it has taken messages and owes nothing, so that it gets another one or a good-bye,
   * `quit` behind a good-bye that is in `toHop`, `abort` without one, so that it drops what it has.
   */
  readonly leave?: 'keep' | 'quit' | 'abort'
  readonly reach?: Reach
  readonly toClient?: Uint8Array
  /** Nobody hears more when `toClient` is on its way. */
  readonly end?: true
}

/** What else is known of a connection to a next hop. */
export interface HopKnown {
  /** Where it was told a secret, which it may repeat. */
  readonly conceal?: Conceal | undefined
  /** Messages went over it before, so that it may have been closed since. */
  readonly used?: boolean | undefined
}

/** A next hop is needed. */
export interface Reach {
  /** Of the recipient in lower case, or `''` where one next hop is for all. */
  readonly domain: string
  /** The message has REQUIRETLS: only one that can keep that will do, RFC 8689 §4.2.1. */
  readonly requiresTls: boolean
  /** What the one that was reached for it said, or is said of it, before it failed without having taken anything: another may do. A reply without its end. */
  readonly failed?: string
}

export interface OutletOptions {
  /** The name that the outlet goes by. */
  readonly name: string
  /** LMTP, RFC 2033 §4. */
  readonly lmtp: boolean
  /** One next hop for all recipients; without it, each domain has its own. */
  readonly oneHop: boolean
  /** It is known to take care of notifications, RFC 3461 §3. */
  readonly dsn: boolean
  /** Octets of a command line with its end. */
  readonly longestLine: number
}

export type OutletMaker = (options: OutletOptions) => Outlet
