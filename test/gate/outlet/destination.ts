import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { createSecureContext, TLSSocket, type SecureContext, type SecureVersion } from 'node:tls'
import { decodeClientHello, EXTENSION_TYPE, findExtension, FlightReader } from '../../../src/wire/index.ts'
import { certificates, type LeafName } from '../../peers/index.ts'
import type { Made } from './authority.ts'

/** What a next hop does that real servers do not do on demand. */
export interface Manners {
  /** Port 25 of this address of loopback; without it, any port of 127.0.0.1. */
  readonly address?: string
  /** Without it and `made` it offers no STARTTLS. */
  readonly leaf?: LeafName
  /** What it shows in place of a leaf. */
  readonly made?: Made
  /** The only version of TLS. */
  readonly version?: SecureVersion
  /** What becomes of a hello that takes up a session, which it otherwise knows. */
  readonly sessions?: 'forgotten' | 'closes'
  /** Keywords that it announces beside STARTTLS. */
  readonly keywords?: readonly string[]
  /** Replies in place of the usual ones, by verb; `GREETING` and `END` behind a message; `die` closes the connection without a word. */
  readonly says?: Readonly<Record<string, string>>
}

export interface Destination {
  readonly port: number
  /** Messages that it has acknowledged or would have, as they came, and in what. */
  readonly messages: readonly { readonly content: string; readonly version: string | undefined; readonly serverName: string | undefined }[]
  /** Commands as they came. */
  readonly commands: readonly string[]
  readonly connections: () => number
}

const USUAL: Readonly<Record<string, string>> = {
  GREETING: '220 mx.example ESMTP',
  STARTTLS: '220 2.0.0 go',
  MAIL: '250 2.1.0 Ok',
  RCPT: '250 2.1.5 Ok',
  DATA: '354 go',
  END: '250 2.0.0 Ok: queued as X',
  QUIT: '221 2.0.0 bye',
}

function namesSession(bytes: Buffer): boolean {
  const flight = new FlightReader()
  flight.push(bytes)
  const item = flight.next()
  const hello = item?.kind === 'handshake' ? decodeClientHello(item.body) : undefined
  return findExtension(hello?.extensions, EXTENSION_TYPE.pre_shared_key) !== undefined
}

/** A next hop with manners of its own. It ends with the test. */
export async function startDestination(manners: Manners, t: Pick<TestContext, 'after'>): Promise<Destination> {
  const { leaf } = await certificates()
  const messages: { content: string; version: string | undefined; serverName: string | undefined }[] = []
  const commands: string[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const files = manners.made ?? leaf(manners.leaf ?? 'rsa')
  const { version } = manners
  const contextOf = (): SecureContext =>
    createSecureContext({
      key: readFileSync(files.key),
      cert: readFileSync(files.chain),
      ...(version === undefined ? {} : { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' }),
    })
  const known = contextOf()
  const secure = (socket: Socket): void => {
    serve(new TLSSocket(socket, { isServer: true, secureContext: manners.sessions === 'forgotten' ? contextOf() : known }))
  }
  const secureWithout = (socket: Socket, hello: Buffer): void => {
    if (namesSession(hello)) return void socket.destroy()
    socket.pause()
    socket.unshift(hello)
    secure(socket)
  }
  const serve = (socket: Socket): void => {
    let text = ''
    let content: string | undefined
    const say = (verb: string): void => {
      const words = manners.says?.[verb] ?? USUAL[verb] ?? '250 2.0.0 Ok'
      if (words === 'die') socket.destroy()
      else socket.write(`${words}\r\n`)
    }
    const hear = (bytes: Buffer): void => {
      text += bytes.toString('latin1')
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 2)
        if (content !== undefined && line !== '.') content += `${line}\r\n`
        else if (content !== undefined) {
          const tls = socket instanceof TLSSocket ? socket : undefined
          const serverName: unknown = tls === undefined ? undefined : Reflect.get(tls, 'servername')
          messages.push({
            content,
            version: tls?.getProtocol() ?? undefined,
            serverName: typeof serverName === 'string' ? serverName : undefined,
          })
          content = undefined
          say('END')
        } else if (command(line)) return
      }
    }
    const command = (line: string): boolean => {
      commands.push(line)
      const verb = line.split(' ', 1)[0]!.toUpperCase()
      const isSecure = socket instanceof TLSSocket
      if (verb === 'EHLO' && manners.says?.['EHLO'] === undefined) {
        const tls = (manners.leaf ?? manners.made) !== undefined && !isSecure ? ['STARTTLS'] : []
        const lines = ['mx.example', ...tls, ...(manners.keywords ?? ['PIPELINING', '8BITMIME'])]
        socket.write(lines.map((one, index) => `250${index < lines.length - 1 ? '-' : ' '}${one}\r\n`).join(''))
        return false
      }
      if (verb === 'DATA' && (manners.says?.['DATA'] ?? '354').startsWith('354')) content = ''
      say(verb)
      if (verb === 'QUIT') socket.end()
      if (verb !== 'STARTTLS' || manners.says?.['STARTTLS'] !== undefined) return false
      socket.off('data', hear)
      if (manners.sessions === 'closes') socket.once('data', (hello: Buffer) => secureWithout(socket, hello))
      else secure(socket)
      return true
    }
    socket.on('data', hear)
    socket.on('error', () => socket.destroy())
    if (!(socket instanceof TLSSocket)) say('GREETING')
  }
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => {})
    serve(socket)
  })
  server.listen(manners.address === undefined ? 0 : 25, manners.address ?? '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
    await once(server, 'close')
  })
  return { port: (server.address() as AddressInfo).port, messages, commands, connections: () => connections }
}
