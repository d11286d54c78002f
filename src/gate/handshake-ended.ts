import { HandshakeEnded } from './front.ts'
import type { FirstWords } from './hello.ts'
import { placeOf } from './pump.ts'
import type { Ended } from './record.ts'

/** In words of ours or of OpenSSL: what a client said may be a password. */
export function endedBy(error: unknown): Ended {
  return error instanceof HandshakeEnded ? { why: 'handshake-failed', reason: error.reason } : { why: 'error', reason: placeOf(error) }
}

/** Why there was no hello, in a few words. */
export function whyNot(words: Exclude<FirstWords, { kind: 'hello' }>): string {
  return words.kind === 'not-tls' ? `not TLS: ${words.why}` : words.kind
}
