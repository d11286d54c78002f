import type { Http2Session } from 'node:http2'
import type { TLSSocket } from 'node:tls'

/** How often somebody looks whether the other end still speaks, in milliseconds, and after how many looks in vain it is gone. */
export interface LivenessTimes {
  readonly look: number
  readonly looks: number
}

/** 20 seconds at most. Looks are counted, and not the time: a process that was stopped for a while has heard nothing, and is no reason. */
const USUAL: LivenessTimes = { look: 5000, looks: 3 }

/**
 * Asks the other end for a sign of life as long as nothing comes from it (PING, RFC 9113 §6.7), and tells when none comes either. What comes late behind
 * much else on a slow line is none the less a sign: any octet counts.
 */
export function watchLiveness(session: Http2Session, socket: TLSSocket, dead: () => void, { look, looks }: LivenessTimes = USUAL): void {
  let read = socket.bytesRead
  let vain = 0
  let asking = false
  const timer = setInterval(() => {
    vain = socket.bytesRead === read ? vain + 1 : 0
    read = socket.bytesRead
    if (vain > looks) return dead()
    if (vain === 0 || asking || session.destroyed || session.closed) return
    asking = session.ping(() => void (asking = false))
  }, look)
  session.once('close', () => clearInterval(timer))
}
