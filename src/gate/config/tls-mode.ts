import { isReservedField } from '../../dialects/index.ts'
import type { PosternError } from '../../errors.ts'
import type { YamlProblem } from '../../policy/yaml/index.ts'
import type { ServiceFile, TlsMode } from './config-file.ts'
import type { ServiceConfig } from './config.ts'
import { MUTE_BEFORE_TLS, PASS_STARTTLS, WORDLESS } from './gate-dialects.ts'

type Refuse = (problem: YamlProblem) => PosternError

/** The way to TLS of a service. Throws what `refuse` makes where its other words have no place beside it. */
export function tlsMode(file: ServiceFile, path: readonly string[], refuse: Refuse): TlsMode {
  const { dialect, tls, hideLogin, routes = [] } = file
  if (isPassedOn(tls)) refusePassedOn(file, path, refuse)
  if (routes.length > 0 && tls !== 'implicit' && tls !== 'passthrough')
    throw refuse({
      path: [...path, 'routes'],
      what: 'the server behind is reached before the client has asked for a name',
      remedy: 'Use implicit or passthrough, or a service for each server.',
    })
  if (hideLogin === false && (tls === 'starttls' || tls === 'required') && MUTE_BEFORE_TLS.includes(dialect))
    throw refuse({
      path: [...path, 'hideLogin'],
      what: `in ${dialect} nothing goes on before TLS where it can begin`,
      remedy: 'Leave it out, or let clients without TLS come to a service of their own with tls: none.',
    })
  if (hideLogin !== false && tls === 'none' && MUTE_BEFORE_TLS.includes(dialect))
    throw refuse({
      path: [...path, 'tls'],
      what: `in ${dialect} a login cannot be kept back where there is no TLS`,
      remedy: 'Write hideLogin: false where logins in the clear are meant, or use another tls.',
    })
  // What is not looked at has no words in which TLS could be asked for.
  if (!WORDLESS.includes(dialect) || (tls !== 'starttls' && tls !== 'required')) return tls
  throw refuse({
    path: [...path, 'tls'],
    what: `the dialect ${dialect} has no way to ask for TLS`,
    remedy: 'Use implicit, or name the dialect that is spoken.',
  })
}

/** TLS is the server's own. */
export function isPassedOn(tls: TlsMode): boolean {
  return tls === 'passthrough' || tls === 'starttls-passthrough'
}

function refusePassedOn(
  { dialect, tls, backend, outlet, logins, routes = [] }: ServiceFile,
  path: readonly string[],
  refuse: Refuse,
): void {
  const servers = [backend, ...routes.map((route) => route.backend)].flat().filter((one) => one !== undefined && typeof one !== 'string')
  if (servers.some((one) => (one.tls ?? 'none') !== 'none'))
    throw refuse({
      path: [...path, 'tls'],
      what: 'TLS that is passed on cannot go to the server behind in TLS of the gate',
      remedy: 'Leave tls out of its backend, or use implicit.',
    })
  if (outlet !== undefined || logins !== undefined)
    throw refuse({
      path: [...path, 'tls'],
      what: 'TLS that is passed on is for a server behind that can carry it out',
      remedy: 'Use none on this machine, or starttls or implicit.',
    })
  if (tls === 'passthrough') return
  if (!PASS_STARTTLS.includes(dialect))
    throw refuse({
      path: [...path, 'tls'],
      what: `in ${dialect} TLS that is asked for cannot be passed on`,
      remedy: 'Use passthrough where TLS begins with the first octet, or end it here with starttls.',
    })
  if (servers.some(({ xclient = false }) => xclient !== false))
    throw refuse({
      path: [...path, 'tls'],
      what: 'XCLIENT would have to be said within TLS that is the server’s',
      remedy: 'Use proxy: v2 in place of xclient, if the server takes that.',
    })
}

/** Fields of HTTP that the server behind is told in. Throws what `refuse` makes. */
export function headersOf({ dialect, headers = {} }: ServiceFile, path: readonly string[], refuse: Refuse): ServiceConfig['headers'] {
  const taken = Object.keys(headers).find(isReservedField)
  if (taken !== undefined)
    throw refuse({
      path: [...path, 'headers', taken],
      what: `${taken} is a field that requests have of their own, or that the gate always sends`,
      remedy: 'Choose another name, such as X-TLS-Version.',
    })
  if (dialect === 'http' || Object.keys(headers).length === 0) return headers
  throw refuse({
    path: [...path, 'headers'],
    what: `the dialect ${dialect} has no fields in which anything could be told`,
    remedy: 'Leave headers out, or use http.',
  })
}

/** Protocols for ALPN. Throws what `refuse` makes where the gate could not keep what it agrees on. */
export function alpnOf({ dialect, tls, alpn = [] }: ServiceFile, path: readonly string[], refuse: Refuse): readonly string[] {
  if (alpn.length === 0 || (dialect === 'tls' && tls === 'implicit')) return alpn
  throw refuse({
    path: [...path, 'alpn'],
    what: 'what is spoken within TLS is left to client and server with the dialect tls and tls: implicit alone',
    remedy: 'Leave alpn out: http agrees on http/1.1, and passthrough on whatever the server does.',
  })
}
