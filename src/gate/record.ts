import type { RefusalReason } from '../policy/negotiate/index.ts'
import type { ClientFacts } from './facts.ts'
import type { Front, Rules } from './front.ts'
import type { Onward } from './outlet/onward.ts'
import type { PumpEnd } from './pump.ts'
import type { Stage } from './verdict.ts'

/** What is remembered of one connection: no content, no credentials. One line of JSON. */
export interface ConnectionRecord {
  /** ISO 8601, when it began. */
  readonly time: string
  readonly service: string
  readonly client: { readonly address: string; readonly port: number }
  readonly policy: string
  readonly stage: Stage
  /** What the client offered, by IANA names; absent where no hello came. */
  readonly hello?: HelloRecord
  /** Whether the client can do what the policy wants, and why not. */
  readonly verdict?:
    { readonly meets: true } | { readonly meets: false; readonly reason: RefusalReason | 'client-certificate'; readonly why: string }
  /** In the clear to its end, by a client whose TLS was refused in the last hour. */
  readonly plainAfterRefusal?: 'observed' | 'refused'
  /** Absent without TLS. */
  readonly negotiated?: {
    readonly version: string
    /** IANA name. */
    readonly suite: string
    readonly group?: string
    /** Absent where nobody here can tell: in TLS that is passed on. */
    readonly resumed?: boolean
    readonly alpn?: string
  }
  /** What the client has shown where it was asked for one. `fault`: why it is not trusted, in a word of OpenSSL. */
  readonly clientCertificate?: {
    readonly verified: boolean
    readonly commonName?: string
    /** Hex, upper case, no colons. */
    readonly sha256: string
    readonly fault?: string
  }
  /** From the hello to TLS; absent without it. */
  readonly handshakeMilliseconds?: number
  /** What Kerio Connect would write of a server that sends and is too old, in its words; of SMTP alone. */
  readonly sentence?: string
  /** Octets of the protocol from the client and to it, TLS and the way to it not counted. */
  readonly bytes: { readonly in: number; readonly out: number }
  /** What went over data connections, in the same octets; absent where the dialect has none. */
  readonly data?: { readonly connections: number; readonly in: number; readonly out: number }
  /** Next hops that were tried, of an outlet; twenty at most. */
  readonly onward?: readonly Onward[]
  readonly milliseconds: number
  readonly ended: Ended
}

/** What is known from the beginning, and what is found out on the way. */
export type BegunRecord = Pick<ConnectionRecord, 'time' | 'service' | 'client' | 'policy' | 'stage'> & {
  -readonly [Field in keyof ConnectionRecord]?: ConnectionRecord[Field]
}

export function begunRecord(
  { name, now }: Pick<Front, 'name' | 'now'>,
  { address, port }: ClientFacts,
  { policy, stage }: Rules,
): BegunRecord {
  return { time: now().toISOString(), service: name, client: { address, port }, policy, stage }
}

export interface HelloRecord {
  /** The newest first, or the newest alone where the hello does not say. */
  readonly versions: readonly string[]
  readonly suites: readonly string[]
  readonly groups: readonly string[]
  readonly sslv2Format?: true
  readonly serverName?: string
  readonly alpn?: readonly string[]
  readonly ja4?: string
}

export interface Ended {
  /** `idle`, `total`: of the timeouts; `crowded`: of the limits, and no word was heard of the client. */
  readonly why: PumpEnd | 'handshake-failed' | 'idle' | 'total' | 'crowded' | 'drained' | 'no-proxy-header' | 'tls-flood'
  readonly reason?: string
}
