import type { ByteStream } from './byte-stream.ts'
import { FlightReader, HANDSHAKE_TYPE, MalformedError, offerOfSslv2, wholeClientHello, type FlightItem } from '../wire/index.ts'
import { FamiliarHellos, heardFrom, type Heard } from './familiar.ts'

/** What a client begins with where a hello is due. */
export type FirstWords =
  | { readonly kind: 'hello'; readonly heard: Heard }
  /** A hello that no client of TLS says, or no hello. `why`: in a few words, none of them the client's: it may be a password. `plain`: not even its first octet is one of TLS. */
  | { readonly kind: 'not-tls'; readonly why: string; readonly plain: boolean }
  | { readonly kind: 'too-long' }
  | { readonly kind: 'too-late' }
  /** The client has gone. */
  | { readonly kind: 'gone' }

/** The longest hello that anybody needs is one with shares of several hybrid groups, a few kB. */
const LONGEST_HELLO = 64 * 1024

/** Reads the first message of a client, however it was cut into segments and records. */
export class HelloReader {
  #flight: FlightReader | undefined
  #length = 0
  #first: number | undefined

  /** Undefined as long as more has to come. */
  push(bytes: Uint8Array): FirstWords | undefined {
    const first = this.#length === 0
    this.#length += bytes.length
    this.#first ??= bytes[0]
    try {
      const whole = first ? wholeClientHello(bytes) : undefined
      if (whole !== undefined) return hear(whole)
      this.#flight ??= new FlightReader()
      this.#flight.push(bytes)
      const item = this.#flight.next()
      if (item !== undefined) return this.#firstWordsIn(item)
      return this.#length > LONGEST_HELLO ? { kind: 'too-long' } : undefined
    } catch (error) {
      if (error instanceof MalformedError) return this.#notTls(`${error.field} cannot be read`)
      throw error
    }
  }

  #firstWordsIn(item: FlightItem): FirstWords {
    if (item.kind === 'sslv2-client-hello') return { kind: 'hello', heard: heardFrom(offerOfSslv2(item.hello), undefined) }
    if (item.kind !== 'handshake' || item.type !== HANDSHAKE_TYPE.client_hello) return this.#notTls(`${item.kind} in place of a hello`)
    return hear(item.body)
  }

  /** ContentType runs from 20 to 24 (RFC 8446 §5.1), and the first bit of an SSLv2 hello is set (RFC 5246 §E.2). */
  #notTls(why: string): FirstWords {
    const first = this.#first ?? 0
    const plain = first < 20 || (first > 24 && first < 0x80)
    return { kind: 'not-tls', why: plain ? 'plain text in place of a hello' : why, plain }
  }
}

const familiar = new FamiliarHellos()

function hear(body: Uint8Array): FirstWords {
  return { kind: 'hello', heard: familiar.heard(body) }
}

/**
 * Reads the hello of a client and puts it back: whoever gets the socket then finds all of it there. `patience`: milliseconds for the
 * whole of it. `heard` is called once; the socket is paused then, and has no listener of this one.
 */
export function readHello(socket: ByteStream, patience: number, heard: (words: FirstWords) => void): void {
  // It told so before anybody listened here: while it asked for TLS.
  if (socket.destroyed || socket.readableEnded) return heard({ kind: 'gone' })
  const reader = new HelloReader()
  const taken: Buffer[] = []
  const end = (words: FirstWords): void => {
    clearTimeout(timer)
    socket.off('data', read)
    socket.off('close', gone)
    socket.off('end', gone)
    socket.pause()
    const [first = Buffer.alloc(0), ...others] = taken
    if (first.length > 0 && !socket.destroyed && !socket.readableEnded) socket.unshift(others.length === 0 ? first : Buffer.concat(taken))
    heard(words)
  }
  // Flowing, a stream hands over what comes at once; asked with `readable`, it does so by three detours.
  const read = (bytes: Buffer): void => {
    taken.push(bytes)
    const words = reader.push(bytes)
    if (words !== undefined) end(words)
  }
  const gone = (): void => end({ kind: 'gone' })
  const timer = setTimeout(() => end({ kind: 'too-late' }), patience)
  socket.on('close', gone)
  socket.on('end', gone)
  socket.on('data', read)
  socket.resume()
}
