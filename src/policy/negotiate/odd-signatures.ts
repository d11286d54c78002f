import type { HandshakeCertificate } from './ends.ts'
import type { Answer } from './hello.ts'
import { compareVersions } from './lists.ts'
import { schemeOf, signsTls13 } from './schemes.ts'

/** Java signs with ecdsa_sha1 in TLS 1.3 where a client offers nothing better for the key, which RFC 8446 §4.2.3 forbids. */
export function signedTooOld({ version, scheme }: Answer): boolean {
  const known = schemeOf(scheme ?? '')
  return version === 'TLSv1.3' && known !== undefined && !signsTls13(known)
}

/** Java serves Ed25519 and Ed448 before TLS 1.2 too, RFC 8422 §5.1.1 does not. */
export function isOldEdwards({ version, suite }: Answer, certificate: HandshakeCertificate | undefined): boolean {
  return suite.kx !== 'RSA' && compareVersions(version, 'TLSv1.2') < 0 && certificate?.keyType.startsWith('Ed') === true
}
