import type { HandshakeServer } from './ends.ts'
import type { Hello } from './hello.ts'
import { refused, type Refusal } from './outcome.ts'
import { STACKS } from './stacks.ts'

/** The protocol of ALPN in the server's order, with GnuTLS in the client's, none where one of the two has none, or the refusal of RFC 7301 §3.2. */
export function chooseAlpn(server: HandshakeServer, hello: Hello): string | undefined | Refusal {
  const own = server.alpn ?? []
  if (own.length === 0 || hello.alpn.length === 0) return undefined
  const [first, second] = STACKS[server.stack].family === 'gnutls' ? [hello.alpn, own] : [own, hello.alpn]
  const shared = first.find((name) => second.includes(name))
  if (shared !== undefined || server.alpnOptional === true) return shared
  return refused(
    'server',
    'no_application_protocol',
    'alpn',
    `The client wants ${hello.alpn.join(', ')}, the server has ${own.join(', ')}.`,
  )
}
