import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** heartbeat: 1 is peer_allowed_to_send, 2 is peer_not_allowed_to_send, RFC 6520 §2. */
export function decodeHeartbeatMode(data: Uint8Array): number {
  const reader = new Reader(data, 'HeartbeatExtension')
  const mode = reader.u8('mode')
  reader.end()
  return mode
}

export function encodeHeartbeatMode(mode: number): Uint8Array {
  return new Writer().u8(mode).done()
}

/** `HeartbeatMessageType`, RFC 6520 §4. */
export const HEARTBEAT_MESSAGE_TYPE = { heartbeat_request: 1, heartbeat_response: 2 } as const

/**
 * What a heartbeat record carries. RFC 6520 §4:
 *
 *     struct {
 *         HeartbeatMessageType type;
 *         uint16 payload_length;
 *         opaque payload[HeartbeatMessage.payload_length];
 *         opaque padding[padding_length];
 *     } HeartbeatMessage;
 */
export interface HeartbeatMessage {
  readonly type: number
  /** What the message says of itself. Encoding writes it as it is: a length that is a lie is what CVE-2014-0160 is about. */
  readonly payloadLength: number
  readonly payload: Uint8Array
  readonly padding: Uint8Array
}

/** Throws `MalformedError`, also for a `payload_length` longer than the message: such a one must be discarded, RFC 6520 §4. */
export function decodeHeartbeatMessage(fragment: Uint8Array): HeartbeatMessage {
  const reader = new Reader(fragment, 'HeartbeatMessage')
  const type = reader.u8('type')
  const payloadLength = reader.u16('payload_length')
  return { type, payloadLength, payload: reader.take(payloadLength, 'payload'), padding: reader.rest() }
}

export function encodeHeartbeatMessage(message: HeartbeatMessage): Uint8Array {
  return new Writer().u8(message.type).u16(message.payloadLength).bytes(message.payload).bytes(message.padding).done()
}
