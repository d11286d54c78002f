import { createHash, createHmac, createSecretKey } from 'node:crypto'
import { u16, u8, vector } from './bytes.ts'
import { TLS12 } from './numbers.ts'
import type { Bulk } from './suites.ts'

/** P_hash of RFC 5246 §5. */
function expand(hash: string, secret: Buffer, seed: Buffer, length: number): Buffer {
  const key = createSecretKey(secret)
  const parts: Buffer[] = []
  let a = seed
  for (let made = 0; made < length;) {
    a = createHmac(hash, key).update(a).digest()
    const part = createHmac(hash, key).update(a).update(seed).digest()
    parts.push(part)
    made += part.length
  }
  return Buffer.concat(parts).subarray(0, length)
}

/** PRF of RFC 5246 §5, and of RFC 2246 §5 below TLS 1.2: MD5 and SHA-1 over the halves of the secret. */
export function prf(version: number, hash: Bulk['prf'], secret: Buffer, label: string, seed: Buffer, length: number): Buffer {
  const full = Buffer.concat([Buffer.from(label), seed])
  if (version >= TLS12) return expand(hash, secret, full, length)
  const half = Math.ceil(secret.length / 2)
  const md5 = expand('md5', secret.subarray(0, half), full, length)
  const sha1 = expand('sha1', secret.subarray(secret.length - half), full, length)
  return Buffer.from(md5.map((byte, index) => byte ^ sha1[index]!))
}

/** Hash of the handshake messages as Finished and the extended master secret take it. */
export function transcriptHash(version: number, hash: Bulk['prf'], messages: readonly Buffer[]): Buffer {
  const all = Buffer.concat(messages)
  if (version >= TLS12) return createHash(hash).update(all).digest()
  return Buffer.concat([createHash('md5').update(all).digest(), createHash('sha1').update(all).digest()])
}

/** Keys of one direction. */
export interface DirectionKeys {
  readonly mac: Buffer
  readonly key: Buffer
  readonly iv: Buffer
}

export interface ConnectionKeys {
  readonly client: DirectionKeys
  readonly server: DirectionKeys
}

/** The key block of RFC 5246 §6.3, cut. */
export function connectionKeys(version: number, bulk: Bulk, master: Buffer, serverRandom: Buffer, clientRandom: Buffer): ConnectionKeys {
  const lengths = [bulk.macLength, bulk.macLength, bulk.keyLength, bulk.keyLength, bulk.ivLength, bulk.ivLength]
  const total = lengths.reduce((sum, length) => sum + length, 0)
  const block = prf(version, bulk.prf, master, 'key expansion', Buffer.concat([serverRandom, clientRandom]), total)
  let offset = 0
  const parts = lengths.map((length) => block.subarray(offset, (offset += length)))
  return {
    client: { mac: parts[0]!, key: parts[2]!, iv: parts[4]! },
    server: { mac: parts[1]!, key: parts[3]!, iv: parts[5]! },
  }
}

/** HKDF-Extract, RFC 5869 §2.2. */
export function extract(hash: string, salt: Buffer, input: Buffer): Buffer {
  return createHmac(hash, createSecretKey(salt)).update(input).digest()
}

/** HKDF-Expand-Label, RFC 8446 §7.1. */
export function expandLabel(hash: string, secret: Buffer, label: string, context: Buffer, length: number): Buffer {
  const info = Buffer.concat([u16(length), vector(1, Buffer.from(`tls13 ${label}`)), vector(1, context)])
  const key = createSecretKey(secret)
  const parts: Buffer[] = []
  let last: Buffer = Buffer.alloc(0)
  for (let round = 1; parts.reduce((sum, part) => sum + part.length, 0) < length; round++) {
    last = createHmac(hash, key)
      .update(Buffer.concat([last, info, u8(round)]))
      .digest()
    parts.push(last)
  }
  return Buffer.concat(parts).subarray(0, length)
}
