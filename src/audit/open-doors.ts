import { connect } from 'node:net'
import { eachAtOnce, type Addressed } from './at-once.ts'

/** Something that can be connected to. */
export interface Reachable extends Addressed {
  readonly port: number
}

export interface KnockOptions {
  /** A door that has not answered after so many milliseconds is closed. */
  readonly timeout: number
  /** At most so many connections to one address at once. */
  readonly parallel: number
  /** Ends the search: doors that have not answered by then are closed. */
  readonly signal?: AbortSignal
}

/** Doors that are knocked at, at once, wherever they are. */
const MOST_KNOCKS = 64

/** Those doors that accept a TCP connection, in their order. Each is connected to once and closed again; nothing is said. */
export async function findOpenDoors<T extends Reachable>(doors: readonly T[], options: KnockOptions): Promise<T[]> {
  const open = await eachAtOnce(doors, { all: MOST_KNOCKS, ofAddress: options.parallel }, (door) => answers(door, options))
  return doors.filter((_door, index) => open[index])
}

function answers({ address, port }: Reachable, { timeout, signal }: KnockOptions): Promise<boolean> {
  if (signal?.aborted === true) return Promise.resolve(false)
  return new Promise((resolve) => {
    const socket = connect({ host: address, port })
    let open = false
    const give = (): void => void socket.destroy()
    const timer = setTimeout(give, timeout)
    signal?.addEventListener('abort', give)
    socket.on('error', give)
    socket.on('connect', () => {
      open = true
      socket.destroy()
    })
    // Not before it has closed: then the next knock would be one too many.
    socket.on('close', () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', give)
      resolve(open)
    })
  })
}
