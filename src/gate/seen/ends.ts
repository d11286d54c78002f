import type { Ended } from '../record.ts'

/** Why connections end, each in a few words for people. */
export const ENDS: Readonly<Record<Ended['why'], string>> = {
  quit: 'one side said good-bye',
  'client-left': 'the client closed',
  'client-error': 'the connection to the client broke',
  'server-left': 'the server behind closed',
  'server-lost': 'the server behind could not be reached, or went away',
  'too-slow': 'the head of a request did not come to its end in time',
  'server-misbehaves': 'the server behind said what it may not say',
  'handshake-failed': 'TLS did not come about',
  'turned-away': 'the client was told why it may not go on',
  'starttls-injection': 'plain text came behind the request for TLS',
  smuggling: 'a message ended in a form that servers read in different ways',
  'line-too-long': 'a line was longer than the limit',
  'too-far-ahead': 'the client did not wait where it must',
  'not-the-protocol': 'what came is no command of the protocol',
  'too-many-errors': 'the server behind refused too much',
  idle: 'nothing was carried either way for too long',
  'tls-flood': 'much came in TLS that carried nothing',
  total: 'it had lasted as long as it may',
  crowded: 'a limit was reached before it came in',
  'no-proxy-header': 'a proxy in front did not say whose the connection is',
  drained: 'the gate was told to end',
  error: 'a mistake of the gate',
}
