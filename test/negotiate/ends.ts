/** Programs that carry out one end of a handshake: helpers that live long and do many, and commands that do one each. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** What an end says of its handshake. */
export interface Report {
  readonly ok: boolean
  readonly error?: string
  readonly fingerprint?: string | null
  readonly alpn?: string | null
  readonly signature?: string
}

export interface Serving {
  readonly port: number
  readonly report: Promise<Report>
  stop(): void
}

/** The program would not take these settings at all. */
export class SettingsRefused extends Error {}

interface Answer extends Report {
  readonly id: number
  readonly port?: number
  readonly refused?: string
}

/** A process that takes jobs as lines on standard input. */
export class Helper {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #next = 1

  constructor(command: readonly string[]) {
    const [program = '', ...words] = command
    this.#child = spawn(program, words, {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: process.env['PATH'] ?? '/usr/bin', OPENSSL_CONF: '/dev/null' },
    })
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer
      this.#waiting.get(answer.id)?.(answer)
    })
    this.#child.on('exit', () => {
      for (const [id, tell] of this.#waiting) tell({ id, ok: false, error: 'helper ended', refused: 'helper ended' })
    })
  }

  protected line(job: Readonly<Record<string, unknown>>): string {
    return JSON.stringify(job)
  }

  #answer(id: number): Promise<Answer> {
    return new Promise((resolve) => this.#waiting.set(id, resolve))
  }

  async serve(job: Readonly<Record<string, unknown>>): Promise<Serving> {
    const id = this.#next++
    const first = this.#answer(id)
    this.#child.stdin!.write(`${this.line({ ...job, id, role: 'server' })}\n`)
    const answer = await first
    if (answer.refused !== undefined || answer.port === undefined) throw new SettingsRefused(answer.refused ?? answer.error)
    return { port: answer.port, report: this.#answer(id).finally(() => this.#waiting.delete(id)), stop: () => {} }
  }

  async connect(port: number, job: Readonly<Record<string, unknown>>): Promise<Report> {
    const id = this.#next++
    const answer = this.#answer(id)
    this.#child.stdin!.write(`${this.line({ ...job, id, port, role: 'client' })}\n`)
    const report = await answer
    this.#waiting.delete(id)
    if (report.refused !== undefined) throw new SettingsRefused(report.refused)
    return report
  }

  end(): void {
    this.#child.stdin!.end()
  }
}

const LIMIT = 5000

/** A command that makes one handshake and ends; `done` says whether its output tells that all is over. `limit`: milliseconds. */
export async function oneHandshake(command: readonly string[], done?: (text: string) => boolean, limit: number = LIMIT): Promise<string> {
  const [program = '', ...words] = command
  const child = spawn(program, words, { stdio: [done === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'], env: COMMAND_ENVIRONMENT })
  let text = ''
  const take = (piece: Buffer): void => {
    text += piece.toString('latin1')
    if (done?.(text) === true) child.stdin?.end()
  }
  child.stdout!.on('data', take)
  child.stderr!.on('data', take)
  const timer = setTimeout(() => child.kill('SIGKILL'), limit)
  await once(child, 'close')
  clearTimeout(timer)
  return text
}

const COMMAND_ENVIRONMENT = { PATH: process.env['PATH'] ?? '/usr/bin', OPENSSL_CONF: '/dev/null' }

/** A server command; `listening` finds the port in what it prints, or says that it is ready. */
export function serving(
  command: readonly string[],
  listening: (text: string) => number | undefined,
  judge: (text: string) => Report,
  /** How long it may take to end by itself once its connection is over, in milliseconds. */
  grace = 1000,
): Promise<Serving> {
  const [program = '', ...words] = command
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'], env: COMMAND_ENVIRONMENT })
  let text = ''
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT)
  const closed = new Promise<Report>((resolve) => {
    child.on('close', () => {
      clearTimeout(timer)
      resolve(judge(text))
    })
  })
  child.stdin.on('error', () => {})
  return new Promise((resolve, reject) => {
    let told = false
    const take = (piece: Buffer): void => {
      text += piece.toString('latin1')
      const port = told ? undefined : listening(text)
      if (port === undefined) return
      told = true
      resolve({ port, report: closed, stop: () => void setTimeout(() => child.kill('SIGTERM'), grace).unref() })
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('close', () => {
      if (!told) reject(new SettingsRefused(text))
    })
  })
}
