import assert from 'node:assert/strict'
import { test } from 'node:test'
import { imap } from './imap.ts'
import { describeDialect } from './laws.test.ts'

describeDialect(imap, [
  {
    why: 'the example of RFC 9051 §6.2.1, capabilities asked for',
    talk: `S: * OK IMAP4rev2 server ready
           C: p1 CAPABILITY
           S: * CAPABILITY IMAP4rev2 STARTTLS LOGINDISABLED
           S: p1 OK CAPABILITY completed
           C: p2 STARTTLS
           S: p2 OK Begin TLS negotiation now`,
    outcome: { kind: 'ready' },
    clear: {
      banner: 'IMAP4rev2 server ready',
      capabilities: ['IMAP4REV2', 'STARTTLS', 'LOGINDISABLED'],
      starttls: 'offered',
      authBeforeTls: [],
      authComplete: true,
    },
  },
  {
    why: 'capabilities in the greeting save a question; without LOGINDISABLED the command LOGIN is there',
    talk: `S: * OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN AUTH=LOGIN] Dovecot ready.
           C: p2 STARTTLS
           S: p2 OK Begin TLS negotiation now.`,
    outcome: { kind: 'ready' },
    clear: { banner: '[CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN AUTH=LOGIN] Dovecot ready.', authBeforeTls: ['LOGIN', 'PLAIN'] },
  },
  {
    why: 'a greeting may list less than CAPABILITY does, untagged responses may come at any time, and lists in the tagged response count',
    talk: `S: * OK [CAPABILITY IMAP4rev1] ready
           C: p1 CAPABILITY
           S: * OK still here
           S: p1 OK [CAPABILITY IMAP4rev1 starttls] done
           C: p2 STARTTLS
           S: * OK soon
           S: p2 OK now`,
    outcome: { kind: 'ready' },
  },
  {
    why: 'a literal holds what looks like a response, RFC 9051 §4.3',
    talk: `S: * OK ready
           C: p1 CAPABILITY
           S: * ID ("name" {12}
           S= p1 NO no no!
           S: )
           S: * CAPABILITY IMAP4rev1 STARTTLS
           S: p1 OK done
           C: p2 STARTTLS
           S: p2 OK now`,
    outcome: { kind: 'ready' },
  },
  {
    why: 'no STARTTLS',
    talk: `S: * OK ready
           C: p1 CAPABILITY
           S: * CAPABILITY IMAP4rev1 AUTH=CRAM-MD5
           S: p1 OK done`,
    outcome: { kind: 'not-offered', heard: 'CAPABILITY IMAP4REV1 AUTH=CRAM-MD5' },
    clear: { starttls: 'missing', authBeforeTls: ['LOGIN', 'CRAM-MD5'] },
  },
  {
    why: 'a connection that is authenticated already cannot start TLS, RFC 9051 §7.1.4',
    talk: 'S: * PREAUTH IMAP4rev1 server logged in as Smith',
    outcome: { kind: 'not-offered', heard: '* PREAUTH IMAP4rev1 server logged in as Smith' },
  },
  {
    why: 'BYE in place of a greeting, RFC 9051 §7.1.5',
    talk: 'S: * BYE Too many connections',
    outcome: { kind: 'refused', heard: '* BYE Too many connections', temporary: true },
  },
  {
    why: 'BYE in the middle',
    talk: `S: * OK ready
           C: p1 CAPABILITY
           S: * BYE shutting down`,
    outcome: { kind: 'refused', heard: '* BYE shutting down', temporary: true },
  },
  {
    why: 'the backend is down, RFC 5530 §3',
    talk: `S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready
           C: p2 STARTTLS
           S: p2 NO [UNAVAILABLE] TLS is being set up`,
    outcome: { kind: 'refused', heard: 'p2 NO [UNAVAILABLE] TLS is being set up', temporary: true },
    clear: { starttls: 'offered' },
  },
  {
    why: 'announced, and then not known',
    talk: `S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready
           C: p2 STARTTLS
           S: p2 BAD Unknown command`,
    outcome: { kind: 'refused', heard: 'p2 BAD Unknown command', temporary: false },
    clear: { starttls: 'refused' },
  },
  {
    why: 'CAPABILITY is refused',
    talk: `S: * OK ready
           C: p1 CAPABILITY
           S: p1 BAD what?`,
    outcome: { kind: 'refused', heard: 'p1 BAD what?', temporary: false },
    clear: { starttls: 'unknown' },
  },
  { why: 'POP3 speaks here', talk: 'S: +OK ready', outcome: { kind: 'wrong-protocol', heard: '+OK ready' } },
  { why: 'an untagged response that is no greeting', talk: 'S: * 5 EXISTS', outcome: { kind: 'wrong-protocol', heard: '* 5 EXISTS' } },
  { why: 'a TLS alert', talk: 'S< 15 03 03 00 02 02 0a', outcome: { kind: 'wrong-protocol', heard: '\\x15\\x03\\x03' } },
])

test('a tagged answer to the smuggled NOOP is told from other responses', () => {
  assert.equal(imap.injection?.answered('* OK hello\r\np8 OK NOOP completed.\r\n'), true)
  assert.equal(imap.injection?.answered('* CAPABILITY IMAP4rev1\r\n'), false)
})
