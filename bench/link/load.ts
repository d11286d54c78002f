/** The load, and the server behind: both in this process, so that the other core is left to what is measured. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const BLOCK = Buffer.alloc(64 * 1024, 0x78)
const QUESTION = Buffer.alloc(200, 0x71)

/** The first octet of a client says what it wants: everything that there is, to be heard, or an answer of the same length. */
const WISHES = { give: 0x67, take: 0x74, answer: 0x61 } as const
type Wish = keyof typeof WISHES

/** What is on its way comes within so long. */
const SETTLING_MS = 200

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
  await delay(SETTLING_MS)
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

/**
 * Milliseconds that answers to short questions took, sorted: 1,000 questions a second over 20 connections in turn, each when it is due, or so many `together`.
 * Nobody waits for an answer before the next question: what is slow for once would else be asked less.
 */
export async function latencies(port: number, seconds: number, together: number): Promise<readonly number[]> {
  const CONNECTIONS = 20
  const all: number[] = []
  const askers = await Promise.all(Array.from({ length: CONNECTIONS }, () => asker(port, (took) => void all.push(took))))
  // The first question of each is not counted.
  for (const { ask } of askers) ask()
  await delay(SETTLING_MS)
  all.length = 0
  const begun = performance.now()
  for (let asked = 0; asked < 1000 * seconds; await delay(1))
    while (asked <= performance.now() - begun)
      for (const until = asked + together; asked < until; asked++) askers[asked % CONNECTIONS]?.ask()
  await delay(SETTLING_MS)
  for (const { close } of askers) close()
  return all.toSorted((a, b) => a - b)
}

interface Asker {
  readonly ask: () => void
  readonly close: () => void
}

async function asker(port: number, took: (milliseconds: number) => void): Promise<Asker> {
  const asked: number[] = []
  let left = QUESTION.length
  const socket = await open(port, 'answer', (octets) => {
    for (left -= octets; left <= 0; left += QUESTION.length) took(performance.now() - (asked.shift() ?? Number.NaN))
  })
  const ask = (): void => {
    asked.push(performance.now())
    socket.write(QUESTION)
  }
  return { ask, close: () => void socket.destroy() }
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
