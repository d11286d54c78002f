import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'

/** Who has got everything has so long to close its own side, in milliseconds. */
const LINGER_MS = 2000

/** A server that takes nothing of what is left for it has so long, in milliseconds. */
export const FLUSH_MS = 60_000

/**
 * Closes a stream behind what is on its way to it, without waiting for ever for the other side: what that still says is read and dropped, since unread
 * octets would turn the close into a reset, which can overtake the last words. `flush`: milliseconds for what is on its way; undefined where somebody else
 * has an eye on that.
 */
export function closeBehind(stream: Duplex, flush: number | undefined): void {
  let timer: NodeJS.Timeout | undefined
  const within = (milliseconds: number): void => {
    clearTimeout(timer)
    timer = setTimeout(() => stream.destroy(), milliseconds)
  }
  stream.once('close', () => clearTimeout(timer))
  if (stream.destroyed) return
  if (flush !== undefined) within(flush)
  if (stream.writableFinished) within(LINGER_MS)
  else stream.once('finish', () => within(LINGER_MS))
  stream.end()
  stream.resume()
}

/** Ends a connection so that the other side knows that it has not got all: TCP’s reset, or TLS without its last word. */
export function reset(stream: Duplex): void {
  if (stream.destroyed) return
  stream.on('error', () => {})
  if (stream instanceof Socket && !(stream instanceof TLSSocket)) stream.resetAndDestroy()
  else stream.destroy()
}
