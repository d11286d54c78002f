import type { Duplex } from 'node:stream'
import { PosternError } from '../../errors.ts'
import type { ByteStream } from '../byte-stream.ts'
import { keepsNothing } from '../carry.ts'
import { resetsBy } from '../closing.ts'

/** Of a stream that goes over a link: how it is reset, and that its octets become records of TLS. Nothing is made for each of them. */
export function isOfLink(stream: Duplex): void {
  stream.on('error', ignore)
  resetsBy(stream, breakOff)
  keepsNothing(stream)
}

function breakOff(stream: ByteStream): void {
  stream.destroy(broken())
}

function ignore(): void {
  // Whoever takes the stream hears that it is closed.
}

/**
 * With what a stream is destroyed so that the other end learns that it has not got all. Node’s `close()` would say END_STREAM first, whatever the code:
 * RFC 9113 §6.4.
 */
function broken(): PosternError {
  return new PosternError('world', 'GATE_LINK', 'Cannot carry more over this stream: its other side has broken off', {
    remedy: 'Nothing is to be done, if it is not often.',
  })
}
