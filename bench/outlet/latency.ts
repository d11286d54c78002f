import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface Road {
  readonly port: number
  /** The client speaks TLS itself. */
  readonly starttls: boolean
}

const REPLY = /^(?:\d{3}-[^\n]*\n)*\d{3} [^\n]*\n/
const CONTENT = `Subject: a message\r\n\r\n${'All work and no play makes Jack a dull boy, and this a line.\r\n'.repeat(66)}.\r\n`

/** A client that waits for nothing but replies. */
class Client {
  #socket: Socket
  #heard = ''
  #waiting: (() => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#listen()
  }

  static async to({ port, starttls }: Road): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    const client = new Client(socket)
    await client.reply()
    await client.asks('EHLO client.example\r\n')
    if (starttls) await client.#secure()
    return client
  }

  async sends(): Promise<void> {
    await this.asks('MAIL FROM:<a@example.org>\r\n')
    await this.asks('RCPT TO:<b@example.com>\r\n')
    await this.asks('DATA\r\n')
    await this.asks(CONTENT)
  }

  async asks(text: string): Promise<void> {
    this.#socket.write(text)
    await this.reply()
  }

  async reply(): Promise<void> {
    let found = REPLY.exec(this.#heard)
    while (found === null) {
      await new Promise<void>((resolve) => (this.#waiting = resolve))
      found = REPLY.exec(this.#heard)
    }
    this.#heard = this.#heard.slice(found[0].length)
    if (!/^[23]/.test(found[0])) throw new Error(`heard ${found[0]}`)
  }

  leave(): void {
    this.#socket.destroy()
  }

  async #secure(): Promise<void> {
    await this.asks('STARTTLS\r\n')
    this.#socket.removeAllListeners('data')
    const secure = connectTls({ socket: this.#socket, rejectUnauthorized: false })
    this.#socket = secure
    // As `ticketFrom()` of the outlet does: or there would be 40 ms to win.
    const ticket = once(secure, 'session')
    await once(secure, 'secureConnect')
    await ticket
    await new Promise((resolve) => setImmediate(resolve))
    this.#listen()
    await this.asks('EHLO client.example\r\n')
  }

  #listen(): void {
    this.#socket.on('data', (bytes: Buffer) => {
      this.#heard += bytes.toString('latin1')
      this.#waiting?.()
    })
  }
}

/** Milliseconds of each of so many messages, one after the other in one connection. */
export async function standing(road: Road, count: number): Promise<readonly number[]> {
  const client = await Client.to(road)
  await client.sends()
  const times: number[] = []
  for (let number = 0; number < count; number += 1) times.push(await timed(() => client.sends()))
  client.leave()
  return times
}

/** The same with a connection for each, from the first packet to the reply to the message. */
export async function anew(road: Road, count: number): Promise<readonly number[]> {
  const times: number[] = []
  for (let number = 0; number < count; number += 1) {
    let client: Client | undefined
    times.push(
      await timed(async () => {
        client = await Client.to(road)
        await client.sends()
      }),
    )
    await client?.asks('QUIT\r\n')
    client?.leave()
  }
  return times
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}
