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
