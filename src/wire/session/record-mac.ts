import { createSecretKey, type KeyObject } from 'node:crypto'
import { protocolVersion } from '../../registry/index.ts'
import { Writer } from '../writer.ts'
import { hmac } from './hmac.ts'
import { ssl3Mac } from './master-secret.ts'
import { concat, equal } from './octets.ts'

/** The hash of a MAC, by the name node:crypto knows it by. `none` is the MAC of TLS_NULL_WITH_NULL_NULL. */
export type MacHash = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'none'

/** RFC 8446 §5.3: 64 bits, and JavaScript counts exactly to 2^53, which no connection reaches. */
export function encodeSequence(sequence: number): Uint8Array {
  return new Writer()
    .u32(Math.floor(sequence / 2 ** 32))
    .u32(sequence % 2 ** 32)
    .done()
}

/** The MAC over one direction's records: HMAC as in RFC 5246 §6.2.3.1, and what SSLv3 had before it, RFC 6101 §5.2.3.1. */
export class RecordMac {
  readonly length: number
  readonly #version: number
  readonly #hash: MacHash
  readonly #secret: Uint8Array
  readonly #key: KeyObject

  constructor(version: number, hash: MacHash, length: number, secret: Uint8Array) {
    this.#version = version
    this.#hash = hash
    this.length = length
    this.#secret = secret
    this.#key = createSecretKey(secret)
  }

  /** Over a fragment, or over IV and ciphertext where encryption comes first (RFC 7366 §3). */
  of(sequence: number, type: number, fragment: Uint8Array): Uint8Array {
    if (this.#hash === 'none') return new Uint8Array()
    const isSsl3 = this.#version === protocolVersion.code('SSLv3')
    const header = new Writer().bytes(encodeSequence(sequence)).u8(type)
    if (!isSsl3) header.u16(this.#version)
    const input = header.u16(fragment.length).bytes(fragment).done()
    const full =
      isSsl3 && (this.#hash === 'md5' || this.#hash === 'sha1')
        ? ssl3Mac(this.#hash, this.#secret, input)
        : hmac(this.#hash, this.#key, input)
    return full.slice(0, this.length)
  }

  append(sequence: number, type: number, fragment: Uint8Array): Uint8Array {
    return concat(fragment, this.of(sequence, type, fragment))
  }

  /** The fragment without its MAC, or undefined when that is wrong. */
  strip(sequence: number, type: number, withMac: Uint8Array): Uint8Array | undefined {
    if (withMac.length < this.length) return undefined
    const fragment = withMac.slice(0, withMac.length - this.length)
    return equal(withMac.slice(fragment.length), this.of(sequence, type, fragment)) ? fragment : undefined
  }
}
