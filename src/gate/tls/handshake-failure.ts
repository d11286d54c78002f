/** Why a handshake did not come about. */
export type FailureReason =
  /** No version in common. */
  | 'version'
  /** No suite in common, or none that a certificate here fits. */
  | 'suites'
  | 'groups'
  | 'signatures'
  /** No application protocol in common, RFC 7301 §3.2. */
  | 'alpn'
  /** A name that nobody is here, where such clients are refused. */
  | 'server-name'
  /** RFC 7507 §3: the client came back with less than it can do. */
  | 'fallback'
  | 'client-certificate'
  /** The client said with an alert that it does not want us. */
  | 'client-refused-us'
  | 'not-tls'
  /** TLS that breaks its own rules. */
  | 'malformed'
  | 'timeout'
  /** The client went away. */
  | 'reset'
  | 'other'

export interface HandshakeFailure {
  readonly reason: FailureReason
  /** Node's code, such as `ERR_SSL_NO_SHARED_CIPHER`; `SERVER_NAME_UNKNOWN` is the gate's own. */
  readonly code: string
  /** OpenSSL's words, or Node's. They may quote nothing that the client sent. */
  readonly words: string
}

/** Codes by reason; the first pattern that fits wins. OpenSSL's names of alerts differ between versions, hence patterns. */
const REASONS: readonly (readonly [FailureReason, RegExp])[] = [
  ['timeout', /^ERR_TLS_HANDSHAKE_TIMEOUT$|^ETIMEDOUT$/],
  ['reset', /^(?:ECONNRESET|EPIPE|ECONNABORTED)$|UNEXPECTED_EOF/],
  ['client-refused-us', /_ALERT_/],
  // Whoever hands sockets on has seen a hello. Records of another version are then those of a client that was answered in one that it does not take.
  [
    'version',
    /UNSUPPORTED_PROTOCOL|WRONG_VERSION_NUMBER|VERSION_TOO_(?:LOW|HIGH)|BAD_LEGACY_VERSION|NO_PROTOCOLS_AVAILABLE|WRONG_SSL_VERSION/,
  ],
  ['suites', /NO_SHARED_CIPHER|NO_CIPHERS_(?:SPECIFIED|AVAILABLE)|NO_SUITABLE_CIPHER/],
  ['groups', /NO_SUITABLE_(?:KEY_SHARE|GROUPS)|NO_SHARED_GROUPS|WRONG_CURVE|MISSING_SUPPORTED_GROUPS/],
  ['signatures', /NO_SUITABLE_SIGNATURE_ALGORITHM|NO_SHARED_SIGNATURE_ALGORITHMS|WRONG_SIGNATURE_TYPE|NO_SUITABLE_DIGEST/],
  ['alpn', /NO_APPLICATION_PROTOCOL/],
  ['fallback', /INAPPROPRIATE_FALLBACK/],
  ['client-certificate', /PEER_DID_NOT_RETURN_A_CERTIFICATE|CERTIFICATE_VERIFY_FAILED/],
  ['not-tls', /HTTPS?_(?:PROXY_)?REQUEST|UNKNOWN_PROTOCOL|BAD_RECORD_TYPE/],
  ['malformed', /^ERR_SSL_|^ERR_OSSL_/],
]

/** Says in one of a closed list of words what went wrong. Takes what Node passes on with `tlsClientError`. */
export function failureOf(error: Error & { readonly code?: unknown; readonly reason?: unknown }): HandshakeFailure {
  const code = typeof error.code === 'string' ? error.code : 'unknown'
  const words = typeof error.reason === 'string' ? error.reason : error.message
  const [reason] = REASONS.find(([, pattern]) => pattern.test(code)) ?? ['other' as const]
  return { reason, code, words }
}
