import type { ClientOfRelay } from '../relay.ts'
import { listOf, type Field, type Head } from './http-head.ts'
import { nameKey, type Request } from './http-request.ts'

/** What a server behind can be told in a field of its own. */
export const HTTP_FACTS = [
  'client-address',
  'client-port',
  'tls-version',
  'tls-suite',
  'tls-group',
  'tls-server-name',
  'client-certificate-verified',
  'client-certificate-common-name',
  'client-certificate-sha256',
] as const

export type HttpFact = (typeof HTTP_FACTS)[number]

/** Fields with which gates and proxies tell servers who a client is and what TLS it came in: nobody but the gate may send them. */
const TOLD =
  /^(?:forwarded|x-forwarded(?:-.*)?|x-real-ip|(?:x-|true-)?client-ip|x-cluster-client-ip|front-end-https|x-(?:url-)?scheme|(?:x-)?(?:ssl|tls)-.*|(?:x-)?client-cert(?:-.*)?|x-arr-.*|wl-proxy-.*|x-original-(?:for|proto|host|forwarded-for))$/

/** What is between two programs and no others, RFC 9110 §7.6.1, and `Proxy`, which some programs take for a setting (CVE-2016-5385). */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'te', 'upgrade', 'http2-settings', 'proxy']

/** What a client may not take away with `Connection`. */
const KEPT = ['host', 'content-length', 'transfer-encoding']

/** What else says where a request ends, or what has to be done with it (RFC 9110 §6.6.2, §10.1.1), and what the gate itself always sends. */
const RESERVED = /^(?:trailer|expect|via|forwarded|x-forwarded-.*)$/

/** Whether a field frames a request or is the gate's own, so that no fact can be told in it. */
export function isReservedField(name: string): boolean {
  const key = nameKey(name)
  return HOP_BY_HOP.includes(key) || KEPT.includes(key) || RESERVED.test(key)
}

export interface Telling {
  readonly client: ClientOfRelay | undefined
  /** Fields by name, beside those that are always sent. */
  readonly headers: Readonly<Record<string, HttpFact>>
}

/** The request as the server hears it: without what is not the client's to say, and with who the client is. */
export function forwarded(request: Request, telling: Telling): Head {
  const named = new Set(listOf(request.fields, 'connection').filter((name) => !KEPT.includes(name)))
  const kept = request.fields.filter((field) => !named.has(field.name.toLowerCase()) && isClients(field, telling))
  const hops = [...['close', 'keep-alive'].filter((option) => named.has(option)), ...(request.upgrades ? ['upgrade'] : [])]
  return {
    start: `${request.method} ${request.target} HTTP/${request.version}`,
    fields: [
      ...kept,
      ...(hops.length === 0 ? [] : [{ name: 'Connection', value: hops.join(', ') }]),
      ...(request.upgrades ? [{ name: 'Upgrade', value: 'websocket' }] : []),
      ...told(request, telling),
    ],
  }
}

/** Whether a field is for the client to send. */
export function isClients({ name }: Field, { headers }: Telling): boolean {
  const key = nameKey(name)
  return !TOLD.test(key) && !HOP_BY_HOP.includes(key) && !Object.keys(headers).some((header) => nameKey(header) === key)
}

function told({ host }: Request, { client, headers }: Telling): readonly Field[] {
  if (client === undefined) return []
  const proto = client.tls === undefined ? 'http' : 'https'
  const pairs = [
    ['for', node(client.address)],
    ['proto', proto],
    ['host', host],
  ] as const
  return [
    { name: 'X-Forwarded-For', value: client.address },
    { name: 'X-Forwarded-Proto', value: proto },
    ...(host === undefined ? [] : [{ name: 'X-Forwarded-Host', value: host }]),
    { name: 'X-Forwarded-Port', value: String(client.localPort) },
    // RFC 7239 §4.
    { name: 'Forwarded', value: pairs.flatMap(([name, value]) => (value === undefined ? [] : `${name}=${quoted(value)}`)).join(';') },
    ...Object.entries(headers).flatMap(([name, fact]) => {
      const value = factOf(fact, client)
      return value === undefined ? [] : { name, value: visible(value) }
    }),
  ]
}

/** RFC 7239 §6: an IPv6 address stands in brackets. */
function node(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

function quoted(value: string): string {
  return /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, '\\$&')}"`
}

function factOf(fact: HttpFact, { address, port, tls }: ClientOfRelay): string | undefined {
  const facts: Readonly<Record<HttpFact, string | undefined>> = {
    'client-address': address,
    'client-port': String(port),
    'tls-version': tls?.version,
    'tls-suite': tls?.suite,
    'tls-group': tls?.group,
    'tls-server-name': tls?.serverName,
    'client-certificate-verified': tls?.clientCertificate === undefined ? undefined : String(tls.clientCertificate.verified),
    'client-certificate-common-name': tls?.clientCertificate?.commonName,
    'client-certificate-sha256': tls?.clientCertificate?.sha256,
  }
  return facts[fact]
}

/** Names are the client's words: what could end a field, or is not ASCII, is written as in a URI. */
function visible(value: string): string {
  return value.replaceAll(/[^\x20-\x24\x26-\x7e]+/g, (some) => encodeURIComponent(some.toWellFormed()))
}
