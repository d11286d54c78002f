import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  randomBytes,
  timingSafeEqual,
  type CipherGCMTypes,
} from 'node:crypto'
import { u16, u64, u8 } from './bytes.ts'
import type { DirectionKeys } from './keys.ts'
import { Alert, TLS10, TLS11 } from './numbers.ts'
import type { Bulk } from './suites.ts'

/** Protects records of one direction, or opens them. */
export interface Protection {
  seal(type: number, version: number, plain: Buffer): Buffer
  /** The plain fragment, or the alert that the sender has earned. */
  open(type: number, version: number, fragment: Buffer): Buffer | { readonly alert: number }
}

const BAD_MAC = { alert: Alert.badRecordMac } as const

/** For a suite of SSLv3 to TLS 1.2; `encryptThenMac` as RFC 7366 §3 has it. */
export function protection(bulk: Bulk, version: number, keys: DirectionKeys, encryptThenMac: boolean): Protection {
  if (bulk.kind === 'gcm' || bulk.kind === 'chacha') return aead(bulk, keys)
  if (bulk.kind === 'null') return plainWithMac(bulk, keys)
  return cbc(bulk, version, keys, encryptThenMac)
}

function macOf(bulk: Bulk, keys: DirectionKeys): (sequence: bigint, type: number, version: number, data: Buffer) => Buffer {
  // Node's crypto takes several times as long with a key that is no KeyObject.
  const key = createSecretKey(keys.mac)
  return (sequence, type, version, data) =>
    createHmac(bulk.mac, key)
      .update(Buffer.concat([u64(sequence), u8(type), u16(version), u16(data.length), data]))
      .digest()
}

function plainWithMac(bulk: Bulk, keys: DirectionKeys): Protection {
  const mac = macOf(bulk, keys)
  let [sent, received] = [0n, 0n]
  return {
    seal: (type, version, plain) => Buffer.concat([plain, mac(sent++, type, version, plain)]),
    open(type, version, fragment) {
      if (fragment.length < bulk.macLength) return BAD_MAC
      const plain = fragment.subarray(0, fragment.length - bulk.macLength)
      const expected = mac(received++, type, version, plain)
      return timingSafeEqual(expected, fragment.subarray(plain.length)) ? plain : BAD_MAC
    },
  }
}

/** RFC 5246 §6.2.3.2; below TLS 1.1 the last block of a record is the IV of the next, RFC 2246 §6.2.3.2. */
function cbc(bulk: Bulk, version: number, keys: DirectionKeys, encryptThenMac: boolean): Protection {
  const mac = macOf(bulk, keys)
  const key = createSecretKey(keys.key)
  const block = bulk.ivLength
  const chained = version <= TLS10
  let [sent, received] = [0n, 0n]
  let [ivOut, ivIn]: [Buffer, Buffer] = [keys.iv, keys.iv]

  function encrypt(plain: Buffer): Buffer {
    const iv = chained ? ivOut : randomBytes(block)
    const cipher = createCipheriv(bulk.cipher, key, iv).setAutoPadding(false)
    const pad = block - (plain.length % block)
    const body = Buffer.concat([cipher.update(Buffer.concat([plain, Buffer.alloc(pad, pad - 1)])), cipher.final()])
    ivOut = body.subarray(-block)
    return version >= TLS11 ? Buffer.concat([iv, body]) : body
  }

  function decrypt(fragment: Buffer): Buffer | undefined {
    const iv = chained ? ivIn : fragment.subarray(0, block)
    const body = chained ? fragment : fragment.subarray(block)
    if (body.length === 0 || body.length % block !== 0) return undefined
    ivIn = body.subarray(-block)
    const decipher = createDecipheriv(bulk.cipher, key, iv).setAutoPadding(false)
    const padded = Buffer.concat([decipher.update(body), decipher.final()])
    const pad = padded.at(-1)! + 1
    if (pad > padded.length || !padded.subarray(-pad).every((byte) => byte === pad - 1)) return undefined
    return padded.subarray(0, padded.length - pad)
  }

  function openMacFirst(type: number, wireVersion: number, fragment: Buffer): Buffer | typeof BAD_MAC {
    if (fragment.length < bulk.macLength) return BAD_MAC
    const sealed = fragment.subarray(0, fragment.length - bulk.macLength)
    const expected = mac(received++, type, wireVersion, sealed)
    return timingSafeEqual(expected, fragment.subarray(sealed.length)) ? (decrypt(sealed) ?? BAD_MAC) : BAD_MAC
  }

  return {
    seal(type, wireVersion, plain) {
      const sequence = sent++
      if (!encryptThenMac) return encrypt(Buffer.concat([plain, mac(sequence, type, wireVersion, plain)]))
      const sealed = encrypt(plain)
      return Buffer.concat([sealed, mac(sequence, type, wireVersion, sealed)])
    },
    open(type, wireVersion, fragment) {
      if (encryptThenMac) return openMacFirst(type, wireVersion, fragment)
      // OpenSSL of old tells a length that cannot be: RFC 2246 §7.2.2 gave it an alert of its own.
      if (fragment.length === 0 || fragment.length % block !== 0) return { alert: Alert.decryptionFailed }
      const both = decrypt(fragment)
      if (!both || both.length < bulk.macLength) return BAD_MAC
      const plain = both.subarray(0, both.length - bulk.macLength)
      const expected = mac(received++, type, wireVersion, plain)
      return timingSafeEqual(expected, both.subarray(plain.length)) ? plain : BAD_MAC
    },
  }
}

