import type { TLSSocket } from 'node:tls'
import type { KeyType } from '../../policy/index.ts'
import { suiteByName } from '../../registry/index.ts'
import { NODE_PROTOCOLS, type NodeProtocol } from './abilities.ts'
import { keyTypeOf } from './identities.ts'
import { sessionGroup } from './session-group.ts'

/** What a handshake ended in. */
export interface Negotiated {
  readonly protocol: NodeProtocol | 'unknown'
  /** The IANA name. */
  readonly suite: string
  /** The IANA name; undefined for RSA key exchange, and for DHE up to TLS 1.2. */
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

/** Reads what was negotiated off a socket whose handshake is over. */
export function negotiated(socket: TLSSocket): Negotiated {
  const protocol = socket.getProtocol()
  const { standardName, name } = socket.getCipher()
  const session = socket.getSession()
  return {
    protocol: NODE_PROTOCOLS.find((one) => one === protocol) ?? 'unknown',
    suite: suiteByName(standardName)?.iana ?? suiteByName(name)?.iana ?? standardName,
    group: session === undefined ? undefined : sessionGroup(session),
    serverName: nameIn(socket),
    alpn: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined,
    resumed: socket.isSessionReused(),
  }
}

/** A server has the name in a field that is false, null or absent where there was none. */
function nameIn(socket: TLSSocket): string | undefined {
  const name: unknown = Reflect.get(socket, 'servername')
  return typeof name === 'string' && name !== '' ? name : undefined
}
