/** What it takes to go on with an earlier session, RFC 5246 §7.3, RFC 5077 §3.1 and RFC 8446 §2.2. It holds secrets. */
export interface Resumption {
  /** As on the wire, such as 0x0303. */
  readonly version: number
  readonly cipherSuite: number
  /** The master secret up to TLS 1.2, the PSK in TLS 1.3. */
  readonly secret: Uint8Array
  /** The server's own, up to TLS 1.2; empty where it gave none. */
  readonly sessionId: Uint8Array
  /** Undefined where the server gave none. Up to TLS 1.2, leave it out to resume by session id alone. */
  readonly ticket: Uint8Array | undefined
  /** RFC 8446 §4.6.1; 0 up to TLS 1.2. */
  readonly ticketAgeAdd: number
  /** Octets; 0 where there must be none. */
  readonly maxEarlyData: number
  readonly extendedMasterSecret: boolean
}
