import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import type { PortRange } from '../config/places.ts'

/** So many ports are tried before it is said that there is none. */
const TRIES = 20

/**
 * Listens on a free port of an address, one that cannot be guessed from the last; any free port without a range. Undefined where there is none. One
 * connection may wait: whoever is not accepted does not get in the way of who is.
 */
export async function openPassive(host: string, ports: PortRange | undefined): Promise<Server | undefined> {
  const count = ports === undefined ? 1 : ports.last - ports.first + 1
  const begin = randomInt(count)
  for (let tried = 0; tried < Math.min(count, TRIES); tried += 1) {
    const port = ports === undefined ? 0 : ports.first + ((begin + tried) % count)
    const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true })
    try {
      // Several processes of one gate must not share it.
      server.listen({ host, port, exclusive: true })
      await once(server, 'listening')
      return server
    } catch {
      server.close()
    }
  }
  return undefined
}
