import { readExtensions, writeExtensions, type RawExtension } from './extension.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * NewSessionTicket up to TLS 1.2. RFC 5077 §3.3:
 *
 *     struct {
 *         uint32 ticket_lifetime_hint;
 *         opaque ticket<0..2^16-1>;
 *     } NewSessionTicket;
 */
export interface NewSessionTicket {
  /** Seconds; 0 leaves it to the client. */
  readonly ticketLifetimeHint: number
  readonly ticket: Uint8Array
}

export function decodeNewSessionTicket(body: Uint8Array): NewSessionTicket {
  const reader = new Reader(body, 'NewSessionTicket')
  const message = { ticketLifetimeHint: reader.u32('ticket_lifetime_hint'), ticket: reader.opaque(2, 'ticket') }
  reader.end()
  return message
}

export function encodeNewSessionTicket(message: NewSessionTicket): Uint8Array {
  return new Writer().u32(message.ticketLifetimeHint).opaque(2, message.ticket).done()
}

/**
 * NewSessionTicket of TLS 1.3. RFC 8446 §4.6.1:
 *
 *     struct {
 *         uint32 ticket_lifetime;
 *         uint32 ticket_age_add;
 *         opaque ticket_nonce<0..255>;
 *         opaque ticket<1..2^16-1>;
 *         Extension extensions<0..2^16-2>;
 *     } NewSessionTicket;
 */
export interface NewSessionTicketTls13 {
  /** Seconds. */
  readonly ticketLifetime: number
  readonly ticketAgeAdd: number
  readonly ticketNonce: Uint8Array
  readonly ticket: Uint8Array
  readonly extensions: readonly RawExtension[]
}

export function decodeNewSessionTicketTls13(body: Uint8Array): NewSessionTicketTls13 {
  const reader = new Reader(body, 'NewSessionTicket')
  const message = {
    ticketLifetime: reader.u32('ticket_lifetime'),
    ticketAgeAdd: reader.u32('ticket_age_add'),
    ticketNonce: reader.opaque(1, 'ticket_nonce'),
    ticket: reader.opaque(2, 'ticket'),
    extensions: readExtensions(reader),
  }
  reader.end()
  return message
}

export function encodeNewSessionTicketTls13(message: NewSessionTicketTls13): Uint8Array {
  const writer = new Writer().u32(message.ticketLifetime).u32(message.ticketAgeAdd).opaque(1, message.ticketNonce).opaque(2, message.ticket)
  return writeExtensions(writer, message.extensions).done()
}
