import { connect } from 'node:net'

/** Something that can be connected to. */
export interface Reachable {
  /** An IP address. */
  readonly address: string
  readonly port: number
}

export interface KnockOptions {
  /** A door that has not answered after so many milliseconds is closed. */
  readonly timeout: number
  /** At most so many connections at once, all together. */
  readonly parallel: number
  /** Ends the search: doors that have not answered by then are closed. */
  readonly signal?: AbortSignal
}

/** Those doors that accept a TCP connection, in their order. Each is connected to once and closed again; nothing is said. */
export async function findOpenDoors<T extends Reachable>(doors: readonly T[], options: KnockOptions): Promise<T[]> {
  const open = new Set<T>()
  const waiting = doors.values()
  const knockers = Array.from({ length: Math.min(Math.max(1, options.parallel), doors.length) }, async () => {
    for (const door of waiting) if (await answers(door, options)) open.add(door)
  })
  await Promise.all(knockers)
  return doors.filter((door) => open.has(door))
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
