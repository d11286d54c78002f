import type { X509Certificate } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { PosternError } from '../../errors.ts'
import { concealing, HopOpening, passed, type Conceal, type HopAbilities, type HopOutcome, type Login } from '../../dialects/index.ts'
import type { ClientAttempt } from '../tls/client-options.ts'
import { negotiated, type Negotiated } from '../tls/negotiated.ts'
import { secureBackend } from '../tls/secure-backend.ts'
import { converse, type Conversed } from './converse.ts'
import type { Demand } from './demand.ts'
import { isFailure, type HopFailure } from './hop-failure.ts'
import { askedFor, judgeHop, trustFor, type Checked, type Untrusted } from './hop-trust.ts'
import { hearSessions, originOf, ticketFrom, whyOver, type HopSession, type HopSessions, type SessionsThere } from './hop-sessions.ts'
import { listed, policyWords, whyTooWeak, type Leg } from './leg.ts'

/** A next hop that takes transactions. */
export interface OpenHop {
  readonly stream: Duplex
  readonly abilities: HopAbilities
  readonly tls?: HopTls
  /** In the clear, since TLS came to nothing. */
  readonly tlsFailed?: true
  /** Where it was told a secret, which it may repeat. */
  readonly conceal?: Conceal
}

export interface HopTls {
  readonly negotiated: Negotiated
  readonly checked: Checked
  /** What it has shown, now or when the session was made that was taken up. */
  readonly leaf: X509Certificate | undefined
  /** Why the policy would not allow it, as a clause. */
  readonly tooWeak?: string
}

/** Where and how to go. */
export interface HopWay {
  /** What the next hop is called: a name of DNS, or its address. */
  readonly name: string
  readonly address: string
  readonly port: number
  readonly leg: Leg
  readonly demand: Demand
  /** TLS was tried, and may be left out. */
  readonly plain?: true
  readonly clientName: string
  readonly lmtp: boolean
  readonly now: () => Date
  /** Those of connections before. */
  readonly sessions?: HopSessions
  /** Milliseconds: to connect, and for each conversation. */
  readonly patience: { readonly connect: number; readonly talk: number }
}

/** Milliseconds: the ticket of whoever takes a connection within so many is waited for, and no longer than that. */
const NEAR = 10
const TICKET = 10

/** Connects, and leads the next hop up to the first transaction. Never rejects; where it fails, the connection is gone. */
export async function openHop(way: HopWay): Promise<OpenHop | HopFailure> {
  let last: HopFailure | undefined
  // Versions with gaps between them take several hellos, the newest first, each over a connection of its own.
  for (const attempt of way.leg.attemptsAt(way.now(), way.demand)) {
    const opened = await openTakingUp(way, attempt)
    if (!('said' in opened) || opened.tls !== 'version') return opened
    last = opened
  }
  return last ?? { said: `451 4.7.5 There is nothing that ${policyWords(way.leg)} allows` }
}

/** With a session of a connection before, if there is one; where that comes to nothing, as if there were none. */
async function openTakingUp(way: HopWay, attempt: ClientAttempt): Promise<OpenHop | HopFailure> {
  const { plain, now, name, address, port, demand } = way
  const serverName = askedFor(demand.check, name)
  const sessions = plain === true ? undefined : way.sessions?.at({ attempt, name, address, port, serverName, check: demand.check })
  const kept = sessions?.take(now())
  const opened = await openOnce(way, { attempt, serverName, sessions, kept })
  if (kept === undefined || !isFailure(opened) || opened.tls === undefined || opened.tls === 'not-offered') return opened
  sessions?.forget()
  return openOnce(way, { attempt, serverName, sessions, kept: undefined })
}

/** What goes into one handshake, where there is one. */
interface Hello {
  readonly attempt: ClientAttempt
  /** Whom to ask for. */
  readonly serverName: string
  /** Of connections before, and the one that is taken up. */
  readonly sessions: SessionsThere | undefined
  readonly kept: HopSession | undefined
}

interface NearHello extends Hello {
  readonly isNear: boolean
}

