/**
 * A mail server for the demo, in a process of its own: SMTP with STARTTLS on one port of loopback and HTTPS on another, with the TLS that
 * it is told. It takes no mail. It is told once, over the channel to its parent, answers with its ports, and ends with that channel.
 *
 * The parent forks it. It imports nothing of Postern: what is audited is a stranger.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import {
  createServer as createTlsServer,
  type SecureContextOptions,
  type Server as TlsServer,
  type TLSSocket,
  type TlsOptions,
} from 'node:tls'

/** The settings of one server, as they travel. */
export interface MailServerSettings {
  readonly name: string
  readonly tls: Pick<TlsOptions, 'key' | 'cert' | 'honorCipherOrder'> &
    Pick<SecureContextOptions, 'minVersion' | 'maxVersion' | 'ciphers' | 'ecdhCurve' | 'dhparam' | 'secureOptions' | 'sigalgs'>
}

export interface MailServerPorts {
  readonly smtp: number
  readonly https: number
}

/** Nobody needs more of an SMTP line, RFC 5321 §4.5.3.1.4; what has no end within is not read on. */
const LONGEST_LINE = 512
const IDLE_MS = 60_000

process.once('message', (settings: MailServerSettings) => void serve(settings))
process.once('disconnect', () => process.exit())

async function serve(settings: MailServerSettings): Promise<void> {
  const tls = createTlsServer(settings.tls)
  tls.on('secureConnection', (socket) => converse(socket, settings.name, undefined))
  tls.on('tlsClientError', (_error, socket) => socket.destroy())
  const smtp = createServer((socket) => {
    socket.write(`220 ${settings.name} ESMTP\r\n`)
    converse(socket, settings.name, tls)
  })
  const web = createTlsServer({ ...settings.tls, ALPNProtocols: ['http/1.1'] }, (socket) => answerHttp(socket, settings.name))
  web.on('tlsClientError', (_error, socket) => socket.destroy())
  const ports: MailServerPorts = { smtp: await listening(smtp), https: await listening(web) }
  process.send?.(ports)
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address: AddressInfo | string | null = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

/** SMTP commands up to QUIT. With `tls`, STARTTLS is offered, and hands the connection over: nothing that came before is kept. */
function converse(socket: Socket | TLSSocket, name: string, tls: TlsServer | undefined): void {
  let heard = ''
  guard(socket)
  const listen = (chunk: Buffer): void => {
    heard += chunk.toString('latin1')
    if (heard.length > LONGEST_LINE) return void socket.destroy()
    for (let end = heard.indexOf('\r\n'); end >= 0; end = heard.indexOf('\r\n')) {
      const line = heard.slice(0, end)
      heard = heard.slice(end + 2)
      if (tls !== undefined && /^STARTTLS$/i.test(line)) {
        socket.off('data', listen)
        socket.setTimeout(0)
        socket.write('220 2.0.0 Ready to start TLS\r\n')
        tls.emit('connection', socket)
        return
      }
      const reply = answer(line, name, tls !== undefined)
      if (/^QUIT$/i.test(line)) return void socket.end(reply)
      socket.write(reply)
    }
  }
  socket.on('data', listen)
}

function answer(line: string, name: string, offersTls: boolean): string {
  if (/^EHLO /i.test(line))
    return [`250-${name}`, ...(offersTls ? ['250-STARTTLS'] : ['250-AUTH PLAIN']), '250 ENHANCEDSTATUSCODES', ''].join('\r\n')
  if (/^HELO /i.test(line)) return `250 ${name}\r\n`
  if (/^(?:NOOP|RSET)/i.test(line)) return '250 2.0.0 OK\r\n'
  if (/^QUIT$/i.test(line)) return '221 2.0.0 Bye\r\n'
  return '502 5.5.1 This is a demonstration and takes no mail\r\n'
}

function answerHttp(socket: TLSSocket, name: string): void {
  guard(socket)
  const body = `${name}\n`
  socket.once('data', () =>
    socket.end(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`),
  )
}

/** An audit leaves in the middle of everything. */
function guard(socket: Socket): void {
  socket.on('error', () => socket.destroy())
  socket.setTimeout(IDLE_MS, () => socket.destroy())
}
