import type { Server } from 'node:net'
import type { ServiceConfig } from '../config/config.ts'
import type { Place } from '../config/places.ts'
import { plainAddress, type ClientFacts } from '../facts.ts'
import { nodeHandles, takeAccepted } from './node-handles.ts'
import { TcpStream } from './tcp-stream.ts'

/** A service as it is now, and where it listens. */
export interface Accepting {
  readonly config: ServiceConfig
  readonly place: Place
}

/** Clients of a server that listens are met over handles from now on, where that can be; the others as before. */
export function acceptHandles(server: Server, service: () => Accepting, admit: (client: TcpStream, facts: ClientFacts) => void): void {
  const node = nodeHandles
  if (node === undefined) return
  takeAccepted(server, (accepted) => {
    const { config, place } = service()
    if (!mayBeHandles(config)) return false
    const client = new TcpStream(node, accepted)
    admit(client, factsOf(client, isEveryAddress(place) ? undefined : place))
    return true
  })
}

/** Node's sockets do more where clients are asked for certificates, where data connections go beside that of commands, or a proxy says whose a connection is. */
function mayBeHandles({ streams, dialect, acceptProxy, rules }: ServiceConfig): boolean {
  return (
    streams === 'handles' &&
    dialect !== 'ftp' &&
    acceptProxy.length === 0 &&
    rules.every(({ clientCertificates }) => clientCertificates === undefined)
  )
}

function isEveryAddress({ host }: Place): boolean {
  return host === '' || host === '::' || host === '0.0.0.0'
}

/** `here`: where it came to, where that is known without asking the system. */
function factsOf(stream: TcpStream, here: Place | undefined): ClientFacts {
  const { address = '', port = 0 } = stream.peer
  const local = here === undefined ? stream.local : { address: here.host, port: here.port }
  return { address: plainAddress(address), port, localAddress: plainAddress(local.address ?? ''), localPort: local.port ?? 0 }
}
