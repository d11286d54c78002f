import type { Http2Session } from 'node:http2'
import type { TLSSocket } from 'node:tls'

/** How often somebody looks whether the other end still speaks, and after how much silence it does not, in milliseconds. */
const LOOK_MS = 5000
const SILENCE_MS = 15_000

export interface LivenessTimes {
  readonly look: number
  readonly silence: number
}

/**
 * Asks the other end for a sign of life as long as nothing comes from it (PING, RFC 9113 §6.7), and tells when none comes either. What comes late behind
 * much else on a slow line is none the less a sign: any octet counts.
 */
export function watchLiveness(
  session: Http2Session,
  socket: TLSSocket,
  dead: () => void,
  { look, silence }: LivenessTimes = { look: LOOK_MS, silence: SILENCE_MS },
): void {
  let read = socket.bytesRead
  let heard = performance.now()
  let asking = false
  const timer = setInterval(() => {
    if (socket.bytesRead !== read) {
      read = socket.bytesRead
      heard = performance.now()
      return
    }
    if (performance.now() - heard > silence) return dead()
    if (asking || session.destroyed || session.closed) return
    asking = session.ping((error) => {
      asking = false
      if (error === null) heard = performance.now()
    })
  }, look)
  session.once('close', () => clearInterval(timer))
}
