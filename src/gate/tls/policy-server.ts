import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { PosternError } from '../../errors.ts'
import type { KeyType, Policy } from '../../policy/index.ts'
import type { HandshakeServer } from '../../policy/negotiate/index.ts'
import { alertDescription, alertLevel } from '../../registry/index.ts'
import { CONTENT_TYPE, encodeAlert, encodeRecord, type Offer } from '../../wire/index.ts'
import { carries, unhook } from '../closing.ts'
import { contextOf, nodeHandles } from '../handles/node-handles.ts'
import type { TcpStream } from '../handles/tcp-stream.ts'
import { beginTls, type ServerTerms, type TlsStream } from '../handles/tls-stream.ts'
import { chosenKeyType, handshakeServer } from './certificate-choice.ts'
import { proveContext } from './context-proof.ts'
import { failureOf, type HandshakeFailure } from './handshake-failure.ts'
import { loadIdentity, type Identity, type LoadedIdentity } from './identities.ts'
import { certificatesIn } from './pem.ts'
import type { Staples } from './staples.ts'
import { nodeOptions, type NodeContext, type ServerWishes } from './node-options.ts'

export interface PolicyServerSettings extends Omit<ServerWishes, 'keys' | 'identity' | 'role'> {
  readonly policy: Policy
  /** The first one is for clients that ask for nobody, and for names that nobody has. None where suites without certificates are enough. */
  readonly identities: readonly Identity[]
  /** Clients that ask for a name that no identity has are turned away instead. Default false. */
  readonly refusesUnknownNames?: boolean
  /** What tickets are sealed with, `TICKET_KEYS_LENGTH` octets, the same for all policies and processes. Without it each server makes its own. */
  readonly ticketKeys?: Uint8Array
  /** How long a session can be taken up again, in seconds. */
  readonly sessionSeconds?: number
  /** A handshake that takes longer ends, in milliseconds. */
  readonly handshakeTimeout: number
  /** Clients are asked for certificates that `ca` (PEM) vouches for. `rejects`: without one there is no handshake; else whoever takes the socket decides. */
  readonly clientCertificates?: { readonly ca: string; readonly rejects: boolean } | undefined
  /** What is stapled where a client asks for it. */
  readonly staples?: Staples
  /** Application protocols, the preferred ones first. With one or more, clients that offer none of them are turned away; without, ALPN is left alone. */
  readonly alpn?: readonly string[]
}

/** Two keys and a name, in OpenSSL's terms: all that a ticket is sealed with. */
export const TICKET_KEYS_LENGTH = 48

/** So many names that were asked for are remembered; who asks for more makes it begin anew. */
const MOST_NAMES = 256

/** An identity as it is served. */
interface Served {
  readonly identity: LoadedIdentity
  readonly server: Server
  /** Of several certificates with staples, each alone, by the kind of its key, and how OpenSSL chooses among all. */
  readonly alone?: { readonly servers: ReadonlyMap<KeyType, Server>; readonly end: HandshakeServer }
}

/** Who is told how a handshake ended: one of the two, once. */
export interface HandshakeOutcome<Secured = TLSSocket> {
  readonly secured: (socket: Secured) => void
  /** The connection is gone, or ends when the alert is sent, when this is called. */
  readonly failed: (failure: HandshakeFailure) => void
}

/**
 * TLS by one policy, for sockets that were accepted elsewhere. Whoever accepts them chooses policy and name before TLS begins: what Node's SNICallback
 * gives takes the place of one certificate and of nothing else, so that an identity with an RSA and an ECDSA key would lose one of them, or keep that of
 * another.
 */
export class PolicyServer {
  readonly context: NodeContext
  readonly #identities: readonly Served[]
  readonly #first: Omit<Served, 'identity'>
  readonly #refusesUnknownNames: boolean
  /** What is stapled by each, where anything is. */
  readonly #staples = new Map<Server, () => Uint8Array | undefined>()
  readonly #terms = new Map<Server, ServerTerms>()
  /** Milliseconds for a handshake. */
  readonly #patience: number
  readonly #named = new Map<string, Served | undefined>()

  /** Throws `IDENTITY_INVALID`, `IDENTITY_REFUSED` and `POLICY_UNSPEAKABLE`. Whether OpenSSL understood the options, only `openPolicyServer()` asks. */
  constructor(settings: PolicyServerSettings) {
    const identities = settings.identities.map(loadIdentity)
    this.#patience = settings.handshakeTimeout
    const keys = identities.flatMap(({ pairs }) => pairs.map(({ keyType }) => keyType))
    this.context = nodeOptions(settings.policy, { ...settings, keys })
    this.#identities = identities.map((identity) => this.#served(identity, settings, keys))
    this.#first = this.#identities[0] ?? { server: this.#serve(undefined, settings, keys) }
    this.#refusesUnknownNames = settings.refusesUnknownNames === true
  }