/** RFC 5288 §3 for GCM, RFC 7905 §2 for ChaCha20. */
function aead(bulk: Bulk, keys: DirectionKeys): Protection {
  const explicit = bulk.kind === 'gcm' ? 8 : 0
  let [sent, received] = [0n, 0n]
  const nonce = (sequence: bigint, sentNonce: Buffer): Buffer =>
    explicit ? Buffer.concat([keys.iv, sentNonce]) : xorNonce(keys.iv, sequence)
  const header = (sequence: bigint, type: number, version: number, length: number): Buffer =>
    Buffer.concat([u64(sequence), u8(type), u16(version), u16(length)])
  return {
    seal(type, version, plain) {
      const sequence = sent++
      const sentNonce = explicit ? u64(sequence) : Buffer.alloc(0)
      const sealed = sealAead(bulk.cipher, keys.key, nonce(sequence, sentNonce), header(sequence, type, version, plain.length), plain)
      return Buffer.concat([sentNonce, sealed])
    },
    open(type, version, fragment) {
      const sequence = received++
      const length = fragment.length - explicit - 16
      if (length < 0) return BAD_MAC
      const aad = header(sequence, type, version, length)
      const sealed = fragment.subarray(explicit)
      return openAead(bulk.cipher, keys.key, nonce(sequence, fragment.subarray(0, explicit)), aad, sealed) ?? BAD_MAC
    },
  }
}

/** The IV with the sequence number folded in from the right, RFC 8446 §5.3. */
export function xorNonce(iv: Buffer, sequence: bigint): Buffer {
  const nonce = Buffer.from(iv)
  const counter = u64(sequence)
  for (let index = 0; index < 8; index++) nonce[nonce.length - 8 + index]! ^= counter[index]!
  return nonce
}

export function sealAead(cipher: string, key: Buffer, nonce: Buffer, aad: Buffer, plain: Buffer): Buffer {
  const sealer = createCipheriv(cipher as CipherGCMTypes, createSecretKey(key), nonce, { authTagLength: 16 })
  sealer.setAAD(aad, { plaintextLength: plain.length })
  return Buffer.concat([sealer.update(plain), sealer.final(), sealer.getAuthTag()])
}

export function openAead(cipher: string, key: Buffer, nonce: Buffer, aad: Buffer, sealed: Buffer): Buffer | undefined {
  const body = sealed.subarray(0, sealed.length - 16)
  const opener = createDecipheriv(cipher as CipherGCMTypes, createSecretKey(key), nonce, { authTagLength: 16 })
  opener.setAAD(aad, { plaintextLength: body.length })
  opener.setAuthTag(sealed.subarray(-16))
  try {
    return Buffer.concat([opener.update(body), opener.final()])
  } catch {
    return undefined
  }
}
