import { Socket } from 'node:net'
import type { ByteStream } from '../byte-stream.ts'
import { HandleStream } from '../handles/handle-stream.ts'

/** How many octets have come over a stream, from now on where it is no socket. Whoever asks has begun to read it. */
export function octetsRead(stream: ByteStream): { readonly bytesRead: number } {
  if (stream instanceof Socket || stream instanceof HandleStream) return stream
  let read = 0
  stream.on('data', (bytes: Buffer) => void (read += bytes.length))
  return {
    get bytesRead() {
      return read
    },
  }
}
