import type { HandshakeClient, HandshakeServer } from './ends.ts'
import type { Answer, Hello } from './hello.ts'
import { refused, type Refusal } from './outcome.ts'
import { STACKS } from './stacks.ts'

/** Whether a hello in the format of SSL 2.0 is answered at all. Java wants to be told so, others to be told not to. */
export function refusedFormat(server: HandshakeServer, hello: Hello): Refusal | undefined {
  const jsse = STACKS[server.stack].family === 'jsse'
  if (!hello.sslv2 || (server.sslv2Hello ?? !jsse)) return undefined
  return refused(
    'server',
    jsse ? 'handshake_failure' : 'close',
    'sslv2-hello',
    'The hello has the format of SSL 2.0, which the server does not take.',
  )
}

/** Whether the name that the client asks for is served, RFC 6066 §3. */
export function refusedName(server: HandshakeServer, { serverName }: Hello): Refusal | undefined {
  const { serverNames } = server
  const served = serverName === undefined ? server.nameRequired !== true : serverNames?.includes(serverName) !== false
  if (served) return undefined
  const names = serverNames?.join(', ') ?? 'others'
  return refused('server', 'unrecognized_name', 'server-name', `The client asks for ${serverName ?? 'no name'}, the server has ${names}.`)
}

/** What is found out before the name is looked at: the version, and in TLS 1.3 the suite. */
export function precedesName({ reason, version }: Refusal): boolean {
  return reason === 'version' || reason === 'unfit-server' || reason === 'fallback' || (reason === 'suites' && version === 'TLSv1.3')
}

/** What the server demands of an older handshake beside its lists, RFC 5746 §3.6 and RFC 7627 §5.3. */
export function refusedByServer(server: HandshakeServer, hello: Hello, { version }: Answer): Refusal | undefined {
  // GnuTLS asks TLS 1.3 for it too, which has no renegotiation.
  const asked = version !== 'TLSv1.3' || STACKS[server.stack].family === 'gnutls'
  if (server.secureRenegotiation === 'required' && asked && !hello.secureRenegotiation)
    return refused('server', 'handshake_failure', 'secure-renegotiation', 'The client does not know secure renegotiation, RFC 5746 §3.')
  if (version !== 'TLSv1.3' && server.extendedMasterSecret === 'required' && !hello.extendedMasterSecret)
    return refused('server', 'handshake_failure', 'extended-master-secret', 'The client has no extended master secret.')
  return undefined
}

/** What the client demands beside its lists, RFC 5746 §3.4 and RFC 7627 §5.2, and the moduli that it can compute with. */
export function refusedByClient(client: HandshakeClient, { version, dhBits, ...answer }: Answer): Refusal | undefined {
  if (version === 'TLSv1.3') return undefined
  if (client.extendedMasterSecret === 'required' && !answer.extendedMasterSecret)
    return refused('client', 'handshake_failure', 'extended-master-secret', 'The server has no extended master secret.')
  if (client.secureRenegotiation === 'required' && !answer.secureRenegotiation)
    return refused('client', 'handshake_failure', 'secure-renegotiation', 'The server does not know secure renegotiation, RFC 5746 §3.')
  const { minDhBits = 0, maxDhBits = Infinity } = client
  if (dhBits === undefined || (dhBits >= minDhBits && dhBits <= maxDhBits)) return undefined
  return refused(
    'client',
    'handshake_failure',
    'dh-size',
    `A modulus of ${dhBits} bits is too ${dhBits < minDhBits ? 'small' : 'large'} for the client.`,
  )
}
