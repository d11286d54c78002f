import { registry, type Registry } from './open-code.ts'

/** TLS HandshakeType, RFC 8446 §4; 67 is Next Protocol Negotiation, which was never registered. */
const HANDSHAKE_TYPES = {
  hello_request: 0,
  client_hello: 1,
  server_hello: 2,
  hello_verify_request: 3,
  new_session_ticket: 4,
  end_of_early_data: 5,
  hello_retry_request: 6,
  encrypted_extensions: 8,
  request_connection_id: 9,
  new_connection_id: 10,
  certificate: 11,
  server_key_exchange: 12,
  certificate_request: 13,
  server_hello_done: 14,
  certificate_verify: 15,
  client_key_exchange: 16,
  client_certificate_request: 17,
  finished: 20,
  certificate_url: 21,
  certificate_status: 22,
  supplemental_data: 23,
  key_update: 24,
  compressed_certificate: 25,
  ekt_key: 26,
  next_protocol: 67,
  message_hash: 254,
} as const

export type HandshakeTypeName = keyof typeof HANDSHAKE_TYPES

export const handshakeType: Registry<HandshakeTypeName> = registry('TLS HandshakeType', 1, HANDSHAKE_TYPES)
