import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { protocolVersion } from '../../registry/index.ts'
import type { TlsRecord } from '../record.ts'
import { concat, plain } from './octets.ts'
import type { RecordMac } from './record-mac.ts'
import type { BulkCipher, Opened, RecordProtection, WriteKeys } from './record-protection.ts'

/** What does not change between the records of a direction. */
export interface CbcSettings {
  readonly version: number
  readonly cipher: BulkCipher
  readonly mac: RecordMac
  /** From TLS 1.1 on every record brings its own IV, RFC 4346 §6.2.3.2. Before, it was the last block of the record before. */
  readonly explicitIv: boolean
}

/** The block cipher with its IVs. */
class Cbc {
  readonly #settings: CbcSettings
  readonly #algorithm: string
  readonly #key: KeyObject
  #iv: Uint8Array

  constructor(settings: CbcSettings, keys: WriteKeys) {
    this.#settings = settings
    // DES is 3DES with one key three times, and node:crypto has only the latter.
    this.#key = createSecretKey(settings.cipher.algorithm === 'des-cbc' ? concat(keys.key, keys.key, keys.key) : keys.key)
    this.#algorithm = settings.cipher.algorithm === 'des-cbc' ? 'des-ede3-cbc' : settings.cipher.algorithm
    this.#iv = keys.iv
  }

  /** Pads with octets that hold the length of the padding (RFC 5246 §6.2.3.2) and encrypts; an explicit IV stands in front. */
  encrypt(plaintext: Uint8Array): Uint8Array {
    const { cipher, explicitIv } = this.#settings
    const padding = cipher.blockLength - (plaintext.length % cipher.blockLength)
    if (explicitIv) this.#iv = randomBytes(cipher.blockLength)
    const engine = createCipheriv(this.#algorithm, this.#key, this.#iv).setAutoPadding(false)
    const ciphertext = plain(engine.update(concat(plaintext, new Uint8Array(padding).fill(padding - 1))))
    const iv = this.#iv
    this.#iv = ciphertext.slice(-cipher.blockLength)
    return explicitIv ? concat(iv, ciphertext) : ciphertext
  }

  /** Decrypts and takes the padding away; undefined when there is no right padding. */
  decrypt(fragment: Uint8Array): Uint8Array | undefined {
    const { cipher, explicitIv } = this.#settings
    const iv = explicitIv ? fragment.slice(0, cipher.blockLength) : this.#iv
    const ciphertext = explicitIv ? fragment.slice(cipher.blockLength) : fragment
    if (ciphertext.length === 0 || ciphertext.length % cipher.blockLength > 0) return undefined
    this.#iv = ciphertext.slice(-cipher.blockLength)
    const engine = createDecipheriv(this.#algorithm, this.#key, iv).setAutoPadding(false)
    return this.#unpad(plain(engine.update(ciphertext)))
  }

  #unpad(padded: Uint8Array): Uint8Array | undefined {
    const padding = padded.at(-1) ?? 0
    if (padding >= padded.length) return undefined
    const plaintext = padded.slice(0, padded.length - padding - 1)
    // SSLv3 leaves the octets of the padding to chance, RFC 6101 §5.2.3.2, which is what POODLE feeds on.
    if (this.#settings.version === protocolVersion.code('SSLv3')) return plaintext
    return padded.slice(plaintext.length).every((octet) => octet === padding) ? plaintext : undefined
  }
}

/** MAC, then padding, then CBC: RFC 5246 §6.2.3.2. */
export class CbcProtection implements RecordProtection {
  readonly #settings: CbcSettings
  readonly #cbc: Cbc
  #sequence = 0

  constructor(settings: CbcSettings, keys: WriteKeys) {
    this.#settings = settings
    this.#cbc = new Cbc(settings, keys)
  }

  seal(type: number, fragment: Uint8Array): TlsRecord {
    const { mac, version } = this.#settings
    return { type, legacyRecordVersion: version, fragment: this.#cbc.encrypt(mac.append(this.#sequence++, type, fragment)) }
  }

  open(record: TlsRecord): Opened | undefined {
    const sequence = this.#sequence++
    const plaintext = this.#cbc.decrypt(record.fragment)
    const fragment = plaintext && this.#settings.mac.strip(sequence, record.type, plaintext)
    return fragment && { type: record.type, fragment }
  }
}

/** Padding, CBC, then a MAC over what is sent: RFC 7366 §3. */
export class EncryptThenMacProtection implements RecordProtection {
  readonly #settings: CbcSettings
  readonly #cbc: Cbc
  #sequence = 0

  constructor(settings: CbcSettings, keys: WriteKeys) {
    this.#settings = settings
    this.#cbc = new Cbc(settings, keys)
  }

  seal(type: number, fragment: Uint8Array): TlsRecord {
    const { mac, version } = this.#settings
    return { type, legacyRecordVersion: version, fragment: mac.append(this.#sequence++, type, this.#cbc.encrypt(fragment)) }
  }

  open(record: TlsRecord): Opened | undefined {
    const ciphertext = this.#settings.mac.strip(this.#sequence++, record.type, record.fragment)
    const fragment = ciphertext && this.#cbc.decrypt(ciphertext)
    return fragment && { type: record.type, fragment }
  }
}
