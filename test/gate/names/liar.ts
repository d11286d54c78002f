import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import type { ResolverPlace } from '../../../src/gate/names/resolver-place.ts'

/** A DNS server on loopback that answers as it is told, on any port unless one is named. */
export async function liar(
  t: { after: (end: () => void) => void },
  answer: (query: Buffer, from: RemoteInfo, send: (bytes: Uint8Array) => void) => void,
  port = 0,
): Promise<ResolverPlace> {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => answer(query, from, (bytes) => socket.send(bytes, from.port, from.address)))
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  t.after(() => void socket.close())
  return { address: '127.0.0.1', port: socket.address().port }
}
