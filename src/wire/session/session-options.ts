import { randomBytes } from 'node:crypto'
import type { ProtocolName } from '../../registry/index.ts'
import type { ClientHello } from '../client-hello.ts'
import type { RawExtension } from '../extension.ts'
import { generateKeyShare, type KeyShare } from './key-agreement.ts'
import type { Resumption } from './resumption.ts'

/** The protocols that a session can speak. SSLv2 has handshakes of another kind. */
export type SessionProtocol = Exclude<ProtocolName, 'SSLv2'>

/** What a session offers and how it behaves. Numbers are those of the wire. */
export interface SessionOptions {
  readonly protocols: readonly SessionProtocol[]
  /** In the order of preference, signalling values included. */
  readonly cipherSuites: readonly number[]
  readonly groups: readonly number[]
  /**
   * The groups that get a key share in the first hello, but for those that nobody here can do. An empty list makes the server ask;
   * undefined stands for the first of `groups` that can be done.
   */
  readonly keyShares: readonly number[] | undefined
  /** Where the key share of a group comes from; undefined for groups that cannot be done. Default: a new one each time. */
  readonly shareOf: (group: number) => KeyShare | undefined
  readonly signatureSchemes: readonly number[]
  /** A name, never an address (RFC 6066 §3). */
  readonly serverName: string | undefined
  readonly alpn: readonly string[]
  /** Undefined: 32 random octets, because some old servers refuse an empty one. */
  readonly sessionId: Uint8Array | undefined
  readonly resume: Resumption | undefined
  /** Milliseconds since the ticket of `resume` came, RFC 8446 §4.2.11.1: asked when the hello is made. */
  readonly ticketAge: () => number
  /** Sent with the first hello under the PSK of `resume`, RFC 8446 §4.2.10; undefined offers none. */
  readonly earlyData: Uint8Array | undefined
  /** Asks for a stapled OCSP response. */
  readonly statusRequest: boolean
  readonly extendedMasterSecret: boolean
  readonly encryptThenMac: boolean
  /** Asks for a ticket up to TLS 1.2, RFC 5077 §3.2. */
  readonly sessionTicket: boolean
  /** What the server may do with a PSK in TLS 1.3: 0 is psk_ke, 1 is psk_dhe_ke. RFC 8446 §4.2.9. */
  readonly pskModes: readonly number[]
  readonly compressionMethods: readonly number[]
  /** Further extensions; one of a type that the hello has already takes its place. */
  readonly extensions: readonly RawExtension[]
  /** The version on the record of the first hello; undefined: 0x0301, and 0x0300 where only SSLv3 is offered. */
  readonly recordVersion: number | undefined
  /** The last word on every hello. PSK binders are computed over what it returns. */
  readonly alterHello: (hello: ClientHello) => ClientHello
  /** Up to TLS 1.2, waits behind ServerHelloDone for `sendClientKeyExchange()` and what follows. */
  readonly pauseAfterServerHelloDone: boolean
  /** Makes a `record` event of every record. */
  readonly observeRecords: boolean
  /** For tests. Keys are node:crypto's own. */
  readonly randomBytes: (length: number) => Uint8Array
}

/** What an ordinary client of a few years ago would send: a server that has anything in common with anyone answers it. */
export const DEFAULT_OPTIONS: SessionOptions = {
  protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
  cipherSuites: [
    0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0x009e, 0x009f, 0xccaa, 0xc023, 0xc027, 0xc009, 0xc013, 0xc00a,
    0xc014, 0x0067, 0x0033, 0x0039, 0x009c, 0x009d, 0x003c, 0x002f, 0x0035, 0x000a,
  ],
  groups: [29, 23, 24, 25, 30, 256, 257],
  keyShares: undefined,
  shareOf: generateKeyShare,
  signatureSchemes: [
    0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x081a, 0x081b, 0x081c, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601,
    0x0203, 0x0201, 0x0402, 0x0202,
  ],
  serverName: undefined,
  alpn: [],
  sessionId: undefined,
  resume: undefined,
  ticketAge: () => 0,
  earlyData: undefined,
  statusRequest: false,
  extendedMasterSecret: true,
  encryptThenMac: true,
  sessionTicket: true,
  pskModes: [1],
  compressionMethods: [0],
  extensions: [],
  recordVersion: undefined,
  alterHello: (hello) => hello,
  pauseAfterServerHelloDone: false,
  observeRecords: false,
  randomBytes,
}
