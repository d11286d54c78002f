import { alertDescription } from '../registry/index.ts'
import {
  decodeServerHello,
  FlightReader,
  HANDSHAKE_TYPE,
  isHelloRetryRequest,
  MalformedError,
  selectedGroup,
  selectedVersion,
  type FlightItem,
  type ServerHello,
  type Sslv2ServerHello,
} from '../wire/index.ts'
import type { Ending, Line } from './line.ts'

/** The messages behind a ServerHello up to TLS 1.2, as bodies. */
export interface Flight {
  readonly certificate?: Uint8Array
  readonly certificateStatus?: Uint8Array
  readonly serverKeyExchange?: Uint8Array
  readonly certificateRequest?: Uint8Array
  /** ServerHelloDone came. */
  readonly whole: boolean
}

/** What came back for one hello. Silence and nonsense are answers too, never exceptions. `bytes` is everything that came. */
export type Answer = { readonly bytes: Uint8Array } & (
  | {
      readonly kind: 'server-hello'
      readonly hello: ServerHello
      readonly version: number
      /** The group of a TLS 1.3 ServerHello or HelloRetryRequest. */
      readonly group: number | undefined
      readonly retry: boolean
      readonly flight: Flight
    }
  | { readonly kind: 'sslv2-server-hello'; readonly hello: Sslv2ServerHello }
  | { readonly kind: 'sslv2-error'; readonly code: number }
  | { readonly kind: 'alert'; readonly level: number; readonly description: number }
  | { readonly kind: 'closed' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'silent'; readonly afterMs: number }
  | { readonly kind: 'not-tls'; readonly why: string }
)

/** Enough for long chains with stapled answers; what comes beyond that is not needed. */
const MAX_EVIDENCE = 64 * 1024
/** Longer first flights are not heard to their end: chains and lists of authorities stay far below. */
const MAX_HEARD = 320 * 1024
const TLS13 = 0x0304
const WARNING = 1
const UNRECOGNIZED_NAME = alertDescription.code('unrecognized_name')

/** Says a hello and hears the answer up to the end of the server's first flight. `patience`: milliseconds without a byte. */
export async function exchange(line: Line, hello: Uint8Array, patience: number): Promise<Answer> {
  const hearing = new Hearing()
  line.send(hello)
  const until = line.waited + patience * 2
  for (;;) {
    const heard = await line.receive(Math.min(patience, until - line.waited))
    if (typeof heard === 'string') return hearing.ended(heard, patience)
    const answer = hearing.push(heard)
    if (answer !== undefined) return answer
  }
}

/** What `exchange` would have made of these pieces, behind which the connection came to this end or to nothing. `patience`: as there. */
export function answerIn(pieces: readonly Uint8Array[], how: Ending, patience: number): Answer {
  const hearing = new Hearing()
  for (const piece of pieces) {
    const answer = hearing.push(piece)
    if (answer !== undefined) return answer
  }
  return hearing.ended(how, patience)
}

/** In words: `alert protocol_version`, `connection closed`, `no answer within 5 s`. */
export function describeAnswer(answer: Answer): string {
  switch (answer.kind) {
    case 'alert':
      return `alert ${alertDescription.name(answer.description)}`
    case 'closed':
      return 'connection closed'
    case 'reset':
      return 'connection reset'
    case 'silent':
      return `no answer within ${Math.round(answer.afterMs / 100) / 10} s`
    case 'not-tls':
      return answer.why
    case 'sslv2-error':
      return `SSLv2 error ${answer.code}`
    case 'sslv2-server-hello':
      return 'SSLv2 SERVER-HELLO'
    case 'server-hello':
      return answer.retry ? 'HelloRetryRequest' : 'ServerHello'
  }
}

/** Everything heard after one hello, until it makes an answer. */
class Hearing {
  readonly #reader = new FlightReader()
  #bytes: Uint8Array[] = []
  #length = 0
  #hello: ServerHello | undefined
  /** Warned that it does not know the name. */
  #warned = false
  #flight: { -readonly [K in keyof Flight]: Flight[K] } = { whole: false }

