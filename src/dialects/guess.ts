import type { Dialect, Door } from './dialect.ts'
import { ftp } from './ftp.ts'
import { imap } from './imap.ts'
import { irc } from './irc.ts'
import { DIALECTS } from './list.ts'
import { mysql } from './mysql.ts'
import { nntp } from './nntp.ts'
import { pop3 } from './pop3.ts'
import { sieve } from './sieve.ts'
import { lmtp, smtp } from './smtp.ts'

/** A door and the dialect behind it. */
export interface Entrance {
  readonly dialect: Dialect
  readonly door: Door
}

const ENTRANCES: readonly Entrance[] = DIALECTS.flatMap((dialect) => dialect.doors.map((door) => ({ dialect, door })))

/** By `Dialect.name`: `smtp`. */
export function dialectByName(name: string): Dialect | undefined {
  return DIALECTS.find((dialect) => dialect.name === name)
}

/** What is commonly spoken on a port, and whether TLS begins at once there. */
export function guessDoor(port: number): Entrance | undefined {
  return ENTRANCES.find(({ door }) => door.port === port)
}

/** What is commonly spoken on a port. */
export function guessDialect(port: number): Dialect | undefined {
  return guessDoor(port)?.dialect
}

/** What a URL scheme means; its port is the default of the scheme. */
export function doorOfScheme(scheme: string): Entrance | undefined {
  return ENTRANCES.find(({ door }) => door.scheme === scheme)
}

/** Every URL scheme, in the order of the dialects. */
export function schemes(): string[] {
  return [...new Set(ENTRANCES.map(({ door }) => door.scheme))]
}

/**
 * How servers that speak first begin. Order matters: SMTP, LMTP and FTP all greet with 220, and what names itself none
 * of them is SMTP, since RFC 5321 §4.2 wants no more of a greeting than a domain.
 */
const BANNERS: readonly (readonly [RegExp, Dialect])[] = [
  [/^220[ -].*\bLMTP\b/i, lmtp],
  [/^220[ -].*\bE?SMTP\b/i, smtp],
  [/^(?:[12]20|[45]\d\d)[ -].*FTP/i, ftp],
  [/^20[01] /, nntp],
  [/^(?:220|421|5\d\d)[ -]/, smtp],
  [/^\* (?:OK|PREAUTH|BYE)\b/i, imap],
  [/^(?:\+OK|-ERR)\b/i, pop3],
  [/^"(?:IMPLEMENTATION|SIEVE|SASL|STARTTLS|VERSION)"/i, sieve],
  [/^(?::\S+ )?NOTICE (?:\*|AUTH)/i, irc],
  // A packet of less than 64 kB, number 0, that holds a handshake or an error.
  [/^..\0\0[\n\xff]/s, mysql],
]

/** Which dialect greets like this, undefined when none is known that does. `text` is latin1: what came before we said anything. */
export function guessByBanner(text: string): Dialect | undefined {
  return BANNERS.find(([pattern]) => pattern.test(text))?.[1]
}
