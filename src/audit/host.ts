import { isIP, isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { PosternError } from '../errors.ts'

/** RFC 1035 §2.3.4, without the final dot. */
const LONGEST_NAME = 253
/** Letters, digits, hyphens (RFC 1123 §2.1), and the underscore that real networks use all the same. */
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/

export type HostReading = { readonly host: string } | { readonly problem: string; readonly remedy: string }

/**
 * A host as it is looked up and compared: an IP address, IPv6 without brackets and in its shortest form, or a name in lower
 * case ASCII without its final dot, which several servers refuse in SNI.
 */
export function readHost(text: string): HostReading {
  if (isIPv4(text)) return { host: text }
  if (isIPv6(text)) return { host: shortest(text) }
  if (text.includes(':')) return refuse('is not an IPv6 address', 'Write an IPv6 address with a port as [2001:db8::1]:25.')
  if (/[^A-Za-z0-9._\u0080-\u{10ffff}-]/u.test(text))
    return refuse('is not a host name', 'Use a name such as mail.example.com, or an IP address.')
  const name = domainToASCII(text).toLowerCase().replace(/\.$/, '')
  const labels = name.split('.')
  // domainToASCII() makes addresses of numbers, as browsers do: 1.2.3 would become 1.2.0.3.
  if (/^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '') || /^(?:\d+|0x[0-9a-f]*)\.?$/i.test(text.split('.').at(-1) ?? '')) {
    return refuse('is not an IPv4 address', 'Write four numbers from 0 to 255, such as 192.0.2.1.')
  }
  if (name.length > LONGEST_NAME || !labels.every((label) => LABEL.test(label))) {
    return refuse('is not a host name', 'Use labels of 1 to 63 letters, digits and hyphens, such as mail.example.com.')
  }
  return { host: name }
}

/** The name to ask a server for in place of the target's. Errors: `NAME_SYNTAX`, `input`. */
export function readServerName(text: string): string {
  const reading = readHost(text)
  if ('host' in reading) return reading.host
  throw new PosternError('input', 'NAME_SYNTAX', `Cannot ask for the name ${JSON.stringify(text)}: it ${reading.problem}`, {
    remedy: reading.remedy,
  })
}

/** `localhost` and all names below it mean this machine and are never looked up, RFC 6761 §6.3. */
export function isLocalhost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost')
}

/** As it stands before a port: IPv6 addresses in brackets. */
export function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}

function refuse(problem: string, remedy: string): HostReading {
  return { problem, remedy }
}

/** RFC 5952 §4; an address with a zone keeps its spelling. */
function shortest(address: string): string {
  return address.includes('%') ? address.toLowerCase() : new URL(`http://[${address}]`).hostname.slice(1, -1)
}
