import { supportedGroup } from '../../registry/index.ts'
import { decodeDer, DER_TAG, derField, MalformedError } from '../../wire/index.ts'

/** Context tag 19 of OpenSSL's SSL_SESSION, constructed: the group of the key exchange. */
const GROUP = 0xb3

/**
 * The group that a session's keys came from, by IANA name, out of OpenSSL's own encoding of the session: Node tells clients alone.
 * Undefined where there was none, as with RSA key exchange and with DHE up to TLS 1.2, and where the encoding is not as expected.
 */
export function sessionGroup(session: Uint8Array): string | undefined {
  try {
    const field = derField(session, 'SSL_SESSION', GROUP)
    const [number] = field === undefined ? [] : decodeDer(field, 'SSL_SESSION.group')
    if (number?.tag !== DER_TAG.integer) return undefined
    const code = number.contents.reduce((sum, octet) => sum * 256 + octet, 0)
    return code === 0 ? undefined : supportedGroup.name(code)
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}