  /**
   * Carries out a handshake on an accepted socket, and reads first what was put back into it with `unshift()`. `name` is what the hello asks for,
   * undefined where it asks for nobody; `offer`: what it offers, without which it gets no staple of an identity with several certificates. From here on only what `secured` gets may be destroyed: Node 24 crashes when the accepted socket is destroyed and
   * the one over it after it, in one turn.
   */
  take(socket: Duplex & Taken, name: string | undefined, outcome: HandshakeOutcome, offer?: Offer): void {
    const server = this.#chosen(socket, name, outcome, offer)
    if (server === undefined) return
    socket[OUTCOME] = outcome
    // What was under it Node has forgotten when it tells that the client has gone, where that was no socket.
    if (!(socket instanceof Socket)) socket.once('close', () => outcomeOf(socket)?.failed(GONE))
    server.emit('connection', socket)
  }

  /** The same over a handle. Clients of these are asked for no certificates. */
  takeHandle(below: TcpStream, name: string | undefined, outcome: HandshakeOutcome<TlsStream>, offer?: Offer): void {
    const server = this.#chosen(below, name, outcome, offer)
    if (server === undefined) return
    const { secured, failed } = outcome
    if (nodeHandles === undefined) throw new PosternError('bug', 'GATE_HANDLE', 'Cannot speak TLS over a handle: there are none here')
    beginTls(nodeHandles, below, this.#termsOf(server), { secured, failed: (error) => failed(failureOf(error)) })
  }

  #termsOf(server: Server): ServerTerms {
    const known = this.#terms.get(server)
    if (known !== undefined) return known
    const found = contextOf(server)
    if (found === undefined)
      throw new PosternError('bug', 'GATE_HANDLE', 'Cannot speak TLS over a handle: Node keeps its context elsewhere')
    const terms = { ...found, staple: this.#staples.get(server), patience: this.#patience }
    this.#terms.set(server, terms)
    return terms
  }

  /** Undefined: nobody here has that name, and the client has been told so. */
  #chosen(
    socket: Pick<Duplex, 'end'> | TcpStream,
    name: string | undefined,
    { failed }: Pick<HandshakeOutcome, 'failed'>,
    offer: Offer | undefined,
  ): Server | undefined {
    const found = name === undefined ? undefined : this.#servedFor(name)
    if (name === undefined || found !== undefined || !this.#refusesUnknownNames) return fitting(found ?? this.#first, offer)
    socket.end(UNRECOGNIZED_NAME)
    failed({ reason: 'server-name', code: 'SERVER_NAME_UNKNOWN', words: 'no identity has the name that the client asks for' })
    return undefined
  }

  /** Looking into certificates takes its time, and most clients ask for the same few names. */
  #servedFor(name: string): Served | undefined {
    if (this.#named.has(name)) return this.#named.get(name)
    const found = this.#identities.find(({ identity }) => identity.isFor(name))
    if (this.#named.size >= MOST_NAMES) this.#named.clear()
    this.#named.set(name, found)
    return found
  }

  /** From now on tickets are sealed with these keys; those sealed with the old ones lead to a full handshake. */
  setTicketKeys(keys: Uint8Array): void {
    const all = [this.#first, ...this.#identities].flatMap(({ server, alone }) => [server, ...(alone?.servers.values() ?? [])])
    for (const server of new Set(all)) server.setTicketKeys(Buffer.from(keys))
  }

  #served(identity: LoadedIdentity, settings: PolicyServerSettings, keys: ServerWishes['keys']): Served {
    const server = this.#serve(identity, settings, keys)
    const { pairs } = identity
    if (pairs.length === 1 || pairs.every(({ stapled }) => stapled !== true)) return { identity, server }
    const servers = new Map(pairs.map((pair) => [pair.keyType, this.#serve({ ...identity, pairs: [pair] }, settings, keys)]))
    return { identity, server, alone: { servers, end: handshakeServer(settings.policy, this.context, pairs) } }
  }

  #serve(identity: LoadedIdentity | undefined, settings: PolicyServerSettings, keys: ServerWishes['keys']): Server {
    const { options } = nodeOptions(settings.policy, { ...settings, keys, identity: identity?.sessions })
    const { ticketKeys, sessionSeconds, alpn = [], handshakeTimeout, clientCertificates: clients } = settings
    const server = accepted(identity, () =>
      createServer({
        ...options,
        ...certificatesOf(identity),
        ...(ticketKeys === undefined ? {} : { ticketKeys: Buffer.from(ticketKeys) }),
        ...(sessionSeconds === undefined ? {} : { sessionTimeout: sessionSeconds }),
        ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
        ...(clients === undefined ? {} : { requestCert: true, rejectUnauthorized: clients.rejects, ca: [...certificatesIn(clients.ca)] }),
        handshakeTimeout,
      }),
    )
    const staple = stapleOf(identity, settings.staples)
    if (staple !== undefined) {
      this.#staples.set(server, staple)
      answerStatusRequests(server, staple)
    }
    server.on('secureConnection', (socket) => {
      const accepted = acceptedUnder(socket)
      if (accepted === undefined) return
      carries(accepted, socket)
      socket.once('close', () => unhook(socket))
      outcomeOf(accepted)?.secured(socket)
    })
    server.on('tlsClientError', (error, socket) => {
      // Node only tells: after a handshake that took too long the connection would stay for ever.
      socket.destroy()
      // What nobody vouches for Node ends without an alert and without a word.
      const untrusted: unknown = socket.authorizationError
      outcomeOf(acceptedUnder(socket))?.failed(typeof untrusted === 'string' && clients?.rejects === true ? UNTRUSTED : failureOf(error))
    })
    return server
  }
}

const OUTCOME: unique symbol = Symbol('who is told how its handshake ends')

/** What is known of a socket while its handshake runs: on itself, for the reason that `closing.ts` gives. */
interface Taken {
  readonly destroyed: boolean
  [OUTCOME]?: HandshakeOutcome | undefined
}

function outcomeOf(accepted: Taken | undefined): HandshakeOutcome | undefined {
  const outcome = accepted?.[OUTCOME]
  if (accepted !== undefined) accepted[OUTCOME] = undefined
  return outcome
}

/**
 * Node keeps the socket that TLS runs over under a name that it does not document, and tells of it in no other way; over what is no socket, it puts one of
 * its own.
 */
function acceptedUnder(socket: TLSSocket): Duplex | undefined {
  const under = at(socket, '_parent') ?? at(at(at(socket, 'ssl'), '_parentWrap'), 'stream')
  return under instanceof Duplex ? under : undefined
}

function at(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/**
 * Node does not say which of several certificates OpenSSL chooses, and asks for a staple before it has. So it is found out from the hello of whoever asks for
 * a staple, and the chosen one is the only one there is.
 */
function fitting({ server, alone }: Omit<Served, 'identity'>, offer: Offer | undefined): Server {
  if (alone === undefined || offer?.statusRequest !== true) return server
  const chosen = chosenKeyType(offer, alone.end)
  return (chosen === undefined ? undefined : alone.servers.get(chosen)) ?? server
}

/** Of one certificate: of several nobody knows whose it would have to be. */
function stapleOf(identity: LoadedIdentity | undefined, staples: Staples | undefined): (() => Uint8Array | undefined) | undefined {
  const [pair, ...others] = identity?.pairs ?? []
  if (pair?.stapled !== true || others.length > 0 || staples === undefined) return undefined
  const sha256 = pair.leaf.fingerprint256.replaceAll(':', '')
  return () => staples.of(sha256)
}

function answerStatusRequests(server: Server, staple: () => Uint8Array | undefined): void {
  server.on('OCSPRequest', (_certificate, _issuer, answer: (error: Error | null, response: Buffer | null) => void) => {
    const response = staple()
    answer(null, response === undefined ? null : Buffer.from(response))
  })
}

const GONE: HandshakeFailure = { reason: 'reset', code: 'ECONNRESET', words: 'the client has gone in the middle of the handshake' }

const UNTRUSTED: HandshakeFailure = {
  reason: 'client-certificate',
  code: 'CLIENT_CERTIFICATE_UNTRUSTED',
  words: 'nobody who is trusted here vouches for the certificate of the client',
}

/** RFC 6066 §3: the alert for a name that is not known here, as a record of its own. */
const UNRECOGNIZED_NAME: Uint8Array = encodeRecord({
  type: CONTENT_TYPE.alert,
  legacyRecordVersion: 0x0301,
  fragment: encodeAlert({ level: alertLevel.code('fatal'), description: alertDescription.code('unrecognized_name') }),
})

/** Makes a server and proves by reading its options back out of OpenSSL that they say what the policy says; else throws `CONTEXT_DIFFERS`. */
export async function openPolicyServer(settings: PolicyServerSettings): Promise<PolicyServer> {
  const server = new PolicyServer(settings)
  await proveContext(settings.policy, server.context)
  return server
}

function accepted(identity: LoadedIdentity | undefined, make: () => Server): Server {
  try {
    return make()
  } catch (cause) {
    if (identity === undefined) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new PosternError('input', 'IDENTITY_REFUSED', `Cannot serve the certificate of ${identity.title}: OpenSSL says ${reason}`, {
      remedy: 'Use a certificate that the policy allows (size of its key, hash of its signature), or a policy that allows this one.',
      cause,
    })
  }
}

function certificatesOf(identity: LoadedIdentity | undefined): {
  readonly key?: { readonly pem: string; readonly passphrase?: string }[]
  readonly cert?: string[]
} {
  if (identity === undefined) return {}
  return {
    key: identity.pairs.map(({ key, passphrase }) => (passphrase === undefined ? { pem: key } : { pem: key, passphrase })),
    cert: identity.pairs.map(({ chain }) => chain),
  }
}
