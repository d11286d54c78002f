import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Fact } from '../../policy/index.ts'
import type { Resumption, SessionOptions } from '../../wire/index.ts'
import type { HelloProtocol } from '../hello.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import { sessionSuites, type Known, type Server } from '../server.ts'
import { tls13Session } from '../tls13-session.ts'

/** What became of an attempt to go on with an earlier session. */
export type Attempt = 'resumed' | 'new-session' | 'failed' | 'nothing-to-resume'

export interface ResumptionAnswer {
  readonly old:
    | { readonly byId: Attempt; readonly byTicket: Attempt; readonly lifetime: number | undefined; readonly sessionId: SessionIdEcho }
    | undefined
  readonly tls13:
    | {
        readonly byPsk: Attempt
        readonly lifetime: number | undefined
        readonly maxEarlyData: number | undefined
        readonly earlyData: string
      }
    | undefined
}

/** How a short session id came back when a ticket was resumed. */
export interface SessionIdEcho {
  readonly sent: Uint8Array
  readonly received: Uint8Array | undefined
}

/**
 * Short enough that memory behind it would show: Ticketbleed answers with 32 bytes, CVE-2016-9244. Long enough that no session id
 * of the server's own begins with it by chance.
 */
const SHORT_SESSION_ID_LENGTH = 16
/** Early data that no server can do anything with: an empty line. */
const EARLY_DATA = Uint8Array.of(0x0d, 0x0a)

export const resumptionProbe: Probe<ResumptionAnswer> = {
  name: 'resumption',
  question: 'Are sessions resumed, by session id, ticket and PSK, and is early data taken?',
  reference: 'RFC 5246 §7.3, RFC 5077 §3.1, RFC 8446 §2.2 and §2.3, CVE-2016-9244',
  connections: 8,
  skip: () => undefined,

  ask: async (server) => {
    const protocol = oldProtocol(server.known)
    return {
      old: protocol === undefined ? undefined : await askOld(server, protocol),
      tls13: server.known.protocols.includes('TLSv1.3') ? await askTls13(server) : undefined,
    }
  },

  judge({ old, tls13 }) {
    const lifetimes = [old?.lifetime, tls13?.lifetime].filter((lifetime) => lifetime !== undefined)
    const failed = old?.byTicket === 'failed' || tls13?.byPsk === 'failed'
    return {
      features: {
        sessionIdResumption: old === undefined ? 'not-applicable' : attemptFact(old.byId),
        ticketResumption: old === undefined ? 'not-applicable' : attemptFact(old.byTicket),
        pskResumption: tls13 === undefined ? 'not-applicable' : attemptFact(tls13.byPsk),
        ticketLifetime: lifetimes.length > 0 ? Math.max(...lifetimes) : failed ? 'unknown' : 'not-applicable',
        earlyData: tls13 === undefined ? 'not-applicable' : earlyDataFact(tls13),
      },
      flaws: { ticketbleed: old === undefined ? 'not-applicable' : ticketbleed(old) },
    }
  },
}

export const resumption: AnyProbe = probe(resumptionProbe)

function attemptFact(attempt: Attempt): Fact {
  if (attempt === 'resumed') return true
  return attempt === 'failed' ? 'unknown' : false
}

/** A ticket that allows early data says it: RFC 8446 §4.6.1. */
function earlyDataFact({ maxEarlyData, earlyData, byPsk }: { maxEarlyData: number | undefined; earlyData: string; byPsk: Attempt }): Fact {
  if (maxEarlyData !== undefined && maxEarlyData > 0) return earlyData === 'accepted' ? true : earlyData === 'rejected' ? false : 'unknown'
  return byPsk === 'failed' ? 'unknown' : false
}

/** More bytes than were sent, beginning with those that were: memory of the server. */
function ticketbleed({ byTicket, sessionId: { sent, received } }: NonNullable<ResumptionAnswer['old']>): Fact {
  if (byTicket === 'nothing-to-resume') return 'not-applicable'
  if (received === undefined) return 'unknown'
  return received.length > sent.length && sent.every((byte, index) => received[index] === byte)
}

