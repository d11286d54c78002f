import { connect as connectTcp } from 'node:net'
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
export function dialGate(file: Pick<LinkFile, 'gate' | 'pin'>, own: SelfSigned, protocol: string): Promise<TLSSocket> {
  const { host, port } = gateOf({ ...file, name: '', ...own })
  const title = placeText({ host, port })
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, noDelay: true, keepAlive: true })
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
    const fail = (fault: 'peer' | 'world', why: string, cause?: Error): void => {
      clearTimeout(timer)
      secure.destroy()
      reject(unreached(fault, title, why, cause))
    }
    const timer = setTimeout(() => fail('world', 'no answer in time'), LINK_PATIENCE_MS)
    const failed = (error: Error): void => fail('world', error.message, error)
    const closed = (): void => fail('world', 'it has closed the connection')
    secure.once('error', failed)
    secure.once('close', closed)
    secure.once('secureConnect', () => {
      const shown = secure.getPeerX509Certificate()
      if (shown === undefined || pinOf(shown.publicKey) !== file.pin) return fail('peer', 'its key is not the one of the invitation')
      if (secure.alpnProtocol !== protocol) return fail('peer', 'it is no door for links')
      clearTimeout(timer)
      secure.off('error', failed)
      secure.off('close', closed)
      secure.on('error', () => undefined)
      resolve(secure)
    })
  })
}

function unreached(fault: 'peer' | 'world', title: string, why: string, cause?: Error): PosternError {
  return new PosternError(fault, 'LINK_GATE', `Cannot open a link to the gate at ${title}: ${why}`, {
    remedy: 'See whether the gate runs there with links: { listen: … }, and whether this is its address and no other program between.',
    ...(cause === undefined ? {} : { cause }),
  })
}
