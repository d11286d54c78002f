import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * Extensions that mean something by being there: encrypt_then_mac (RFC 7366 §2), extended_master_secret (RFC 7627 §5.1),
 * truncated_hmac (RFC 6066 §7), post_handshake_auth (RFC 8446 §4.2.6), early_data of a ClientHello (RFC 8446 §4.2.10),
 * and a server's acknowledgement of server_name (RFC 6066 §3) or status_request (RFC 6066 §8). Throws `MalformedError` when there is data.
 */
export function decodeEmptyExtension(data: Uint8Array): void {
  new Reader(data, 'extension_data').end()
}

export function encodeEmptyExtension(): Uint8Array {
  return new Uint8Array(0)
}

/** cookie: `opaque cookie<1..2^16-1>`, to be sent back as it came, RFC 8446 §4.2.2. */
export function decodeCookie(data: Uint8Array): Uint8Array {
  const reader = new Reader(data, 'Cookie')
  const cookie = reader.opaque(2, 'cookie')
  reader.end()
  return cookie
}

export function encodeCookie(cookie: Uint8Array): Uint8Array {
  return new Writer().opaque(2, cookie).done()
}

/** renegotiation_info: `opaque renegotiated_connection<0..255>`, empty in a first handshake, RFC 5746 §3.2. */
export function decodeRenegotiationInfo(data: Uint8Array): Uint8Array {
  const reader = new Reader(data, 'RenegotiationInfo')
  const connection = reader.opaque(1, 'renegotiated_connection')
  reader.end()
  return connection
}

export function encodeRenegotiationInfo(connection: Uint8Array): Uint8Array {
  return new Writer().opaque(1, connection).done()
}

/** session_ticket: the data is the ticket, without a length, RFC 5077 §3.2. Empty in a ClientHello that asks for one and in every ServerHello. */
export function decodeSessionTicket(data: Uint8Array): Uint8Array {
  return new Reader(data, 'SessionTicket').rest()
}

export function encodeSessionTicket(ticket: Uint8Array): Uint8Array {
  return new Writer().bytes(ticket).done()
}

/** padding: the number of zero bytes, RFC 7685 §3. Throws `MalformedError` when another byte is among them. */
export function decodePadding(data: Uint8Array): number {
  const reader = new Reader(data, 'padding')
  if (reader.list((item) => item.u8('zero')).some((byte) => byte !== 0)) reader.refuse('zero', 'another byte')
  return data.length
}

export function encodePadding(length: number): Uint8Array {
  return new Uint8Array(length)
}
