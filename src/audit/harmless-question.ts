/** A search for the root of the directory, RFC 4512 §5.1. */
const LDAP_ROOT = '0%\x02\x01\x01c\x20\x04\0\n\x01\0\n\x01\0\x02\x01\0\x02\x01\0\x01\x01\0\x87\x0bobjectClass0\0'

const QUESTIONS: Readonly<Record<string, (host: string) => string>> = {
  smtp: () => 'EHLO postern.invalid\r\n',
  submission: () => 'EHLO postern.invalid\r\n',
  lmtp: () => 'LHLO postern.invalid\r\n',
  imap: () => 'p1 CAPABILITY\r\n',
  pop3: () => 'CAPA\r\n',
  sieve: () => 'CAPABILITY\r\n',
  ftp: () => 'FEAT\r\n',
  nntp: () => 'CAPABILITIES\r\n',
  irc: () => 'CAP LS\r\n',
  ldap: () => LDAP_ROOT,
  tls: (host) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
}

/**
 * What may be said inside TLS that every server of a dialect answers and that changes nothing; `tls` is asked as a web server.
 * Undefined for dialects that have no such question.
 */
export function harmlessQuestion(dialect: string, host: string | undefined): Uint8Array | undefined {
  const question = QUESTIONS[dialect]?.(host ?? 'localhost')
  return question === undefined ? undefined : Buffer.from(question, 'latin1')
}
