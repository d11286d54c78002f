import { PosternError } from '../errors.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * SSL 2.0, and ClientHellos of later versions in its format (RFC 5246 §E.2). SSL 2.0 itself was never an RFC:
 * "SSL 0.2 PROTOCOL SPECIFICATION", Netscape 1995. RFC 6176 §3 forbids it: nothing here goes further than the hellos.
 */

/** Message types that have a codec here, SSL 2.0 specification, "Handshake Protocol Messages". */
export const SSLV2_MESSAGE_TYPE = { error: 0, client_hello: 1, server_hello: 4 } as const

/** `MSG-ERROR` codes by the names of the SSL 2.0 specification, "Errors". */
export const SSLV2_ERROR = {
  'NO-CIPHER-ERROR': 1,
  'NO-CERTIFICATE-ERROR': 2,
  'BAD-CERTIFICATE-ERROR': 4,
  'UNSUPPORTED-CERTIFICATE-TYPE-ERROR': 6,
} as const

/** The bit that says: two bytes of header, no padding. */
const SHORT_HEADER = 0x80

/** The bit of a three-byte header that marks a security escape, which nobody has ever defined. */
const SECURITY_ESCAPE = 0x40

/** What 15 bits of length can say. */
const MAX_SHORT_HEADER_LENGTH = 2 ** 15 - 1

/** What 14 bits of length can say. */
const MAX_LONG_HEADER_LENGTH = 2 ** 14 - 1

/**
 * One SSL 2.0 record. The header is two bytes (a set bit and 15 bits of length) or three
 * (a clear bit, the escape bit, 14 bits of length, and how many of the data bytes at the end are padding).
 */
export interface Sslv2Record {
  /** Undefined where the header has two bytes. */
  readonly longHeader: { readonly isEscape: boolean; readonly padding: number } | undefined
  /** Padding included. */
  readonly data: Uint8Array
}

/** Reads one record that fills `bytes` exactly. Throws `MalformedError`. */
export function decodeSslv2Record(bytes: Uint8Array): Sslv2Record {
  const reader = new Reader(bytes, 'Sslv2Record')
  const first = reader.u8('length')
  const low = reader.u8('length')
  if ((first & SHORT_HEADER) !== 0) {
    const record = { longHeader: undefined, data: reader.take(((first & ~SHORT_HEADER) << 8) | low, 'data') }
    reader.end()
    return record
  }
  const longHeader = { isEscape: (first & SECURITY_ESCAPE) !== 0, padding: reader.u8('padding') }
  const data = reader.take(((first & ~SECURITY_ESCAPE) << 8) | low, 'data')
  reader.end()
  return { longHeader, data }
}

export function encodeSslv2Record({ longHeader, data }: Sslv2Record): Uint8Array {
  const writer = new Writer()
  const most = longHeader === undefined ? MAX_SHORT_HEADER_LENGTH : MAX_LONG_HEADER_LENGTH
  if (data.length > most)
    throw new PosternError('bug', 'FIELD_OVERFLOW', `Cannot write ${data.length} bytes into an SSL 2.0 record: ${most} are the most`)
  if (longHeader === undefined) writer.u16((SHORT_HEADER << 8) | data.length)
  else writer.u16((longHeader.isEscape ? SECURITY_ESCAPE << 8 : 0) | data.length).u8(longHeader.padding)
  return writer.bytes(data).done()
}

/**
 * CLIENT-HELLO: of SSL 2.0, and of SSL 3.0 to TLS 1.2 in its format, which differs only in `version` and in that
 * suites of later versions stand among the cipher specs with a zero in front. RFC 5246 §E.2:
 *
 *     struct {
 *         uint8 msg_type;
 *         Version version;
 *         uint16 cipher_spec_length;
 *         uint16 session_id_length;
 *         uint16 challenge_length;
 *         V2CipherSpec cipher_specs[V2ClientHello.cipher_spec_length];
 *         opaque session_id[V2ClientHello.session_id_length];
 *         opaque challenge[V2ClientHello.challenge_length;
 *     } V2ClientHello;
 */
export interface Sslv2ClientHello {
  /** 0x0002 for SSL 2.0 alone. */
  readonly version: number
  /** Three-byte numbers: 0x010080 is SSL 2.0's RC4 with MD5, 0x00002f is TLS_RSA_WITH_AES_128_CBC_SHA. */
  readonly cipherSpecs: readonly number[]
  readonly sessionId: Uint8Array
  /** 16 to 32 bytes in hellos that TLS servers accept. */
  readonly challenge: Uint8Array
}

