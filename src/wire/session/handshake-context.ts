import { X509Certificate, type KeyObject } from 'node:crypto'
import { EXTENSION_TYPE, findExtension, type RawExtension } from '../extension.ts'
import { decodeProtocolNameList } from '../application-protocols.ts'
import { encodeHandshake, type HandshakeMessage } from '../handshake.ts'
import { CONTENT_TYPE } from '../record.ts'
import type { ClientOffer } from './client-offer.ts'
import type { RecordChannel } from './record-channel.ts'
import type { SessionEvent } from './session-event.ts'
import type { SessionOptions } from './session-options.ts'
import type { Transcript } from './transcript.ts'

/** What one handshake has of the session that it belongs to. */
export interface HandshakeContext {
  readonly options: SessionOptions
  readonly channel: RecordChannel
  readonly transcript: Transcript
  readonly offer: ClientOffer
  /** What renegotiation_info of the server must hold, RFC 5746 §3.4 and §3.5. */
  readonly expectedRenegotiation: Uint8Array
  readonly emit: (event: SessionEvent) => void
}

/** A handshake from the ServerHello on. */
export interface Handshake {
  /** One message of the server, `bytes` with its header. False when it has no place here. */
  receive(message: HandshakeMessage, bytes: Uint8Array): boolean
  receiveChangeCipherSpec(): void
}

/** Sends a handshake message and puts it into the transcript. */
export function sendMessage({ channel, transcript }: HandshakeContext, type: number, body: Uint8Array): void {
  const bytes = encodeHandshake({ type, body })
  transcript.add(bytes)
  channel.send(CONTENT_TYPE.handshake, bytes)
}

/** The key of a certificate in DER; undefined when node:crypto cannot read it, which is no fault of the handshake's. */
export function readCertificateKey(der: Uint8Array | undefined): KeyObject | undefined {
  if (!der) return undefined
  try {
    return new X509Certificate(der).publicKey
  } catch {
    return undefined
  }
}

/** The protocol that the server took out of `alpn`, RFC 7301 §3.1. */
export function selectedProtocol(extensions: readonly RawExtension[] | undefined): string | undefined {
  const data = findExtension(extensions, EXTENSION_TYPE.application_layer_protocol_negotiation)
  return data && decodeProtocolNameList(data)[0]
}
