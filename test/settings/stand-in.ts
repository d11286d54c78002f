/**
 * A stand-in for a server with a settings file: it serves TLS by what its file says, and may write the file again when it stops, as it
 * was when it started: what was changed meanwhile is lost. It understands key-value.conf, the tables of Kerio Connect's
 * mailserver.cfg, and the two Connectors of Mail Express's server.xml.
 *
 *     node stand-in.ts start FOLDER [rewrites]   returns once it serves, or fails
 *     node stand-in.ts stop FOLDER
 *     node stand-in.ts send FOLDER PORT          asks an SMTP server on loopback for TLS, as it would send mail
 *     node stand-in.ts send-anything FOLDER PORT the same without heeding its file
 *
 * FOLDER has one of these files, key.pem and cert.pem, and port where the file does not say it. It ends by itself after a while.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer as createPlainServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls, createServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { start, stop } from './keeper.ts'
import { toldIn, type Told, type ToldDoor, type ToldTls } from './stand-in-files.ts'

const SERVES = 'it serves'
const PATIENCE_MS = 10_000

const SELF = fileURLToPath(import.meta.url)
const [what = '', folder = '', more = ''] = process.argv.slice(2)

if (what === 'start') process.exit((await start(folder, SERVES, [process.execPath, SELF, 'serve', folder, more])) ? 0 : 1)
else if (what === 'stop') await stop(folder)
else if (what === 'send') send(toldIn(folder).outgoing, Number(more))
else if (what === 'send-anything') send({ protocols: ['TLSv1', 'TLSv1.2'], ciphers: 'ALL' }, Number(more))
else serve(toldIn(folder))

function serve(told: Told): void {
  const { file, text, doors, remark } = told
  process.on('SIGTERM', () => {
    if (more === 'rewrites') writeFileSync(join(folder, file), text.endsWith(remark) ? text : `${text}${remark}`, 'latin1')
    process.exit(0)
  })
  let closed = doors.length
  for (const door of doors) {
    listener(door).listen(door.port, '127.0.0.1', () => {
      if (--closed === 0) process.stdout.write(`${SERVES}\n`)
    })
  }
}

function listener({ protocols, ciphers, starttls }: ToldDoor): Server {
  const server = createServer({
    key: readFileSync(join(folder, 'key.pem')),
    cert: readFileSync(join(folder, 'cert.pem')),
    minVersion: protocols[0]!,
    maxVersion: protocols.at(-1)!,
    ciphers: `${ciphers}:@SECLEVEL=0`,
    ecdhCurve: 'X25519:P-256:P-384',
    honorCipherOrder: true,
  })
  server.on('secureConnection', (socket) => socket.on('error', () => undefined).end())
  server.on('tlsClientError', () => undefined)
  if (starttls !== true) return server
  return createPlainServer((socket) => {
    socket.on('error', () => undefined)
    socket.write('220 localhost ESMTP\r\n')
    const hear = (chunk: Buffer): void => {
      const asked = /^STARTTLS/i.test(chunk.toString('latin1'))
      socket.write(asked ? '220 Go ahead\r\n' : '250-localhost\r\n250 STARTTLS\r\n')
      if (!asked) return
      socket.off('data', hear)
      server.emit('connection', socket)
    }
    socket.on('data', hear)
  })
}

/** Ends well once TLS is agreed on, or was asked for. */
function send(outgoing: ToldTls | undefined, port: number): void {
  if (outgoing === undefined) throw new Error('These settings have nothing for outgoing mail.')
  const { protocols, ciphers } = outgoing
  const socket: Socket = connect(port, '127.0.0.1')
  setTimeout(() => process.exit(1), PATIENCE_MS)
  const lines = ['EHLO localhost\r\n', 'STARTTLS\r\n']
  const talk = (): void => {
    const line = lines.shift()
    if (line !== undefined) return void socket.write(line)
    socket.off('data', talk)
    const secured = connectTls({
      socket,
      minVersion: protocols[0]!,
      maxVersion: protocols.at(-1)!,
      ciphers: `${ciphers}:@SECLEVEL=0`,
      rejectUnauthorized: false,
    })
    secured.on('secureConnect', () => process.exit(0))
    secured.on('error', () => process.exit(0))
  }
  socket.on('data', talk)
  socket.on('error', () => process.exit(1))
}
