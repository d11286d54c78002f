import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Less is taken out of memory that is shared, or not worth the trouble. In octets. */
const LARGE = 4096

/** So much goes on in one write: three full records of TLS, RFC 8446 §5.1. One more would fill the stream, and stop whoever is read. */
const TOGETHER = 3 * 16_384

/**
 * Writes octets that nobody will look at any more.
 *
 * Large pieces that come one behind the other go on in one write, at the end of this turn at the latest: each write to the system sends something of its own, and
 * wakes whoever reads it. And their memory is given back as soon as they are on their way. Node makes memory of its own for each read, and the garbage collector
 * looks through everything there is whenever some of it has come together: of a large upload, half of the time.
 */
export function carry(bytes: Buffer, to: Duplex): void {
  const { buffer } = bytes
  // What is no socket may pass on what it was given, and what is part of something larger is not alone in its memory.
  const alone = bytes.length >= LARGE && to instanceof Socket && buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length
  if (alone && to.writableCorked === 0) {
    to.cork()
    setImmediate(uncork, to)
  }
  to.write(bytes, alone ? () => void buffer.transfer(0) : undefined)
  if (!alone || to.writableLength >= TOGETHER) to.uncork()
}

function uncork(stream: Duplex): void {
  stream.uncork()
}
