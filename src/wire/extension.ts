import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** Extensions that have a codec here, by their IANA names. Other numbers are legal and are kept. */
export const EXTENSION_TYPE = {
  server_name: 0,
  max_fragment_length: 1,
  truncated_hmac: 4,
  status_request: 5,
  supported_groups: 10,
  ec_point_formats: 11,
  signature_algorithms: 13,
  heartbeat: 15,
  application_layer_protocol_negotiation: 16,
  status_request_v2: 17,
  signed_certificate_timestamp: 18,
  padding: 21,
  encrypt_then_mac: 22,
  extended_master_secret: 23,
  compress_certificate: 27,
  record_size_limit: 28,
  session_ticket: 35,
  pre_shared_key: 41,
  early_data: 42,
  supported_versions: 43,
  cookie: 44,
  psk_key_exchange_modes: 45,
  certificate_authorities: 47,
  post_handshake_auth: 49,
  signature_algorithms_cert: 50,
  key_share: 51,
  /** Draft-agl-tls-nextprotoneg; never registered. */
  next_protocol_negotiation: 13172,
  renegotiation_info: 65281,
} as const

/** An extension nobody has interpreted yet. RFC 8446 §4.2. Order, duplicates and unknown types are evidence. */
export interface RawExtension {
  readonly type: number
  readonly data: Uint8Array
}

/** `Extension extensions<0..2^16-1>`, with its length. */
export function readExtensions(reader: Reader): readonly RawExtension[] {
  return reader.vector(2, 'extensions', (block) =>
    block.list((item) => ({
      type: item.u16('extension_type'),
      data: item.opaque(2, 'extension_data'),
    })),
  )
}

/** `Extension extensions<0..2^16-1>`, with its length. */
export function writeExtensions(writer: Writer, extensions: readonly RawExtension[]): Writer {
  return writer.vector(2, (block) => {
    for (const { type, data } of extensions) block.u16(type).opaque(2, data)
  })
}

/** The data of the first extension of this type, or undefined: no extensions block is the same as none of this type. */
export function findExtension(extensions: readonly RawExtension[] | undefined, type: number): Uint8Array | undefined {
  return extensions?.find((extension) => extension.type === type)?.data
}
