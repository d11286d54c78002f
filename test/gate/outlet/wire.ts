import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** `strips`: nobody hears of STARTTLS; `refuses` it in the server's place; `breaks` TLS when it begins. */
export type WireManners = 'honest' | 'strips' | 'refuses' | 'breaks'

/** Somebody between, who reads along. */
export interface Wire {
  manners: WireManners
  /** How often MAIL went by in the clear. */
  readonly mails: () => number
}

/** The type of the record that a ClientHello comes in, RFC 8446 §5.1. */
const HANDSHAKE = 0x16

/** Port 25 of an address of loopback leads to a port of 127.0.0.1. It ends with the test. */
export async function startWire(
  address: string,
  port: number,
  t: Pick<TestContext, 'after'>,
  manners: WireManners = 'honest',
): Promise<Wire> {
  const sockets = new Set<Socket>()
  let mails = 0
  const wire = { manners, mails: () => mails }
  const server = createServer((client) => {
    const behind = connect(port, '127.0.0.1')
    for (const [socket, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => other.destroy())
      socket.on('end', () => other.end())
    }
    client.on('data', (bytes) => {
      const text = bytes.toString('latin1')
      mails += text.match(/^MAIL FROM:/gim)?.length ?? 0
      if (wire.manners === 'breaks' && bytes[0] === HANDSHAKE) client.destroy()
      else if (wire.manners === 'refuses' && /^STARTTLS/i.test(text)) client.write('454 4.7.0 TLS not available\r\n')
      else behind.write(bytes)
    })
    behind.on('data', (bytes) => {
      const text = bytes.toString('latin1')
      client.write(
        wire.manners === 'strips' && text.startsWith('250-') ? Buffer.from(text.replace('STARTTLS', 'XXXXXXXX'), 'latin1') : bytes,
      )
    })
  })
  await once(server.listen(25, address), 'listening')
  t.after(async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
    await once(server, 'close')
  })
  return wire
}
