import type { Duplex } from 'node:stream'
import { connect, TLSSocket } from 'node:tls'
import { PosternError } from '../../errors.ts'
import { distrust, trustOptions, type BackendTrust } from './backend-trust.ts'
import { isVersionRefusal, type ClientAttempt } from './client-options.ts'

/** What goes into one handshake with a server behind the gate. */
export interface BackendHandshake {
  readonly attempt: ClientAttempt
  readonly trust: BackendTrust
  /** How the server is called in errors: host and port. */
  readonly title: string
  /** The name to ask for, where it is not the one that the certificate has to have. */
  readonly serverName?: string
  /** One of these is spoken, or nothing. */
  readonly alpn?: readonly string[]
  /** Of another connection to the same server, to be taken up. */
  readonly session?: Buffer
  /** Milliseconds. */
  readonly patience: number
}

/**
 * Carries out a handshake as a client over a connection that stands and on which the server waits for a hello. Rejects with `GATE_BACKEND_VERSION` where
 * the next of several attempts may do better over a new connection, else with `GATE_BACKEND_TLS` or `GATE_BACKEND_UNTRUSTED`; the connection is then gone.
 * `socket` itself must not be destroyed any more: see `PolicyServer.take()`.
 */
export function secureBackend(socket: Duplex, how: BackendHandshake): Promise<TLSSocket> {
  const { attempt, trust, serverName, alpn = [], session, patience } = how
  return new Promise((resolve, reject) => {
    const secure = connect({
      ...attempt.options,
      ...trustOptions(trust, serverName),
      ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
      ...(session === undefined ? {} : { session }),
      socket,
    })
    const fail = (error: PosternError): void => {
      clearTimeout(timer)
      secure.destroy()
      reject(error)
    }
    const timer = setTimeout(() => fail(unanswered(how)), patience)
    const failed = (error: Error): void => fail(failureOf(error, how))
    secure.once('error', failed)
    secure.once('secureConnect', () => {
      const why = distrust(secure, trust)
      if (why !== undefined) return fail(untrusted(why, how))
      if (alpn.length > 0 && !alpn.includes(String(secure.alpnProtocol))) return fail(speaksOtherwise(how))
      clearTimeout(timer)
      secure.off('error', failed)
      HOW.set(secure, how)
      resolve(secure)
    })
  })
}

/** How each connection was made that stands in TLS. */
const HOW = new WeakMap<object, BackendHandshake>()

/** TLS on a connection where the server waits for a hello. Rejects as `secureBackend()` does. `patience`: milliseconds. */
export type SecureAlike = (socket: Duplex, patience: number) => Promise<TLSSocket>

/**
 * How to begin TLS on other connections to the server of this one as on this one, whose session is taken up: servers may ask for that (vsftpd
 * `require_ssl_reuse`). Undefined where it is not in TLS.
 */
export function secureAlike(first: Duplex): SecureAlike | undefined {
  const how = HOW.get(first)
  if (how === undefined || !(first instanceof TLSSocket)) return undefined
  return (socket, patience) => {
    const session = first.getSession()
    return secureBackend(socket, { ...how, patience, ...(session === undefined ? {} : { session }) })
  }
}

/** Not `GATE_BACKEND_TLS`: for clients that want something else it is there. */
function speaksOtherwise({ title, alpn = [] }: BackendHandshake): PosternError {
  return new PosternError(
    'peer',
    'GATE_BACKEND_TALK',
    `Cannot talk to the server behind at ${title}: it does not speak ${alpn.join(', ')}`,
    {
      remedy: 'Let alpn name what it speaks, and nothing else.',
    },
  )
}

function unanswered({ title, patience }: BackendHandshake): PosternError {
  const why = `no handshake within ${patience / 1000} s`
  return new PosternError('peer', 'GATE_BACKEND_TLS', `Cannot speak TLS with the server behind at ${title}: ${why}`, {
    remedy: 'See whether TLS begins there in the way that the settings say.',
  })
}

function failureOf(cause: Error, how: BackendHandshake): PosternError {
  const { title, attempt } = how
  if (/no application protocol/i.test(reasonIn(cause))) return speaksOtherwise(how)
  if (isVersionRefusal(cause)) {
    const offered = attempt.protocols.join(', ')
    return new PosternError(
      'peer',
      'GATE_BACKEND_VERSION',
      `Cannot speak TLS with the server behind at ${title}: it takes none of ${offered}`,
      {
        remedy: 'Give the server behind a policy that allows a version which it speaks.',
        cause,
      },
    )
  }
  return new PosternError('peer', 'GATE_BACKEND_TLS', `Cannot speak TLS with the server behind at ${title}: ${reasonIn(cause)}`, {
    remedy: 'Give the server behind a policy that allows what it speaks; `postern audit` shows that.',
    cause,
  })
}

/** OpenSSL's reason, without where in OpenSSL that was. */
function reasonIn(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message
}

function untrusted(why: string, { title }: BackendHandshake): PosternError {
  return new PosternError('peer', 'GATE_BACKEND_UNTRUSTED', `Cannot believe the server behind at ${title}: ${why}`, {
    remedy: 'Name the authority or the pin that it has, or renew its certificate.',
  })
}
