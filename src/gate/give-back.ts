import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Less is taken out of memory that is shared, or not worth the trouble. In octets. */
const WORTH_IT = 4096

/**
 * Writes octets that nobody will look at any more, and gives their memory back as soon as they are on their way. Node makes memory of its own for each read, and
 * the garbage collector looks through everything there is whenever some of it has come together: of a large upload, half of the time.
 */
export function writeAndGiveBack(bytes: Buffer, to: Duplex): void {
  const { buffer } = bytes
  // What is no socket may pass on what it was given, and what is part of something larger is not alone in its memory.
  const whole = bytes.length >= WORTH_IT && to instanceof Socket && buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length
  if (whole) to.write(bytes, () => void buffer.transfer(0))
  else to.write(bytes)
}
