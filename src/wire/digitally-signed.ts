import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

/** The version that named the algorithm in every signature, RFC 5246 §4.7. */
const TLS12 = 0x0303

/**
 * A signature over parts of the handshake. RFC 5246 §4.7, and RFC 8446 §4.4.3 with SignatureScheme for the same two bytes:
 *
 *     struct {
 *         SignatureAndHashAlgorithm algorithm;
 *         opaque signature<0..2^16-1>;
 *     } DigitallySigned;
 */
export interface DigitallySigned {
  /** Undefined before TLS 1.2, where the key decides: RSA signs MD5 with SHA-1, DSA and ECDSA sign SHA-1, RFC 4346 §7.4.3, RFC 4492 §5.4. */
  readonly algorithm: number | undefined
  readonly signature: Uint8Array
}

export function readDigitallySigned(reader: Reader, version: number): DigitallySigned {
  return {
    algorithm: version >= TLS12 ? reader.u16('algorithm') : undefined,
    signature: reader.opaque(2, 'signature'),
  }
}

export function writeDigitallySigned(writer: Writer, signed: DigitallySigned): Writer {
  if (signed.algorithm !== undefined) writer.u16(signed.algorithm)
  return writer.opaque(2, signed.signature)
}