  push(chunk: Uint8Array): Answer | undefined {
    if (this.#length < MAX_EVIDENCE) this.#bytes.push(chunk)
    this.#length += chunk.length
    try {
      this.#reader.push(chunk)
      for (let item = this.#reader.next(); item !== undefined; item = this.#reader.next()) {
        const answer = this.#take(item)
        if (answer !== undefined) return answer
      }
      if (this.#length < MAX_HEARD) return undefined
      return this.#partial() ?? { kind: 'not-tls', why: `more than ${MAX_HEARD / 1024} kB and no answer`, bytes: this.#all() }
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      return this.#partial() ?? { kind: 'not-tls', why: error.message, bytes: this.#all() }
    }
  }

  ended(how: Ending, patience: number): Answer {
    const partial = this.#partial()
    if (partial !== undefined) return partial
    // Whoever closes in the middle of a message has broken down: that is no refusal.
    if (how === 'closed' && this.#reader.left > 0)
      return { kind: 'not-tls', why: 'connection closed in the middle of a message', bytes: this.#all() }
    // RFC 6066 §3 wants a fatal alert where that ends the handshake: what it was ended for is clear all the same.
    if (how === 'closed' && this.#warned) return { kind: 'alert', level: WARNING, description: UNRECOGNIZED_NAME, bytes: this.#all() }
    return how === 'silent' ? { kind: 'silent', afterMs: patience, bytes: this.#all() } : { kind: how, bytes: this.#all() }
  }

  #take(item: FlightItem): Answer | undefined {
    switch (item.kind) {
      case 'sslv2-server-hello':
        return { kind: item.kind, hello: item.hello, bytes: this.#all() }
      case 'sslv2-error':
        return { kind: item.kind, code: item.code, bytes: this.#all() }
      case 'alert':
        // A warning such as unrecognized_name may come before the ServerHello, RFC 6066 §3.
        this.#warned ||= item.level === WARNING && item.description === UNRECOGNIZED_NAME
        if (item.level === WARNING && item.description !== 0) return undefined
        return this.#partial() ?? { kind: 'alert', level: item.level, description: item.description, bytes: this.#all() }
      case 'handshake':
        return this.#takeMessage(item.type, item.body)
      case 'change-cipher-spec':
        return undefined
      default:
        return this.#partial()
    }
  }

  #takeMessage(type: number, body: Uint8Array): Answer | undefined {
    switch (type) {
      case HANDSHAKE_TYPE.server_hello:
        this.#hello = readable(decodeServerHello(body))
        return selectedVersion(this.#hello) >= TLS13 || isHelloRetryRequest(this.#hello) ? this.#partial() : undefined
      case HANDSHAKE_TYPE.certificate:
        this.#flight.certificate = body
        return undefined
      case HANDSHAKE_TYPE.certificate_status:
        this.#flight.certificateStatus = body
        return undefined
      case HANDSHAKE_TYPE.server_key_exchange:
        this.#flight.serverKeyExchange = body
        return undefined
      case HANDSHAKE_TYPE.certificate_request:
        this.#flight.certificateRequest = body
        return undefined
      case HANDSHAKE_TYPE.server_hello_done:
        this.#flight.whole = true
        return this.#partial()
      default:
        return undefined
    }
  }

  /** A ServerHello is an answer even when the flight behind it breaks off. */
  #partial(): Answer | undefined {
    const hello = this.#hello
    if (hello === undefined) return undefined
    return {
      kind: 'server-hello',
      hello,
      version: selectedVersion(hello),
      group: selectedGroup(hello),
      retry: isHelloRetryRequest(hello),
      flight: this.#flight,
      bytes: this.#all(),
    }
  }

  #all(): Uint8Array {
    return Buffer.concat(this.#bytes)
  }
}

/** A ServerHello whose extensions say in earnest what it chose. Throws `MalformedError`. */
function readable(hello: ServerHello): ServerHello {
  selectedVersion(hello)
  selectedGroup(hello)
  return hello
}
