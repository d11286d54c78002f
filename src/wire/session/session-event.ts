import type { CertificateRequest, CertificateRequestTls13 } from '../certificate-request.ts'
import type { CertificateStatus } from '../certificate-status.ts'
import type { RawExtension } from '../extension.ts'
import type { MalformedError } from '../reader.ts'
import type { ServerHello } from '../server-hello.ts'
import type { ServerParams } from '../server-key-exchange.ts'
import type { Resumption } from './resumption.ts'
import type { SignatureValidity } from './signature.ts'

/** What every event that stands for a handshake message has: the whole message, header included, as evidence. */
interface Message {
  readonly bytes: Uint8Array
}

/** What a handshake ended in. */
export interface Connected {
  readonly kind: 'connected'
  /** As on the wire, such as 0x0303. */
  readonly version: number
  readonly cipherSuite: number
  readonly resumed: boolean
  /** NamedGroup of the key exchange; undefined without one, and in finite fields that have no name on the wire. */
  readonly group: number | undefined
  readonly extendedMasterSecret: boolean
  readonly encryptThenMac: boolean
  /** The server confirmed both handshakes' Finished values, or, in a first handshake, that it would: RFC 5746 §3.4 and §3.5. */
  readonly secureRenegotiation: boolean
  /** Its first choice out of `alpn`; undefined when the server said nothing. */
  readonly alpn: string | undefined
  readonly earlyData: 'accepted' | 'rejected' | 'not-offered'
  /** To take this session up again. TLS 1.3 has it in each `new-session-ticket`. */
  readonly resumption: Resumption | undefined
}

/** One thing that was seen. Nothing here is a verdict, and only `closed` and what is named below ends a session. */
export type SessionEvent =
  | ({ readonly kind: 'server-hello'; readonly version: number; readonly hello: ServerHello } & Message)
  /** `group` is undefined when the server wants no other one, but only a cookie back. */
  | ({ readonly kind: 'hello-retry-request'; readonly hello: ServerHello; readonly group: number | undefined } & Message)
  | ({ readonly kind: 'encrypted-extensions'; readonly extensions: readonly RawExtension[] } & Message)
  /** DER, the server's own first. `extensions` are those of that one, RFC 8446 §4.4.2; there are none up to TLS 1.2. */
  | ({ readonly kind: 'certificate'; readonly chain: readonly Uint8Array[]; readonly extensions: readonly RawExtension[] } & Message)
  /** What was stapled, whether as a message or, in TLS 1.3, beside the certificate. */
  | ({ readonly kind: 'certificate-status'; readonly status: CertificateStatus } & Message)
  | ({
      readonly kind: 'server-key-exchange'
      readonly params: ServerParams | undefined
      /** SignatureScheme; undefined up to TLS 1.1 and where nothing is signed. */
      readonly scheme: number | undefined
      readonly signatureValid: SignatureValidity | 'not-signed'
    } & Message)
  | ({ readonly kind: 'certificate-request'; readonly request: CertificateRequest | CertificateRequestTls13 } & Message)
  | ({ readonly kind: 'server-hello-done' } & Message)
  | ({ readonly kind: 'certificate-verify'; readonly scheme: number | undefined; readonly signatureValid: SignatureValidity } & Message)
  /** `lifetime` in seconds. `maxEarlyData` is undefined where the ticket allows none. */
  | ({
      readonly kind: 'new-session-ticket'
      readonly lifetime: number
      readonly ticket: Uint8Array
      readonly maxEarlyData: number | undefined
      /** Up to TLS 1.2 it comes with `connected`. */
      readonly resumption: Resumption | undefined
    } & Message)
  | { readonly kind: 'change-cipher-spec' }
  | ({ readonly kind: 'finished'; readonly valid: boolean } & Message)
  | Connected
  /** The server asks for a renegotiation, RFC 5246 §7.4.1.1. Nothing is done about it. */
  | ({ readonly kind: 'hello-request' } & Message)
  | ({ readonly kind: 'key-update'; readonly requested: boolean } & Message)
  | { readonly kind: 'application-data'; readonly data: Uint8Array }
  | { readonly kind: 'heartbeat'; readonly fragment: Uint8Array }
  /** `sealed` when it came under keys. */
  | { readonly kind: 'alert'; readonly level: number; readonly description: number; readonly sealed: boolean }
  /** After close_notify or a fatal alert. */
  | { readonly kind: 'closed'; readonly by: 'close-notify' | 'fatal-alert' }
  /** Every record, where `observeRecords` asks for it, ahead of what it carries. Lengths in octets, of what is in the record. */
  | {
      readonly kind: 'record'
      readonly type: number
      readonly version: number
      readonly length: number
      readonly sealed: boolean
      readonly innerType: number
      readonly innerLength: number
    }
  /** A handshake message that has no place here. It is passed over. */
  | ({ readonly kind: 'unexpected-message'; readonly type: number } & Message)
  /** The session ends here, because this client cannot do what the server chose: what follows from the handshake is unknown. */
  | { readonly kind: 'unsupported'; readonly what: Unsupported; readonly detail: string }
  /** The session ends here: the server's bytes, or the values in them, are none that the protocol has. */
  | { readonly kind: 'malformed'; readonly error: MalformedError }
  /** The session ends here: a record does not open with the keys that were agreed on. */
  | { readonly kind: 'bad-record'; readonly type: number; readonly length: number }

export type Unsupported = 'version' | 'cipher-suite' | 'compression' | 'group' | 'certificate-key' | 'certificate-compression'

/** What the caller has to send, if anything, and what was seen. */
export interface Step {
  readonly send?: Uint8Array
  readonly events: readonly SessionEvent[]
}
