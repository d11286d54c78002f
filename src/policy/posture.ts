import type { ProtocolName } from '../registry/index.ts'

/**
 * Something that was looked for. `unknown` says that it could not be found out, which is never a pass;
 * `not-applicable` says that the question makes no sense here, such as encrypt-then-MAC where only AEAD suites are spoken.
 */
export type Fact<T = boolean> = T | 'unknown' | 'not-applicable'

/** Who decides which of the shared suites is used. */
export type SuiteOrder = 'server' | 'client' | 'unknown'

/** What one protocol version of a door really allows. */
export interface ProtocolPosture {
  readonly offered: boolean | 'unknown'
  /** How it was refused, or why nobody could ask, in words: `alert protocol_version`, `connection closed`, `no answer within 5 s`. */
  readonly refusal?: string
  /** IANA names in the server's order where it has one, else always in the same. Numbers without a name: `0xabcd`. */
  readonly suites: readonly string[]
  readonly order: SuiteOrder
  /** The server moves ChaCha20 up for clients that put it first. */
  readonly prefersClientChaCha: Fact
  /** IANA names of the (EC)DHE groups in this protocol, in the server's order where it has one. */
  readonly groups: readonly string[]
  /** Who decides which of the shared groups is used. Absent where nobody asked, so that their order here may be anybody's. */
  readonly groupOrder?: SuiteOrder
  /** True where these are all groups. Else there may be others: they were only seen in passing, or not at all. */
  readonly groupsComplete?: boolean
  /** False when the lists above may lack something: the server stopped answering before they were finished. */
  readonly complete: boolean
}

/** Finite-field Diffie-Hellman of the DHE suites. */
export interface DhPosture {
  /** The smallest modulus that was seen, in bits. */
  readonly bits: number
  /** A well-known prime by its name (`ffdhe2048`, `RFC 3526 group 14`, `RFC 2409 group 2`, …), `custom`, or `unknown` in settings. */
  readonly prime: string
  /** Every modulus that was seen, where there is more than one. */
  readonly all: readonly {
    readonly bits: number
    readonly prime: string
    readonly generator: number
    readonly protocols: readonly ProtocolName[]
  }[]
  /** The same public value was served in two connections. */
  readonly reused: Fact
}

export type KeyType = 'RSA' | 'RSA-PSS' | 'ECDSA' | 'DSA' | 'DH' | 'Ed25519' | 'Ed448' | 'ML-DSA' | 'unknown'

export interface CertificatePosture {
  readonly subject: string
  readonly issuer: string
  /** DNS names and IP addresses of subjectAltName. */
  readonly names: readonly string[]
  readonly serial: string
  /** ISO 8601, UTC. */
  readonly notBefore: string
  readonly notAfter: string
  readonly keyType: KeyType
  readonly keyBits: number
  /** IANA group name for keys on curves. */
  readonly curve?: string
  /** Such as `sha256WithRSAEncryption`. */
  readonly signatureAlgorithm: string
  /** Such as `SHA-256`; `none` for Ed25519 and Ed448; `unknown` where it could not be read. */
  readonly signatureHash: string
  readonly selfSigned: boolean
  readonly isCa: boolean
  readonly keyUsage?: readonly string[]
  readonly extendedKeyUsage?: readonly string[]
  /** TLS feature extension with status_request, RFC 7633 §4.2.3.1. */
  readonly mustStaple: boolean
  /** Embedded signed certificate timestamps, RFC 6962 §3.3. */
  readonly scts: number
  readonly ocspUrls: readonly string[]
  /** Hex, upper case, no colons. */
  readonly sha256: string
  readonly pem: string
}

/** One chain as it was served, leaf first, in the order on the wire. */
export interface ChainPosture {
  readonly keyType: KeyType
  /** In which hellos it was served. */
  readonly servedFor: readonly ('sni' | 'no-sni' | 'wrong-sni')[]
  readonly certificates: readonly CertificatePosture[]
  readonly nameMatches: Fact
  /** To the system store and `--ca`. */
  readonly trusted: Fact
  /** Why not, in OpenSSL's words: `unable to get local issuer certificate`. */
  readonly trustError?: string
  /** It is trusted for a root that Mozilla's programs come with, and not for a company's own. Absent where nobody looked. */
  readonly publiclyTrusted?: Fact
  /** Each certificate certifies the one before it, RFC 5246 §7.4.2. */
  readonly ordered: Fact
  /** Subjects that the chain lacks to reach a root. */
  readonly missing: readonly string[]
  /** Subjects sent without need: roots, duplicates, strangers. */
  readonly needless: readonly string[]
  readonly stapledOcsp: Fact<'good' | 'revoked' | 'expired' | 'unknown-status' | 'absent'>
  /** SCTs of the TLS extension and of the stapled response, beside those of the leaf. */
  readonly sctsInHandshake: number
}

