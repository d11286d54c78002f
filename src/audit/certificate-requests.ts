import { protocolVersion } from '../registry/index.ts'
import { encodeHandshake, HANDSHAKE_TYPE, type SessionEvent } from '../wire/index.ts'
import type { Observation } from './observation.ts'
import type { Heard } from './proof.ts'

const TLS13 = protocolVersion.code('TLSv1.3')

/** What was heard in passing of client certificates, with what shows it. */
export interface CertificateRequestsSeen {
  /** A CertificateRequest came. */
  readonly requested: Heard | undefined
  /** A flight had a certificate of the server and no CertificateRequest. Without that certificate there could be none, RFC 5246 §7.4.4. */
  readonly notRequested: Heard | undefined
  /** The server went on with a client that had declined. */
  readonly served: Heard | undefined
}

type Seen = { -readonly [K in keyof CertificateRequestsSeen]: CertificateRequestsSeen[K] }

const nothing = (): Seen => ({ requested: undefined, notRequested: undefined, served: undefined })

/** Gathers CertificateRequests from flights and sessions that were had for other reasons. */
export class CertificateRequests {
  readonly #withName: Seen = nothing()
  readonly #withoutName: Seen = nothing()

  /** What those see who name the server; what others see counts only where nobody names one, for a nameless host may be another. */
  get seen(): CertificateRequestsSeen {
    const { requested, notRequested } = this.#withName
    return requested === undefined && notRequested === undefined ? this.#withoutName : this.#withName
  }

  /** A flight up to TLS 1.2, in clear. */
  heard({ offer, answer: { flight, bytes } }: Observation): void {
    const seen = this.#of(offer.serverName)
    const body = flight.certificateRequest
    if (body !== undefined)
      seen.requested ??= { how: 'CertificateRequest', bytes: encodeHandshake({ type: HANDSHAKE_TYPE.certificate_request, body }) }
    else if (flight.whole && flight.certificate !== undefined) seen.notRequested ??= { how: NO_REQUEST, bytes }
  }

  /** A session: its flight, and whether it went on behind an empty Certificate. */
  saw(events: readonly SessionEvent[], serverName: string | undefined): void {
    const seen = this.#of(serverName)
    const request = events.find((event) => event.kind === 'certificate-request')
    if (request === undefined) {
      seen.notRequested ??= flightWithout(events)
      return
    }
    seen.requested ??= { how: 'CertificateRequest', bytes: request.bytes }
    const sign = events.find(goesOn)
    const message = sign?.kind === 'connected' ? events.find((event) => event.kind === 'finished') : sign
    if (message !== undefined && 'bytes' in message) seen.served ??= { how: WORDS[message.kind] ?? message.kind, bytes: message.bytes }
  }

  #of(serverName: string | undefined): Seen {
    return serverName === undefined ? this.#withoutName : this.#withName
  }
}

const NO_REQUEST = 'a whole flight without CertificateRequest'

/** In TLS 1.3 the request stands before the Certificate, RFC 8446 §4.3.2; before that, between it and ServerHelloDone. */
function flightWithout(events: readonly SessionEvent[]): Heard | undefined {
  const hello = events.find((event) => event.kind === 'server-hello')
  const certificate = events.find((event) => event.kind === 'certificate')
  if (hello === undefined || certificate === undefined) return undefined
  if (hello.version < TLS13 && !events.some((event) => event.kind === 'server-hello-done')) return undefined
  return { how: NO_REQUEST, bytes: hello.bytes }
}

/**
 * Up to TLS 1.2 the server's Finished answers our Certificate. In TLS 1.3 it comes before that, and so may application data; but not
 * a ticket, which takes the whole handshake where a client certificate was asked for, RFC 8446 §4.6.1.
 */
function goesOn(event: SessionEvent): boolean {
  if (event.kind === 'new-session-ticket') return event.resumption !== undefined
  return event.kind === 'connected' && event.version < TLS13
}

const WORDS: Readonly<Partial<Record<SessionEvent['kind'], string>>> = { 'new-session-ticket': 'NewSessionTicket', finished: 'Finished' }
