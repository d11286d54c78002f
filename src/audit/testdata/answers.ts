import { alertDescription, type AlertName } from '../../registry/index.ts'
import type { RawExtension } from '../../wire/index.ts'
import type { Answer, Flight } from '../exchange.ts'
import { heardAtEnd, type Heard } from '../proof.ts'

/** One answer of every kind, for tests of those who judge them. */

const bytes: Uint8Array = new Uint8Array(0)

export const closed: Answer = { kind: 'closed', bytes }
export const reset: Answer = { kind: 'reset', bytes }
export const silent: Answer = { kind: 'silent', afterMs: 5000, bytes }
export const notTls: Answer = { kind: 'not-tls', why: 'text', bytes }
export const sslv2Error: Answer = { kind: 'sslv2-error', code: 1, bytes }

/** An alert of a session, and what ends one without a word. */
export const heardAlert = (description: number): Heard => ({
  how: `alert ${alertDescription.name(description)}`,
  bytes: Uint8Array.of(21, 3, 3, 0, 2, 2, description),
})
export const heardClosed: Heard = heardAtEnd('closed', 5000)
export const heardSilence: Heard = heardAtEnd('silent', 5000)

/** What says nothing of what was asked: everything but words of TLS and a close. */
export const NO_ANSWERS: readonly (readonly [why: string, answer: Answer])[] = [
  ['a reset', reset],
  ['silence', silent],
  ['something that is not TLS', notTls],
]

export function alert(name: AlertName): Answer {
  return { kind: 'alert', level: 2, description: alertDescription.code(name), bytes }
}

export interface HelloAnswer {
  readonly version?: number
  readonly suite?: number
  readonly compression?: number
  readonly extensions?: readonly RawExtension[]
  readonly group?: number
  readonly random?: Uint8Array
  readonly flight?: Partial<Flight>
}

/** A ServerHello of TLS 1.2 with nothing special but what is given. */
export function serverHello(given: HelloAnswer = {}): Answer & { readonly kind: 'server-hello' } {
  const version = given.version ?? 0x0303
  return {
    kind: 'server-hello',
    hello: {
      legacyVersion: Math.min(version, 0x0303),
      random: given.random ?? new Uint8Array(32),
      legacySessionIdEcho: bytes,
      cipherSuite: given.suite ?? 0xc02f,
      legacyCompressionMethod: given.compression ?? 0,
      extensions: given.extensions ?? [],
    },
    version,
    group: given.group,
    retry: false,
    flight: { whole: true, ...given.flight },
    bytes,
  }
}

export function extension(type: number, data: Uint8Array = bytes): RawExtension {
  return { type, data }
}
