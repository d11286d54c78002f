import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** How many octets have come over a stream, from now on where it is no socket. Whoever asks has begun to read it. */
export function octetsRead(stream: Duplex): { readonly bytesRead: number } {
  if (stream instanceof Socket) return stream
  let read = 0
  stream.on('data', (bytes: Buffer) => void (read += bytes.length))
  return {
    get bytesRead() {
      return read
    },
  }
}
