import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

/** A TCP server inside the test process. */
export interface Loopback {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly stop: () => Promise<void>
}

/** Serves connections on a port of loopback, a free one if none is given; `stop` ends them too. */
export async function serveLoopback(serve: (socket: Socket) => void, port = 0): Promise<Loopback> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    serve(socket)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot serve on loopback: no port')
  return { host: '127.0.0.1', port: address.port, stop: () => stop(server, sockets) }
}

async function stop(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  if (!server.listening) return
  server.close()
  for (const socket of sockets) socket.destroy()
  await once(server, 'close')
}
