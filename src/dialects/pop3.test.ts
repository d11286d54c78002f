import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeDialect } from './laws.test.ts'
import { pop3 } from './pop3.ts'

describeDialect(pop3, [
  {
    why: 'CAPA of RFC 2449 §5 and STLS of RFC 2595 §4, with a timestamp for APOP, RFC 1939 §7',
    talk: `S: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>
           C: CAPA
           S: +OK Capability list follows
           S: TOP
           S: USER
           S: SASL CRAM-MD5 KERBEROS_V4
           S: STLS
           S: ..dotted
           S: IMPLEMENTATION Shlemazle-Plotz-v302
           S: .
           C: STLS
           S: +OK Begin TLS negotiation`,
    outcome: { kind: 'ready' },
    clear: {
      banner: 'POP3 server ready <1896.697170952@dbc.mtview.ca.us>',
      capabilities: ['TOP', 'USER', 'SASL CRAM-MD5 KERBEROS_V4', 'STLS', '.dotted', 'IMPLEMENTATION Shlemazle-Plotz-v302'],
      authBeforeTls: ['USER', 'APOP', 'CRAM-MD5', 'KERBEROS_V4'],
      authComplete: true,
      starttls: 'offered',
    },
  },
  {
    why: 'no log-in before TLS: neither USER nor SASL nor a timestamp',
    talk: `S: +OK Dovecot ready.
           C: CAPA
           S: +OK
           S: CAPA
           S: STLS
           S: .
           C: STLS
           S: +OK Begin TLS negotiation now.`,
    outcome: { kind: 'ready' },
    clear: { authBeforeTls: [] },
  },
  {
    why: 'no STLS',
    talk: `S: +OK
           C: CAPA
           S: +OK
           S: USER
           S: .`,
    outcome: { kind: 'not-offered', heard: '+OK \nUSER' },
    clear: { starttls: 'missing', authBeforeTls: ['USER'] },
  },
  {
    why: 'a server that does not know CAPA may know STLS',
    talk: `S: +OK ready
           C: CAPA
           S: -ERR unknown command
           C: STLS
           S: +ok`,
    outcome: { kind: 'ready' },
    clear: { authBeforeTls: ['USER'], authComplete: false, starttls: 'offered' },
  },
  {
    why: 'a server that knows neither',
    talk: `S: +OK ready
           C: CAPA
           S: -ERR unknown command
           C: STLS
           S: -ERR unknown command`,
    outcome: { kind: 'not-offered', heard: '-ERR unknown command' },
    clear: { starttls: 'missing' },
  },
  {
    why: 'a passing failure, RFC 3206 §4',
    talk: `S: +OK ready
           C: CAPA
           S: +OK
           S: STLS
           S: .
           C: STLS
           S: -ERR [SYS/TEMP] no entropy`,
    outcome: { kind: 'refused', heard: '-ERR [SYS/TEMP] no entropy', temporary: true },
    clear: { starttls: 'offered' },
  },
  {
    why: 'announced and refused',
    talk: `S: +OK ready
           C: CAPA
           S: +OK
           S: STLS
           S: .
           C: STLS
           S: -ERR no certificate`,
    outcome: { kind: 'refused', heard: '-ERR no certificate', temporary: false },
    clear: { starttls: 'refused' },
  },
  {
    why: 'a greeting that refuses is about now',
    talk: 'S: -ERR too many connections',
    outcome: { kind: 'refused', heard: '-ERR too many connections', temporary: true },
  },
  {
    why: 'unless it says otherwise',
    talk: 'S: -ERR [SYS/PERM] go away',
    outcome: { kind: 'refused', heard: '-ERR [SYS/PERM] go away', temporary: false },
  },
  { why: 'IMAP speaks here', talk: 'S: * OK ready', outcome: { kind: 'wrong-protocol', heard: '* OK ready' } },
])

test('an answer to the smuggled CAPA is told from silence', () => {
  assert.equal(pop3.injection?.answered('+OK\r\nCAPA\r\n.\r\n'), true)
  assert.equal(pop3.injection?.answered(''), false)
})
