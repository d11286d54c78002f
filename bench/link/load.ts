/** The load, and the server behind: both in this process, so that the other core is left to what is measured. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const BLOCK = Buffer.alloc(64 * 1024, 0x78)
const QUESTION = Buffer.alloc(200, 0x71)

/** The first octet of a client says what it wants: everything that there is, to be heard, or an answer of the same length. */
const WISHES = { give: 0x67, take: 0x74, answer: 0x61 } as const
type Wish = keyof typeof WISHES

/** Serves any number of clients. */
export async function serveLoad(port: number): Promise<Server> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (first: Buffer) => {
      // Who pours on when nobody wants more would be measured with the next.
      socket.once('end', () => socket.destroy())
      if (first[0] === WISHES.give) pour(socket.resume())
      else if (first[0] === WISHES.take) socket.resume()
      else {
        // A question may come right behind the wish.
        if (first.length > 1) socket.write(first.subarray(1))
        socket.on('data', (bytes) => void socket.write(bytes))
      }
    })
  })
  server.listen(port, '127.0.0.1', 4096)
  await once(server, 'listening')
  return server
}

function pour(socket: Socket): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(BLOCK));
    if (!socket.destroyed) socket.once('drain', more)
  }
  more()
}

async function open(port: number, wish: Wish, heard: (octets: number) => void): Promise<Socket> {
  const buffer = Buffer.allocUnsafeSlow(BLOCK.length)
  const callback = (octets: number): boolean => {
    heard(octets)
    return true
  }
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback } })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(Buffer.of(WISHES[wish]))
  return socket
}

export interface Bulk {
  /** MB a second. */
  readonly rate: number
  readonly octets: number
  /** Seconds of a core that both ends of the way used meanwhile. */
  readonly used: number
}

/** Over so many connections together, for so many seconds. What goes up is counted where it has been taken. */
export async function bulk(
  port: number,
  way: 'down' | 'up',
  connections: number,
  seconds: number,
  server: Server,
  cpu: () => number,
): Promise<Bulk> {
  let heard = 0
  const count = (more: number): void => void (heard += more)
  const taken: Socket[] = []
  const take = (socket: Socket): void => void taken.push(socket)
  server.on('connection', take)
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port, way === 'down' ? 'give' : 'take', count)))
  if (way === 'up') for (const socket of sockets) pour(socket)
  const moved = (): number => (way === 'down' ? heard : taken.reduce((sum, { bytesRead }) => sum + bytesRead, 0))
  await delay(300)
  const [before, busy, begun] = [moved(), cpu(), performance.now()]
  await delay(1000 * seconds)
  const [octets, used, milliseconds] = [moved() - before, cpu() - busy, performance.now() - begun]
  server.off('connection', take)
  for (const socket of [...sockets, ...taken]) socket.destroy()
  await delay(200)
  return { rate: octets / 1000 / milliseconds, octets, used }
}

/** Resolves when a question is answered: what was asked before is out of the way. Waits ten seconds at most. */
export async function answered(port: number): Promise<void> {
  let told: (() => void) | undefined
  const answer = new Promise<void>((resolve) => void (told = resolve))
  const socket = await open(port, 'answer', () => told?.())
  socket.write(QUESTION)
  await Promise.race([answer, delay(10_000, undefined, { ref: false })])
  socket.destroy()
}

/** Milliseconds that answers to short questions took, sorted: 20 connections ask one after the other, 1,000 times a second in all. */
export async function latencies(port: number, seconds: number): Promise<readonly number[]> {
  const CONNECTIONS = 20
  const EACH_MS = 20
  const all: number[] = []
  const until = performance.now() + 1000 * seconds
  const one = async (index: number): Promise<void> => {
    let left = 0
    let told: (() => void) | undefined
    const socket = await open(port, 'answer', (octets) => {
      left -= octets
      if (left <= 0) told?.()
    })
    await delay((EACH_MS * index) / CONNECTIONS)
    // The first question is not counted.
    for (let first = true; performance.now() < until; first = false) {
      const asked = performance.now()
      left = QUESTION.length
      const answered = new Promise<void>((resolve) => void (told = resolve))
      socket.write(QUESTION)
      await answered
      if (!first) all.push(performance.now() - asked)
      await delay(Math.max(1, EACH_MS - (performance.now() - asked)))
    }
    socket.destroy()
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => one(index)))
  return all.toSorted((a, b) => a - b)
}

/** Connections that have said one thing and wait; `close` ends them. */
export async function idle(port: number, count: number): Promise<{ readonly close: () => void }> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(50, count - sockets.length) }, () => open(port, 'answer', () => undefined))
    sockets.push(...(await Promise.all(some)))
    await delay(20)
  }
  return {
    close: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}
