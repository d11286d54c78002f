import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ClientSession, type SessionEvent, type SessionOptions } from '../../src/wire/index.ts'
import { freePort } from '../peers/free-port.ts'

/** Longer than any server here takes to answer, also on a busy machine. */
const PATIENCE_MS = 10_000

export type Kind = SessionEvent['kind']
export type EventOf<K extends Kind> = SessionEvent & { readonly kind: K }

/** A session on a socket: what arrives is pushed, what is to be sent is sent, and every event is kept. */
export class Talk {
  readonly session: ClientSession
  readonly events: SessionEvent[] = []
  #wake: () => void = () => {}
  #ended = false
  readonly #socket: Socket

  private constructor(session: ClientSession, socket: Socket) {
    this.session = session
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('data', (bytes: Uint8Array) => this.#receive(bytes))
    socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  static async open(port: number, options: Partial<SessionOptions>, t?: Pick<TestContext, 'after'>): Promise<Talk> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const talk = new Talk(new ClientSession(options), socket)
    t?.after(() => talk.close())
    talk.send(talk.session.start())
    return talk
  }

  get kinds(): readonly Kind[] {
    return this.events.map((event) => event.kind)
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** The first event of one of these kinds from `from` on. Undefined when the server closes before, or is silent for too long. */
  async first<K extends Kind>(kinds: readonly K[], from: number = 0, milliseconds: number = PATIENCE_MS): Promise<EventOf<K> | undefined> {
    const end = performance.now() + milliseconds
    for (let index = from; ;) {
      for (; index < this.events.length; index++) {
        const event = this.events[index]
        if (event && (kinds as readonly Kind[]).includes(event.kind)) return event as EventOf<K>
      }
      const left = end - performance.now()
      if (this.#ended || left <= 0) return undefined
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** Like `first()`; fails with everything that was seen instead. */
  async expect<K extends Kind>(kind: K, from: number = 0): Promise<EventOf<K>> {
    const event = await this.first([kind], from)
    if (!event) throw new Error(`Cannot find ${kind} among: ${this.events.map(show).join(', ')}`)
    return event
  }

  /** Waits until the server has closed the connection, or for too long. */
  async ended(): Promise<void> {
    await this.first([])
    this.close()
  }

  /** Every event of this kind so far. */
  all<K extends Kind>(kind: K): readonly EventOf<K>[] {
    return this.events.filter((event): event is EventOf<K> => event.kind === kind)
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(bytes: Uint8Array): void {
    const { send, events } = this.session.push(bytes)
    this.events.push(...events)
    if (send) this.#socket.write(send)
    this.#wake()
  }
}

/** An event in a few words. */
export function show(event: SessionEvent): string {
  if (event.kind === 'alert') return `alert ${event.level} ${event.description}`
  if (event.kind === 'unsupported') return `unsupported ${event.what}: ${event.detail}`
  if (event.kind === 'malformed') return `malformed: ${event.error.message}`
  return event.kind
}

/** An `openssl s_server` with a console: what is written to `tell` is what someone would type there. */
export interface Console {
  readonly port: number
  readonly tell: (text: string) => void
}

/** Starts one on loopback and waits until it listens. It ends with the test. */
export async function startConsole(arguments_: readonly string[], t: Pick<TestContext, 'after'>): Promise<Console> {
  const port = await freePort()
  const child = spawn('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, ...arguments_], {
    env: { PATH: process.env['PATH'] ?? '/usr/bin', OPENSSL_CONF: '/dev/null' },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  t.after(async () => {
    const gone = once(child, 'exit')
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await gone
  })
  let said = ''
  child.stdout.on('data', (text: Buffer) => (said += text.toString('latin1')))
  for (const end = performance.now() + PATIENCE_MS; !said.includes('ACCEPT'); await delay(10)) {
    if (performance.now() > end || child.exitCode !== null)
      throw new Error(`Cannot start openssl s_server ${arguments_.join(' ')}: ${said}`)
  }
  return { port, tell: (text) => void child.stdin.write(text) }
}
