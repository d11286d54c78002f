import type { ByteStream } from './byte-stream.ts'
import type { Known, RelayMaker, RelayOptions } from '../dialects/index.ts'
import type { PlainAfterRefusal, TlsMode } from './config/config-file.ts'
import type { DataSettings } from './data/data-channels.ts'
import type { ClientFacts } from './facts.ts'
import type { ConnectionRecord } from './record.ts'
import type { RefusedLately } from './refused-lately.ts'
import type { ServiceCounts } from './seen/counts.ts'
import type { ShownCertificate } from './tls/client-certificate.ts'
import type { Stage } from './verdict.ts'
import type { Offer } from '../wire/index.ts'
import type { HandshakeServer } from '../policy/negotiate/index.ts'

/** TLS of one policy. The hello lies in the socket. One of the two is called, once. */
export type Secure = (socket: ByteStream, offer: Offer, outcome: SecureOutcome) => void

export interface SecureOutcome {
  readonly secured: (secured: Secured) => void
  readonly failed: (why: HandshakeEnded) => void
}

/** What is carried in TLS. */
export interface SecuredStream extends ByteStream {
  /** Octets. */
  readonly bytesRead: number
}

export interface Secured {
  readonly stream: SecuredStream
  readonly negotiated: NonNullable<ConnectionRecord['negotiated']>
  /** Where clients are asked for one. */
  readonly clientCertificate?: ShownCertificate
}

/** A handshake that did not come about, and why in a few words. */
export class HandshakeEnded extends Error {
  readonly reason: string

  /** What came was plain text. */
  readonly plain: boolean

  constructor(reason: string, plain: boolean = false) {
    super(reason)
    this.reason = reason
    this.plain = plain
  }
}

/** What is in force for one client. */
export interface Rules {
  readonly policy: string
  readonly stage: Stage
  /** What a client has to come to terms with, as far as it can be foretold. */
  readonly server: HandshakeServer
  readonly sslv2Hello: boolean
  /** Clients are asked for certificates, or have to have one. */
  readonly clientCertificates?: 'request' | 'require'
  /** TLS as the policy wants it. */
  readonly strict: Secure
  /** TLS for whoever cannot do that, and is let in to be watched, or to be told so. */
  readonly lenient: Secure
}

/** What servers behind say of themselves, while it is fresh. */
export interface Introductions {
  /** Of the server that a client would be led to now; undefined where that has to say it itself. */
  readonly recall: () => Known | undefined
  /** It is not true any more. */
  readonly forget: () => void
}

/** A service as one connection sees it. */
export interface Front {
  readonly name: string
  readonly dialect: string
  readonly tls: TlsMode
  /** Undefined: bytes are copied. */
  readonly relay: RelayMaker | undefined
  readonly relayOptions: Omit<RelayOptions, 'tls' | 'client'>
  readonly plainAfterRefusal: PlainAfterRefusal
  /** Clients of this service whose TLS did not come about. */
  readonly refused: RefusedLately
  /** By so many bits IPv6 clients are told apart. */
  readonly ipv6Prefix: number
  /** What the relay may open beside the connection of its commands. */
  readonly data?: DataSettings
  /** Connects to the server behind, on behalf of this client. Rejects where there is none. */
  readonly connect: (facts: ClientFacts, serverName: string | undefined) => Promise<ByteStream>
  /**
   * Connects anew when TLS with the client stands, where a server behind is told of it; its greeting is not among what it gives. Undefined: it is the same
   * to the server.
   */
  readonly reconnect?: (facts: ClientFacts) => Promise<ByteStream>
  /** Connects anew to a server whose TLS goes on to the client, up to where that begins. */
  readonly connectForTls: (facts: ClientFacts) => Promise<ByteStream>
  /** What the server behind has said of itself to the gate, where clients may be greeted with it before anybody connects. */
  readonly introduction?: Introductions
  readonly rulesFor: (address: string) => Rules
  /** Milliseconds. */
  readonly timeouts: {
    readonly hello: number
    readonly head: number
    readonly idle: number
    readonly idleBeforeLogin: number
    readonly total: number
  }
  readonly log: (record: ConnectionRecord) => void
  readonly seen: ServiceCounts
  readonly now: () => Date
}
