import { PosternError } from '../../errors.ts'

/**
 * With what a stream is destroyed so that the other end learns that it has not got all. Node’s `close()` would say END_STREAM first, whatever the code:
 * RFC 9113 §6.4.
 */
export function broken(): PosternError {
  return new PosternError('world', 'GATE_LINK', 'Cannot carry more over this stream: its other side has broken off', {
    remedy: 'Nothing is to be done, if it is not often.',
  })
}
