import { PosternError } from '../errors.ts'
import { decodeAlert } from './alert.ts'
import { ByteQueue } from './byte-queue.ts'
import { HANDSHAKE_TYPE } from './handshake.ts'
import { MalformedError, Reader } from './reader.ts'
import { CONTENT_TYPE, type TlsRecord } from './record.ts'
import { decodeServerHello, isHelloRetryRequest, selectedVersion } from './server-hello.ts'
import {
  decodeSslv2ClientHello,
  decodeSslv2Error,
  decodeSslv2Record,
  decodeSslv2ServerHello,
  SSLV2_MESSAGE_TYPE,
  type Sslv2ClientHello,
  type Sslv2ServerHello,
} from './sslv2.ts'

/** 2^14 bytes and what protection may add: 2048 up to TLS 1.2, RFC 5246 §6.2.3; 256 in TLS 1.3, RFC 8446 §5.2. */
export const MAX_FRAGMENT_LENGTH: number = 2 ** 14 + 2048

/**
 * A handshake message may say 16 MB. What servers send is chains, stapled answers and lists of every authority they trust: tens
 * of kB at most. OpenSSL stops at 100 kB for a chain by itself.
 */
export const MAX_HANDSHAKE_LENGTH: number = 256 * 1024

/** Bytes held and not yet read. Whoever calls `next()` until it is empty after each `push()` never holds more than a record. */
export const MAX_BUFFERED: number = 1024 * 1024

/** How much of what is not TLS a message shows. */
const SHOWN_LENGTH = 60

const RECORD_HEADER_LENGTH = 5
const HANDSHAKE_HEADER_LENGTH = 4
const ALERT_LENGTH = 2

/** Longer SSL 2.0 hellos behind a header of three bytes do not exist, and printable text begins here. */
const MAX_SSLV2_LONG_HEADER_FIRST = 0x1f
const TLS_MAJOR_VERSION = 3
const TLS13 = 0x0304

/** One thing that the peer said. Versions and types are numbers, and are kept as they came. */
export type FlightItem =
  | { readonly kind: 'handshake'; readonly type: number; readonly body: Uint8Array; readonly recordVersion: number }
  | { readonly kind: 'alert'; readonly level: number; readonly description: number; readonly recordVersion: number }
  | { readonly kind: 'change-cipher-spec'; readonly recordVersion: number }
  /** A record that cannot be read without keys. */
  | { readonly kind: 'encrypted'; readonly record: TlsRecord }
  | { readonly kind: 'application-data'; readonly record: TlsRecord }
  /** The fragment as it came: what a bleeding server sends may fill several records and need not decode. */
  | { readonly kind: 'heartbeat'; readonly record: TlsRecord }
  | { readonly kind: 'sslv2-client-hello'; readonly hello: Sslv2ClientHello }
  | { readonly kind: 'sslv2-server-hello'; readonly hello: Sslv2ServerHello }
  | { readonly kind: 'sslv2-error'; readonly code: number }

/**
 * Takes the protection off one record and gives what was inside: the real type and the plaintext. It sees every record,
 * and returns those that are never protected (change_cipher_spec in TLS 1.3) as they are. It throws what is wrong.
 */
export type RecordOpener = (record: TlsRecord) => { readonly type: number; readonly fragment: Uint8Array }

/**
 * Reads what a peer sends, however it was cut into segments: push bytes as they arrive, then take items until there are none.
 *
 * Nothing is decrypted here. After a change_cipher_spec (up to TLS 1.2), and after a ServerHello of TLS 1.3, records come out
 * as `encrypted`, unless `setProtected()` was given something that opens them. Items come one at a time, so that a key that
 * follows from one is in force before the next record is touched.
 */
export class FlightReader {
  readonly #bytes = new ByteQueue()
  readonly #handshake = new ByteQueue()
  readonly #alerts = new ByteQueue()
  /** Not worth looking before so many bytes are there. */
  #wanted = 1
  #started = false
  #tls13 = false
  #sealed = false
  #opener: RecordOpener | undefined
  #recordVersion = 0
  #failure: unknown

