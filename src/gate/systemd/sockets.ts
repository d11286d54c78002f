import { PosternError } from '../../errors.ts'
import type { GateConfig } from '../config/config.ts'

/** The first descriptor that is handed over, sd_listen_fds(3). */
const FIRST = 3

/** What a socket is called whose unit has no FileDescriptorName, and where nobody says names. */
const NAMELESS = 'unknown'

/** Listening sockets that systemd has handed to this process, by name. None where they are another's. */
export function handedOver(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): readonly { readonly name: string; readonly fd: number }[] {
  const count = Number(env['LISTEN_FDS'] ?? '0')
  if (Number(env['LISTEN_PID']) !== pid || !Number.isInteger(count) || count <= 0) return []
  const names = (env['LISTEN_FDNAMES'] ?? '').split(':')
  return Array.from({ length: count }, (_, at) => ({ name: names[at] || NAMELESS, fd: FIRST + at }))
}

/** The same configuration, whose services listen on the sockets of their names. Throws `GATE_SOCKET`, `input`. */
export function withSockets(config: GateConfig, sockets: ReturnType<typeof handedOver>): GateConfig {
  const fds = new Map<string, number>()
  const known = config.services.map(({ name }) => name)
  for (const { name, fd } of sockets) {
    if (!known.includes(name)) throw unusable(name, 'no service has that name')
    if (fds.has(name)) throw unusable(name, 'there are two of them, and a service has one')
    fds.set(name, fd)
  }
  return {
    ...config,
    services: config.services.map((service) => {
      const fd = fds.get(service.name)
      return fd === undefined ? service : { ...service, fd }
    }),
  }
}

function unusable(name: string, why: string): PosternError {
  return new PosternError('input', 'GATE_SOCKET', `Cannot use the socket ${JSON.stringify(name)} that systemd hands over: ${why}`, {
    remedy: 'Give each service that should have one a .socket unit of its own, with FileDescriptorName= and the name of the service.',
  })
}
