import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** What a record carries, by the names of RFC 8446 §5.1 and RFC 6520 §6. Other numbers are legal here and are kept. */
export const CONTENT_TYPE = {
  change_cipher_spec: 20,
  alert: 21,
  handshake: 22,
  application_data: 23,
  heartbeat: 24,
} as const

/** Plaintext in one record, RFC 8446 §5.1 and RFC 5246 §6.2.1. */
export const MAX_PLAINTEXT_LENGTH: number = 2 ** 14

/**
 * One TLS record as it is on the wire. RFC 8446 §5.1:
 *
 *     struct {
 *         ContentType type;
 *         ProtocolVersion legacy_record_version;
 *         uint16 length;
 *         opaque fragment[TLSPlaintext.length];
 *     } TLSPlaintext;
 *
 * `type` and `legacyRecordVersion` are plain numbers: an auditor must be able to
 * see, and to send, values no registry knows.
 */
export interface TlsRecord {
  readonly type: number
  readonly legacyRecordVersion: number
  readonly fragment: Uint8Array
}

/** Reads one record that fills `bytes` exactly. Throws `MalformedError`. */
export function decodeRecord(bytes: Uint8Array): TlsRecord {
  const reader = new Reader(bytes, 'Record')
  const record = {
    type: reader.u8('type'),
    legacyRecordVersion: reader.u16('legacy_record_version'),
    fragment: reader.opaque(2, 'fragment'),
  }
  reader.end()
  return record
}

export function encodeRecord(record: TlsRecord): Uint8Array {
  return encodeRecords([record])
}

/** Several records back to back, as they would leave in one segment. */
export function encodeRecords(records: readonly TlsRecord[]): Uint8Array {
  const writer = new Writer()
  for (const record of records) {
    writer.u8(record.type).u16(record.legacyRecordVersion).opaque(2, record.fragment)
  }
  return writer.done()
}

/**
 * Spreads `bytes` over records of at most `max` bytes each, RFC 8446 §5.1. No bytes make one empty record, which
 * is legal for application data only.
 */
export function fragmentRecords(
  type: number,
  legacyRecordVersion: number,
  bytes: Uint8Array,
  max: number = MAX_PLAINTEXT_LENGTH,
): readonly TlsRecord[] {
  const reader = new Reader(bytes, 'fragment')
  const records: TlsRecord[] = []
  do {
    records.push({ type, legacyRecordVersion, fragment: reader.take(Math.min(max, reader.left), 'fragment') })
  } while (reader.left > 0)
  return records
}
