import { supportedGroup } from '../../registry/index.ts'
import { MalformedError, Reader } from '../../wire/index.ts'

const SEQUENCE = 0x30
const INTEGER = 0x02
/** Context tag 19 of OpenSSL's SSL_SESSION, constructed: the group of the key exchange. */
const GROUP = 0xb3
const LONG_FORM = 0x80
const MAX_LENGTH_OCTETS = 3

/**
 * The group that a session's keys came from, by IANA name, out of OpenSSL's own encoding of the session: Node tells clients alone.
 * Undefined where there was none, as with RSA key exchange and with DHE up to TLS 1.2, and where the encoding is not as expected.
 */
export function sessionGroup(session: Uint8Array): string | undefined {
  try {
    const fields = content(new Reader(session, 'SSL_SESSION'), SEQUENCE)
    while (fields.left > 0) {
      const { tag, value } = tlv(fields)
      if (tag !== GROUP) continue
      const code = content(value, INTEGER)
        .rest()
        .reduce((number, octet) => number * 256 + octet, 0)
      return code === 0 ? undefined : supportedGroup.name(code)
    }
    return undefined
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}

function content(reader: Reader, wanted: number): Reader {
  const { tag, value } = tlv(reader)
  if (tag !== wanted) throw new MalformedError('SSL_SESSION.tag', 0, `${tag} instead of ${wanted}`)
  return value
}

/** X.690 §8.1.2 and §8.1.3; tags beyond 30 do not occur. */
function tlv(reader: Reader): { readonly tag: number; readonly value: Reader } {
  const tag = reader.u8('tag')
  const first = reader.u8('length')
  const octets = first & ~LONG_FORM
  if (first < LONG_FORM) return { tag, value: new Reader(reader.take(first, 'value'), 'SSL_SESSION') }
  if (octets > MAX_LENGTH_OCTETS) throw new MalformedError('SSL_SESSION.length', 0, `${octets} octets long`)
  const length = reader.take(octets, 'length').reduce((number, octet) => number * 256 + octet, 0)
  return { tag, value: new Reader(reader.take(length, 'value'), 'SSL_SESSION') }
}
