/**
 * A link of `node:http2` alone, with nothing of ours: streams of CONNECT over TLS 1.3, piped at both ends. What is missing to it, a link cannot make up for.
 *
 *     node bench/link/bare.ts outside DOOR PORT KEY CERTIFICATE
 *     node bench/link/bare.ts inside DOOR SERVER KEY CERTIFICATE
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectHttp2, performServerHandshake, type ClientHttp2Session, type Http2Session } from 'node:http2'
import { connect, createServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { LINK_CIPHERS, LINK_WINDOW, SESSION_LIMITS, SETTINGS } from '../../src/gate/links/protocol.ts'

const [role = '', door = '', other = '', key = '', certificate = ''] = process.argv.slice(2)
const own = { key: readFileSync(key), cert: readFileSync(certificate) }
const PROTOCOL = 'bare'
const CONNECT = { ':method': 'CONNECT', ':authority': 'server' }

function join(one: Duplex, two: Duplex): void {
  for (const [from, to] of [
    [one, two],
    [two, one],
  ] as const) {
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
    from.pipe(to)
  }
}

function ready<Session extends Http2Session>(session: Session): Session {
  session.on('error', () => undefined)
  session.setLocalWindowSize(LINK_WINDOW)
  return session
}

function outside(): void {
  let session: ClientHttp2Session | undefined
  createTlsServer({ ...own, ciphers: LINK_CIPHERS, honorCipherOrder: true, ALPNProtocols: [PROTOCOL] }, (socket) => {
    session = ready(connectHttp2('https://link', { createConnection: () => socket, settings: SETTINGS, ...SESSION_LIMITS }))
    // Then there is somebody whom clients can be led to.
    createServer({ noDelay: true }, (client) => {
      if (session === undefined) client.destroy()
      else join(client, session.request(CONNECT, { endStream: false }))
    }).listen({ port: Number(other), host: '127.0.0.1', backlog: 4096 })
  }).listen(Number(door), '127.0.0.1')
}

async function inside(): Promise<void> {
  const socket = connect({ port: Number(door), host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const secure = connectTls({ socket, rejectUnauthorized: false, checkServerIdentity: () => undefined, ALPNProtocols: [PROTOCOL] })
  await once(secure, 'secureConnect')
  ready(performServerHandshake(secure, { settings: SETTINGS, ...SESSION_LIMITS })).on('stream', (stream) => {
    stream.respond({ ':status': 200 })
    join(stream, connect({ port: Number(other), host: '127.0.0.1', noDelay: true }))
  })
}

if (role === 'outside') outside()
else await inside()
