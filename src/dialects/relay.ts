import type { HttpFact } from './relays/http-forwarded.ts'

/**
 * The server's end of a dialect, as a script without a socket: it stands between a client and the server behind the gate, passes on what they
 * say, and decides what is said of TLS. Bytes go in as they come, cut anywhere; what has to be done comes out. What goes in may be kept, and may
 * come out again later, without a copy: nobody writes to it again.
 */
export interface Relay {
  /** What the client hears before anybody has said anything, of a relay that begins without a server. */
  readonly greet?: () => RelayStep
  /** Something came from the client: in the clear before `secured()`, out of TLS behind it. */
  readonly fromClient: (bytes: Uint8Array) => RelayStep
  /** Something came from the server behind. */
  readonly fromServer: (bytes: Uint8Array) => RelayStep
  /**
   * TLS with the client stands. Nothing that was said before counts any more. `another`: the server behind is at the end of another connection, has greeted
   * there, and was asked nothing yet; whatever was due from the one before never comes.
   */
  readonly secured: (server?: 'same' | 'another') => RelayStep
  /**
   * What may be said last to a client that the gate parts from for reasons of its own; undefined where nothing can be said, such as in the middle of
   * something that the server says. The relay is asked nothing behind it. Absent in dialects that have no words for it.
   */
  readonly lastWords?: (why: Parting) => Uint8Array | undefined
  /** What the server has said since `copy`, for `lastWords()`; it is on its way to the client already. */
  readonly overheard?: (bytes: Uint8Array) => void
  /** From now on the client is told why it may not go on, in the words of the protocol, at the first place where it reads them. */
  readonly turnAway: (refusal: Refusal) => RelayStep
  /** The server behind is gone, or was never there: what the client hears of it, so that it comes again. */
  readonly serverLost: () => RelayStep
  /** In place of `serverLost()` for a server that was never there, where the client has to say something first: whoever carries bytes goes on without a server. */
  readonly unreachable?: () => RelayStep
  /** A number for what the client has begun and has to say in one go, such as the head of a request; undefined when there is nothing of it. */
  readonly unfinished?: () => number | undefined
  /** What was unfinished took longer than anybody waits for it. */
  readonly tooSlow?: () => RelayStep
  /**
   * What comes from the client is only kept until the server has answered, and there is enough of it: whoever goes on reading from the client
   * ends it with `too-far-ahead`. A relay that keeps nothing has no need of it.
   */
  readonly isFull?: () => boolean
  /** What the client has said and the server not heard is read as soon as the server has answered: until then nobody tells the server that the client is done. */
  readonly isAhead?: () => boolean
  /** Only the end of the connection says that all was said: one that breaks must not be passed on as an end. */
  readonly endsByClose?: () => boolean
  /** What became of `listen` and `connect`: where the client may come, or that it was reached, and undefined where neither is so. */
  readonly dataReady?: (place: DataPlace | undefined) => RelayStep
  /** The server behind is spoken to in TLS: what goes over data connections has to be so too. Told before the server says anything. */
  readonly serverInTls?: () => void
}

/** Where a data connection of a client is. */
export interface DataPlace {
  readonly address: string
  readonly port: number
}

/**
 * What has to be done about data connections beside the one of the commands, RFC 959 §3.2. There is one at a time that is not in use yet; towards the
 * server the gate is always the one that connects, to the address that its own connection goes to.
 */
export type DataRequest =
  /** The client shall come, RFC 959 §4.1.2 PASV; answered with `dataReady()`. */
  | { readonly kind: 'listen'; readonly serverPort: number }
  /** The client waits at its own address, RFC 959 §4.1.2 PORT; answered with `dataReady()`. */
  | { readonly kind: 'connect'; readonly port: number; readonly serverPort: number }
  /** From here on it carries something. `secure`, `serverSecure`: in TLS on this side and on that. `upload`: from the client, whose end must be told from an abort. */
  | { readonly kind: 'transfer'; readonly secure: boolean; readonly serverSecure: boolean; readonly upload: boolean }
  /** What is under way comes to nothing, and neither side may take it for whole. */
  | { readonly kind: 'abort' }

