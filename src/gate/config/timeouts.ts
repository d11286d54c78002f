import type { TimeoutsFile } from './config-file.ts'
import type { ServiceConfig } from './config.ts'

const DEFAULT_SECONDS = { hello: 10, handshake: 30, head: 30, idle: 600, total: 24 * 60 * 60, connect: 10 }

/**
 * What keeps a connection open on which nothing is said: IMAP and ManageSieve have to, for half an hour behind a login (RFC 9051 §5.4, RFC 5804 §1.2), and
 * clients say something every 29 minutes; clients of XMPP wait for whoever writes to them. For the others it is more than RFC 5321 §4.5.3.2.7 and
 * RFC 1939 §3 want.
 */
const LONG_IDLE_SECONDS = 1860
const LONG_IDLE = ['imap', 'sieve', 'xmpp', 'xmpp-server']

/** That is for those who are logged in. A stranger has no longer than it takes a person to type a password. */
const LONGEST_STRANGER_SECONDS = 180

/** What a dialect puts up with, in milliseconds. `file`: what is written, in seconds. */
export function timeoutsFor(dialect: string, file: TimeoutsFile): ServiceConfig['timeouts'] {
  const isLong = LONG_IDLE.includes(dialect)
  const { hello, handshake, head, idle, total, connect } = { ...DEFAULT_SECONDS, ...(isLong && { idle: LONG_IDLE_SECONDS }), ...file }
  return {
    hello: 1000 * hello,
    handshake: 1000 * handshake,
    head: 1000 * head,
    idle: 1000 * idle,
    idleBeforeLogin: 1000 * (isLong ? Math.min(idle, LONGEST_STRANGER_SECONDS) : idle),
    total: 1000 * total,
    connect: 1000 * connect,
  }
}
