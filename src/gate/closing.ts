import { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { ByteStream } from './byte-stream.ts'
import { HandleStream } from './handles/handle-stream.ts'
import { TcpStream } from './handles/tcp-stream.ts'

/** Who has got everything has so long to close its own side, in milliseconds. */
const LINGER_MS = 2000

/** Who takes nothing of what is left for it has so long, in milliseconds. */
export const FLUSH_MS = 60_000

/**
 * Closes a stream behind what is on its way to it, without waiting for ever for the other side: what that still says is read and dropped, since unread
 * octets would turn the close into a reset, which can overtake the last words. Of a client that has reset its connection behind the end of TLS Node says
 * nothing: what is on its way to it stays so, and the system has to be asked. `flush`: milliseconds in which something of it has to be taken.
 */
export function closeBehind(stream: ByteStream, flush: number = FLUSH_MS): void {
  if (stream.destroyed) return
  let timer: NodeJS.Timeout | undefined
  const linger = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => stream.destroy(), LINGER_MS)
  }
  const wait = (left: number, milliseconds: number): void => {
    timer = setTimeout(() => (stream.writableLength < left ? wait(stream.writableLength, flush) : stream.destroy()), milliseconds)
  }
  const look = (left: number): void => {
    if (isGone(stream)) stream.destroy()
    else wait(left, flush - LINGER_MS)
  }
  stream.once('close', () => clearTimeout(timer))
  if (stream.writableFinished) linger()
  else {
    if (flush > LINGER_MS) timer = setTimeout(look, LINGER_MS, stream.writableLength)
    else wait(stream.writableLength, flush)
    stream.once('finish', linger)
  }
  stream.end()
  stream.resume()
}

/** Whether there is no other side any more. Node asks the system for its address, and keeps what it hears: it can be asked once. */
function isGone(stream: ByteStream): boolean {
  if (stream instanceof HandleStream) return stream.isGone
  return stream instanceof TLSSocket && !stream.destroyed && stream.remoteAddress === undefined
}

const OVER: unique symbol = Symbol('the TLS over it')
const PARTS: unique symbol = Symbol('how somebody parts from it')
const RESETS: unique symbol = Symbol('how it is reset')

/**
 * What is known of a stream is on the stream itself. In a WeakMap it would live until a large collection of garbage, where it leads back to the stream, and each
 * small one before would carry the whole connection along.
 */
interface Known {
  readonly destroyed: boolean
  [OVER]?: TLSSocket | undefined
  [PARTS]?: (() => void) | undefined
  [RESETS]?: (stream: ByteStream) => void
}

/** TLS goes over the stream from now on. */
export function carries(stream: Known, tls: TLSSocket): void {
  stream[OVER] = tls
}

/**
 * Destroys a stream, and what goes over it first: a write of TLS whose socket is gone never comes back, and Node would wait for it when the process ends,
 * without ever sleeping.
 */
export function drop(stream: ByteStream & Known): void {
  const over = stream[OVER]
  if (over === undefined) stream.destroy()
  else over.destroy()
}

/** This is how somebody parts from whoever is at the end of the stream. */
export function partsBy(stream: Known, how: () => void): void {
  stream[PARTS] = how
}

/** Parts from a client with a word where one can be said. */
export function part(stream: ByteStream & Known): void {
  const how = stream[PARTS]
  if (how === undefined) drop(stream)
  else how()
}

/** The stream is none of the system's: this is how the other side learns that it has not got all. */
export function resetsBy(stream: Known, how: (stream: ByteStream) => void): void {
  stream[RESETS] = how
}

/**
 * Takes everything off a stream that is closed. What was a socket survives in V8 until a large collection of garbage, and with it all that hangs on it, which is
 * the whole connection: small collections, which are to be quick, would copy it twice.
 */
export function unhook(stream: ByteStream & Known): void {
  stream.removeAllListeners()
  stream.on('error', ignore)
  stream[OVER] = undefined
  stream[PARTS] = undefined
}

function ignore(): void {
  // Nobody is there any more whom it could concern.
}

/** As `Socket.destroySoon()`: it is gone as soon as what is on its way has been written. */
export function dropSoon(stream: ByteStream): void {
  stream.once('finish', () => stream.destroy())
  stream.end()
  if (stream.writableFinished) stream.destroy()
}

/**
 * Ends a connection so that the other side knows that it has not got all: TCP’s reset, or TLS without its last word. Where the end has been said and is still
 * on its way, it stays said: libuv resets nothing then, and Node would keep the connection for ever.
 */
export function reset(stream: ByteStream & Known): void {
  if (stream.destroyed) return
  stream.on('error', () => {})
  const how = stream[RESETS]
  if (how !== undefined) return how(stream)
  const isTcp = stream instanceof TcpStream || (stream instanceof Socket && !(stream instanceof TLSSocket))
  if (!isTcp) stream.destroy()
  else if (stream.writableEnded && !stream.writableFinished) closeBehind(stream)
  else stream.resetAndDestroy()
}
