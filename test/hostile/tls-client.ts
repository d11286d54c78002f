import { createServer, connect as plainConnect } from 'node:net'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'

/** Node's TLS client, for the self-tests: it was written by others, and finishes no handshake that is not right. */
export async function dial(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  socket.on('error', () => undefined)
  return socket
}

/** What comes within `ms`, or until this pattern has come. */
export async function hear(socket: TLSSocket, pattern: RegExp = /(?!)/, ms: number = 3000): Promise<string> {
  let text = ''
  const take = (chunk: Buffer): void => void (text += chunk.toString('latin1'))
  socket.on('data', take)
  const limit = Date.now() + ms
  while (Date.now() < limit && !pattern.test(text) && !socket.readableEnded && !socket.destroyed)
    await new Promise((resolve) => setTimeout(resolve, 5))
  socket.off('data', take)
  return text
}

/** Sends what the server says on to `port` and keeps a copy of it. */
export async function tap(port: number): Promise<{ port: number; heard(): Buffer; stop(): void }> {
  const chunks: Buffer[] = []
  const server = createServer((client) => {
    const upstream = plainConnect(port, '127.0.0.1')
    upstream.on('data', (chunk: Buffer) => chunks.push(chunk))
    upstream.on('error', () => client.destroy())
    client.on('error', () => upstream.destroy())
    client.pipe(upstream).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the tap has no port')
  return { port: address.port, heard: () => Buffer.concat(chunks), stop: () => server.close() }
}
