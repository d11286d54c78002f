import { addressAndPort, listenTarget } from '../listens.ts'
import type { Directive } from './directives.ts'

/** Which of the servers of a block answer at which address, and which of them answers first there. */
export interface Addresses {
  /** The `listen` directives at which a server speaks TLS. */
  readonly listensOf: (server: Directive) => readonly Directive[]
  /** The servers that nginx begins a handshake with where this one listens: those whose versions and groups hold there. */
  readonly firstOf: (server: Directive) => readonly Directive[]
  /** Where a server answers those who ask for no name, or for one that nobody has, as targets that `postern prove` takes. */
  readonly targetsOf: (server: Directive) => readonly string[]
}

export function addressesOf(kind: string, servers: readonly Directive[]): Addresses {
  const all = servers.flatMap((server) => listens(server).map((listen) => ({ server, listen, socket: socketOf(listen) })))
  // Once a server has said so, TLS is spoken at its socket whichever server answers there.
  const secured = new Set(all.filter(({ listen }) => speaksTls(listen)).map(({ socket }) => socket))
  const first = new Map<string, Directive>()
  for (const isDefault of [true, false]) {
    for (const { server, listen, socket } of all) {
      if (saysDefault(listen) === isDefault && !first.has(socket)) first.set(socket, server)
    }
  }
  const listensOf: Addresses['listensOf'] = (server) => {
    const always = turnsOn(server, 'ssl', 'on') || turnsOn(server, 'starttls', 'on', 'only')
    return listens(server).filter((listen) => always || secured.has(socketOf(listen)))
  }
  return {
    listensOf,
    firstOf: (server) => [...new Set(listensOf(server).map((listen) => first.get(socketOf(listen)) ?? server))],
    targetsOf: (server) => [
      ...new Set(
        listensOf(server)
          .filter((listen) => first.get(socketOf(listen)) === server)
          .flatMap((listen) => targetOf(kind, server, listen, secured.has(socketOf(listen))) ?? []),
      ),
    ],
  }
}

function listens({ block = [] }: Directive): readonly Directive[] {
  return block.filter(({ name }) => name === 'listen')
}

function words({ args }: Directive): readonly string[] {
  return args.map(({ value }) => value)
}

function speaksTls(listen: Directive): boolean {
  return words(listen).some((word) => word === 'ssl' || word === 'quic')
}

function saysDefault(listen: Directive): boolean {
  return words(listen).some((word) => word === 'default_server' || word === 'default')
}

function turnsOn({ block = [] }: Directive, name: string, ...values: readonly string[]): boolean {
  return block.some((one) => one.name === name && values.includes(one.args[0]?.value ?? ''))
}

const EVERYWHERE = ['', '*', '0.0.0.0']

/** The same for every way to write an address. QUIC has sockets of its own. */
function socketOf(listen: Directive): string {
  const [value = '', ...rest] = words(listen)
  const [address, port] = addressAndPort(value) ?? [value, '80']
  return [EVERYWHERE.includes(address) ? '*' : address.toLowerCase(), port, ...(rest.includes('quic') ? ['quic'] : [])].join(' ')
}

function targetOf(kind: string, { block = [] }: Directive, listen: Directive, secured: boolean): string | undefined {
  const [value = '', ...rest] = words(listen)
  const starttls = block.some(({ name, args }) => name === 'starttls' && args[0]?.value !== 'off')
  const protocol = block.find(({ name }) => name === 'protocol')?.args[0]?.value
  const scheme = secured || !starttls ? (kind === 'http' ? 'https' : 'tls') : protocol
  // Nothing here speaks QUIC or sends a PROXY header.
  if (scheme === undefined || rest.includes('quic') || rest.includes('proxy_protocol')) return undefined
  const [address, port] = addressAndPort(value) ?? []
  return listenTarget(scheme, address ?? '', port ?? '')
}