/** Reads the data of the record that carries a CLIENT-HELLO. Throws `MalformedError`. */
export function decodeSslv2ClientHello(data: Uint8Array): Sslv2ClientHello {
  const reader = new Reader(data, 'Sslv2ClientHello')
  readMessageType(reader, SSLV2_MESSAGE_TYPE.client_hello)
  const version = reader.u16('version')
  const cipherSpecLength = reader.u16('cipher_spec_length')
  const sessionIdLength = reader.u16('session_id_length')
  const challengeLength = reader.u16('challenge_length')
  const hello = {
    version,
    cipherSpecs: readCipherSpecs(reader, cipherSpecLength),
    sessionId: reader.take(sessionIdLength, 'session_id'),
    challenge: reader.take(challengeLength, 'challenge'),
  }
  reader.end()
  return hello
}

export function encodeSslv2ClientHello(hello: Sslv2ClientHello): Uint8Array {
  const writer = new Writer()
    .u8(SSLV2_MESSAGE_TYPE.client_hello)
    .u16(hello.version)
    .u16(hello.cipherSpecs.length * 3)
    .u16(hello.sessionId.length)
    .u16(hello.challenge.length)
  for (const spec of hello.cipherSpecs) writer.u24(spec)
  return writer.bytes(hello.sessionId).bytes(hello.challenge).done()
}

/** SERVER-HELLO, SSL 2.0 specification. It lists every cipher spec that both ends know: the client chooses. */
export interface Sslv2ServerHello {
  /** 1 when the session id of the client is taken up; certificate and cipher specs are empty then. */
  readonly sessionIdHit: number
  /** 1 is X.509. */
  readonly certificateType: number
  readonly serverVersion: number
  readonly certificate: Uint8Array
  readonly cipherSpecs: readonly number[]
  readonly connectionId: Uint8Array
}

/** Reads the data of the record that carries a SERVER-HELLO. Throws `MalformedError`. */
export function decodeSslv2ServerHello(data: Uint8Array): Sslv2ServerHello {
  const reader = new Reader(data, 'Sslv2ServerHello')
  readMessageType(reader, SSLV2_MESSAGE_TYPE.server_hello)
  const fixed = {
    sessionIdHit: reader.u8('session_id_hit'),
    certificateType: reader.u8('certificate_type'),
    serverVersion: reader.u16('server_version'),
  }
  const certificateLength = reader.u16('certificate_length')
  const cipherSpecsLength = reader.u16('cipher_specs_length')
  const connectionIdLength = reader.u16('connection_id_length')
  const hello = {
    ...fixed,
    certificate: reader.take(certificateLength, 'certificate_data'),
    cipherSpecs: readCipherSpecs(reader, cipherSpecsLength),
    connectionId: reader.take(connectionIdLength, 'connection_id'),
  }
  reader.end()
  return hello
}

export function encodeSslv2ServerHello(hello: Sslv2ServerHello): Uint8Array {
  const writer = new Writer()
    .u8(SSLV2_MESSAGE_TYPE.server_hello)
    .u8(hello.sessionIdHit)
    .u8(hello.certificateType)
    .u16(hello.serverVersion)
    .u16(hello.certificate.length)
    .u16(hello.cipherSpecs.length * 3)
    .u16(hello.connectionId.length)
    .bytes(hello.certificate)
  for (const spec of hello.cipherSpecs) writer.u24(spec)
  return writer.bytes(hello.connectionId).done()
}

/** Reads the data of the record that carries an ERROR: its code, such as `SSLV2_ERROR['NO-CIPHER-ERROR']`. Throws `MalformedError`. */
export function decodeSslv2Error(data: Uint8Array): number {
  const reader = new Reader(data, 'Sslv2Error')
  readMessageType(reader, SSLV2_MESSAGE_TYPE.error)
  const code = reader.u16('error_code')
  reader.end()
  return code
}

export function encodeSslv2Error(code: number): Uint8Array {
  return new Writer().u8(SSLV2_MESSAGE_TYPE.error).u16(code).done()
}

function readMessageType(reader: Reader, expected: number): void {
  const type = reader.u8('msg_type')
  if (type !== expected) reader.refuse('msg_type', `${type} instead of ${expected}`)
}

function readCipherSpecs(reader: Reader, length: number): readonly number[] {
  return reader.within(length, 'cipher_specs', (inner) => inner.list((item) => item.u24('cipher_spec')))
}
