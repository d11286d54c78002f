import type { Dialect } from './dialect.ts'
import { ftp } from './ftp.ts'
import { imap } from './imap.ts'
import { irc } from './irc.ts'
import { ldap } from './ldap.ts'
import { mysql } from './mysql.ts'
import { nntp } from './nntp.ts'
import { pop3 } from './pop3.ts'
import { postgres } from './postgres.ts'
import { sieve } from './sieve.ts'
import { lmtp, smtp, submission } from './smtp.ts'
import { tls } from './tls.ts'
import { xmpp, xmppServer } from './xmpp.ts'

/** Every dialect. Where two share a port, the first is the one that is guessed. */
export const DIALECTS: readonly Dialect[] = [
  smtp,
  submission,
  lmtp,
  imap,
  pop3,
  sieve,
  ftp,
  nntp,
  ldap,
  xmpp,
  xmppServer,
  postgres,
  mysql,
  irc,
  tls,
]
