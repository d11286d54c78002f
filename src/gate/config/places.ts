import { isIP } from 'node:net'

/** Where somebody listens. An empty host means every address. */
export interface Place {
  readonly host: string
  readonly port: number
}

/** `host:port`, `:port`, `[::1]:port`; undefined for anything else. */
export function placeOf(text: string): Place | undefined {
  const [, bracketed, plain = '', digits = ''] = /^(?:\[([0-9a-fA-F:.%]+)\]|([^\s:[\]]*)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === '' || port > 65_535 || (bracketed !== undefined && isIP(bracketed) !== 6)) return undefined
  return { host: bracketed ?? plain, port }
}

export function placeText({ host, port }: Place): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}

/** Whether it can be reached from this machine alone. */
export function isLoopback({ host }: Place): boolean {
  return /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/i.test(host)
}

/** An address as it is written by itself: that of IPv4 where IPv6 has it mapped (RFC 4291 §2.5.5.2), and the shortest form. Names in small letters. */
export function plainHost(host: string): string {
  if (isIP(host) !== 6 || host.includes('%')) return host.toLowerCase()
  const plain = new URL(`http://[${host}]/`).hostname.slice(1, -1)
  const [, high, low] = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(plain) ?? []
  if (high === undefined || low === undefined) return plain
  return [high, low].flatMap((part) => [Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 255]).join('.')
}

/** Whether who listens there has more than one address. */
export function isEverywhere(host: string): boolean {
  return ['', '0.0.0.0', '::'].includes(host)
}

/** A network of clients. */
export interface Network {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/** `10.1.0.0/16`, `2001:db8::/32`, or one address; undefined for anything else. */
export function networkOf(text: string): Network | undefined {
  const [address = '', digits, ...more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0 || (digits !== undefined && !/^\d{1,3}$/.test(digits))) return undefined
  const longest = family === 4 ? 32 : 128
  const prefix = digits === undefined ? longest : Number(digits)
  return prefix > longest ? undefined : { address, prefix, family: family === 4 ? 'ipv4' : 'ipv6' }
}

/** Ports, both ends included. */
export interface PortRange {
  readonly first: number
  readonly last: number
}

/** `50000-50100`, none of them a service of the system; undefined for anything else. */
export function portsOf(text: string): PortRange | undefined {
  const [, first, last] = /^(\d{4,5})-(\d{4,5})$/.exec(text)?.map(Number) ?? []
  if (first === undefined || last === undefined || first < 1024 || last < first || last > 65_535) return undefined
  return { first, last }
}
