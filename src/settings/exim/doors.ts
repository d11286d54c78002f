import { listenTarget } from '../listens.ts'
import type { Role } from '../words.ts'
import type { Block } from './config.ts'
import type { Setup } from './build.ts'
import { settingOf, type Setting } from './settings.ts'

/** A port that Exim listens on, or a transport that it sends with. */
export interface Door {
  readonly door: string
  readonly role: Role
  readonly block: Block
  /** The option with the list of suites. */
  readonly list: 'tls_require_ciphers' | 'dane_require_tls_ciphers'
  /** What turns TLS off here. */
  readonly off: Setting | undefined
  readonly opportunistic: boolean
  /** Where it listens, as targets of `postern prove`. */
  readonly listens: readonly string[]
}

/** Each port is a door of its own, and each transport with the driver smtp. */
export function doorsOf(setup: Setup): readonly Door[] {
  return [...serversOf(setup), ...clientsOf(setup)]
}

function serversOf(setup: Setup): readonly Door[] {
  const { main } = setup.config
  const advertised = settingOf(setup, main, 'tls_advertise_hosts')
  const { ports, wrapped, sockets } = portsOf(setup)
  const server = { role: 'server', block: main, list: 'tls_require_ciphers', listens: [] } as const
  const off = advertised.value === '' ? advertised : undefined
  if (ports === undefined) return [{ ...server, door: 'SMTP', off, opportunistic: true }]
  return ports.map((port) => {
    const tls = wrapped.includes(port)
    const listening = tls || off === undefined ? sockets.filter((one) => one.port === port) : []
    const listens = listening.flatMap(({ address }) => listenTarget(tls ? 'smtps' : 'smtp', address, port) ?? [])
    return { ...server, door: `port ${port}`, off: tls ? undefined : off, opportunistic: !tls, listens: [...new Set(listens)] }
  })
}

interface Ports {
  /** Undefined: they cannot be told. */
  readonly ports: readonly string[] | undefined
  /** TLS begins at once there. */
  readonly wrapped: readonly string[]
  /** They begin with TLS, and the daemon does not listen there by itself. */
  readonly idle: readonly string[]
  readonly sockets: readonly Socket[]
}

interface Socket {
  readonly address: string
  readonly port: string
}

/** The daemon listens on its ports at each interface, unless the interface names a port of its own. */
export function portsOf(setup: Setup): Ports {
  const value = (name: string): readonly string[] | undefined => {
    const { value: list } = settingOf(setup, setup.config.main, name)
    return list === undefined ? undefined : itemsOf(list)
  }
  const [smtp, interfaces, wrapped = []] = ['daemon_smtp_ports', 'local_interfaces', 'tls_on_connect_ports'].map(value)
  const portsTls = wrapped.map(portNumber)
  if (smtp === undefined || interfaces === undefined) return { ports: undefined, wrapped: portsTls, idle: [], sockets: [] }
  const common = smtp.map(portNumber)
  const sockets = (interfaces.length === 0 ? [''] : interfaces).flatMap((item) => {
    const own = socketOf(item)
    return own === undefined ? common.map((port) => ({ address: item, port })) : [own]
  })
  const listened = common.filter((port) => sockets.some((one) => one.port === port))
  const all = new Set([...listened, ...sockets.map(({ port }) => port)])
  const idle = portsTls.filter((port) => !all.has(port))
  return { ports: [...new Set([...all, ...idle])], wrapped: portsTls, idle, sockets }
}

/** Lists have colons between their items, or what stands behind `<` at their start; a doubled one is part of an item. */
export function itemsOf(list: string): readonly string[] {
  const own = /^\s*<([^\sA-Za-z0-9])/.exec(list)
  const separator = own?.[1] ?? ':'
  const rest = list.slice(own?.[0].length ?? 0)
  return rest
    .replaceAll(separator + separator, '\0')
    .split(separator)
    .map((item) => item.replaceAll('\0', separator).trim())
    .filter((item) => item !== '')
}

const SERVICES: Readonly<Record<string, string>> = {
  smtp: '25',
  submission: '587',
  submissions: '465',
  smtps: '465',
  ssmtp: '465',
  urd: '465',
}

function portNumber(name: string): string {
  return SERVICES[name] ?? name
}

/** An interface with a port of its own. */
function socketOf(item: string): Socket | undefined {
  const [, address, port] =
    /^\[([^\]]*)\][.:](\d+)$/.exec(item) ?? /^(\d+(?:\.\d+){3})\.(\d+)$/.exec(item) ?? /^([\da-f:]*:[\da-f:]*)\.(\d+)$/i.exec(item) ?? []
  return address === undefined || port === undefined ? undefined : { address, port }
}

function clientsOf(setup: Setup): readonly Door[] {
  const named = setup.config.transports.filter(({ options }) => options.get('driver')?.some(({ text }) => text === 'smtp') === true)
  return named.flatMap((block, index): readonly Door[] => {
    const alike = named.slice(0, index).filter(({ name }) => name === block.name).length
    const avoided = settingOf(setup, block, 'hosts_avoid_tls')
    const door: Door = {
      door: `transport ${block.name}${alike === 0 ? '' : ` #${alike + 1}`}`,
      role: 'client',
      block,
      list: 'tls_require_ciphers',
      off: avoided.value === '*' ? avoided : undefined,
      opportunistic: settingOf(setup, block, 'hosts_require_tls').value !== '*',
      listens: [],
    }
    const dane = settingOf(setup, block, 'dane_require_tls_ciphers')
    // Where that list is empty, the other one holds with DANE too.
    if (!dane.set || dane.value === '') return [door]
    return [door, { ...door, door: `${door.door} with DANE`, list: 'dane_require_tls_ciphers', opportunistic: false }]
  })
}
