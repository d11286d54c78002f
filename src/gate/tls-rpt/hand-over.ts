import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Place } from '../config/places.ts'
import { codeOf } from '../names/ask-udp.ts'

/** A mail, and the server that queues it, and signs it. */
export interface HandOver {
  readonly server: Place
  /** What we call ourselves. */
  readonly name: string
  readonly from: string
  readonly to: string
  /** In lines with CR LF. */
  readonly message: string
  /** For all of it, in milliseconds. Default: 60000. */
  readonly patience?: number | undefined
}

const PATIENCE_MS = 60_000
const MOST_LINES = 200

/** Hands a mail to a server of ours by SMTP, RFC 5321 §3.3. Gives in a clause why it was not taken. Never rejects. */
export async function handOver({ server, name, from, to, message, patience = PATIENCE_MS }: HandOver): Promise<string | undefined> {
  const socket = connect({ ...server, signal: AbortSignal.timeout(patience) })
  const stuffed = message.replaceAll(/^\./gm, '..')
  const steps = [undefined, `EHLO ${name}`, `MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, 'DATA', `${stuffed}\r\n.`]
  try {
    const replies = repliesOf(socket)
    for (const step of steps) {
      if (step !== undefined) socket.write(`${step}\r\n`)
      const { value: code = '' } = await replies.next()
      if (!/^[23]/.test(code)) return code === '' ? 'the mail server closed the connection' : `the mail server answers ${code}`
    }
    socket.end('QUIT\r\n')
    return undefined
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'AbortError'
    return isLate ? 'the mail server did not answer in time' : `the mail server cannot be reached (${codeOf(error)})`
  } finally {
    socket.on('error', () => {})
    setTimeout(() => socket.destroy(), 1000).unref()
  }
}

/** The code of each reply; its lines say more than anybody needs here. */
async function* repliesOf(socket: Socket): AsyncGenerator<string, undefined, undefined> {
  let lines = 0
  const failed = new Promise<never>((_resolve, reject) => socket.once('error', reject))
  const reader = createInterface({ input: socket.setEncoding('latin1') })[Symbol.asyncIterator]()
  for (;;) {
    const { done, value = '' } = await Promise.race([reader.next(), failed])
    if (done === true || ++lines > MOST_LINES) return undefined
    if (/^\d{3}(?: |$)/.test(value)) yield value.slice(0, 3)
  }
}
