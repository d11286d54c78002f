import { framingOf, type Framing } from './http-body.ts'
import { ambiguous, isFlaw, listOf, malformed, valuesOf, type Field, type Flaw, type Head } from './http-head.ts'

/** A request that may be passed on, as far as a gate has to know it. */
export interface Request {
  readonly method: string
  /** `origin-form` or `*`, RFC 9112 §3.2. */
  readonly target: string
  readonly version: '1.0' | '1.1'
  readonly fields: readonly Field[]
  /** Undefined in HTTP/1.0 alone. */
  readonly host: string | undefined
  readonly framing: Framing
  /** No other request follows. */
  readonly closes: boolean
  /** It asks for a WebSocket, RFC 6455 §4.1. */
  readonly upgrades: boolean
}

/** RFC 9112 §3. */
const REQUEST_LINE = /^([!#$%&'*+.^_`|~\dA-Za-z-]{1,32}) ([\x21-\x7e\x80-\xff]+) HTTP\/(1\.[01])$/

/** RFC 3986 §3.2.2 with a port: what some would take for a path is not among it. */
const HOST = /^(?:\[[\da-fA-F:.]+\]|[\w.~%!$&'()*+,;=-]*)(?::\d{0,5})?$/

/**
 * Programs that hand fields on as variables (RFC 3875 §4.1.18) make an underscore of the hyphen, and some of every other sign too: what is meant for us must
 * not come in another spelling.
 */
export function nameKey(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z\d]/g, '-')
}

/** The head of a request, looked at as strictly as the server behind may not do. */
export function requestIn({ start, fields }: Head): Request | Flaw {
  const [, method = '', target = '', version] = REQUEST_LINE.exec(start) ?? []
  if (version !== '1.0' && version !== '1.1') return notARequest(start)
  if (method === 'CONNECT') return { status: 501, why: 'its method is for proxies', ending: 'not-the-protocol' }
  if (fields.some(({ name }) => FRAMING.includes(nameKey(name)) && !FRAMING.includes(name.toLowerCase())))
    return ambiguous('a field is spelt like another')
  const host = hostIn(fields, version)
  if (typeof host === 'object') return host
  const asked = targetIn(target, method, host)
  if (asked === undefined) return malformed('its target is none')
  const framing = framingOf(fields) ?? { kind: 'none' }
  if (isFlaw(framing)) return framing
  if (framing.kind === 'chunked' && version === '1.0') return ambiguous('HTTP/1.0 has no Transfer-Encoding')
  const connection = listOf(fields, 'connection')
  return {
    method,
    target: asked,
    version,
    fields,
    host,
    framing,
    closes: connection.includes('close') || (version === '1.0' && !connection.includes('keep-alive')),
    upgrades: connection.includes('upgrade') && isForWebSocket(method, fields, framing),
  }
}

const FRAMING = ['content-length', 'transfer-encoding', 'host']

function notARequest(start: string): Flaw {
  if (/^\S+ \S+ HTTP\/(?!1\.[01]$)\d+(?:\.\d+)?$/.test(start))
    return { status: 505, why: 'HTTP/1.1 and HTTP/1.0 are spoken here', ending: 'not-the-protocol' }
  return malformed('its first line is none of a request')
}

/** RFC 9112 §3.2: one, and from HTTP/1.1 on not less. */
function hostIn(fields: readonly Field[], version: string): string | undefined | Flaw {
  const hosts = valuesOf(fields, 'host')
  if (hosts.length > 1) return ambiguous('it has several Hosts')
  const [host] = hosts
  if (host === undefined) return version === '1.0' ? undefined : malformed('it has no Host')
  return HOST.test(host) ? host : malformed('its Host is none')
}

/** In the form for origin servers. One in the form for proxies has to name the host that the field names: a server may heed either. */
function targetIn(target: string, method: string, host: string | undefined): string | undefined {
  if (target.includes('#')) return undefined
  if (target.startsWith('/') || (target === '*' && method === 'OPTIONS')) return target
  const [, authority, path = ''] = /^https?:\/\/([^/?]*)(.*)$/i.exec(target) ?? []
  if (authority === undefined || authority.toLowerCase() !== host?.toLowerCase()) return undefined
  return path.startsWith('/') ? path : `/${path}`
}

/** Nothing else is changed to: within `h2c` requests would go on that nobody looks at. */
function isForWebSocket(method: string, fields: readonly Field[], framing: Framing): boolean {
  return method === 'GET' && framing.kind === 'none' && listOf(fields, 'upgrade').join(',') === 'websocket'
}
