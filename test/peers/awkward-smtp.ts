import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { SERVER_NAME } from './certificates.ts'
import { serveLoopback, type Loopback } from './loopback.ts'

/** Manners that SMTP allows, that real servers have, and that auditors stumble over. Times in milliseconds. */
export interface Manners {
  /** The greeting's first line comes at once, its last after this time; who talks before that is sent away, as postscreen does. */
  readonly greetWait?: number
  /** Nothing at all for this long. */
  readonly lateBanner?: number
  /** Each line of a reply in its own segment, this far apart. */
  readonly dribble?: number
  /** Each byte in its own segment, this far apart, until TLS begins. */
  readonly tarpit?: number
  /** This many connections are served within `window`; the next ones hear 421. */
  readonly connections?: number
  /** What `connections` counts over; 60 s as in Postfix when left out. */
  readonly window?: number
  /** The clock of `window`. */
  readonly now?: () => number
  /** The reply to STARTTLS. 454 leaves the session in clear. */
  readonly starttls?: string
}

/** A real TLS server to hand connections to once STARTTLS was said. */
export interface Backend {
  readonly port: number
  /** It is an SMTP server and wants STARTTLS itself. */
  readonly smtp?: boolean
}

export interface AwkwardSmtp extends Loopback {
  /** Connections so far, and those among them that were refused with 421 or sent away for talking early. */
  readonly seen: () => { readonly connections: number; readonly refused: number; readonly early: number }
}

/** An SMTP server with awkward manners whose TLS is that of `backend`. */
export async function awkwardSmtp(backend: Backend, manners: Manners): Promise<AwkwardSmtp> {
  const count = { connections: 0, refused: 0, early: 0 }
  const times: number[] = []
  const full = (): boolean => {
    const { connections, window = 60_000, now: clock = () => performance.now() } = manners
    const now = clock()
    if (connections === undefined) return false
    while (times[0] !== undefined && now - times[0] > window) times.shift()
    return times.push(now) > connections
  }
  const server = await serveLoopback((socket) => {
    count.connections++
    const refused = full()
    if (refused) count.refused++
    const session = refused ? refuse(socket) : serve(socket, backend, manners)
    session.catch((error: unknown) => {
      if (error instanceof TalkedTooEarly) count.early++
      socket.destroy()
    })
  })
  return { ...server, seen: () => ({ ...count }) }
}

class TalkedTooEarly extends Error {}

async function refuse(socket: Socket): Promise<void> {
  socket.end(`421 4.7.0 ${SERVER_NAME} Error: too many connections from you\r\n`)
  socket.resume()
  await once(socket, 'close')
}

async function serve(socket: Socket, backend: Backend, manners: Manners): Promise<void> {
  await greet(socket, manners)
  const input = readLines(socket)
  for await (const line of input) {
    const command = line.toUpperCase()
    if (command === 'STARTTLS') {
      const reply = manners.starttls ?? '220 2.0.0 ready to start TLS'
      await say(socket, [reply], manners)
      if (!reply.startsWith('220')) continue
      relay(socket, await openBackend(backend))
      return
    }
    if (command === 'QUIT') {
      await say(socket, ['221 2.0.0 bye'], manners)
      socket.end()
      return
    }
    await say(socket, replyTo(command), manners)
  }
  socket.end()
}

async function greet(socket: Socket, manners: Manners): Promise<void> {
  const { greetWait, lateBanner } = manners
  if (lateBanner !== undefined) await delay(lateBanner)
  if (greetWait !== undefined) {
    await say(socket, [`220-${SERVER_NAME} ESMTP please wait`], manners)
    await delay(greetWait)
    if (socket.readableLength > 0) {
      socket.end('521 5.5.1 Protocol error\r\n')
      throw new TalkedTooEarly()
    }
  }
  await say(socket, [`220 ${SERVER_NAME} ESMTP`], manners)
}

function replyTo(command: string): readonly string[] {
  if (!/^(?:EHLO|HELO)\b/.test(command)) return ['502 5.5.1 unknown command']
  const keywords = ['PIPELINING', 'SIZE 10240000', 'STARTTLS', 'ENHANCEDSTATUSCODES']
  return [SERVER_NAME, ...keywords].map((line) => `250-${line}`).concat('250 8BITMIME')
}

async function say(socket: Socket, lines: readonly string[], { dribble, tarpit }: Manners): Promise<void> {
  const text = lines.map((line) => `${line}\r\n`)
  const pieces = tarpit === undefined ? (dribble === undefined ? [text.join('')] : text) : text.join('')
  for (const piece of pieces) {
    if (socket.destroyed) throw new Error('the client has left')
    socket.write(piece)
    if (tarpit !== undefined || dribble !== undefined) await delay(tarpit ?? dribble)
  }
}

/** Lines as they come. What follows the last line that was asked for stays in the socket. */
async function* readLines(socket: Socket): AsyncGenerator<string> {
  let text = ''
  for (;;) {
    const end = text.indexOf('\n')
    if (end >= 0) {
      const line = text.slice(0, end).trim()
      const rest = text.slice(end + 1)
      text = ''
      if (rest !== '') socket.unshift(Buffer.from(rest, 'latin1'))
      yield line
    } else if (socket.readableEnded || socket.destroyed) return
    else if (socket.readableLength === 0) await moreOrEnd(socket)
    const bytes: unknown = socket.read()
    if (bytes instanceof Buffer) text += bytes.toString('latin1')
  }
}

async function moreOrEnd(socket: Socket): Promise<void> {
  const listening = new AbortController()
  const { signal } = listening
  try {
    await Promise.race([once(socket, 'readable', { signal }), once(socket, 'close', { signal })])
  } finally {
    listening.abort()
  }
}

async function openBackend({ port, smtp = false }: Backend): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => {})
  await once(socket, 'connect')
  if (!smtp) return socket
  const input = readLines(socket)
  for (const command of ['', 'EHLO test', 'STARTTLS']) {
    if (command !== '') socket.write(`${command}\r\n`)
    for (;;) {
      const { value, done } = await input.next()
      if (done === true) throw new Error('Cannot start TLS with the backend: it has closed')
      if (value[3] !== '-') break
    }
  }
  return socket
}

function relay(client: Socket, server: Socket): void {
  client.pipe(server)
  server.pipe(client)
  client.on('close', () => server.destroy())
  server.on('close', () => client.destroy())
}