/** What handshakes showed beside versions, suites and certificates. */
export interface FeaturePosture {
  readonly extendedMasterSecret: Fact
  readonly encryptThenMac: Fact
  readonly secureRenegotiation: Fact
  /** True when a renegotiation that the client starts is carried out. */
  readonly clientRenegotiation: Fact
  readonly compression: Fact
  readonly heartbeat: Fact
  readonly truncatedHmac: Fact
  readonly alpn: readonly string[] | 'unknown'
  readonly sessionTickets: Fact
  /** The hint of the longest-lived ticket in seconds. */
  readonly ticketLifetime: Fact<number>
  readonly sessionIdResumption: Fact
  readonly ticketResumption: Fact
  readonly pskResumption: Fact
  readonly earlyData: Fact
  readonly fallbackScsv: Fact
  /** RFC 8446 §4.1.3: the ServerHello.random tells of a downgrade. */
  readonly downgradeSentinel: Fact
  /** TLS 1.0 CBC records are split (1/n-1 or empty fragments), which disarms BEAST. */
  readonly recordSplitting: Fact
  readonly ecdhReuse: Fact
  /**
   * Whether the server sends a CertificateRequest, RFC 8446 §4.3.2, and goes on without a certificate: `required` when it refuses
   * a client that has none, `requested` when it serves that client all the same. Absent where nobody looked.
   */
  readonly clientCertificate?: Fact<'required' | 'requested' | 'not-requested'>
}

/** Hellos that a correct server must not choke on. */
export interface TolerancePosture {
  /** A version nobody has defined yet, RFC 8446 §4.1.2. */
  readonly futureVersion: Fact
  /** GREASE values, RFC 8701 §3.1. */
  readonly grease: Fact
  /** A hello of more than 512 bytes, and one with more than 150 suites. */
  readonly longHello: Fact
  readonly manySuites: Fact
}

/** Attacks that need a question of their own. Those that follow from the suites are not here: `compare` derives them. */
export interface FlawPosture {
  readonly heartbleed: Fact
  readonly ccsInjection: Fact
  readonly ticketbleed: Fact
  readonly robot: Fact
  /** Plain text that came with the STARTTLS command was executed after the handshake, CVE-2011-0411. */
  readonly starttlsInjection: Fact
}

/** What was said before TLS. Absent where TLS begins at once. */
export interface ClearPosture {
  readonly banner: string
  readonly capabilities: readonly string[]
  readonly starttls: 'offered' | 'missing' | 'refused' | 'unknown'
  /** Ways to log in that are offered before TLS. */
  readonly authBeforeTls: readonly string[]
  /** False where the list above may lack something: FTP, for one, does not announce its log-ins. */
  readonly authComplete?: boolean
  /** The server itself sent plain text behind its go-ahead. */
  readonly textAfterGoAhead: Fact
}

/** The TLS that one door really has: measured by an audit, or read from a settings file. */
export interface Posture {
  readonly role: 'server' | 'client'
  readonly protocols: Readonly<Record<ProtocolName, ProtocolPosture>>
  /** An SSLv2-*format* hello is answered with SSLv3 or TLS, RFC 5246 §E.2. */
  readonly sslv2Hello: Fact
  /** Every group of every protocol, in the order of the newest; those that only older ones have stand at their places among these. */
  readonly groups: readonly string[]
  readonly dh: DhPosture | null
  /** Schemes by IANA name that the server signs with. */
  readonly signatureSchemes: Readonly<Partial<Record<'TLSv1.2' | 'TLSv1.3', readonly string[] | 'unknown'>>>
  readonly certificates: readonly ChainPosture[]
  readonly features: FeaturePosture
  readonly tolerance: TolerancePosture
  readonly flaws: FlawPosture
  readonly clear: ClearPosture | null
}