/** What has to be done, in the order of the fields. */
export interface RelayStep {
  readonly toServer?: Uint8Array
  readonly toClient?: Uint8Array
  readonly data?: readonly DataRequest[]
  /** From here on a server is needed: whoever carries bytes connects to it, and gives what it says to `fromServer()`, or tells of it by `serverLost()`. */
  readonly connect?: true
  /** TLS begins when `toClient` is on its way. `rest` came behind the request for it: a hello in a hurry, never plain text. */
  readonly tls?: { readonly rest: Uint8Array }
  /**
   * Nobody hears more when `toClient` is on its way. The connection to the server is closed without another word: a message whose end it has not
   * seen is dropped with it, RFC 5321 §4.1.1.10.
   */
  readonly end?: Ending
  /** Nothing is left to look at: from here on bytes may be copied to and fro. */
  readonly copy?: true
}

/** Why a relay ends a connection. */
export type Ending =
  /** The client said good-bye, or the server did. */
  | 'quit'
  /** Plain text came behind the request for TLS: CVE-2011-0411. */
  | 'starttls-injection'
  /** The end of a message in a form that servers read in different ways: CVE-2023-51764. */
  | 'smuggling'
  /** A line longer than the limit. */
  | 'line-too-long'
  /** More than is kept for a client that does not wait for replies where it must. */
  | 'too-far-ahead'
  /** What came is no command of the protocol: an HTTP request, a hello where none is due. */
  | 'not-the-protocol'
  /** The server said what it may not say. */
  | 'server-misbehaves'
  | 'server-lost'
  /** What had to come in one go did not: see `unfinished()`. */
  | 'too-slow'
  /** Told why, and let go: see `turnAway()`. */
  | 'turned-away'
  | 'too-many-errors'

/** Why the gate parts from a client: nothing was carried for too long, the connection has lasted too long, the gate ends. */
export type Parting = 'idle' | 'total' | 'drained'

/** Why a client may not go on. One sentence for people, without a line break, in ASCII. */
export interface Refusal {
  readonly words: string
  /** Whether another attempt may succeed without anybody changing anything. */
  readonly temporary: boolean
  /** Subject and detail of the status that mail protocols give with it (RFC 3463 §2); without it `7.10`, encryption is needed. */
  readonly status?: string
}

export interface RelayOptions {
  /**
   * What TLS there is for the client: `offered` and taken or not, `required` for all that matters, `begun` before the first word,
   * `none`.
   */
  readonly tls: 'offered' | 'required' | 'begun' | 'none'
  /** What is said in place of the usual words where TLS is required and has not begun. */
  readonly whyTls?: Refusal
  /** Ways to log in are neither shown nor taken before TLS. */
  readonly hidesLogin: boolean
  /** Octets of a command line with its end; beyond it the connection ends. */
  readonly longestLine: number
  /** Line feeds without a carriage return, and the reverse, are passed on in messages. Default false: they end the connection. */
  readonly bareLineFeeds?: boolean
  /** The name that the gate goes by where it speaks for itself. */
  readonly gateName: string
  /** Who the client is, for dialects that tell the server behind; absent where nobody has to know. */
  readonly client?: ClientOfRelay
  /** HTTP: fields that tell the server behind something of the client, by their names, beside those that it is always told with. */
  readonly headers?: Readonly<Record<string, HttpFact>>
}

/** What a server behind may be told of a client and its TLS. */
export interface ClientOfRelay {
  readonly address: string
  readonly port: number
  /** Where it came to. */
  readonly localPort: number
  readonly tls?: {
    readonly version: string
    readonly suite: string
    readonly serverName?: string
    readonly group?: string
    readonly clientCertificate?: { readonly verified: boolean; readonly commonName?: string; readonly sha256: string }
  }
}

/** Makes the script for one connection. */
export type RelayMaker = (options: RelayOptions) => Relay