async function openOnce(way: HopWay, hello: Hello): Promise<OpenHop | HopFailure> {
  const login = await loginFor(way)
  if (login !== undefined && 'said' in login) return login
  const begun = performance.now()
  const socket = await connected(way)
  if ('said' in socket) return socket
  const isNear = performance.now() - begun < NEAR
  const opened = await beginWith(socket, way, { ...hello, isNear }, login)
  return login === undefined || isFailure(opened) ? opened : { ...opened, conceal: concealing(login) }
}

async function beginWith(socket: Socket, way: HopWay, hello: NearHello, login: Login | undefined): Promise<OpenHop | HopFailure> {
  const { implicit } = way.leg
  const tls = implicit ? 'begun' : way.plain === true ? 'never' : way.demand.tls
  const opening = new HopOpening({ clientName: way.clientName, lmtp: way.lmtp, tls, ...(login === undefined ? {} : { login }) })
  try {
    if (implicit) return await inTls(socket, way, hello, (stream) => converse(stream, opening, '', way.patience.talk))
    const outcome = await converse(socket, opening, '', way.patience.talk)
    if (outcome.kind === 'starttls')
      return await inTls(socket, way, hello, (stream) => converse(stream, opening, opening.secured(), way.patience.talk))
    return ready(socket, outcome) ?? gaveUp(socket, outcome, way)
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** What cannot be had is no reason to go without. */
async function loginFor({ leg }: HopWay): Promise<Login | HopFailure | undefined> {
  try {
    return await leg.secret?.login()
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    return { said: `451 4.7.8 ${error.message} (login of ${leg.title})` }
  }
}

async function inTls(
  socket: Socket,
  way: HopWay,
  { attempt, serverName, sessions, kept, isNear }: NearHello,
  talk: (stream: Duplex) => Promise<Conversed>,
): Promise<OpenHop | HopFailure> {
  const { leg, demand, now } = way
  try {
    const patience = way.patience.talk
    const stream = await secureBackend(socket, {
      attempt,
      trust: trustFor(demand.check),
      title: title(way),
      serverName,
      patience,
      ...(kept === undefined ? {} : { takesUp: { session: kept.session, leaf: kept.origin.chain[0] } }),
    })
    stream.on('error', () => {})
    const origin = originOf(stream, demand.check, kept, now())
    const judged = judgeHop(origin.chain, demand.check, now())
    if ('why' in judged) return untrusted(stream, judged, way)
    const found = negotiated(stream)
    const tooWeak = whyTooWeak(found, leg)
    if (tooWeak !== undefined && leg.stageAt(now(), demand) === 'explain') {
      stream.destroy()
      return { said: `451 4.7.5 ${title(way)}: ${tooWeak} by ${policyWords(leg)}`, tls: 'policy' }
    }
    const tickets = hearSessions(stream, (session) => sessions?.note({ ...session, origin }))
    if (isNear && !stream.isSessionReused()) await ticketFrom(stream, TICKET)
    const outcome = await talk(stream)
    // They are on their way before whatever it answers.
    sessions?.counted(stream.isSessionReused() ? 'resumed' : 'whole', tickets())
    const tls = { negotiated: found, checked: judged.checked, leaf: origin.chain[0], ...(tooWeak === undefined ? {} : { tooWeak }) }
    return ready(stream, outcome, tls) ?? gaveUp(stream, outcome, way)
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    return tlsFailure(error, way, attempt)
  }
}

function ready(stream: Duplex, outcome: Conversed, tls?: HopTls): OpenHop | undefined {
  return outcome.kind === 'ready' ? { stream, abilities: outcome.abilities, ...(tls === undefined ? {} : { tls }) } : undefined
}

function gaveUp(stream: Duplex, outcome: Conversed, way: HopWay): HopFailure {
  stream.destroy()
  return conversedFailure(outcome, stream, way)
}

function conversedFailure(outcome: Conversed, stream: Duplex, way: HopWay): HopFailure {
  switch (outcome.kind) {
    case 'lost':
      return { said: `451 4.4.2 ${title(way)}: ${whyOver(stream)}` }
    case 'late':
      return { said: `451 4.4.2 ${title(way)} does not answer in time` }
    case 'no-tls':
      return {
        said: `451 4.7.4 ${title(way)} offers no STARTTLS, and nothing goes there in the clear: ${way.demand.by}`,
        tls: 'not-offered',
      }
    case 'no-login':
      return { said: `451 4.7.4 ${title(way)} offers no way to log in with what login of ${way.leg.title} has` }
    case 'refused':
      return refusedFailure(outcome, way)
    default:
      return { said: `451 4.5.0 ${title(way)} does not speak ${way.lmtp ? 'LMTP' : 'SMTP'} as it should (${outcome.kind})` }
  }
}

/** RFC 5321 §3.1: it may send everybody away, or us. What it said is passed on; of STARTTLS it may say something else the next time. */
function refusedFailure({ to, reply }: HopOutcome & { kind: 'refused' }, way: HopWay): HopFailure {
  const [first = ''] = passed(reply).text.split('\r\n')
  const [code, enhanced, words] = [first.slice(0, 3), first.slice(4).split(' ', 1)[0] ?? '', first.slice(4).replace(/^\S+ ?/, '')]
  if (to === 'login') {
    way.leg.secret?.forget()
    const said = `451 4.7.8 ${title(way)} does not let ${way.leg.login?.user ?? 'us'} log in, as login of ${way.leg.title} says: ${words}`
    // A token may be another the next time. A password is not, and relays lock out who tries it again and again.
    return { said, ...(reply.code.startsWith('5') && way.leg.login?.from.kind === 'password' ? { final: true } : {}) }
  }
  if (to === 'starttls') return { said: `451 4.7.4 ${title(way)} refuses STARTTLS: ${words}`, tls: 'not-offered' }
  const isRefusal = /^[45]/.test(code)
  return { said: isRefusal ? `${code} ${enhanced} ${title(way)} said: ${words}` : `451 4.5.0 ${title(way)} said: ${first}` }
}

function tlsFailure(error: PosternError, way: HopWay, { protocols }: ClientAttempt): HopFailure {
  const prefix = `${title(way)}: `
  const why = error.message.slice(error.message.indexOf(prefix) + prefix.length)
  switch (error.code) {
    case 'GATE_BACKEND_VERSION':
      return {
        said: `451 4.7.5 ${title(way)} takes none of ${listed(protocols)}, and ${policyWords(way.leg)} allows nothing else: allow what it speaks, or add a destination with another policy`,
        tls: 'version',
      }
    case 'GATE_BACKEND_UNTRUSTED':
      return untrustedFailure({ why }, way)
    default:
      return { said: `451 4.7.5 ${title(way)} and this outlet find no TLS under ${policyWords(way.leg)}: ${why}`, tls: 'handshake' }
  }
}

function untrusted(stream: Duplex, judged: Untrusted, way: HopWay): HopFailure {
  stream.destroy()
  return untrustedFailure(judged, way)
}

function untrustedFailure({ why, result }: Untrusted, way: HopWay): HopFailure {
  return {
    said: `451 4.7.5 ${title(way)} cannot be believed: ${why}; that is demanded by ${way.demand.by}`,
    tls: 'certificate',
    ...(result === undefined ? {} : { result }),
  }
}

/** How a next hop is called in replies. */
export function title({ name, address }: Pick<HopWay, 'name' | 'address'>): string {
  return name === address ? `[${address}]` : `${name} [${address}]`
}

function connected(way: HopWay): Promise<Socket | HopFailure> {
  const { address, port, patience } = way
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, noDelay: true })
    const fail = (why: string): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ said: `451 4.4.1 Cannot connect to ${title(way)} port ${port}: ${why}` })
    }
    const timer = setTimeout(() => fail('no answer in time'), patience.connect)
    socket.once('error', (error) => fail('code' in error && typeof error.code === 'string' ? error.code : error.message))
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.removeAllListeners('error')
      // Between two who listen nobody may be there to hear of it; that it is closed they hear all the same.
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}
