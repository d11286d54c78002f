import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** Handshake messages that have a codec here, by the names of RFC 8446 §4, RFC 5246 §7.4 and those that came beside them. */
export const HANDSHAKE_TYPE = {
  hello_request: 0,
  client_hello: 1,
  server_hello: 2,
  new_session_ticket: 4,
  end_of_early_data: 5,
  encrypted_extensions: 8,
  certificate: 11,
  server_key_exchange: 12,
  certificate_request: 13,
  server_hello_done: 14,
  certificate_verify: 15,
  client_key_exchange: 16,
  finished: 20,
  certificate_status: 22,
  key_update: 24,
  compressed_certificate: 25,
  /** Draft-agl-tls-nextprotoneg. */
  next_protocol: 67,
  /** Stands in transcripts only, RFC 8446 §4.4.1. */
  message_hash: 254,
} as const

/**
 * One handshake message, its body not yet interpreted. RFC 8446 §4:
 *
 *     struct {
 *         HandshakeType msg_type;
 *         uint24 length;
 *         select (Handshake.msg_type) { … };
 *     } Handshake;
 */
export interface HandshakeMessage {
  readonly type: number
  readonly body: Uint8Array
}

/** Reads one message that fills `bytes` exactly. Throws `MalformedError`. */
export function decodeHandshake(bytes: Uint8Array): HandshakeMessage {
  const reader = new Reader(bytes, 'Handshake')
  const message = { type: reader.u8('msg_type'), body: reader.opaque(3, 'body') }
  reader.end()
  return message
}

/** The bytes that go into records and into the transcript. */
export function encodeHandshake(message: HandshakeMessage): Uint8Array {
  return new Writer().u8(message.type).opaque(3, message.body).done()
}
