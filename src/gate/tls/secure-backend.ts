import type { X509Certificate } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { connect, createSecureContext, TLSSocket, type SecureContext } from 'node:tls'
import type { ByteStream } from '../byte-stream.ts'
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
  readonly takesUp?: TakenUp
  /** Milliseconds. */
  readonly patience: number
}

/** A session, and the certificate that the server showed when it was made. */
export interface TakenUp {
  readonly session: Buffer
  readonly leaf: X509Certificate | undefined
}

/**
 * Carries out a handshake as a client over a connection that stands and on which the server waits for a hello. Rejects with `GATE_BACKEND_VERSION` where
 * the next of several attempts may do better over a new connection, else with `GATE_BACKEND_TLS` or `GATE_BACKEND_UNTRUSTED`; the connection is then gone.
 * `socket` itself must not be destroyed any more: see `PolicyServer.take()`.
 */
export function secureBackend(socket: Duplex, how: BackendHandshake): Promise<TLSSocket> {
  const { attempt, trust, serverName, alpn = [], takesUp, patience } = how
  return new Promise((resolve, reject) => {
    const secure = connect({
      ...attempt.options,
      ...trustOptions(trust, serverName),
      secureContext: contextFor(attempt, trust),
      ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
      ...(takesUp === undefined ? {} : { session: takesUp.session }),
      socket,
    })
    const fail = (error: PosternError): void => {
      clearTimeout(timer)
      secure.destroy()
      reject(error)
    }
    HOW.set(secure, how)
    const timer = setTimeout(() => fail(unanswered(how)), patience)
    const failed = (error: Error): void => fail(failureOf(error, how))
    secure.once('error', failed)
    secure.once('secureConnect', () => {
      const why = trust.kind === 'none' ? undefined : distrust(secure, trust, leafOf(secure))
      if (why !== undefined) return fail(untrusted(why, how))
      if (alpn.length > 0 && !alpn.includes(String(secure.alpnProtocol))) return fail(speaksOtherwise(how))
      clearTimeout(timer)
      secure.off('error', failed)
      resolve(secure)
    })
  })
}

/** Contexts by hello, and by authorities in PEM. */
const CONTEXTS = new WeakMap<ClientAttempt, Map<string, SecureContext>>()

/** Made once for all connections: each would take OpenSSL an eighth of a millisecond. */
function contextFor(attempt: ClientAttempt, trust: BackendTrust): SecureContext {
  const known = CONTEXTS.get(attempt) ?? new Map<string, SecureContext>()
  CONTEXTS.set(attempt, known)
  const ca = trust.kind === 'authority' ? trust.ca : undefined
  const authorities = ca?.join('') ?? 'of the system'
  const context = known.get(authorities) ?? createSecureContext({ ...attempt.options, ...trustOptions(trust) })
  known.set(authorities, context)
  return context
}

/** How each connection was made that stands in TLS. */
const HOW = new WeakMap<object, BackendHandshake>()

const LEAVES = new WeakMap<TLSSocket, X509Certificate>()

/**
 * The certificate of a server behind, which showed it in this handshake or when the session was made that was taken up. Node gives it once, and nothing of
 * the chain any more behind that.
 */
export function leafOf(secure: TLSSocket): X509Certificate | undefined {
  const leaf = LEAVES.get(secure) ?? (secure.isSessionReused() ? HOW.get(secure)?.takesUp?.leaf : secure.getPeerX509Certificate())
  if (leaf !== undefined) LEAVES.set(secure, leaf)
  return leaf
}

/** TLS on a connection where the server waits for a hello. Rejects as `secureBackend()` does. `patience`: milliseconds. */
export type SecureAlike = (socket: Duplex, patience: number) => Promise<TLSSocket>

/**
 * How to begin TLS on other connections to the server of this one as on this one, whose session is taken up: servers may ask for that (vsftpd
 * `require_ssl_reuse`). Undefined where it is not in TLS.
 */
export function secureAlike(first: ByteStream): SecureAlike | undefined {
  const how = HOW.get(first)
  if (how === undefined || !(first instanceof TLSSocket)) return undefined
  return (socket, patience) => {
    const session = first.getSession()
    const takesUp = session === undefined ? undefined : { session, leaf: leafOf(first) }
    return secureBackend(socket, { ...how, patience, ...(takesUp === undefined ? {} : { takesUp }) })
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
