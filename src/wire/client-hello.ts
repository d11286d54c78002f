import { readExtensions, writeExtensions, type RawExtension } from './extension.ts'
import { encodeHandshake, HANDSHAKE_TYPE } from './handshake.ts'
import { Reader } from './reader.ts'
import { CONTENT_TYPE, encodeRecords, fragmentRecords, MAX_PLAINTEXT_LENGTH } from './record.ts'
import { Writer } from './writer.ts'

/** Bytes in a `random` of either hello, RFC 8446 §4.1.2. */
export const RANDOM_LENGTH: number = 32

/**
 * The body of a ClientHello. RFC 8446 §4.1.2, and RFC 5246 §7.4.1.2 for hellos
 * that end after the compression methods:
 *
 *     struct {
 *         ProtocolVersion legacy_version = 0x0303;
 *         Random random;
 *         opaque legacy_session_id<0..32>;
 *         CipherSuite cipher_suites<2..2^16-2>;
 *         opaque legacy_compression_methods<1..2^8-1>;
 *         Extension extensions<8..2^16-1>;
 *     } ClientHello;
 */
export interface ClientHello {
  readonly legacyVersion: number
  /** 32 bytes. */
  readonly random: Uint8Array
  readonly legacySessionId: Uint8Array
  readonly cipherSuites: readonly number[]
  readonly legacyCompressionMethods: readonly number[]
  /** `undefined` when the hello has no extensions block, which is not an empty one. */
  readonly extensions: readonly RawExtension[] | undefined
}

/** Reads the body of a ClientHello. Throws `MalformedError`. */
export function decodeClientHello(body: Uint8Array): ClientHello {
  const reader = new Reader(body, 'ClientHello')
  const hello = {
    legacyVersion: reader.u16('legacy_version'),
    random: reader.take(RANDOM_LENGTH, 'random'),
    legacySessionId: reader.opaque(1, 'legacy_session_id'),
    cipherSuites: reader.u16s(2, 'cipher_suites'),
    legacyCompressionMethods: reader.u8s(1, 'legacy_compression_methods'),
    extensions: reader.left > 0 ? readExtensions(reader) : undefined,
  }
  reader.end()
  return hello
}

export function encodeClientHello(hello: ClientHello): Uint8Array {
  const writer = new Writer()
    .u16(hello.legacyVersion)
    .bytes(hello.random)
    .opaque(1, hello.legacySessionId)
    .u16s(2, hello.cipherSuites)
    .u8s(1, hello.legacyCompressionMethods)
  if (hello.extensions) writeExtensions(writer, hello.extensions)
  return writer.done()
}

/**
 * A ClientHello ready to be sent: message header, and records of at most `max` bytes.
 * `legacyRecordVersion` is 0x0301 where RFC 8446 §5.1 is followed, and 0x0300 to please SSLv3 servers.
 */
export function encodeClientHelloRecords(hello: ClientHello, legacyRecordVersion: number, max: number = MAX_PLAINTEXT_LENGTH): Uint8Array {
  const message = encodeHandshake({ type: HANDSHAKE_TYPE.client_hello, body: encodeClientHello(hello) })
  return encodeRecords(fragmentRecords(CONTENT_TYPE.handshake, legacyRecordVersion, message, max))
}
