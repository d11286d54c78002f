import { connect, type Socket } from 'node:net'
import { serveLoopback, type Loopback } from './loopback.ts'

/** More than this held back in one direction, and the sender is made to wait. */
const ENOUGH = 4 << 20

/**
 * A TCP relay on loopback that puts `target` a round trip of `milliseconds` away. What the client sends arrives half of it
 * later, and so does what comes back; of the connection's own handshake nothing can be held back, so that the first bytes
 * in each direction pay for it: a server that greets is heard after two round trips, a server that is spoken to first
 * answers after two round trips, as on a real line.
 *
 * Not modelled: `connect` returns at once; a refused connection is accepted and then reset; loss, bandwidth, slow start
 * and the delay of a reset. Timers are exact to a millisecond or so.
 */
export function delayed(target: { readonly host: string; readonly port: number }, milliseconds: number): Promise<Loopback> {
  return serveLoopback((client) => {
    const accepted = performance.now()
    const open = accepted + 1.5 * milliseconds
    const toServer = holdBack(client, milliseconds / 2, open)
    const timer = setTimeout(() => {
      const server = connect({ ...target, noDelay: true, allowHalfOpen: true })
      server.on('error', () => client.resetAndDestroy())
      client.on('error', () => server.resetAndDestroy())
      client.on('close', () => setTimeout(() => server.destroy(), milliseconds / 2))
      // On a busy machine some of it is still on its way then.
      server.on('close', () => setTimeout(() => client.destroySoon(), milliseconds))
      toServer(server)
      holdBack(server, milliseconds / 2, 0)(client)
    }, open - accepted)
    client.on('close', () => clearTimeout(timer))
  })
}

/**
 * Takes everything from `source` at once and passes it on `delay` milliseconds later, but not before `earliest`; the end
 * of the stream likewise. The function that comes back names the receiver, once it is known.
 */
function holdBack(source: Socket, delay: number, earliest: number): (sink: Socket) => void {
  let held = 0
  let sink: Socket | undefined
  const queue: (() => void)[] = []
  // Timers of different lengths may overtake each other on a busy machine: each says that the next one is due, whichever that is.
  const later = (act: () => void): void => {
    const due = Math.max(performance.now() + delay, earliest)
    queue.push(act)
    setTimeout(() => queue.shift()?.(), Math.max(0, due - performance.now()))
  }
  const waiting: (() => void)[] = []
  const pass = (act: (to: Socket) => void): void => {
    if (sink === undefined) waiting.push(() => sink !== undefined && act(sink))
    else if (!sink.destroyed) act(sink)
  }
  source.on('data', (bytes) => {
    held += bytes.length
    if (held > ENOUGH) source.pause()
    later(() =>
      pass((to) => {
        held -= bytes.length
        to.write(bytes)
        if (held <= ENOUGH && !source.destroyed) source.resume()
      }),
    )
  })
  source.on('end', () => later(() => pass((to) => to.end())))
  return (to) => {
    sink = to
    for (const act of waiting.splice(0)) act()
  }
}
