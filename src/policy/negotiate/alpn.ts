import type { HandshakeServer } from './ends.ts'
import type { Hello } from './hello.ts'
import { refused, type Refusal } from './outcome.ts'

/** The protocol of ALPN in the server's order, none where one of the two has none, or the refusal of RFC 7301 §3.2. */
export function chooseAlpn(server: HandshakeServer, hello: Hello): string | undefined | Refusal {
  const own = server.alpn ?? []
  if (own.length === 0 || hello.alpn.length === 0) return undefined
  const shared = own.find((name) => hello.alpn.includes(name))
  if (shared !== undefined || server.alpnOptional === true) return shared
  return refused(
    'server',
    'no_application_protocol',
    'alpn',
    `The client wants ${hello.alpn.join(', ')}, the server has ${own.join(', ')}.`,
  )
}
