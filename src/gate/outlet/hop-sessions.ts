import { createHash, type X509Certificate } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { presentedChain } from '../names/presented.ts'
import type { ClientAttempt } from '../tls/client-options.ts'
import { leafOf } from '../tls/secure-backend.ts'
import type { HopCheck } from './demand.ts'

/** The full handshake behind a session, which alone showed certificates. */
export interface SessionOrigin {
  /** The leaf first, and those behind it where DANE asks for them whenever the session is taken up. */
  readonly chain: readonly X509Certificate[]
  /** Milliseconds since 1970: nothing that comes of that handshake is taken up later, whatever servers say of newer tickets (RFC 8446 §4.6.1). */
  readonly until: number
}

/** A session that can be taken up. */
export interface HopSession {
  readonly session: Buffer
  /** Of TLS 1.3, RFC 8446 §4.6.1. */
  readonly isTicket: boolean
  readonly origin: SessionOrigin
}

/** Everything that a session depends on: it serves no handshake in which one of these is another. */
export interface SessionPlace {
  /** By what it was made: a policy as it is carried out. */
  readonly attempt: ClientAttempt
  readonly name: string
  readonly address: string
  readonly port: number
  /** Whom was asked for. */
  readonly serverName: string
  /** What was demanded of certificates, and found: names, authorities, TLSA records. */
  readonly check: HopCheck
}

/** All sessions with their certificates, in octets. */
const MOST_OCTETS = 4 * 1024 * 1024
/** Of one place: whoever gives more has them used before they are needed. */
const MOST_SESSIONS = 16
/** A session that has more octets is none: what it is made of but the ticket is a certificate and some numbers. */
const LARGEST = 16 * 1024
/** Milliseconds: certificates are looked at again after an hour. */
const MOST_AGE = 3_600_000

/** What is known of one place. */
interface Kept {
  /** Those that were not taken up, the newest last. */
  readonly unused: readonly HopSession[]
  /** The one that was taken up last. */
  readonly last?: HopSession
  /** Tickets of a whole handshake, and of one that took up a session, as far as that was seen. */
  readonly whole?: number
  readonly resumed?: number
}

/** Those of one place. */
export interface SessionsThere {
  /** The one to take up now. */
  readonly take: (now: Date) => HopSession | undefined
  readonly note: (session: HopSession) => void
  /** So many tickets came of a handshake that was whole, or took up a session. */
  readonly counted: (by: 'whole' | 'resumed', tickets: number) => void
  /** Something is wrong with them. */
  readonly forget: () => void
}

/**
 * Sessions of TLS with next hops, for as long as the process lives and its configuration stays: another connection need not exchange keys and certificates
 * again. A ticket of TLS 1.3 is taken up once (RFC 8446 §C.4), and without one that is left there is a whole handshake, which brings others. Where that
 * brings one and those that take it up none, as with Postfix, it is taken up again: nobody hides there who sends mail.
 */
export class HopSessions {
  /** Those that were used least lately come first. */
  readonly #kept = new Map<string, Kept>()
  #octets = 0

  at(place: SessionPlace): SessionsThere {
    const key = keyOf(place)
    return {
      take: (now) => this.#take(key, now),
      note: (session) => this.#note(key, session),
      counted: (by, tickets) => this.#counted(key, by, tickets),
      forget: () => void this.#drop(key),
    }
  }

