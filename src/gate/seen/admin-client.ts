import { connect } from 'node:net'
import { PosternError } from '../../errors.ts'
import type { GateStatus } from './status.ts'
import { gateStatus } from './status-schema.ts'
import { replyOf, type AdminRequest } from './admin-words.ts'

/** A gate that is asked for no more than numbers has so long; whatever waits for a configuration has longer. Milliseconds. */
const PATIENCE_MS = 10_000
const RELOAD_PATIENCE_MS = 120_000
/** Ten thousand connections have room in it. */
const LONGEST_ANSWER = 16 * 1024 * 1024

/**
 * Asks a running gate over its admin socket. Gives what it answers; rejects with the error that the gate says, as it is there, or with `GATE_UNREACHABLE` or
 * `GATE_NO_ANSWER` (both `world`).
 */
export function askAdmin(path: string, request: AdminRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    const pieces: string[] = []
    let length = 0
    const end = (settle: () => void): void => {
      socket.destroy()
      settle()
    }
    const fail = (why: string): void => end(() => reject(noAnswer(path, why)))
    socket.setTimeout(request.ask === 'reload' ? RELOAD_PATIENCE_MS : PATIENCE_MS, () => fail('it says nothing'))
    socket.on('error', (cause: NodeJS.ErrnoException) => end(() => reject(unreachable(path, cause))))
    socket.on('close', () => fail('it closed the connection'))
    socket.on('connect', () => void socket.write(`${JSON.stringify(request)}\n`))
    socket.setEncoding('utf8').on('data', (text: string) => {
      pieces.push(text)
      length += text.length
      if (length > LONGEST_ANSWER) return fail('its answer does not end')
      if (!text.includes('\n')) return
      const reply = replyOf(pieces.join('').split('\n', 1)[0] ?? '')
      if (reply === undefined) return fail('its answer cannot be read')
      end(() => {
        if ('answer' in reply) return resolve(reply.answer)
        const { fault, code, message, remedy } = reply.error
        reject(new PosternError(fault, code, message, { remedy }))
      })
    })
  })
}

function unreachable(path: string, cause: NodeJS.ErrnoException): PosternError {
  return new PosternError('world', 'GATE_UNREACHABLE', `Cannot ask the gate at ${path}: ${whyNot(cause)}`, {
    remedy: 'Start it with postern gate run, as a user who may use that socket, or name another with --admin.',
    cause,
  })
}

function whyNot({ code = '' }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'there is no such socket'
  if (code === 'ECONNREFUSED') return 'nobody listens there'
  return code === 'EACCES' ? 'this user may not' : 'it cannot be reached'
}

function noAnswer(path: string, why: string): PosternError {
  return new PosternError('world', 'GATE_NO_ANSWER', `Cannot ask the gate at ${path}: ${why}`, {
    remedy: 'See what the gate writes on standard error; it may be busy, or of another version.',
  })
}

/** How the gate is. Rejects as `askAdmin()` does. */
export async function askStatus(path: string, ask: 'status' | 'reload' | 'drain' = 'status'): Promise<GateStatus> {
  const { data } = gateStatus.safeParse(await askAdmin(path, { ask }))
  if (data === undefined) throw noAnswer(path, 'its answer cannot be read')
  return data
}
