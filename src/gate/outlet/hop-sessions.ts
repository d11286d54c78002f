import { createHash, type X509Certificate } from 'node:crypto'
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
/** Milliseconds: certificates are looked at again after an hour. */
const MOST_AGE = 3_600_000

/**
 * Sessions of TLS with next hops, for as long as the process lives and its configuration stays: another connection need not exchange keys and certificates
 * again. The newest is taken up until another comes, since Postfix gives none when one was taken up. RFC 8446 §C.4 advises against that for the sake of
 * clients that want not to be known again, which those who send mail want.
 */
export class HopSessions {
  /** Those that were used least lately come first. */
  readonly #kept = new Map<string, HopSession>()
  #octets = 0

  get(place: SessionPlace, now: Date): HopSession | undefined {
    const key = keyOf(place)
    const kept = this.#drop(key)
    if (kept === undefined || kept.origin.until <= now.getTime()) return undefined
    this.#keep(key, kept)
    return kept
  }

  note(place: SessionPlace, session: HopSession): void {
    const key = keyOf(place)
    this.#drop(key)
    this.#keep(key, session)
    for (const oldest of this.#kept.keys()) {
      if (this.#octets <= MOST_OCTETS) return
      this.#drop(oldest)
    }
  }

  /** Something is wrong with it. */
  forget(place: SessionPlace): void {
    this.#drop(keyOf(place))
  }

  #keep(key: string, session: HopSession): void {
    this.#kept.set(key, session)
    this.#octets += octetsOf(session)
  }

  #drop(key: string): HopSession | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    this.#kept.delete(key)
    this.#octets -= octetsOf(kept)
    return kept
  }
}

function octetsOf({ session, origin }: HopSession): number {
  return session.length + origin.chain.reduce((sum, { raw }) => sum + raw.length, 0)
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

/** Gives every session that comes of a connection whose other end was found to be the right one. */
export function hearSessions(stream: TLSSocket, heard: (session: Buffer) => void): void {
  // In TLS 1.3 they come behind the handshake, RFC 8446 §4.6.1; before that it was over with them.
  stream.on('session', heard)
  const session = stream.getProtocol() === 'TLSv1.3' ? undefined : stream.getSession()
  if (session !== undefined) heard(session)
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
