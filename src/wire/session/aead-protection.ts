import { CONTENT_TYPE, type TlsRecord } from '../record.ts'
import { Writer } from '../writer.ts'
import { protocolVersion } from '../../registry/index.ts'
import { createAead, type Aead } from './aead.ts'
import { concat, xor } from './octets.ts'
import { encodeSequence } from './record-mac.ts'
import type { BulkCipher, Opened, RecordProtection, WriteKeys } from './record-protection.ts'

/** Octets of `nonce_explicit` of GCM and CCM in TLS 1.2, RFC 5288 §3 and RFC 6655 §3. */
const EXPLICIT_NONCE_LENGTH = 8

/** The IV with the record's number mixed into its end, RFC 8446 §5.3 and RFC 7905 §2. */
function numberedNonce(iv: Uint8Array, sequence: number): Uint8Array {
  const number = encodeSequence(sequence)
  return xor(iv, concat(new Uint8Array(iv.length - number.length), number))
}

/** AEAD suites of TLS 1.2, RFC 5246 §6.2.3.3. */
export class AeadProtection implements RecordProtection {
  readonly #version: number
  readonly #cipher: BulkCipher
  readonly #aead: Aead
  readonly #iv: Uint8Array
  #sequence = 0

  constructor(version: number, cipher: BulkCipher, keys: Omit<WriteKeys, 'macSecret'>) {
    this.#version = version
    this.#cipher = cipher
    this.#aead = createAead(cipher, keys.key)
    this.#iv = keys.iv
  }

  seal(type: number, fragment: Uint8Array): TlsRecord {
    const sequence = this.#sequence++
    // RFC 5288 §3 leaves the choice of the explicit part; a counter never repeats.
    const explicit = this.#hasExplicitNonce ? encodeSequence(sequence) : new Uint8Array()
    const sealed = this.#aead.seal(
      this.#nonce(sequence, explicit),
      this.#additionalData(sequence, type, this.#version, fragment.length),
      fragment,
    )
    return { type, legacyRecordVersion: this.#version, fragment: concat(explicit, sealed) }
  }

  open(record: TlsRecord): Opened | undefined {
    const sequence = this.#sequence++
    const explicitLength = this.#hasExplicitNonce ? EXPLICIT_NONCE_LENGTH : 0
    const sealed = record.fragment.slice(explicitLength)
    if (sealed.length < this.#cipher.tagLength) return undefined
    const fragment = this.#aead.open(
      this.#nonce(sequence, record.fragment.slice(0, explicitLength)),
      this.#additionalData(sequence, record.type, record.legacyRecordVersion, sealed.length - this.#cipher.tagLength),
      sealed,
    )
    return fragment && { type: record.type, fragment }
  }

  get #hasExplicitNonce(): boolean {
    return this.#cipher.mode !== 'chacha'
  }

  #nonce(sequence: number, explicit: Uint8Array): Uint8Array {
    return this.#hasExplicitNonce ? concat(this.#iv, explicit) : numberedNonce(this.#iv, sequence)
  }

  #additionalData(sequence: number, type: number, version: number, length: number): Uint8Array {
    return new Writer().bytes(encodeSequence(sequence)).u8(type).u16(version).u16(length).done()
  }
}

/** TLS 1.3, RFC 8446 §5.2: the type goes inside, and what is outside looks like TLS 1.2. */
export class Tls13Protection implements RecordProtection {
  readonly #tagLength: number
  readonly #aead: Aead
  readonly #iv: Uint8Array
  #sequence = 0

  constructor(cipher: BulkCipher, keys: Omit<WriteKeys, 'macSecret'>) {
    this.#tagLength = cipher.tagLength
    this.#aead = createAead(cipher, keys.key)
    this.#iv = keys.iv
  }

  seal(type: number, fragment: Uint8Array, padding = 0): TlsRecord {
    const outer = { type: CONTENT_TYPE.application_data, legacyRecordVersion: protocolVersion.code('TLSv1.2') }
    const inner = concat(fragment, Uint8Array.of(type), new Uint8Array(padding))
    const header = this.#header({ ...outer, fragment: new Uint8Array() }, inner.length + this.#tagLength)
    return { ...outer, fragment: this.#aead.seal(numberedNonce(this.#iv, this.#sequence++), header, inner) }
  }

  open(record: TlsRecord): Opened | undefined {
    const nonce = numberedNonce(this.#iv, this.#sequence++)
    const inner = this.#aead.open(nonce, this.#header(record, record.fragment.length), record.fragment)
    // The type is the last octet that is not padding; a record without one is no record, RFC 8446 §5.4.
    const at = inner?.findLastIndex((octet) => octet !== 0) ?? -1
    const type = inner?.[at]
    return inner && type !== undefined ? { type, fragment: inner.slice(0, at) } : undefined
  }

  #header(record: TlsRecord, length: number): Uint8Array {
    return new Writer().u8(record.type).u16(record.legacyRecordVersion).u16(length).done()
  }
}
