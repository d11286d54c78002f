/** What a gate has counted, as plain JSON: whoever has several processes asks each for its own and merges them. */
export interface Snapshot {
  /** By the name of the service; of services that are no more, too. */
  readonly services: Readonly<Record<string, ServiceSnapshot>>
}

/** Sums by what they are of: words joined by blanks, of which no word has one. All of them are ours, OpenSSL's or IANA's, and none a client's. */
export type Tally = Readonly<Record<string, number>>

/** Since the gate was started, where nothing else is said. */
export interface ServiceSnapshot {
  /** Right now. */
  readonly open: number
  /** Those that came in, `open` among them. */
  readonly connections: number
  /** Those that did not, by the limit that was reached. */
  readonly crowded: Tally
  /** By stage, `meets` or `fails`, and the reason, which is `-` where there is none. */
  readonly hellos: Tally
  /** By version, suite, and group, which is `-` where there is none. */
  readonly negotiated: Tally
  readonly resumed: number
  /** By the reason. */
  readonly failed: Tally
  readonly handshakeSeconds: HistogramSnapshot
  /** Octets of the protocol from clients and to them, TLS not counted. */
  readonly bytes: { readonly in: number; readonly out: number }
  /** By why. */
  readonly ended: Tally
  /** Clients for whom no server behind could be reached. */
  readonly unreached: number
  /** Clients that the policy would refuse, by minutes since 1970 of the last hour, and then by stage and reason. */
  readonly refusedLately: Readonly<Record<string, Tally>>
  /** Clients that the policy would refuse, by their address: those seen last. */
  readonly refusedClients: Readonly<Record<string, RefusedClient>>
}

export interface HistogramSnapshot {
  /** How many were at most as long as the bound of the same place, and longer than the one before; the last are longer than all. */
  readonly counts: readonly number[]
  readonly sum: number
}

/** Upper bounds of the handshake histogram, in seconds. */
export const HANDSHAKE_BOUNDS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export interface RefusedClient {
  readonly count: number
  /** Milliseconds since 1970, when it came last. */
  readonly last: number
  /** The rest as it was then. */
  readonly stage: string
  readonly reason: string
  /** The newest version that it offered. */
  readonly version: string
}

/** A connection that is there. */
export interface LiveConnection {
  /** ISO 8601, when it began. */
  readonly time: string
  readonly service: string
  readonly client: { readonly address: string; readonly port: number }
  readonly stage: string
  /** Absent as long as there is no TLS. */
  readonly version?: string
  readonly suite?: string
  /** False: the policy would refuse it. Absent as long as there was no hello. */
  readonly meets?: boolean
  readonly bytes: { readonly in: number; readonly out: number }
}

/** What several processes have counted, as if it had been one. */
export function merge(snapshots: readonly Snapshot[]): Snapshot {
  return { services: snapshots.reduce<Snapshot['services']>((sum, { services }) => joined(sum, services, mergedServices), {}) }
}

/** The same of a process that is no more, and its connections with it. */
export function withoutOpen({ services }: Snapshot): Snapshot {
  return { services: Object.fromEntries(Object.entries(services).map(([name, counted]) => [name, { ...counted, open: 0 }])) }
}

function mergedServices(one: ServiceSnapshot, other: ServiceSnapshot): ServiceSnapshot {
  return {
    open: one.open + other.open,
    connections: one.connections + other.connections,
    crowded: added(one.crowded, other.crowded),
    hellos: added(one.hellos, other.hellos),
    negotiated: added(one.negotiated, other.negotiated),
    resumed: one.resumed + other.resumed,
    failed: added(one.failed, other.failed),
    handshakeSeconds: {
      counts: one.handshakeSeconds.counts.map((count, at) => count + (other.handshakeSeconds.counts[at] ?? 0)),
      sum: one.handshakeSeconds.sum + other.handshakeSeconds.sum,
    },
    bytes: { in: one.bytes.in + other.bytes.in, out: one.bytes.out + other.bytes.out },
    ended: added(one.ended, other.ended),
    unreached: one.unreached + other.unreached,
    refusedLately: joined(one.refusedLately, other.refusedLately, added),
    refusedClients: joined(one.refusedClients, other.refusedClients, (a, b) => ({
      ...(a.last > b.last ? a : b),
      count: a.count + b.count,
    })),
  }
}

/** The sums of two tallies. */
function added(one: Tally, other: Tally): Tally {
  return joined(one, other, (a, b) => a + b)
}

function joined<T>(one: Readonly<Record<string, T>>, other: Readonly<Record<string, T>>, both: (a: T, b: T) => T): Record<string, T> {
  const all = new Map(Object.entries(one))
  for (const [name, value] of Object.entries(other)) {
    const before = all.get(name)
    all.set(name, before === undefined ? value : both(before, value))
  }
  return Object.fromEntries(all)
}