function oldProtocol(known: Known): HelloProtocol | undefined {
  return known.protocols.find((protocol) => protocol !== 'TLSv1.3')
}

async function askOld(server: Server, protocol: HelloProtocol): Promise<NonNullable<ResumptionAnswer['old']>> {
  const options: Partial<SessionOptions> = { protocols: [protocol], cipherSuites: sessionSuites(server.known, protocol) }
  const first = await firstSession(server, options)
  const saved = first.resumption
  const sent = randomBytes(SHORT_SESSION_ID_LENGTH)
  const nothing: Attempt = first.connected ? 'nothing-to-resume' : 'failed'
  const byTicket =
    saved?.ticket === undefined ? undefined : await again(server, { ...options, resume: { ...saved, sessionId: sent }, sessionId: sent })
  return {
    byId: first.connected ? await byId(server, options, saved) : 'failed',
    byTicket: byTicket?.attempt ?? nothing,
    lifetime: first.lifetime,
    sessionId: { sent, received: byTicket?.echo },
  }
}

/** Whoever hands out tickets often gives a session id only to clients that take none, RFC 5077 §3.4. */
async function byId(server: Server, options: Partial<SessionOptions>, saved: Resumption | undefined): Promise<Attempt> {
  const withoutTickets = { ...options, sessionTicket: false }
  const hasId = saved !== undefined && saved.sessionId.length > 0
  const first = hasId ? { resumption: saved, connected: true } : await firstSession(server, withoutTickets)
  if (!first.connected) return 'failed'
  if (first.resumption === undefined || first.resumption.sessionId.length === 0) return 'nothing-to-resume'
  return (await again(server, { ...withoutTickets, resume: { ...first.resumption, ticket: undefined } })).attempt
}

async function firstSession(
  server: Server,
  options: Partial<SessionOptions>,
): Promise<{ connected: boolean; resumption: Resumption | undefined; lifetime: number | undefined }> {
  return server.session(options, async (conversation) => {
    const connected = await conversation.handshake()
    const resumption = conversation.find('connected')?.resumption
    return { connected, resumption, lifetime: conversation.find('new-session-ticket')?.lifetime }
  })
}

async function again(server: Server, options: Partial<SessionOptions>): Promise<{ attempt: Attempt; echo: Uint8Array | undefined }> {
  return server.session(options, async (conversation) => {
    await conversation.handshake()
    const connected = conversation.find('connected')
    const echo = conversation.find('server-hello')?.hello.legacySessionIdEcho
    return { attempt: connected === undefined ? 'failed' : connected.resumed ? 'resumed' : 'new-session', echo }
  })
}

async function askTls13(server: Server): Promise<NonNullable<ResumptionAnswer['tls13']>> {
  const { events, connected, options, heard } = await tls13Session(server)
  const ticket = events.find((event) => event.kind === 'new-session-ticket')
  const nothing: Attempt = connected ? 'nothing-to-resume' : 'failed'
  const base = { lifetime: ticket?.lifetime, maxEarlyData: ticket?.maxEarlyData }
  if (ticket?.resumption === undefined) return { ...base, byPsk: nothing, earlyData: 'not-offered' }
  const ticketAge = (): number => Math.ceil(performance.now() - heard)
  return { ...base, ...(await resumeTls13(server, { ...options, ticketAge }, ticket.resumption)) }
}

async function resumeTls13(
  server: Server,
  options: Partial<SessionOptions>,
  resume: Resumption,
): Promise<{ byPsk: Attempt; earlyData: string }> {
  const earlyData = resume.maxEarlyData > 0 ? EARLY_DATA : undefined
  return server.session({ ...options, resume, earlyData }, async (conversation) => {
    await conversation.handshake()
    const connected = conversation.find('connected')
    const byPsk: Attempt = connected === undefined ? 'failed' : connected.resumed ? 'resumed' : 'new-session'
    return { byPsk, earlyData: connected?.earlyData ?? 'not-offered' }
  })
}
