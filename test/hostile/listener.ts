import { createServer, type Server, type Socket } from 'node:net'
import { Wire, type Seen } from './wire.ts'

/** What a server does with one connection. When it returns, the connection is closed with FIN. */
export type Behaviour = (wire: Wire, nth: number) => Promise<void>

export interface HostileServer {
  readonly host: '127.0.0.1'
  readonly port: number
  /** One for each connection, in the order they came. */
  readonly seen: readonly Seen[]
  /** How many were accepted. */
  connections(): number
  /** How many are open now. */
  open(): number
  /** The most that were open at once. */
  maxOpen(): number
  /** Closes the door and ends every connection. */
  stop(): Promise<void>
}

export interface ListenOptions {
  /** The server stops by itself after this many milliseconds. */
  readonly lifetimeMs?: number
  /** More connections than these at once are reset. */
  readonly maxConnections?: number
  /** The kernel accepts, but nothing is ever read. */
  readonly deaf?: boolean
}

/** Long enough for any test, short enough for one that forgot to stop its server. */
const LIFETIME_MS = 120_000
/** A client that does not answer FIN with FIN is cut off after this. */
const LINGER_MS = 2_000

/** Listens on a free port of loopback and lets `behaviour` answer each connection. */
export async function listen(behaviour: Behaviour, options: ListenOptions = {}): Promise<HostileServer> {
  const wires: Wire[] = []
  const sockets = new Set<Socket>()
  let [count, most] = [0, 0]
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: options.deaf ?? false }, (socket) => {
    count++
    sockets.add(socket)
    most = Math.max(most, sockets.size)
    socket.on('close', () => sockets.delete(socket))
    const wire = new Wire(socket)
    if (options.deaf) socket.pause()
    wires.push(wire)
    if (sockets.size > (options.maxConnections ?? Infinity)) wire.reset()
    else if (!options.deaf) void attend(wire, behaviour, count)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = stopper(server, sockets)
  const timer = setTimeout(() => void stop(), options.lifetimeMs ?? LIFETIME_MS)
  return {
    host: '127.0.0.1',
    port: portOf(server),
    get seen() {
      return wires.map((wire) => wire.seen)
    },
    connections: () => count,
    open: () => sockets.size,
    maxOpen: () => most,
    stop: async () => {
      clearTimeout(timer)
      await stop()
    },
  }
}

async function attend(wire: Wire, behaviour: Behaviour, nth: number): Promise<void> {
  await behaviour(wire, nth)
  wire.end()
  const { socket } = wire
  if (socket.destroyed) return
  socket.resume()
  const linger = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.on('close', () => clearTimeout(linger))
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

function stopper(server: Server, sockets: ReadonlySet<Socket>): () => Promise<void> {
  let stopping: Promise<unknown> | undefined
  return async () => {
    stopping ??= Promise.all([new Promise((resolve) => server.close(resolve)), ...[...sockets].map(destroyed)])
    await stopping
  }
}

function destroyed(socket: Socket): Promise<unknown> {
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.destroy()
  return closed
}
