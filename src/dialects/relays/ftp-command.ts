import { hasControls } from './lines.ts'

export interface FtpCommand {
  /** In upper case. */
  readonly name: string
  readonly rest: string
  /** As it may go to the server. */
  readonly text: string
}

/**
 * A command, RFC 959 §5.3; undefined for what is none. Telnet's words that come before ABOR (RFC 959 §4.1.3) are taken off: they are for whoever
 * reads a connection without lines.
 */
export function ftpCommand(line: string): FtpCommand | undefined {
  const text = line.replace(/^[\xf0-\xff]+/, '')
  const [, name, rest = ''] = /^([A-Za-z]{3,8})(?: (.*))?$/.exec(hasControls(text) ? '' : text) ?? []
  return name === undefined ? undefined : { name: name.toUpperCase(), rest, text }
}

/** Commands that something is carried for, and in which direction: RFC 959 §4.1.3, RFC 3659 §7. */
export const TRANSFERS: ReadonlyMap<string, 'from the server' | 'to the server'> = new Map([
  ['RETR', 'from the server'],
  ['LIST', 'from the server'],
  ['NLST', 'from the server'],
  ['MLSD', 'from the server'],
  ['STOR', 'to the server'],
  ['STOU', 'to the server'],
  ['APPE', 'to the server'],
])

/** What may be said while something is carried: RFC 959 §4.1.3. */
export const WHILE_CARRYING: readonly string[] = ['ABOR', 'STAT', 'QUIT', 'NOOP']

/** RFC 959 §4.1.1. */
export const LOGINS: readonly string[] = ['USER', 'PASS', 'ACCT']

/** What goes to the server before TLS where it is required. */
export const BEFORE_TLS: readonly string[] = ['FEAT', 'HELP', 'NOOP', 'SYST', 'QUIT']

/** What leaves nothing behind at the server that could be somebody else's when TLS begins. */
export const LEAVES_NOTHING: readonly string[] = [...BEFORE_TLS, 'OPTS']

/**
 * What would open connections that nobody here knows of, or end TLS: RFC 1639 §2 and §3, commands of servers to each other, another spelling of PASV,
 * RFC 2228 §3 and RFC 959 §4.1.1.
 */
export const NEVER: readonly string[] = ['LPRT', 'LPSV', 'SPSV', 'CPSV', 'SSCN', 'ADAT', 'MIC', 'CONF', 'ENC', 'REIN']

/** Where a client waits. */
export interface FtpPlace {
  readonly family: '1' | '2'
  readonly address: string
  readonly port: number
}

/** The argument of PORT, RFC 959 §5.3.2 `host-port`. */
export function hostPort(text: string): FtpPlace | undefined {
  if (!/^\d{1,3}(?:,\d{1,3}){5}$/.test(text)) return undefined
  const numbers = text.split(',').map(Number)
  if (numbers.some((number) => number > 255)) return undefined
  const [high = 0, low = 0] = numbers.slice(4)
  return { family: '1', address: numbers.slice(0, 4).join('.'), port: 256 * high + low }
}

/** The argument of EPRT, RFC 2428 §2; `family` where it is of one that nobody knows. */
export function extendedHostPort(text: string): FtpPlace | 'family' | undefined {
  const [, , family = '', address = '', digits = ''] = /^([!-~])(\d{1,5})\1([\d.a-fA-F:]{2,45})\1(\d{1,5})\1$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === '' || port > 65_535) return undefined
  return family === '1' || family === '2' ? { family, address, port } : 'family'
}
