import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A server on loopback that does what a test wants, and counts. */
export interface Loopback {
  readonly port: number
  /** Connections that the other end has not ended. */
  open: () => number
  /** As many were open at once. */
  most: () => number
  /** All that there ever were. */
  total: () => number
  /** Refuses connections from now on; those that are open stay. */
  refuse: () => void
  /** Accepts again, on the same port. */
  accept: () => Promise<void>
}

export interface LoopbackOptions {
  /** Ends its side so many milliseconds after the other end has; 0 is at once. */
  readonly lingers?: number
}

interface Cleanup {
  readonly after: (end: () => void) => void
}

/** Serves every connection with `said`, which is given its number, from 1. Ends with the test. */
export async function loopback(
  t: Cleanup,
  said: (socket: Socket, number: number) => void,
  { lingers = 0 }: LoopbackOptions = {},
): Promise<Loopback> {
  const count = new Count(lingers)
  let total = 0
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    count.add(socket)
    said(socket, ++total)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    count.end()
  })
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  return {
    port,
    open: () => count.open,
    most: () => count.most,
    total: () => total,
    refuse: () => void server.close(),
    accept: async () => {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
  }
}

class Count {
  open = 0
  most = 0
  readonly #lingers: number
  readonly #sockets = new Set<Socket>()

  constructor(lingers: number) {
    this.#lingers = lingers
  }

  add(socket: Socket): void {
    this.#sockets.add(socket)
    let counted: boolean | undefined
    const gone = (): void => {
      if (counted === true) this.open--
      counted = false
    }
    socket.resume()
    socket.on('error', gone)
    socket.on('close', () => {
      gone()
      this.#sockets.delete(socket)
    })
    socket.on('end', () => {
      if (this.#lingers === 0) gone()
      setTimeout(() => socket.end(), this.#lingers).unref()
    })
    // A connection that was ended before this one was begun is to be seen first: both may come in the same round of events.
    setImmediate(() => {
      if (counted === false) return
      counted = true
      this.most = Math.max(this.most, ++this.open)
    })
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** An SMTP server up to the go-ahead for TLS. `heard` is told each piece as it came. */
export function speakSmtp(
  socket: Socket,
  {
    capabilities = ['STARTTLS'],
    go = '220 go ahead',
    heard,
  }: { capabilities?: readonly string[]; go?: string; heard?: (piece: string) => void } = {},
): void {
  socket.write('220 mail.example ESMTP\r\n')
  socket.on('data', (bytes) => {
    const piece = bytes.toString('latin1')
    heard?.(piece)
    if (piece.startsWith('EHLO'))
      socket.write(
        ['mail.example', ...capabilities].map((one, index) => `250${index < capabilities.length ? '-' : ' '}${one}\r\n`).join(''),
      )
    if (piece.startsWith('STARTTLS')) socket.write(`${go}\r\n`)
  })
}

/** Two connections are enough to fill a queue for one. */
const FILLERS = 8
const LISTEN =
  "require('net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, function () { console.log(this.address().port) })"

/** A port that says nothing to whoever connects, as behind a firewall: of a process that has stopped, with a full queue. */
export async function unanswered(t: Cleanup): Promise<number> {
  const child = spawn(process.execPath, ['-e', LISTEN], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => void child.kill('SIGKILL'))
  const [said] = await once(child.stdout, 'data')
  child.kill('SIGSTOP')
  const port = Number(String(said))
  const fillers = Array.from({ length: FILLERS }, () => connect(port, '127.0.0.1').on('error', () => undefined))
  t.after(() => {
    for (const filler of fillers) filler.destroy()
  })
  await pause(FILL_MS)
  return port
}

const FILL_MS = 100
const MOST_WAITING_MS = 5000
const STEP_MS = 2

/** Waits until something has come about. Throws when it does not. */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  const until = Date.now() + MOST_WAITING_MS
  while (!condition()) {
    if (Date.now() > until) throw new Error(`In vain waited for: ${what}`)
    await pause(STEP_MS)
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
