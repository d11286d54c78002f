import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { hex, u16, u8 } from './bytes.ts'

/**
 * Self-signed certificates, made when they are first asked for and kept for the life of the process:
 * no private key lies in the repository.
 */

export type KeyKind = 'rsa512' | 'rsa1024' | 'rsa2048' | 'ecdsa' | 'dsa'

export interface Identity {
  readonly kind: KeyKind
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** The certificate in DER. */
  readonly certificate: Buffer
}

/** The name in every certificate: RFC 2606 §2 keeps `.example` free. */
export const SERVER_NAME = 'hostile.example'

const identities = new Map<KeyKind, Identity>()

/** The key of this kind and its certificate: valid for a year, for `hostile.example`, `localhost` and 127.0.0.1. */
export function identity(kind: KeyKind): Identity {
  const known = identities.get(kind)
  if (known) return known
  const pair = keyPair(kind)
  const made = { kind, ...pair, certificate: selfSigned(kind, pair) }
  identities.set(kind, made)
  return made
}

interface Pair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

function keyPair(kind: KeyKind): Pair {
  if (kind === 'ecdsa') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (kind === 'dsa') return generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 })
  return generateKeyPairSync('rsa', { modulusLength: { rsa512: 512, rsa1024: 1024, rsa2048: 2048 }[kind] })
}

/** sha256WithRSAEncryption, ecdsa-with-SHA256, dsa-with-sha256; a 512-bit key has just room enough for SHA-256. */
function signatureAlgorithm(kind: KeyKind): Buffer {
  if (kind === 'ecdsa') return sequence(oid('2a 86 48 ce 3d 04 03 02'))
  if (kind === 'dsa') return sequence(oid('60 86 48 01 65 03 04 03 02'))
  return sequence(oid('2a 86 48 86 f7 0d 01 01 0b'), tlv(0x05))
}

/** RFC 5280 §4.1. */
function selfSigned(kind: KeyKind, pair: Pair): Buffer {
  const name = sequence(tlv(0x31, sequence(oid('55 04 03'), tlv(0x0c, Buffer.from(SERVER_NAME)))))
  const day = 24 * 3600 * 1000
  const names = sequence(tlv(0x82, Buffer.from(SERVER_NAME)), tlv(0x82, Buffer.from('localhost')), tlv(0x87, Buffer.from([127, 0, 0, 1])))
  const extensions = sequence(
    sequence(oid('55 1d 11'), tlv(0x04, names)),
    sequence(oid('55 1d 13'), tlv(0x01, u8(0xff)), tlv(0x04, sequence())),
  )
  const serial = Buffer.concat([u8(0x51), randomBytes(11)])
  const body = sequence(
    tlv(0xa0, tlv(0x02, u8(2))),
    tlv(0x02, serial),
    signatureAlgorithm(kind),
    name,
    sequence(time(Date.now() - day), time(Date.now() + 365 * day)),
    name,
    pair.publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, extensions),
  )
  const signature = sign('sha256', body, pair.privateKey)
  return sequence(body, signatureAlgorithm(kind), tlv(0x03, u8(0), signature))
}

function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const length =
    body.length < 0x80
      ? u8(body.length)
      : body.length < 0x100
        ? Buffer.from([0x81, body.length])
        : Buffer.concat([u8(0x82), u16(body.length)])
  return Buffer.concat([u8(tag), length, body])
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, ...parts)
}

function oid(bytes: string): Buffer {
  return tlv(0x06, hex(bytes))
}

/** UTCTime, RFC 5280 §4.1.2.5.1. */
function time(at: number): Buffer {
  const text = new Date(at).toISOString().replace(/[-:T]/g, '').slice(2, 14)
  return tlv(0x17, Buffer.from(`${text}Z`))
}