  /** Bytes that arrived and belong to nothing that came out: more than none at the end of a connection means it was cut. */
  get left(): number {
    return this.#bytes.length + this.#handshake.length + this.#alerts.length
  }

  /** Throws `PosternError` with code `TOO_MUCH_BUFFERED` when nobody takes what is pushed. */
  push(bytes: Uint8Array): void {
    if (this.left + bytes.length > MAX_BUFFERED) {
      throw new PosternError(
        'peer',
        'TOO_MUCH_BUFFERED',
        `Cannot hold what the peer sends: more than ${MAX_BUFFERED} bytes wait to be read`,
        { remedy: 'Check that the port speaks TLS.' },
      )
    }
    this.#bytes.push(bytes)
  }

  /** The next item, or undefined until more bytes arrive. Throws `MalformedError`, and throws the same again when called again. */
  next(): FlightItem | undefined {
    if (this.#failure !== undefined) throw this.#failure
    try {
      return this.#next()
    } catch (error) {
      this.#failure = error
      throw error
    }
  }

  /**
   * From the next record on, `open` is applied to every record; without `open`, every record comes out as `encrypted`.
   * A handshake message that is begun and not finished makes `next()` throw: it must not span a change of keys, RFC 8446 §5.1.
   */
  setProtected(open?: RecordOpener): void {
    this.#sealed = true
    this.#opener = open
    if (this.#handshake.length > 0) this.#failure ??= interrupted(this.#handshake, 'a change of keys')
  }

  /**
   * TLS 1.3: change_cipher_spec means nothing, RFC 8446 §D.4. A ServerHello that passes says so by itself; whoever reads a
   * client's flights has to.
   */
  setTls13(): void {
    this.#tls13 = true
  }

  #next(): FlightItem | undefined {
    for (;;) {
      const item = this.#takeMessage() ?? this.#takeAlert()
      if (item) return item
      if (this.#bytes.length < this.#wanted) return undefined
      if (!this.#started) {
        const first = this.#begin()
        if (first !== 'tls') return first
      }
      const record = this.#takeRecord()
      if (!record) return undefined
      const opened = this.#read(record)
      if (opened) return opened
    }
  }

  /** Decides what is spoken, by the first bytes: TLS goes on, SSL 2.0 is read here, and everything else is refused at once. */
  #begin(): FlightItem | 'tls' | undefined {
    const head = this.#bytes.peek(RECORD_HEADER_LENGTH)
    const [first = 0, second] = head
    if (isContentType(first)) {
      if (second === undefined) return this.#wait(2)
      if (second !== TLS_MAJOR_VERSION) throw this.#notTls()
      this.#started = true
      return 'tls'
    }
    return this.#takeSslv2(head)
  }

  #takeSslv2(head: Uint8Array): FlightItem | undefined {
    const [first = 0, low = 0, third = 0] = head
    const short = (first & 0x80) !== 0
    if (!short && first > MAX_SSLV2_LONG_HEADER_FIRST) throw this.#notTls()
    const typeAt = short ? 2 : 3
    if (head.length <= typeAt) return this.#wait(typeAt + 1)
    const length = ((first & 0x7f) << 8) | low
    if (!looksLikeSslv2(head[typeAt], length - (short ? 0 : third))) throw this.#notTls()
    if (this.#bytes.length < typeAt + length) return this.#wait(typeAt + length)
    const { longHeader, data } = decodeSslv2Record(this.#bytes.take(typeAt + length, 'Sslv2Record').rest())
    this.#wanted = 1
    return sslv2Item(new Reader(data, 'Sslv2Record').take(data.length - (longHeader?.padding ?? 0), 'data'))
  }

  #takeRecord(): TlsRecord | undefined {
    if (this.#bytes.length < RECORD_HEADER_LENGTH) return this.#wait(RECORD_HEADER_LENGTH)
    const header = new Reader(this.#bytes.peek(RECORD_HEADER_LENGTH), 'Record')
    const type = header.u8('type')
    const legacyRecordVersion = header.u16('legacy_record_version')
    const length = header.u16('fragment.length')
    if (!isContentType(type)) header.refuse('type', `${type} is no content type`)
    if (legacyRecordVersion >> 8 !== TLS_MAJOR_VERSION) {
      header.refuse('legacy_record_version', `0x${legacyRecordVersion.toString(16).padStart(4, '0')} is no version of TLS`)
    }
    if (length > MAX_FRAGMENT_LENGTH) header.refuse('fragment', `${length} bytes, and ${MAX_FRAGMENT_LENGTH} are the most`)
    if (this.#bytes.length < RECORD_HEADER_LENGTH + length) return this.#wait(RECORD_HEADER_LENGTH + length)
    const reader = this.#bytes.take(RECORD_HEADER_LENGTH + length, 'Record')
    reader.take(RECORD_HEADER_LENGTH, 'header')
    this.#wanted = 1
    return { type, legacyRecordVersion, fragment: reader.rest() }
  }

  /** What a record says by itself. Handshake and alert bytes are only put aside: they need not end where a record ends. */
  #read(record: TlsRecord): FlightItem | undefined {
    this.#recordVersion = record.legacyRecordVersion
    const { type, fragment } = this.#opener ? this.#opener(record) : record
    if (!this.#opener && this.#isSealed(record)) return { kind: 'encrypted', record }
    if (type === CONTENT_TYPE.handshake) return this.#put(this.#handshake, fragment)
    if (type === CONTENT_TYPE.alert) return this.#put(this.#alerts, fragment)
    if (this.#handshake.length > 0) throw interrupted(this.#handshake, `a record of type ${type}`)
    return this.#readWhole({ ...record, type, fragment })
  }

  /** Types whose records stand alone. */
  #readWhole(record: TlsRecord): FlightItem {
    if (record.type === CONTENT_TYPE.change_cipher_spec) return this.#changeCipherSpec(record)
    if (record.type === CONTENT_TYPE.heartbeat) return { kind: 'heartbeat', record }
    if (record.type === CONTENT_TYPE.application_data) return { kind: 'application-data', record }
    throw new MalformedError('Record.type', 0, `${record.type} is no content type`)
  }

  #isSealed({ type, fragment }: TlsRecord): boolean {
    // Protection adds more than nothing: two bytes are an alert in clear, sent by a peer that has no keys.
    if (type === CONTENT_TYPE.alert && fragment.length === ALERT_LENGTH) return false
    if (this.#tls13 && type !== CONTENT_TYPE.application_data) return false
    return this.#sealed
  }

  #put(queue: ByteQueue, fragment: Uint8Array): undefined {
    // RFC 8446 §5.1 and RFC 5246 §6.2.1: of these types there are no empty fragments.
    if (fragment.length === 0) new Reader(fragment, 'Record').refuse('fragment', 'empty')
    queue.push(fragment)
  }

  #changeCipherSpec(record: TlsRecord): FlightItem {
    const reader = new Reader(record.fragment, 'ChangeCipherSpec')
    const type = reader.u8('type')
    if (type !== 1) reader.refuse('type', `${type} instead of 1`)
    reader.end()
    if (!this.#tls13) this.#sealed = true
    return { kind: 'change-cipher-spec', recordVersion: record.legacyRecordVersion }
  }

  #takeMessage(): FlightItem | undefined {
    if (this.#handshake.length < HANDSHAKE_HEADER_LENGTH) return undefined
    const header = new Reader(this.#handshake.peek(HANDSHAKE_HEADER_LENGTH), 'Handshake')
    const type = header.u8('msg_type')
    const length = header.u24('length')
    if (length > MAX_HANDSHAKE_LENGTH) header.refuse('body', `${length} bytes, and ${MAX_HANDSHAKE_LENGTH} are the most`)
    if (this.#handshake.length < HANDSHAKE_HEADER_LENGTH + length) return undefined
    const reader = this.#handshake.take(HANDSHAKE_HEADER_LENGTH + length, 'Handshake')
    reader.take(HANDSHAKE_HEADER_LENGTH, 'header')
    const body = reader.rest()
    if (type === HANDSHAKE_TYPE.server_hello) this.#noticeVersion(body)
    return { kind: 'handshake', type, body, recordVersion: this.#recordVersion }
  }

  #takeAlert(): FlightItem | undefined {
    if (this.#alerts.length < ALERT_LENGTH) return undefined
    const alert = decodeAlert(this.#alerts.take(ALERT_LENGTH, 'Alert').rest())
    return { kind: 'alert', ...alert, recordVersion: this.#recordVersion }
  }

  /** Only to know what comes next. A hello that does not decode is reported by whoever decodes the item. */
  #noticeVersion(body: Uint8Array): void {
    try {
      const hello = decodeServerHello(body)
      if (selectedVersion(hello) !== TLS13) return
      this.#tls13 = true
      if (!isHelloRetryRequest(hello)) this.#sealed = true
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
    }
  }

  #wait(count: number): undefined {
    this.#wanted = count
  }

  #notTls(): MalformedError {
    return new MalformedError('the first record', 0, `not TLS but ${show(this.#bytes.peek(SHOWN_LENGTH))}`)
  }
}

/** The shortest message of this type. An error has one length only; so a MySQL greeting, which also begins with a length, is none. */
function looksLikeSslv2(type: number | undefined, length: number): boolean {
  if (type === SSLV2_MESSAGE_TYPE.error) return length === 3
  if (type === SSLV2_MESSAGE_TYPE.client_hello) return length >= 9
  return type === SSLV2_MESSAGE_TYPE.server_hello && length >= 11
}

function sslv2Item(data: Uint8Array): FlightItem {
  const type = data[0]
  if (type === SSLV2_MESSAGE_TYPE.client_hello) return { kind: 'sslv2-client-hello', hello: decodeSslv2ClientHello(data) }
  if (type === SSLV2_MESSAGE_TYPE.server_hello) return { kind: 'sslv2-server-hello', hello: decodeSslv2ServerHello(data) }
  return { kind: 'sslv2-error', code: decodeSslv2Error(data) }
}

function isContentType(type: number): boolean {
  return type >= CONTENT_TYPE.change_cipher_spec && type <= CONTENT_TYPE.heartbeat
}

function interrupted(queue: ByteQueue, by: string): MalformedError {
  return new MalformedError('Handshake', queue.length, `the message is interrupted by ${by}`)
}

/** A line that someone can read, as text; anything else as hex. */
function show(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes)
  const line = text.split(/\r?\n/, 1)[0] ?? ''
  if (/^[\x20-\x7e\t]+$/.test(line)) return JSON.stringify(line)
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

/**
 * The body of a ClientHello, where bytes begin with one record that has all of it and nothing else, as those of nearly all clients do; undefined where they
 * do not, whatever it may be. RFC 8446 §5.1 and §4.
 */
export function wholeClientHello(bytes: Uint8Array): Uint8Array | undefined {
  const reader = new Reader(bytes, 'Record')
  if (reader.left < RECORD_HEADER_LENGTH + HANDSHAKE_HEADER_LENGTH) return undefined
  if (reader.u8('type') !== CONTENT_TYPE.handshake || reader.u8('major') !== TLS_MAJOR_VERSION) return undefined
  reader.u8('minor')
  const length = reader.u16('fragment.length')
  if (length > MAX_FRAGMENT_LENGTH || reader.left < length) return undefined
  if (reader.u8('msg_type') !== HANDSHAKE_TYPE.client_hello) return undefined
  const body = reader.u24('length')
  return body === length - HANDSHAKE_HEADER_LENGTH ? reader.take(body, 'body') : undefined
}
