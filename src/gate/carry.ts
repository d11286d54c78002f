import { Socket } from 'node:net'
import type { ByteStream } from './byte-stream.ts'
import { TcpStream } from './handles/tcp-stream.ts'
import { noteLitter } from './litter.ts'

/** Less is taken out of memory that is shared, or not worth the trouble. In octets. */
const LARGE = 4096

/** So much goes on in one write: three full records of TLS, RFC 8446 §5.1. One more would fill the stream, and stop whoever is read. */
const TOGETHER = 3 * 16_384

const LETS_GO: unique symbol = Symbol('it keeps nothing')

/** On the stream itself: see `closing.ts`. */
interface Known {
  [LETS_GO]?: true
}

/** The stream is no socket, and yet keeps nothing of what it was given once that has been written: one of HTTP/2, from which octets go into records of TLS. */
export function keepsNothing(stream: ByteStream & Known): void {
  stream[LETS_GO] = true
}

/**
 * Writes octets that nobody will look at any more.
 *
 * Large pieces that come one behind the other go on in one write, at the end of this turn at the latest: each write to the system sends something of its own, and
 * wakes whoever reads it. And their memory is given back as soon as they are on their way. Node makes memory of its own for each read, and the garbage collector
 * looks through everything there is whenever some of it has come together: of a large upload, half of the time. Where several pieces are in one memory, as those
 * are that come over a link, nobody knows who else has one of them: that is left to the collector, and it is told in time.
 */
export function carry(bytes: Buffer, to: ByteStream & Known): void {
  const { buffer } = bytes
  const isSocket = to instanceof Socket || to instanceof TcpStream
  const isWhole = buffer.byteLength === bytes.length
  // Small ones that Node has copied share a pool: nothing follows them.
  const isPart = !isWhole && buffer.byteLength >= LARGE && buffer.byteLength !== Buffer.poolSize
  // What is no socket may pass on what it was given, and what is part of something larger is not alone in its memory.
  const alone = isWhole && bytes.length >= LARGE && (isSocket || to[LETS_GO] === true) && buffer instanceof ArrayBuffer
  const waits = isSocket && (alone || isPart)
  if (waits && to.writableCorked === 0) {
    to.cork()
    setImmediate(uncork, to)
  }
  to.write(bytes, alone ? () => void buffer.transfer(0) : undefined)
  if (!waits || to.writableLength >= TOGETHER) to.uncork()
  if (isPart) noteLitter(bytes.length)
}

function uncork(stream: ByteStream): void {
  stream.uncork()
}
