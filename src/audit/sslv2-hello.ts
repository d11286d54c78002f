import { randomBytes } from 'node:crypto'
import { PosternError } from '../errors.ts'
import { protocolVersion, sslv2CipherKind, TLS_EMPTY_RENEGOTIATION_INFO_SCSV } from '../registry/index.ts'
import { encodeSslv2ClientHello, encodeSslv2Record } from '../wire/index.ts'
import { exchange, type Answer } from './exchange.ts'
import { UNUSED, type Lanes } from './lanes.ts'

/** Suites in an SSLv2-format hello: those that browsers of that time sent, and the two that came later. */
const SSLV2_HELLO_SUITES: readonly number[] = [
  0x2f, 0x35, 0x33, 0x39, 0x0a, 0x16, 0x05, 0x04, 0x09, 0x15, 0x3c, 0x3d, 0xc013, 0xc014, 0x32, 0x38, 0x13,
]

const CHALLENGE_LENGTH = 16
/** NSS and others wait in vain for the rest of what they take for a TLS record, so nobody waits long for them. */
export const SSLV2_PATIENCE_MS = 2000

/**
 * A CLIENT-HELLO of SSL 2.0 itself, or one of TLS 1.2 in its format, RFC 5246 §E.2. `suites`: those that the server is known to have,
 * and no others, since some break the handshake: Dovecot’s DHE suites when it has no DH parameters.
 */
export function encodeSslv2Offer(newest: 'SSLv2' | 'TLSv1.2', suites: readonly number[] = []): Uint8Array {
  const specs = [...new Set([...(suites.length > 0 ? suites : SSLV2_HELLO_SUITES), TLS_EMPTY_RENEGOTIATION_INFO_SCSV])]
  const cipherSpecs = newest === 'SSLv2' ? sslv2CipherKind.codes : specs
  const hello = {
    version: protocolVersion.code(newest),
    cipherSpecs,
    sessionId: new Uint8Array(0),
    challenge: randomBytes(CHALLENGE_LENGTH),
  }
  return encodeSslv2Record({ longHeader: undefined, data: encodeSslv2ClientHello(hello) })
}

/** Asks on a connection of its own. */
export async function askSslv2(lanes: Lanes, newest: 'SSLv2' | 'TLSv1.2', patience: number): Promise<Answer> {
  const answer = await lanes.talk(({ line }) => lanes.insist(line, (one) => exchange(one, encodeSslv2Offer(newest), patience)))
  if (answer === UNUSED) throw new PosternError('bug', 'LINE_UNUSED', 'Cannot ask the server: the connection was given back')
  return answer
}
