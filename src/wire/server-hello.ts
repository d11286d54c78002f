import { RANDOM_LENGTH } from './client-hello.ts'
import { EXTENSION_TYPE, findExtension, readExtensions, writeExtensions, type RawExtension } from './extension.ts'
import { decodeKeyShareHelloRetryRequest, decodeKeyShareServerHello } from './key-share.ts'
import { Reader } from './reader.ts'
import { decodeSupportedVersionsServerHello } from './supported-versions.ts'
import { Writer } from './writer.ts'

/** The `random` that makes a ServerHello a HelloRetryRequest: SHA-256 of "HelloRetryRequest", RFC 8446 §4.1.3. */
export const HELLO_RETRY_REQUEST_RANDOM: Uint8Array = new Uint8Array([
  0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c,
  0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
])

/** "DOWNGRD", the seven bytes before the last one of `random`, RFC 8446 §4.1.3. */
const DOWNGRADE_SENTINEL = [0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44]

/**
 * The body of a ServerHello, and of a HelloRetryRequest, which has the same shape. RFC 8446 §4.1.3 and §4.1.4,
 * RFC 5246 §7.4.1.3:
 *
 *     struct {
 *         ProtocolVersion legacy_version = 0x0303;
 *         Random random;
 *         opaque legacy_session_id_echo<0..32>;
 *         CipherSuite cipher_suite;
 *         uint8 legacy_compression_method = 0;
 *         Extension extensions<6..2^16-1>;
 *     } ServerHello;
 */
export interface ServerHello {
  readonly legacyVersion: number
  /** 32 bytes. */
  readonly random: Uint8Array
  readonly legacySessionIdEcho: Uint8Array
  readonly cipherSuite: number
  readonly legacyCompressionMethod: number
  /** `undefined` when the hello has no extensions block, which is not an empty one. */
  readonly extensions: readonly RawExtension[] | undefined
}

/** Reads the body of a ServerHello or HelloRetryRequest. Throws `MalformedError`. */
export function decodeServerHello(body: Uint8Array): ServerHello {
  const reader = new Reader(body, 'ServerHello')
  const hello = {
    legacyVersion: reader.u16('legacy_version'),
    random: reader.take(RANDOM_LENGTH, 'random'),
    legacySessionIdEcho: reader.opaque(1, 'legacy_session_id_echo'),
    cipherSuite: reader.u16('cipher_suite'),
    legacyCompressionMethod: reader.u8('legacy_compression_method'),
    extensions: reader.left > 0 ? readExtensions(reader) : undefined,
  }
  reader.end()
  return hello
}

export function encodeServerHello(hello: ServerHello): Uint8Array {
  const writer = new Writer()
    .u16(hello.legacyVersion)
    .bytes(hello.random)
    .opaque(1, hello.legacySessionIdEcho)
    .u16(hello.cipherSuite)
    .u8(hello.legacyCompressionMethod)
  if (hello.extensions) writeExtensions(writer, hello.extensions)
  return writer.done()
}

/** A ServerHello that asks for another ClientHello, RFC 8446 §4.1.4. */
export function isHelloRetryRequest(hello: ServerHello): boolean {
  return hello.random.length === RANDOM_LENGTH && hello.random.every((byte, index) => byte === HELLO_RETRY_REQUEST_RANDOM[index])
}

/** The version the server chose: supported_versions where it is sent, RFC 8446 §4.2.1, else the old field. Throws `MalformedError`. */
export function selectedVersion(hello: ServerHello): number {
  const data = findExtension(hello.extensions, EXTENSION_TYPE.supported_versions)
  return data ? decodeSupportedVersionsServerHello(data) : hello.legacyVersion
}

/**
 * The group in key_share: the one the server used, or the one a HelloRetryRequest asks for, RFC 8446 §4.2.8.
 * Undefined when there is no key_share: up to TLS 1.2, for a plain PSK, or when only a cookie is asked for. Throws `MalformedError`.
 */
export function selectedGroup(hello: ServerHello): number | undefined {
  const data = findExtension(hello.extensions, EXTENSION_TYPE.key_share)
  if (!data) return undefined
  return isHelloRetryRequest(hello) ? decodeKeyShareHelloRetryRequest(data) : decodeKeyShareServerHello(data).group
}

/** What a server that could do better says it was talked down to, RFC 8446 §4.1.3. Undefined when it says nothing. */
export function downgradeSentinel(hello: ServerHello): 'TLSv1.2' | 'TLSv1.1 or below' | undefined {
  const start = hello.random.length - DOWNGRADE_SENTINEL.length - 1
  if (!DOWNGRADE_SENTINEL.every((byte, index) => byte === hello.random[start + index])) return undefined
  const last = hello.random.at(-1)
  if (last === 1) return 'TLSv1.2'
  return last === 0 ? 'TLSv1.1 or below' : undefined
}
