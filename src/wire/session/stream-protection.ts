import type { TlsRecord } from '../record.ts'
import { Rc4 } from './rc4.ts'
import type { RecordMac } from './record-mac.ts'
import type { Opened, RecordProtection } from './record-protection.ts'

/** NULL and RC4: a MAC, and over both a keystream if there is a key. RFC 5246 §6.2.3.1. */
export class StreamProtection implements RecordProtection {
  readonly #version: number
  readonly #mac: RecordMac
  readonly #cipher: Rc4 | undefined
  #sequence = 0

  constructor(version: number, mac: RecordMac, key: Uint8Array) {
    this.#version = version
    this.#mac = mac
    this.#cipher = key.length > 0 ? new Rc4(key) : undefined
  }

  seal(type: number, fragment: Uint8Array): TlsRecord {
    return { type, legacyRecordVersion: this.#version, fragment: this.#apply(this.#mac.append(this.#sequence++, type, fragment)) }
  }

  open(record: TlsRecord): Opened | undefined {
    const fragment = this.#mac.strip(this.#sequence++, record.type, this.#apply(record.fragment))
    return fragment && { type: record.type, fragment }
  }

  #apply(octets: Uint8Array): Uint8Array {
    return this.#cipher?.apply(octets) ?? octets
  }
}
