import { performance } from 'node:perf_hooks'
import { alertDescription, signatureScheme, signsTls13 } from '../registry/index.ts'
import { encodeEmptyExtension, EXTENSION_TYPE, SUPPORTED_GROUPS, type SessionEvent, type SessionOptions } from '../wire/index.ts'
import { sessionSuites, type Known, type Server } from './server.ts'
import { sharedAnswer } from './shared-answer.ts'

/**
 * A session of TLS 1.3 that several probes look at: what signs it, which application protocol is agreed to, and the ticket that
 * follows it.
 */
export interface Tls13Session {
  readonly events: readonly SessionEvent[]
  /** It came about, and the server stood by it. */
  readonly connected: boolean
  /** When its ticket was there, by `performance.now()`. */
  readonly heard: number
  /** With what it came about: a session that resumes it says the same. */
  readonly options: Partial<SessionOptions>
  /** What was heard when `ALPN_NAMES` were offered. */
  readonly withAlpn: readonly SessionEvent[]
}

/** Protocol names that mail and file-transfer servers answer to, IANA "TLS ALPN Protocol IDs". */
export const ALPN_NAMES: readonly string[] = [
  'h2',
  'http/1.1',
  'http/1.0',
  'imap',
  'pop3',
  'managesieve',
  'smtp',
  'ftp',
  'nntp',
  'irc',
  'xmpp-client',
  'xmpp-server',
  'postgresql',
  'acme-tls/1',
]

/** Every scheme that a server may sign with in TLS 1.3. */
export const TLS13_SCHEMES: readonly number[] = signatureScheme.codes.filter((code) => signsTls13(code))

/** After the handshake, tickets of TLS 1.3 follow at once or not at all. A server that has much to do takes longer for both: so many times as long as the handshake took. */
const TICKET_PATIENCE_MS = 400
const HANDSHAKES = 5
const NO_APPLICATION_PROTOCOL = alertDescription.code('no_application_protocol')

/** The session, had once for all probes of an audit. */
export const tls13Session: (server: Server) => Promise<Tls13Session> = sharedAnswer(have, ({ connected }) => connected)

/** Suites, groups and a key share for a session of TLS 1.3. */
export function tls13Options(known: Known): Partial<SessionOptions> {
  const groups = known.tls13Groups.filter((group) => SUPPORTED_GROUPS.includes(group))
  return { protocols: ['TLSv1.3'], cipherSuites: sessionSuites(known, 'TLSv1.3'), groups, keyShares: groups.slice(0, 1) }
}

/** Signed certificate timestamps are asked for as the staple is: RFC 6962 §3.3.1. */
const STAPLES: Partial<SessionOptions> = {
  statusRequest: true,
  extensions: [{ type: EXTENSION_TYPE.signed_certificate_timestamp, data: encodeEmptyExtension() }],
}

/** The scheme that the server signed with. */
export function signedWith(events: readonly SessionEvent[]): number | undefined {
  return events.find((event) => event.kind === 'certificate-verify')?.scheme
}

/** A wolfSSL server without a staple breaks off the handshake when it is asked for one, and others do over names that they do not know. */
async function have(server: Server): Promise<Tls13Session> {
  const bare: Partial<SessionOptions> = { ...tls13Options(server.known), signatureSchemes: TLS13_SCHEMES }
  const named = { ...bare, alpn: ALPN_NAMES }
  const first = await offered(server, { ...named, ...STAPLES })
  if (first.connected) return { ...first, withAlpn: first.events }
  const byName = first.events.some((event) => event.kind === 'alert' && event.description === NO_APPLICATION_PROTOCOL)
  const second = byName ? first : await offered(server, named)
  if (second.connected) return { ...second, withAlpn: second.events }
  const third = await offered(server, { ...bare, ...STAPLES })
  return { ...(third.connected ? third : await offered(server, bare)), withAlpn: second.events }
}

async function offered(server: Server, options: Partial<SessionOptions>): Promise<Omit<Tls13Session, 'withAlpn'>> {
  return { ...(await converse(server, options)), options }
}

function converse(server: Server, options: Partial<SessionOptions>): Promise<Pick<Tls13Session, 'events' | 'connected' | 'heard'>> {
  return server.session(options, async (conversation) => {
    const began = performance.now()
    const connected = await conversation.handshake()
    if (connected && conversation.find('new-session-ticket') === undefined) {
      const slow = Math.min(HANDSHAKES * (performance.now() - began), server.patience)
      await conversation.until((event) => event.kind === 'new-session-ticket', Math.max(TICKET_PATIENCE_MS, slow))
    }
    const heard = performance.now()
    // We are connected before the server has seen our empty Certificate: what it thinks of it comes now, RFC 8446 §4.4.2.4.
    const stands = conversation.find('alert') === undefined && conversation.ended === undefined
    return { events: conversation.events, connected: connected && stands, heard }
  })
}
