import { createSocket } from 'node:dgram'
import { isIP } from 'node:net'
import type { Failed } from './answer.ts'
import { answers, type Query } from './dns-message.ts'
import type { ResolverPlace } from './resolver-place.ts'

/** So many answers to something else on one socket mean that somebody guesses (RFC 5452 §9.3). */
const MOST_FOREIGN = 16

export const TIMED_OUT: Failed = { kind: 'failed', why: 'timeout', words: 'the DNS server did not answer in time' }

/** No answer, since the way there is closed. */
export function unreachable(why: string): Failed {
  return { kind: 'failed', why: 'unreachable', words: `the DNS server cannot be reached (${why})` }
}

/** What went wrong, by its code: messages name paths and addresses. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}

/**
 * Asks once over UDP, from a port of its own that the kernel draws; the kernel lets nothing in from another address. `patience`: milliseconds.
 * `flooded` where others answer: TCP can tell. Never rejects.
 */
export function askByUdp({ address, port }: ResolverPlace, query: Query, patience: number): Promise<Uint8Array | Failed | 'flooded'> {
  return new Promise((resolve) => {
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4')
    let foreign = 0
    let ended = false
    const end = (outcome: Uint8Array | Failed | 'flooded'): void => {
      if (ended) return
      ended = true
      clearTimeout(timer)
      socket.close()
      resolve(outcome)
    }
    const timer = setTimeout(() => end(TIMED_OUT), patience)
    socket.on('error', (error) => end(unreachable(codeOf(error))))
    socket.on('message', (bytes) => {
      if (answers(query, bytes)) end(Uint8Array.from(bytes))
      else if (++foreign === MOST_FOREIGN) end('flooded')
    })
    socket.connect(port, address, () => {
      if (!ended) socket.send(query.bytes)
    })
  })
}
