import type { BackendState } from './backends.ts'
import type { Place } from './config/places.ts'
import type { Links } from './links/links.ts'
import type { TlsMemory } from './outlet/tls-memory.ts'
import type { ConnectionRecord } from './record.ts'
import type { RefusedLately } from './refused-lately.ts'
import type { Counts } from './seen/counts.ts'
import type { Staples } from './tls/staples.ts'
import type { Elsewhere } from './workers/elsewhere.ts'

export interface GateOptions {
  /** Told once for each connection, when it is over. */
  readonly log: (record: ConnectionRecord) => void
  /** The name that the gate goes by where it speaks for itself. */
  readonly name: string
  readonly now: () => Date
  /** Where connections are counted; without it the gate has its own. */
  readonly counts?: Counts
  /** What tickets are sealed with, the same in every process of a gate; whoever gives them changes them. Without it the gate does, by time. */
  readonly ticketKeys?: Uint8Array
  /** Who is connected to a service in other processes of the gate. */
  readonly elsewhere?: (service: string) => Elsewhere
  /** Clients whose TLS was refused, where other processes hear of them; without it the gate has its own. */
  readonly refused?: RefusedLately
  /** Staples, where another process looks after them; without it nothing is stapled until `staple()` says what. */
  readonly staples?: Staples
  /** Other processes of the gate serve already; default false. */
  readonly joins?: boolean
  /** A sentence for whoever runs the gate; without it nothing is said of links. */
  readonly tell?: (sentence: string) => void
}

/** A configuration that a gate is ready for. */
export interface PreparedGate {
  /** Takes it up. Resolves when the clients of services that are no more are gone, after so many milliseconds at the latest. */
  readonly commit: (drain: number) => Promise<void>
  /** Everything stays as it was. */
  readonly abandon: () => void
}

/** A service that listens. */
export interface OpenService {
  readonly name: string
  readonly place: Place
  /** Clients come over this link, and `place` says nothing. */
  readonly link?: string
  /** The servers behind it, the preferred one first. */
  readonly backends: readonly BackendState[]
}

/** With all that a gate has of its own where it was given none. */
export type CountingOptions = GateOptions &
  Required<Pick<GateOptions, 'counts' | 'refused' | 'staples'>> & {
    readonly links: Links
    /** Next hops that have spoken TLS, whatever configuration they were reached by. */
    readonly tlsMemory: TlsMemory
  }
