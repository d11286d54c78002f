import type { RelayMaker } from '../relay.ts'
import { ftpRelay } from './ftp.ts'
import { httpRelay } from './http.ts'
import { imapRelay } from './imap.ts'
import { pop3Relay } from './pop3.ts'
import { sieveRelay } from './sieve.ts'
import { lmtpRelay, smtpRelay } from './smtp.ts'
import { xmppRelay, xmppServerRelay } from './xmpp.ts'

/** The relays, by the name of their dialect. */
export const RELAYS: Readonly<Record<string, RelayMaker>> = {
  smtp: smtpRelay,
  submission: smtpRelay,
  lmtp: lmtpRelay,
  imap: imapRelay,
  pop3: pop3Relay,
  sieve: sieveRelay,
  http: httpRelay,
  xmpp: xmppRelay,
  'xmpp-server': xmppServerRelay,
  ftp: ftpRelay,
}
