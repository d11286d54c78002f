import { encodeHandshake, HANDSHAKE_TYPE } from '../handshake.ts'
import { MalformedError } from '../reader.ts'
import { transcriptHash } from './key-schedule.ts'
import type { PrfHash } from './master-secret.ts'
import { concat } from './octets.ts'

/** Octets of all messages of a handshake. Real ones stay far below; a server that goes on for ever is stopped here. */
export const MAX_TRANSCRIPT_LENGTH: number = 1024 * 1024

/** The handshake messages so far, headers included, in the order they were sent and received. RFC 8446 §4.4.1, RFC 5246 §7.4.9. */
export class Transcript {
  #messages: Uint8Array[] = []
  #length = 0

  add(message: Uint8Array): void {
    this.#length += message.length
    if (this.#length > MAX_TRANSCRIPT_LENGTH)
      throw new MalformedError('Handshake', 0, `more than ${MAX_TRANSCRIPT_LENGTH} bytes of messages`)
    this.#messages.push(message)
  }

  bytes(): Uint8Array {
    return concat(...this.#messages)
  }

  hash(hash: PrfHash): Uint8Array {
    return transcriptHash(hash, this.bytes())
  }

  /** A HelloRetryRequest makes a message_hash of the hello before it, RFC 8446 §4.4.1. */
  hashFirstHello(hash: PrfHash): void {
    this.#messages = [encodeHandshake({ type: HANDSHAKE_TYPE.message_hash, body: this.hash(hash) })]
  }
}
