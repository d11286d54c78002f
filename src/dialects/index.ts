/**
 * How each protocol gets from connect to ClientHello, as scripts without a socket.
 *
 * A **dialect** cuts the server's replies by its grammar and says what a client says; an `Opening` runs one and keeps
 * the rules that all share: bounded replies, nothing used that was sent in plain text behind the go-ahead, what a stranger
 * said escaped. Nothing here reads a socket or a clock: how long to wait, and whether to try again, is the caller's to say.
 *
 *     const opening = new Opening(smtp, { clientName: 'client.example', serverName: 'mail.example' })
 *     opening.start() // '': an SMTP server speaks first
 *     opening.push(bytes) // { send: 'EHLO client.example\r\n' }
 *     opening.outcome // in the end { kind: 'ready' }, and `opening.clear` tells what was said
 *
 * A new dialect is one file, one test and one line in list.ts.
 */
export { MAX_REPLY_LENGTH, type Grammar, type Want } from './cutter.ts'
export {
  printable,
  type Beginning,
  type Clear,
  type ClientOptions,
  type ClientScript,
  type ClientStep,
  type Dialect,
  type Door,
  type Injection,
  type Outcome,
  type Reply,
  type Seen,
} from './dialect.ts'
export { dialectByName, doorOfScheme, guessByBanner, guessDialect, guessDoor, schemes, type Entrance } from './guess.ts'
export { DIALECTS } from './list.ts'
export { introduces, introducing, introductionOf, questionOf, type Introduction } from './introduction.ts'
export { MAX_REPLIES, Opening, type OpeningOptions } from './opening.ts'
export { deferred, type Known } from './relays/deferred.ts'
export { ftpRelay } from './relays/ftp.ts'
export { HTTP_FACTS, isReservedField, type HttpFact } from './relays/http-forwarded.ts'
export { imapRelay } from './relays/imap.ts'
export { RELAYS } from './relays/list.ts'
export { pop3Relay } from './relays/pop3.ts'
export { sieveRelay } from './relays/sieve.ts'
export { lmtpRelay, smtpRelay } from './relays/smtp.ts'
export type {
  ClientOfRelay,
  DataPlace,
  DataRequest,
  Ending,
  Parting,
  Refusal,
  Relay,
  RelayMaker,
  RelayOptions,
  RelayStep,
} from './relay.ts'
export { ftp } from './ftp.ts'
export { imap } from './imap.ts'
export { irc } from './irc.ts'
export { ldap } from './ldap.ts'
export { mysql } from './mysql.ts'
export { nntp } from './nntp.ts'
export { pop3 } from './pop3.ts'
export { postgres } from './postgres.ts'
export { sieve } from './sieve.ts'
export { lmtp, smtp, submission } from './smtp.ts'
export { tls } from './tls.ts'
export { xclient, type ClientNames, type Introduced, type LookedUp } from './xclient.ts'
export { xmpp, xmppServer } from './xmpp.ts'
export type { Awaited, Outlet, OutletMaker, OutletOptions, OutletStep, Reach } from './outlets/outlet.ts'
export { smtpOutlet } from './outlets/smtp-outlet.ts'
export { tlsOptionalOutlet } from './outlets/tls-optional-outlet.ts'
export { HopOpening, type HopAbilities, type HopOptions, type HopOutcome } from './outlets/smtp-hop.ts'
export { FETCHED, type FetchedDialect } from './outlets/fetched.ts'
export type { Claim, LoginDoor, LoginStep } from './outlets/login-door.ts'
export type { LoggedIn, OnwardOutcome, OnwardScript } from './outlets/onward.ts'
export { concealing, type Conceal } from './outlets/concealed.ts'
export type { Login } from './outlets/sasl.ts'
export { passed } from './outlets/reply-words.ts'
