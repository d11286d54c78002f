import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { setTimeout as delay } from 'node:timers/promises'
import { Talker } from '../talker.ts'

/** What the server behind got over a data connection. `end`: in its eyes it was whole. */
export interface Stored {
  readonly octets: number
  readonly end: 'end' | 'reset'
}

export interface FtpBehind {
  readonly port: number
  /** All commands of all connections. */
  readonly heard: () => string
  /** The next file that came to an end, or one that was not asked for yet. */
  readonly stored: () => Promise<Stored>
  /** Octets that were sent for RETR. */
  readonly sent: () => number
  /** Data connections that came. */
  readonly came: () => number
}

/** A server in plain text that stores whatever comes, and sends without an end where `endless` is asked for. */
export async function ftpBehind(t: TestContext): Promise<FtpBehind> {
  const done: Stored[] = []
  let heard = ''
  let sent = 0
  let came = 0
  const open = new Set<Socket>()
  const server = createServer((control) => {
    open.add(control)
    control.on('error', () => {})
    const data = createServer((socket) => {
      came += 1
      open.add(socket)
      socket.on('error', () => {})
      waiting.resolve(socket)
    }).listen(0, '127.0.0.1')
    t.after(() => data.close())
    let waiting = Promise.withResolvers<Socket>()
    const store = async (): Promise<void> => {
      const socket = await waiting.promise
      control.write('150 go on\r\n')
      let octets = 0
      let isWhole = false
      socket.on('data', (bytes: Buffer) => (octets += bytes.length))
      socket.on('end', () => (isWhole = true))
      await closed(socket)
      done.push({ octets, end: isWhole ? 'end' : 'reset' })
      if (control.writable) control.write(isWhole ? '226 stored\r\n' : '426 broken off\r\n')
    }
    const send = async (endless: boolean): Promise<void> => {
      const socket = await waiting.promise
      control.write('150 here\r\n')
      const piece = Buffer.alloc(64 * 1024, 'x')
      while (!socket.destroyed) {
        sent += piece.length
        if (!socket.write(piece)) await Promise.race([new Promise((drained) => socket.once('drain', drained)), closed(socket)])
        if (!endless) break
      }
      socket.end()
      if (control.writable) control.write(endless ? '426 broken off\r\n' : '226 sent\r\n')
    }
    let rest = ''
    control.on('data', (bytes) => {
      heard += bytes.toString('latin1')
      const lines = (rest + bytes.toString('latin1')).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const [name = '', file] = line.split(' ')
        if (name === 'EPSV') {
          waiting = Promise.withResolvers()
          control.write(`229 Extended (|||${(data.address() as AddressInfo).port}|)\r\n`)
        } else if (name === 'STOR') void store()
        else if (name === 'RETR') void send(file === 'endless')
        else control.write(name === 'USER' ? '331 password\r\n' : name === 'PASS' ? '230 in\r\n' : '200 ok\r\n')
      }
    })
    control.write('220 behind\r\n')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => heard,
    stored: async () => {
      for (let tries = 0; done.length === 0; tries += 1) {
        if (tries > 1000) throw new Error('nothing came to an end')
        await delay(5)
      }
      return done.shift()!
    },
    sent: () => sent,
    came: () => came,
  }
}

/** A client of FTP that does what it is told to. */
export class FtpClient {
  readonly control: Talker

  private constructor(control: Talker) {
    this.control = control
  }

  /** Logged in within TLS, with data in TLS. */
  static async inTls(port: number, user = 'u'): Promise<FtpClient> {
    const control = await Talker.to(port)
    await control.hears(/^220 .*\r\n/)
    await control.asks('AUTH TLS\r\n', /^234 /)
    await control.secure()
    const client = new FtpClient(control)
    await client.asks(`USER ${user}`, 331)
    await client.asks('PASS p', 230)
    await client.asks('PBSZ 0', 200)
    await client.asks('PROT P', 200)
    return client
  }

  asks(command: string, code: number): Promise<string> {
    return this.control.asks(`${command}\r\n`, new RegExp(`^${code} .*\\r\\n$`, 'm'))
  }

  /** A port of the gate. */
  async passive(): Promise<number> {
    const [, port] = /\|\|\|(\d+)\|/.exec(await this.asks('EPSV', 229)) ?? []
    return Number(port)
  }

  /** A data connection in TLS. */
  async data(port: number, options: ConnectionOptions = {}): Promise<{ readonly bare: Socket; readonly secured: TLSSocket }> {
    const bare = connect({ port, host: '127.0.0.1' })
    bare.on('error', () => {})
    await once(bare, 'connect')
    const secured = connectTls({ socket: bare, rejectUnauthorized: false, ...options })
    secured.on('error', () => {})
    return { bare, secured }
  }
}

/** Waits until a connection is gone, in whichever way. */
export function closed(socket: Socket): Promise<void> {
  socket.resume()
  return new Promise((resolve) => void (socket.closed ? resolve() : socket.once('close', () => resolve())))
}

/** Whether somebody still takes connections there. */
export async function isOpen(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  const connected = new Promise<boolean>((resolve) => void socket.once('connect', () => resolve(true)))
  const open = await Promise.race([connected, closed(socket).then(() => false)])
  socket.destroy()
  return open
}