  #take(key: string, now: Date): HopSession | undefined {
    const { unused: all = [], last, ...seen }: Partial<Kept> = this.#drop(key) ?? {}
    const holds = ({ origin }: HopSession): boolean => origin.until > now.getTime()
    const unused = all.filter(holds)
    const taken = unused.at(-1) ?? (last !== undefined && holds(last) ? last : undefined)
    if (taken === undefined) return undefined
    // Before TLS 1.3 a session is no ticket, and is there to be taken up again.
    this.#keep(key, taken.isTicket ? { ...seen, unused: unused.slice(0, -1), last: taken } : { unused })
    const isAlone = seen.whole === 1 && seen.resumed === 0
    return unused.length > 0 || isAlone ? taken : undefined
  }

  #note(key: string, session: HopSession): void {
    if (session.session.length > LARGEST) return
    const { unused = [], ...kept } = this.#drop(key) ?? {}
    this.#keep(key, { ...kept, unused: session.isTicket ? [...unused, session].slice(-MOST_SESSIONS) : [session] })
    for (const oldest of this.#kept.keys()) {
      if (this.#octets <= MOST_OCTETS) return
      this.#drop(oldest)
    }
  }

  #counted(key: string, by: 'whole' | 'resumed', tickets: number): void {
    const kept = this.#drop(key)
    if (kept !== undefined) this.#keep(key, { ...kept, [by]: tickets })
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.set(key, kept)
    this.#octets += octetsOf(kept)
  }

  #drop(key: string): Kept | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    this.#kept.delete(key)
    this.#octets -= octetsOf(kept)
    return kept
  }
}

function octetsOf({ unused, last }: Kept): number {
  const all = last === undefined ? unused : [...unused, last]
  const chains = new Set(all.flatMap(({ origin }) => origin.chain))
  return all.reduce((sum, { session }) => sum + session.length, 0) + [...chains].reduce((sum, { raw }) => sum + raw.length, 0)
}

function keyOf({ attempt, name, address, port, serverName, check }: SessionPlace): string {
  return createHash('sha256')
    .update(JSON.stringify([attempt.options, name, address, port, serverName, check]))
    .digest('base64')
}

/** Where what is known of the other end comes from: this handshake, or that of the session that it takes up. */
export function originOf(stream: TLSSocket, check: HopCheck, kept: HopSession | undefined, now: Date): SessionOrigin {
  if (kept !== undefined && stream.isSessionReused()) return kept.origin
  if (check.kind === 'dane') return { chain: presentedChain(stream), until: now.getTime() + MOST_AGE }
  const leaf = leafOf(stream)
  const end = check.kind === 'authority' ? leaf?.validToDate.getTime() : undefined
  return { chain: leaf === undefined ? [] : [leaf], until: Math.min(now.getTime() + MOST_AGE, end ?? Infinity) }
}

/** Tickets of one connection: whoever gives more has us work for nothing. The usual server gives two. */
const MOST_TICKETS = 32

const FLOODING = new WeakSet<Duplex>()

/** Why a connection to a next hop is over, as a clause. */
export function whyOver(stream: Duplex): string {
  return FLOODING.has(stream) ? 'it gives more tickets of TLS than anybody can use' : 'it has closed the connection'
}

/** Gives every session that comes of a connection whose other end was found to be the right one, and gives how many tickets it has given so far. */
export function hearSessions(stream: TLSSocket, heard: (session: Pick<HopSession, 'session' | 'isTicket'>) => void): () => number {
  const isTicket = stream.getProtocol() === 'TLSv1.3'
  let count = 0
  // In TLS 1.3 they come behind the handshake, RFC 8446 §4.6.1; before that it was over with them.
  stream.on('session', (session: Buffer) => {
    count += 1
    if (count <= MOST_SESSIONS) heard({ session, isTicket })
    if (count <= MOST_TICKETS) return
    FLOODING.add(stream)
    stream.destroy()
  })
  const session = isTicket ? undefined : stream.getSession()
  if (session !== undefined) heard({ session, isTicket })
  return () => count
}

/**
 * Waits for the first ticket of TLS 1.3, for so many milliseconds at most. A server that leaves Nagle's algorithm on, as Postfix does, keeps its next reply
 * until the ticket is acknowledged, which takes 40 ms where nothing else is said.
 */
export function ticketFrom(stream: TLSSocket, most: number): Promise<void> {
  if (stream.getProtocol() !== 'TLSv1.3') return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      stream.off('session', done)
      stream.off('close', done)
      // The ticket is told of while OpenSSL reads, and whatever is written meanwhile is lost.
      setImmediate(resolve)
    }
    const timer = setTimeout(done, most)
    stream.once('session', done)
    stream.once('close', done)
  })
}
