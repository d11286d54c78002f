import { protocolVersion } from '../../registry/index.ts'
import type { TlsRecord } from '../record.ts'
import { AeadProtection, Tls13Protection } from './aead-protection.ts'
import { CbcProtection, EncryptThenMacProtection } from './cbc-protection.ts'
import { RecordMac, type MacHash } from './record-mac.ts'
import { StreamProtection } from './stream-protection.ts'

/** What an opened record held. */
export interface Opened {
  readonly type: number
  readonly fragment: Uint8Array
}

/**
 * One direction of a connection under one set of keys. It counts its records, RFC 5246 §6.1, so that every record has to pass
 * through in order.
 */
export interface RecordProtection {
  /** Protects at most 2^14 octets. `padding` is the number of zeros behind them, which TLS 1.3 alone allows for (RFC 8446 §5.4). */
  seal(type: number, fragment: Uint8Array, padding?: number): TlsRecord
  /** Undefined when the record was not made with these keys, or not at this place: bad padding, MAC or tag. */
  open(record: TlsRecord): Opened | undefined
}

/** How a suite encrypts records. */
export interface BulkCipher {
  readonly mode: 'null' | 'stream' | 'cbc' | 'gcm' | 'ccm' | 'chacha'
  /** As node:crypto calls it, but for `null`, `rc4` and `des-cbc`, which it has no more. */
  readonly algorithm: string
  /** Octets of the key that encrypts. */
  readonly keyLength: number
  /** Octets of it that are secret: fewer in EXPORT suites, RFC 2246 §6.3.1. */
  readonly secretLength: number
  /** Octets of a block, for CBC. */
  readonly blockLength: number
  /** Octets of the IV out of the key block, RFC 5246 §6.3. */
  readonly ivLength: number
  /** Octets of the tag, for AEAD. */
  readonly tagLength: number
}

/** The MAC of suites that are not AEAD. */
export interface BulkMac {
  readonly hash: MacHash
  /** Octets on the wire: all of the hash, or 10 with truncated_hmac (RFC 6066 §7). */
  readonly length: number
  /** RFC 7366 §2. */
  readonly encryptThenMac: boolean
}

/** The keys of one direction. */
export interface WriteKeys {
  readonly macSecret: Uint8Array
  readonly key: Uint8Array
  readonly iv: Uint8Array
}

/** The protection of one direction up to TLS 1.2. `mac` is not looked at for AEAD ciphers. */
export function createProtection(version: number, cipher: BulkCipher, mac: BulkMac, keys: WriteKeys): RecordProtection {
  const isBlock = cipher.mode === 'cbc'
  if (!isBlock && cipher.mode !== 'stream' && cipher.mode !== 'null') return new AeadProtection(version, cipher, keys)
  const recordMac = new RecordMac(version, mac.hash, mac.length, keys.macSecret)
  if (!isBlock) return new StreamProtection(version, recordMac, keys.key)
  const explicitIv = version >= protocolVersion.code('TLSv1.1')
  const protection = mac.encryptThenMac ? EncryptThenMacProtection : CbcProtection
  return new protection({ version, cipher, mac: recordMac, explicitIv }, keys)
}

/** The protection of one direction in TLS 1.3, RFC 8446 §5.2. */
export function createTls13Protection(cipher: BulkCipher, keys: Omit<WriteKeys, 'macSecret'>): RecordProtection {
  return new Tls13Protection(cipher, keys)
}

/** Records as they are before the first ChangeCipherSpec. */
export class NoProtection implements RecordProtection {
  readonly #version: () => number

  /** `version` is asked anew for each record: it changes with the ServerHello. */
  constructor(version: () => number) {
    this.#version = version
  }

  seal(type: number, fragment: Uint8Array): TlsRecord {
    return { type, legacyRecordVersion: this.#version(), fragment }
  }

  open(record: TlsRecord): Opened {
    return { type: record.type, fragment: record.fragment }
  }
}
