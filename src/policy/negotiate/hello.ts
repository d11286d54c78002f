import type { CipherSuite, NamedGroup, ProtocolName } from '../../registry/index.ts'

/** A ClientHello as far as a server's choice depends on it. */
export interface Hello {
  /** All that the client would take, newest first. */
  readonly versions: readonly ProtocolName[]
  /** The server is told of them all in supported_versions, RFC 8446 §4.2.1, and not of the newest alone. */
  readonly versionsListed: boolean
  /** The newest up to TLS 1.2, for servers that do not know the extension. */
  readonly legacyVersion: ProtocolName
  /** In the client's order. */
  readonly suites: readonly CipherSuite[]
  /** supported_groups; undefined where the extension is not sent. */
  readonly groups: readonly NamedGroup[] | undefined
  /** signature_algorithms; undefined where the extension is not sent. */
  readonly schemes: readonly string[] | undefined
  readonly certificateSchemes: readonly string[] | undefined
  /** Groups in key_share. */
  readonly keyShares: readonly NamedGroup[]
  readonly alpn: readonly string[]
  readonly serverName: string | undefined
  readonly extendedMasterSecret: boolean
  readonly secureRenegotiation: boolean
  readonly fallback: boolean
  readonly sslv2: boolean
}

/** What the server answers with; the client has still to take it. */
export interface Answer {
  readonly agreed: true
  readonly version: ProtocolName
  readonly suite: CipherSuite
  readonly group?: NamedGroup
  readonly dhBits?: number
  readonly retried: boolean
  readonly scheme?: string
  /** Place in the server's list. */
  readonly certificate?: number
  readonly alpn?: string
  /** What ServerHello.random tells of: a newer version was on, RFC 8446 §4.1.3. */
  readonly sentinel?: 'TLSv1.2' | 'TLSv1.1'
  readonly extendedMasterSecret: boolean
  readonly secureRenegotiation: boolean
}
