import { once } from 'node:events'
import { chmod, lstat, rename, unlink } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { PosternError } from '../../errors.ts'
import { askAdmin } from './admin-client.ts'
import { errorReply, requestOf, type AdminReply, type AdminRequest } from './admin-words.ts'
import type { GateControl } from './control.ts'

/** Nobody but the gate's own user, and root. */
const PRIVATE = 0o600
const LONGEST_REQUEST = 4096
const MOST_CONNECTIONS = 16
/** Who asks nothing for so long has gone, in milliseconds. */
const IDLE_MS = 10 * 60_000

/** A Unix socket for whoever looks after a gate: one request in JSON a line, one answer a line. */
export class AdminServer {
  readonly #server: Server
  readonly #path: string
  readonly #clients = new Map<Socket, { unanswered: number }>()
  #closing = false

  private constructor(path: string, control: GateControl) {
    this.#path = path
    this.#server = createServer((client) => this.#serve(client, control))
    this.#server.maxConnections = MOST_CONNECTIONS
  }

  /**
   * Listens at a path. A socket file that a killed gate has left is replaced; one at which somebody answers is not, nor is anything else. Rejects with a
   * `PosternError` `GATE_ADMIN_TAKEN` (`input`) or `GATE_ADMIN` (`world`).
   */
  static async open(path: string, control: GateControl): Promise<AdminServer> {
    await isFree(path)
    const made = new AdminServer(path, control)
    // Nobody else may connect between the moment when it is there and the one when it is private.
    const first = `${path}.${(await control.status()).pid}`
    try {
      made.#server.listen(first)
      await once(made.#server, 'listening')
      await chmod(first, PRIVATE)
      await rename(first, path)
    } catch (cause) {
      made.#server.close()
      throw new PosternError('world', 'GATE_ADMIN', `Cannot listen on the admin socket ${path}`, {
        remedy: 'Name a path of at most 100 octets under admin, in a folder that the gate may write to.',
        cause,
      })
    }
    return made
  }

  /** Whoever has asked something, such as that this happens, is answered; all others are left at once. */
  async close(): Promise<void> {
    this.#closing = true
    this.#server.close()
    for (const [client, { unanswered }] of this.#clients) if (unanswered === 0) client.destroy()
    await unlink(this.#path).catch(() => undefined)
  }

  #serve(client: Socket, control: GateControl): void {
    const state = { unanswered: 0 }
    this.#clients.set(client, state)
    client.setTimeout(IDLE_MS, () => client.destroy())
    client.on('error', () => client.destroy())
    client.once('close', () => this.#clients.delete(client))
    let heard = ''
    let turn: Promise<void> = Promise.resolve()
    client.setEncoding('utf8').on('data', (text: string) => {
      const lines = (heard + text).split('\n')
      heard = lines.pop() ?? ''
      if (heard.length > LONGEST_REQUEST) return void client.destroy()
      for (const line of lines) {
        state.unanswered += 1
        turn = turn.then(async () => {
          const reply = await replyTo(line, control)
          if (client.writable) client.write(`${JSON.stringify(reply)}\n`)
          state.unanswered -= 1
          if (this.#closing && state.unanswered === 0) client.end()
        })
      }
    })
  }
}

async function replyTo(line: string, control: GateControl): Promise<AdminReply> {
  const request = requestOf(line)
  if (request === undefined)
    return errorReply(
      new PosternError('input', 'GATE_ADMIN_REQUEST', 'Cannot answer what is no request', {
        remedy: 'Ask {"ask":"status"}, connections, reload or drain, one a line.',
      }),
    )
  try {
    return { answer: await answerTo(request, control) }
  } catch (error) {
    return errorReply(error)
  }
}

async function answerTo(request: AdminRequest, control: GateControl): Promise<unknown> {
  switch (request.ask) {
    case 'status':
      return control.status()
    case 'connections':
      return control.connections(request.most)
    case 'reload':
      await control.reload()
      return control.status()
    case 'drain':
      control.drain()
      return control.status()
  }
}

/** Throws where somebody listens there, or where there is something else than a socket. */
async function isFree(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined)
  if (there === undefined) return
  if (!there.isSocket())
    throw new PosternError('input', 'GATE_ADMIN_TAKEN', `Cannot listen on the admin socket ${path}: there is something else of that name`, {
      remedy: 'Name another path under admin, or remove what is there.',
    })
  const pid = await pidAt(path)
  if (pid === undefined) return
  throw new PosternError(
    'input',
    'GATE_ADMIN_TAKEN',
    `Cannot listen on the admin socket ${path}: it is that of the gate with process ${pid}`,
    {
      remedy: 'Stop that gate, or name another path under admin.',
    },
  )
}

/** Undefined: nobody listens. */
async function pidAt(path: string): Promise<string | undefined> {
  try {
    const answer = await askAdmin(path, { ask: 'status' })
    return typeof answer === 'object' && answer !== null && 'pid' in answer ? String(answer.pid) : 'unknown'
  } catch (error) {
    return error instanceof PosternError && isAbandoned(error.cause) ? undefined : 'unknown'
  }
}

/** What a killed gate leaves behind is a file at which nobody listens. Who may not connect knows nothing of that. */
function isAbandoned(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ECONNREFUSED' || cause.code === 'ENOENT')
}
