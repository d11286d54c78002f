import type { ProtocolName } from '../../registry/index.ts'
import type { KeyType } from '../posture.ts'
import type { StackName } from './stacks.ts'

/** What both ends of a handshake have in common. */
interface HandshakeEnd {
  /** Whose behaviour decides where the specification leaves a choice, and where the program departs from it. */
  readonly stack: StackName
  /** Every version that is on; there may be holes. */
  readonly versions: readonly ProtocolName[]
  /** IANA names of all versions, the preferred ones first. */
  readonly suites: readonly string[]
  /** IANA names, the preferred ones first; absent where the program's own list is in force. */
  readonly groups?: readonly string[]
  /** IANA names of signature schemes, the preferred ones first; absent where the program's own list is in force. */
  readonly signatureSchemes?: readonly string[]
  /** OpenSSL's, 0 to 5; absent where the program's own is in force. Other stacks have none. */
  readonly securityLevel?: number
  /** Protocols of ALPN, the preferred ones first; absent or empty where the extension is not used. */
  readonly alpn?: readonly string[]
  /** RFC 7627 §5; on unless said otherwise. */
  readonly extendedMasterSecret?: 'off' | 'required'
  /** RFC 5746 §3; on unless said otherwise. `required`: a peer without it is refused, `off`: nothing is said about it. */
  readonly secureRenegotiation?: 'off' | 'optional' | 'required'
}

/** The TLS that a client really has. */
export interface HandshakeClient extends HandshakeEnd {
  /** Groups whose shares are in the first hello; absent where the program's own choice is in force. */
  readonly keyShares?: readonly string[]
  /** The smallest finite-field modulus that is taken, in bits, beside what the stack itself demands. */
  readonly minDhBits?: number
  /** The largest finite-field modulus that can be computed with, in bits. */
  readonly maxDhBits?: number
  /** signature_algorithms_cert, RFC 8446 §4.2.3; absent where it is not sent. */
  readonly certificateSchemes?: readonly string[]
  readonly serverName?: string
  /** TLS_FALLBACK_SCSV is sent: a newer version has failed before, RFC 7507 §4. */
  readonly fallback?: boolean
  /** The hello has the format of SSL 2.0, RFC 5246 §E.2: there are no extensions. */
  readonly sslv2Hello?: boolean
}

/** A key with its certificate, as far as negotiation looks at it. */
export interface HandshakeCertificate {
  readonly keyType: KeyType
  readonly keyBits: number
  /** IANA group name, for ECDSA. */
  readonly curve?: string
  /** The scheme that the certificate itself is signed with, where it is known. */
  readonly signedWith?: string
}

/** The TLS that a server really has. */
export interface HandshakeServer extends HandshakeEnd {
  readonly order: 'server' | 'client'
  /** ChaCha20 is moved up for clients that put it first. */
  readonly prioritizeChaCha?: boolean
  readonly certificates: readonly HandshakeCertificate[]
  /** The modulus of DHE suites in bits; `auto` where the stack fits it to the key; absent where DHE is off. */
  readonly dh?: number | 'auto'
  /** Names that a client may ask for; absent where every name is served. */
  readonly serverNames?: readonly string[]
  /** A client that asks for no name is refused. */
  readonly nameRequired?: boolean
  /** Whether a hello in the format of SSL 2.0 is answered; absent where the stack decides. */
  readonly sslv2Hello?: boolean
  /**
   * The program chooses among certificates itself once the name is known (a servername or certificate callback, as in Node.js and
   * most web servers). OpenSSL then does not ask beforehand whether a key fits TLS 1.3.
   */
  readonly choosesByName?: boolean
  /** With no ALPN protocol in common the handshake goes on without one. */
  readonly alpnOptional?: boolean
}
