import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** A network between two ends, which can be made worse. */
export interface Road {
  /** Where it begins. */
  readonly place: string
  readonly port: number
  /** Passes nothing on any more, and tells nobody. Who comes is taken, and hears nothing. */
  readonly stop: () => void
  readonly go: () => void
  /** Breaks all connections. */
  readonly cut: () => void
  /** Each way takes so many milliseconds. */
  readonly delay: (milliseconds: number) => void
  /** How many are on it. */
  readonly connections: () => number
  /** Whoever comes from now on comes to this port. */
  readonly lead: (to: number) => void
}

/** A road to a port of this machine. It ends with the test. */
export async function buildRoad(to: number, t: Pick<TestContext, 'after'>): Promise<Road> {
  const sockets = new Set<Socket>()
  let [stopped, wait, target] = [false, 0, to]
  const pass = (from: Socket, into: Socket): void => {
    sockets.add(from)
    from.on('error', () => undefined)
    from.on('close', () => {
      sockets.delete(from)
      into.destroy()
    })
    from.on('data', (bytes) => {
      if (stopped) return
      if (wait === 0) return void into.write(bytes)
      setTimeout(() => into.writable && into.write(bytes), wait)
    })
  }
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true })
    pass(near, far)
    pass(far, near)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  t.after(() => {
    cut()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    place: `127.0.0.1:${port}`,
    port,
    stop: () => void (stopped = true),
    go: () => void (stopped = false),
    cut,
    connections: () => Math.ceil(sockets.size / 2),
    delay: (milliseconds) => void (wait = milliseconds),
    lead: (other) => void (target = other),
  }
}
