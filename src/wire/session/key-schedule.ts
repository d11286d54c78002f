import { createHash } from 'node:crypto'
import { Writer } from '../writer.ts'
import { hmac } from './hmac.ts'
import { ascii, concat } from './octets.ts'
import type { PrfHash } from './master-secret.ts'

/** The label of every derivation begins with this, RFC 8446 §7.1. */
const LABEL_PREFIX = 'tls13 '

/** What traffic keys are cut from, RFC 8446 §7.3. */
export interface TrafficKeys {
  readonly key: Uint8Array
  readonly iv: Uint8Array
}

export function hashLength(hash: PrfHash): number {
  return hash === 'sha384' ? 48 : 32
}

/** Transcript-Hash of RFC 8446 §4.4.1 over whole handshake messages. */
export function transcriptHash(hash: PrfHash, handshakeMessages: Uint8Array): Uint8Array {
  return createHash(hash).update(handshakeMessages).digest()
}

/** HKDF-Expand-Label of RFC 8446 §7.1 over HKDF-Expand of RFC 5869 §2.3. */
export function expandLabel(hash: PrfHash, secret: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array {
  const info = new Writer()
    .u16(length)
    .vector(1, (inner) => inner.bytes(ascii(LABEL_PREFIX + label)))
    .vector(1, (inner) => inner.bytes(context))
    .done()
  let block: Uint8Array = new Uint8Array()
  let output: Uint8Array = block
  for (let counter = 1; output.length < length; counter++) {
    block = hmac(hash, secret, concat(block, info, Uint8Array.of(counter)))
    output = concat(output, block)
  }
  return output.slice(0, length)
}

/** Derive-Secret of RFC 8446 §7.1; the messages come as their Transcript-Hash. */
export function deriveSecret(hash: PrfHash, secret: Uint8Array, label: string, messagesHash: Uint8Array): Uint8Array {
  return expandLabel(hash, secret, label, messagesHash, hashLength(hash))
}

/** The first secret of the key schedule, RFC 8446 §7.1. Without a PSK it is made of zeros. */
export function earlySecret(hash: PrfHash, psk: Uint8Array = new Uint8Array(hashLength(hash))): Uint8Array {
  return hmac(hash, new Uint8Array(hashLength(hash)), psk)
}

/** The second secret of the key schedule, RFC 8446 §7.1. `sharedSecret` is undefined where the PSK stands alone (psk_ke). */
export function handshakeSecret(hash: PrfHash, early: Uint8Array, sharedSecret: Uint8Array | undefined): Uint8Array {
  return hmac(hash, derived(hash, early), sharedSecret ?? new Uint8Array(hashLength(hash)))
}

/** The third and last secret of the key schedule, RFC 8446 §7.1. */
export function masterSecret(hash: PrfHash, handshake: Uint8Array): Uint8Array {
  return hmac(hash, derived(hash, handshake), new Uint8Array(hashLength(hash)))
}

function derived(hash: PrfHash, secret: Uint8Array): Uint8Array {
  return deriveSecret(hash, secret, 'derived', transcriptHash(hash, new Uint8Array()))
}

/** RFC 8446 §7.3. */
export function trafficKeys(hash: PrfHash, trafficSecret: Uint8Array, keyLength: number, ivLength: number): TrafficKeys {
  return {
    key: expandLabel(hash, trafficSecret, 'key', new Uint8Array(), keyLength),
    iv: expandLabel(hash, trafficSecret, 'iv', new Uint8Array(), ivLength),
  }
}

/** The secret after a KeyUpdate, RFC 8446 §7.2. */
export function nextTrafficSecret(hash: PrfHash, trafficSecret: Uint8Array): Uint8Array {
  return deriveSecret(hash, trafficSecret, 'traffic upd', new Uint8Array())
}

/** `verify_data` of a Finished under this traffic secret, RFC 8446 §4.4.4. */
export function finishedVerifyData(hash: PrfHash, trafficSecret: Uint8Array, messagesHash: Uint8Array): Uint8Array {
  return hmac(hash, deriveSecret(hash, trafficSecret, 'finished', new Uint8Array()), messagesHash)
}

/** The PSK that a NewSessionTicket stands for, RFC 8446 §4.6.1. */
export function resumptionPsk(hash: PrfHash, resumptionMasterSecret: Uint8Array, ticketNonce: Uint8Array): Uint8Array {
  return deriveSecret(hash, resumptionMasterSecret, 'resumption', ticketNonce)
}

/**
 * The binder of a resumption PSK, RFC 8446 §4.2.11.2. `truncatedHash` is the Transcript-Hash up to and including the identities of
 * the ClientHello, whose lengths already count the binders.
 */
export function pskBinder(hash: PrfHash, psk: Uint8Array, truncatedHash: Uint8Array): Uint8Array {
  const binderKey = deriveSecret(hash, earlySecret(hash, psk), 'res binder', transcriptHash(hash, new Uint8Array()))
  return finishedVerifyData(hash, binderKey, truncatedHash)
}
