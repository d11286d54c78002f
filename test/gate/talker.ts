import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { setTimeout as delay } from 'node:timers/promises'
import { stuffed } from './sent-message.ts'

/** A client that says what it is told to, octet for octet, and keeps what it hears. */
export class Talker {
  #socket: Socket
  #heard = ''
  #closed = false

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#listen(socket)
  }

  /** `from`: another address of loopback, for whom that makes a difference. */
  static async to(port: number, from?: string): Promise<Talker> {
    const local = from === undefined ? {} : { localAddress: from }
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true, ...local })
    const talker = new Talker(socket)
    await once(socket, 'connect')
    return talker
  }

  /** In TLS from the first octet. */
  static async inTls(port: number): Promise<Talker> {
    const talker = await Talker.to(port)
    await talker.secure()
    return talker
  }

  get heard(): string {
    return this.#heard
  }

  get closed(): boolean {
    return this.#closed
  }

  get socket(): Socket {
    return this.#socket
  }

  say(text: string | Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
  }

  /** Says something, and waits for what is due to it. Gives all that was heard since. */
  async asks(text: string | Uint8Array, pattern: RegExp): Promise<string> {
    this.#heard = ''
    this.say(text)
    return this.hears(pattern)
  }

  /** Waits for it, and fails when it does not come. */
  async hears(pattern: RegExp, patience = 10_000): Promise<string> {
    const end = performance.now() + patience
    while (!pattern.test(this.#heard)) {
      if (this.#closed || performance.now() > end) throw new Error(`heard ${JSON.stringify(this.#heard)} in place of ${String(pattern)}`)
      await delay(5)
    }
    return this.#heard
  }

  /** Milliseconds until the other side closes; fails when it does not. */
  async isClosed(patience = 10_000): Promise<number> {
    const begin = performance.now()
    while (!this.#closed) {
      if (performance.now() - begin > patience) throw new Error(`still open after ${patience} ms; heard ${JSON.stringify(this.#heard)}`)
      await delay(5)
    }
    return performance.now() - begin
  }

  /** `name`: whom to ask for. */
  async secure(name?: string): Promise<void> {
    const bare = this.#socket
    bare.removeAllListeners('data')
    const secured = connectTls({ socket: bare, rejectUnauthorized: false, ...(name === undefined ? {} : { servername: name }) })
    this.#socket = secured
    this.#listen(secured)
    await once(secured, 'secureConnect')
  }

  /** Says no more, and listens on. */
  done(): void {
    this.#socket.end()
  }

  leave(): void {
    this.#socket.destroy()
  }

  #listen(socket: Socket): void {
    const over = (): void => void (this.#closed ||= socket === this.#socket)
    socket.on('data', (bytes: Buffer) => void (this.#heard += bytes.toString('latin1')))
    socket.on('end', over)
    socket.on('close', over)
    socket.on('error', over)
  }
}

/** Gives an SMTP server a message for somebody, as a client does. */
export async function giveMessage(port: number, recipient: string, message: Buffer): Promise<void> {
  const talker = await Talker.to(port)
  await talker.hears(/^220 .*\r\n/)
  await talker.asks('EHLO client.example\r\n', /\r\n250 [^\r]*\r\n/)
  await talker.asks(`MAIL FROM:<a@example.org>\r\nRCPT TO:<${recipient}>\r\nDATA\r\n`, /354 /)
  await talker.asks(Buffer.concat([stuffed(message), Buffer.from('.\r\n')]), /^250 /)
  talker.leave()
}
