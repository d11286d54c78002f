import { readDigitallySigned, writeDigitallySigned, type DigitallySigned } from './digitally-signed.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * CertificateVerify: a signature over the transcript, RFC 8446 §4.4.3, RFC 5246 §7.4.8, RFC 4346 §7.4.8.
 * `version` as on the wire, such as 0x0304.
 */
export function decodeCertificateVerify(body: Uint8Array, version: number): DigitallySigned {
  const reader = new Reader(body, 'CertificateVerify')
  const signed = readDigitallySigned(reader, version)
  reader.end()
  return signed
}

export function encodeCertificateVerify(signed: DigitallySigned): Uint8Array {
  return writeDigitallySigned(new Writer(), signed).done()
}
