import type { TLSSocket } from 'node:tls'
import type { CertificateFacts } from '../facts.ts'

/** What a client has shown of itself, and why nobody trusts it where nobody does. */
export interface ShownCertificate extends CertificateFacts {
  /** A code of OpenSSL, such as `CERT_HAS_EXPIRED`. */
  readonly fault?: string
}

/** Why a client that needs a certificate has none, in a sentence; undefined where it needs none, or has one. */
export function missingCertificate(mode: 'request' | 'require' | undefined, shown: ShownCertificate | undefined): string | undefined {
  if (mode !== 'require' || shown?.verified === true) return undefined
  return shown === undefined ? 'The client shows no certificate.' : 'Nobody who is trusted here vouches for the certificate of the client.'
}

/** Characters of a name that somebody else has chosen. */
const LONGEST_NAME = 128

/**
 * The certificate of a client behind a handshake in which it was asked for one; undefined where it showed none. A session that is taken up again has that
 * of its beginning.
 */
export function clientCertificate(socket: TLSSocket): ShownCertificate | undefined {
  const shown = socket.getPeerX509Certificate()
  if (shown === undefined) return undefined
  const commonName = /(?:^|\n)CN=([^\n]*)/.exec(shown.subject ?? '')?.[1]
  // Node says undefined, null or a code, whatever its types say.
  const fault: unknown = socket.authorizationError
  return {
    verified: socket.authorized,
    ...(commonName === undefined ? {} : { commonName: commonName.slice(0, LONGEST_NAME) }),
    sha256: shown.fingerprint256.replaceAll(':', ''),
    ...(socket.authorized ? {} : { fault: typeof fault === 'string' ? fault : 'UNKNOWN' }),
  }
}
