import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'

/** Who has got everything has so long to close its own side, in milliseconds. */
const LINGER_MS = 2000

/** Who takes nothing of what is left for it has so long, in milliseconds. */
export const FLUSH_MS = 60_000

/**
 * Closes a stream behind what is on its way to it, without waiting for ever for the other side: what that still says is read and dropped, since unread
 * octets would turn the close into a reset, which can overtake the last words. Of a client that has reset its connection behind the end of TLS Node says
 * nothing: what is on its way to it stays so, and the system has to be asked. `flush`: milliseconds in which something of it has to be taken.
 */
export function closeBehind(stream: Duplex, flush: number = FLUSH_MS): void {
  let timer: NodeJS.Timeout | undefined
  const linger = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => stream.destroy(), LINGER_MS)
  }
  const wait = (left: number): void => {
    timer = setTimeout(() => (stream.writableLength < left ? wait(stream.writableLength) : stream.destroy()), flush)
  }
  let look: NodeJS.Timeout | undefined
  stream.once('close', () => {
    clearTimeout(timer)
    clearTimeout(look)
  })
  if (stream.destroyed) return
  if (stream.writableFinished) linger()
  else {
    wait(stream.writableLength)
    look = setTimeout(() => {
      if (isGone(stream)) stream.destroy()
    }, LINGER_MS)
    stream.once('finish', linger)
  }
  stream.end()
  stream.resume()
}

/** Whether there is no other side any more. Node asks the system for its address, and keeps what it hears: it can be asked once. */
function isGone(stream: Duplex): boolean {
  return stream instanceof TLSSocket && !stream.destroyed && stream.remoteAddress === undefined
}

const carried = new WeakMap<object, TLSSocket>()

/** TLS goes over the stream from now on. */
export function carries(stream: object, tls: TLSSocket): void {
  carried.set(stream, tls)
}

/**
 * Destroys a stream, and what goes over it first: a write of TLS whose socket is gone never comes back, and Node would wait for it when the process ends,
 * without ever sleeping.
 */
export function drop(stream: Duplex): void {
  const over = carried.get(stream)
  if (over === undefined) stream.destroy()
  else over.destroy()
}

const partings = new WeakMap<object, () => void>()

/** This is how somebody parts from whoever is at the end of the stream. */
export function partsBy(stream: object, how: () => void): void {
  partings.set(stream, how)
}

/** Parts from a client with a word where one can be said. */
export function part(stream: Duplex): void {
  const how = partings.get(stream)
  if (how === undefined) drop(stream)
  else how()
}

const resets = new WeakMap<object, () => void>()

/** The stream is none of the system's: this is how the other side learns that it has not got all. */
export function resetsBy(stream: object, how: () => void): void {
  resets.set(stream, how)
}

/** As `Socket.destroySoon()`: it is gone as soon as what is on its way has been written. */
export function dropSoon(stream: Duplex): void {
  stream.once('finish', () => stream.destroy())
  stream.end()
  if (stream.writableFinished) stream.destroy()
}

/**
 * Ends a connection so that the other side knows that it has not got all: TCP’s reset, or TLS without its last word. Where the end has been said and is still
 * on its way, it stays said: libuv resets nothing then, and Node would keep the connection for ever.
 */
export function reset(stream: Duplex): void {
  if (stream.destroyed) return
  stream.on('error', () => {})
  const how = resets.get(stream)
  if (how !== undefined) return how()
  if (!(stream instanceof Socket) || stream instanceof TLSSocket) stream.destroy()
  else if (stream.writableEnded && !stream.writableFinished) closeBehind(stream)
  else stream.resetAndDestroy()
}
