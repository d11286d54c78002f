import { connect as connectTcp, type Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { PosternError } from '../../errors.ts'
import { placeText } from '../config/places.ts'
import { gateOf, type LinkFile } from './link-file.ts'
import { LINK_PATIENCE_MS } from './protocol.ts'
import { pinOf, type SelfSigned } from './self-signed.ts'

/**
 * Connects to the gate's door for links, in TLS 1.3, and makes sure that it is the gate by its key. Rejects with `LINK_GATE`, `world` where it cannot be
 * reached, `peer` where it is another.
 */
export async function dialGate(file: Pick<LinkFile, 'gate' | 'pin'>, own: SelfSigned, protocol: string): Promise<TLSSocket> {
  const { host, port } = gateOf(file)
  const title = placeText({ host, port })
  const socket = connectTcp({ host, port, noDelay: true, keepAlive: true })
  // Over a socket that is not connected yet TLS would go through JavaScript, and be slow for ever.
  await during(socket, 'connect', title, () => socket.destroy())
  socket.on('error', () => undefined)
  const secure = connect({
    socket,
    key: own.key,
    cert: own.certificate,
    minVersion: 'TLSv1.3',
    ALPNProtocols: [protocol],
    // Nobody vouches for it: its key is compared below, before anything is said.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    servername: '',
  })
  await during(secure, 'secureConnect', title, () => secure.destroy())
  const shown = secure.getPeerX509Certificate()
  const isGate = shown !== undefined && pinOf(shown.publicKey) === file.pin
  if (isGate && secure.alpnProtocol === protocol) return secure.on('error', () => undefined)
  secure.destroy()
  throw unreached('peer', title, isGate ? 'it is no door for links' : 'its key is not the one of the invitation')
}

/** Waits for one step on the way. Rejects where it fails or takes too long, and then has `give` give it up. */
function during(socket: Socket, step: 'connect' | 'secureConnect', title: string, give: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (why?: string, cause?: Error): void => {
      clearTimeout(timer)
      socket.off('error', failed)
      socket.off('close', closed)
      socket.off(step, done)
      if (why === undefined) return resolve()
      give()
      reject(unreached('world', title, why, cause))
    }
    const done = (): void => end()
    const failed = (error: Error): void => end(error.message, error)
    const closed = (): void => end('it has closed the connection')
    const timer = setTimeout(() => end('no answer in time'), LINK_PATIENCE_MS)
    socket.once('error', failed)
    socket.once('close', closed)
    socket.once(step, done)
  })
}

function unreached(fault: 'peer' | 'world', title: string, why: string, cause?: Error): PosternError {
  return new PosternError(fault, 'LINK_GATE', `Cannot open a link to the gate at ${title}: ${why}`, {
    remedy: 'See whether the gate runs there with links: { listen: … }, and whether this is its address and no other program between.',
    ...(cause === undefined ? {} : { cause }),
  })
}
