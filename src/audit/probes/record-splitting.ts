import type { Fact } from '../../policy/index.ts'
import { CONTENT_TYPE, type SessionEvent } from '../../wire/index.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import { sessionSuites, type Known } from '../server.ts'

/** Lengths of the first application data records of one answer; empty when the server said nothing. */
export type RecordLengths = readonly number[]

/** Who speaks unasked, or ends the connection after one answer, has done so by then. */
const SECOND_PATIENCE_MS = 500

/** A search for the root of the directory, RFC 4512 §5.1. */
const LDAP_ROOT = '0%\x02\x01\x01c\x20\x04\0\n\x01\0\n\x01\0\x02\x01\0\x02\x01\0\x01\x01\0\x87\x0bobjectClass0\0'

/** Something that every server of the dialect answers and that changes nothing; `tls` is asked as a web server. */
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

function cbcSuites(known: Known): readonly number[] {
  const cbc = new Set(
    known
      .suites('TLSv1')
      .filter((suite) => suite.mode === 'CBC')
      .map((suite) => suite.code),
  )
  return sessionSuites(known, 'TLSv1').filter((code) => cbc.has(code))
}

export const recordSplittingProbe: Probe<RecordLengths> = {
  name: 'record-splitting',
  question: 'Does the server split records of TLS 1.0 so that their IV cannot be foreseen?',
  reference: 'CVE-2011-3389 (BEAST), OpenSSL SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS',
  connections: 1,
  skip: (known) => (cbcSuites(known).length === 0 ? { features: { recordSplitting: 'not-applicable' } } : undefined),

  ask: (server) =>
    server.session({ protocols: ['TLSv1'], cipherSuites: cbcSuites(server.known), observeRecords: true }, async (conversation) => {
      if (!(await conversation.handshake())) return []
      const question = QUESTIONS[server.known.dialect.name]?.(server.known.serverName ?? 'localhost')
      if (question !== undefined) conversation.send(conversation.session.write(Buffer.from(question, 'latin1')))
      // A record with text in it, not the empty one that may come before it.
      await conversation.until((event) => isData(event) && event.innerLength > 1, question === undefined ? SECOND_PATIENCE_MS : undefined)
      // JSSE splits all records but the first.
      if (question !== undefined && conversation.ended === undefined) {
        conversation.send(conversation.session.write(Buffer.from(question, 'latin1')))
        await conversation.until((event) => isData(event) && event.innerLength > 1, SECOND_PATIENCE_MS)
      }
      return conversation.events.filter(isData).map((event) => event.innerLength)
    }),

  judge: (lengths) => ({ features: { recordSplitting: splits(lengths) } }),
}

export const recordSplitting: AnyProbe = probe(recordSplittingProbe)

/** An empty record (OpenSSL) or one of a single byte (1/n-1, NSS and Schannel) in front of a text. */
function splits(lengths: RecordLengths): Fact {
  if (lengths.some((length, index) => length <= 1 && index < lengths.length - 1)) return true
  return lengths.filter((length) => length > 1).length >= 2 ? false : 'unknown'
}

function isData(event: SessionEvent): event is Extract<SessionEvent, { kind: 'record' }> {
  return event.kind === 'record' && event.innerType === CONTENT_TYPE.application_data
}
