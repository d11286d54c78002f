import { protocolVersion } from '../../registry/index.ts'
import { FlightReader, type FlightItem } from '../flight.ts'
import { CONTENT_TYPE, encodeRecords, fragmentRecords, type TlsRecord } from '../record.ts'
import { concat } from './octets.ts'
import { NoProtection, type Opened, type RecordProtection } from './record-protection.ts'
import { SessionEnd } from './session-end.ts'
import type { SessionEvent } from './session-event.ts'

const ALERT_LENGTH = 2
const TLS12: number = protocolVersion.code('TLSv1.2')

/** Both directions of a connection as records: what protects them, and what waits to be sent. */
export class RecordChannel {
  readonly #observe: ((record: SessionEvent & { readonly kind: 'record' }) => void) | undefined
  readonly #flight = new FlightReader()
  /** On records that nothing protects. */
  #version: number
  #tls13 = false
  readonly #clear = new NoProtection(() => this.#version)
  #reading: RecordProtection = this.#clear
  #writing: RecordProtection = this.#clear
  #readsSealed = false
  #lastSealed = false
  #outgoing: Uint8Array[] = []

  constructor(firstVersion: number, observe?: (record: SessionEvent & { readonly kind: 'record' }) => void) {
    this.#version = firstVersion
    this.#observe = observe
    this.#flight.setProtected((record) => this.#open(record))
  }

  /** Whether what came last came under keys. */
  get lastSealed(): boolean {
    return this.#lastSealed
  }

  /** The version that the server chose, which goes on records from now on. */
  setVersion(version: number): void {
    this.#tls13 = version > TLS12
    // RFC 8446 §5.1: the field stays at 0x0303.
    this.#version = Math.min(version, TLS12)
  }

  push(bytes: Uint8Array): void {
    this.#flight.push(bytes)
  }

  /** Throws `MalformedError`, and `SessionEnd` where the keys do not open a record. */
  next(): FlightItem | undefined {
    return this.#flight.next()
  }

  protectReading(protection: RecordProtection): void {
    this.#reading = protection
    this.#readsSealed = true
    // Said anew, because a message must not span a change of keys.
    this.#flight.setProtected((record) => this.#open(record))
  }

  protectWriting(protection: RecordProtection): void {
    this.#writing = protection
  }

  /** Back to clear: a second hello stands behind early data that was refused, RFC 8446 §4.2.10. */
  writeInClear(): void {
    this.#writing = this.#clear
  }

  /** From now on only alerts in clear can be understood. */
  stopOpening(): void {
    this.#flight.setProtected()
  }

  /** Queues a message, cut into records as needed. */
  send(type: number, bytes: Uint8Array): void {
    for (const { fragment } of fragmentRecords(type, this.#version, bytes)) {
      this.#outgoing.push(encodeRecords([this.#writing.seal(type, fragment)]))
    }
  }

  /** What was queued since the last time. */
  takeOutgoing(): Uint8Array {
    const bytes = concat(...this.#outgoing)
    this.#outgoing = []
    return bytes
  }

  #open(record: TlsRecord): Opened {
    const sealed = this.#readsSealed && !this.#isClear(record)
    const opened = sealed ? this.#reading.open(record) : record
    this.#lastSealed = sealed
    this.#observe?.({
      kind: 'record',
      type: record.type,
      version: record.legacyRecordVersion,
      length: record.fragment.length,
      sealed,
      innerType: opened?.type ?? record.type,
      innerLength: opened?.fragment.length ?? 0,
    })
    if (!opened) throw new SessionEnd({ kind: 'bad-record', type: record.type, length: record.fragment.length })
    return opened
  }

  /** No protection adds nothing: two octets are an alert in clear. In TLS 1.3 change_cipher_spec is never protected, RFC 8446 §5. */
  #isClear({ type, fragment }: TlsRecord): boolean {
    if (type === CONTENT_TYPE.alert) return fragment.length === ALERT_LENGTH
    return type === CONTENT_TYPE.change_cipher_spec && this.#tls13
  }
}
