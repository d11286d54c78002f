import type { TLSSocket } from 'node:tls'
import type { KeyType } from '../../policy/index.ts'
import { suiteByName } from '../../registry/index.ts'
import type { TlsStream } from '../handles/tls-stream.ts'
import { NODE_PROTOCOLS, type NodeProtocol } from './abilities.ts'
import { keyTypeOf } from './identities.ts'
import { sessionGroup } from './session-group.ts'

/** What a handshake ended in. */
export interface Negotiated {
  readonly protocol: NodeProtocol | 'unknown'
  /** The IANA name. */
  readonly suite: string
  /** The IANA name; up to TLS 1.2 undefined for RSA key exchange, for DHE, and for a session that was taken up again, which exchanges no keys. */
  readonly group: string | undefined
  /** What the client asked for, as it came: not a word to print as it is. Undefined where it asked for nobody. */
  readonly serverName: string | undefined
  readonly alpn: string | undefined
  readonly resumed: boolean
}

/** Our own, as a server. Undefined where the suite has none. */
export function shownCertificate(
  socket: TLSSocket,
): { readonly keyType: KeyType; /** Hex, upper case, no colons. */ readonly sha256: string } | undefined {
  const own = socket.getX509Certificate()
  return own === undefined ? undefined : { keyType: keyTypeOf(own.publicKey), sha256: own.fingerprint256.replaceAll(':', '') }
}

/** What has carried out a handshake. */
type TlsEnd = Pick<TLSSocket, 'getProtocol' | 'getCipher' | 'getSession' | 'isSessionReused' | 'alpnProtocol'> | TlsStream

/**
 * Reads what was negotiated off a socket whose handshake is over. `groups`: what is known of hellos like this one, by what else was negotiated; what OpenSSL
 * chooses follows from them, and to ask it for the group is dear.
 */
export function negotiated(socket: TlsEnd, groups: Map<string, string | undefined> = new Map()): Negotiated {
  const protocol = socket.getProtocol()
  const { standardName, name } = socket.getCipher()
  const resumed = socket.isSessionReused()
  return {
    protocol: NODE_PROTOCOLS.find((one) => one === protocol) ?? 'unknown',
    suite: suiteByName(standardName)?.iana ?? suiteByName(name)?.iana ?? standardName,
    group: resumed && protocol !== 'TLSv1.3' ? undefined : groupIn(socket, `${protocol} ${name} ${resumed}`, groups),
    serverName: nameIn(socket),
    alpn: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined,
    resumed,
  }
}

function groupIn(socket: TlsEnd, rest: string, groups: Map<string, string | undefined>): string | undefined {
  const known = groups.get(rest)
  if (known !== undefined) return known
  const session = socket.getSession()
  const found = session === undefined ? undefined : sessionGroup(session)
  groups.set(rest, found)
  return found
}

/** A server has the name in a field that is false, null or absent where there was none. */
function nameIn(socket: TlsEnd): string | undefined {
  const name: unknown = Reflect.get(socket, 'servername')
  return typeof name === 'string' && name !== '' ? name : undefined
}
