import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Introduction } from '../introduction.ts'
import type { RelayMaker, RelayOptions } from '../relay.ts'
import { deferred, type Known } from './deferred.ts'
import { latin1, octets } from './lines.ts'
import { RELAYS } from './list.ts'
import { describeRelay, OPTIONS, type Conversation } from './relay-laws.test.ts'

const lines = (...some: readonly string[]): string => some.map((line) => `${line}\r\n`).join('')

const OF_SMTP = {
  greeting: lines('220 mail.example ESMTP'),
  capabilities: lines('250-mail.example', '250-PIPELINING', '250-STARTTLS', '250-CHUNKING', '250-AUTH PLAIN', '250 XCLIENT ADDR'),
}

const INTRODUCTIONS = {
  smtp: OF_SMTP,
  lmtp: OF_SMTP,
  imap: {
    greeting: lines('* OK [CAPABILITY IMAP4rev1 ID STARTTLS AUTH=PLAIN] ready'),
    capabilities: lines('* CAPABILITY IMAP4rev1 ID STARTTLS AUTH=PLAIN'),
  },
  pop3: { greeting: lines('+OK ready <1.2@mail.example>'), capabilities: lines('+OK', 'TOP', 'USER', 'STLS', '.') },
  sieve: {
    greeting: lines('"IMPLEMENTATION" "x"', '"SASL" "PLAIN"', '"STARTTLS"', 'OK "ready"'),
    capabilities: lines('"IMPLEMENTATION" "x"', '"SASL" "PLAIN"', '"STARTTLS"', 'OK "ready"'),
  },
} satisfies Record<string, Introduction>

type Name = keyof typeof INTRODUCTIONS

function relayOf(name: Name, options: RelayOptions, tellsApart = false): ReturnType<typeof deferred> {
  const make = RELAYS[name]
  assert.ok(make !== undefined)
  return deferred(name, make, options, { introduction: INTRODUCTIONS[name], tellsApart })
}

/** Where a relay may not begin without a server the laws are its own. */
const maker =
  (name: Name): RelayMaker =>
  (options) => {
    const relay = relayOf(name, options) ?? RELAYS[name]?.(options)
    assert.ok(relay !== undefined)
    return relay
  }

const IMAP: readonly Conversation[] = [
  {
    why: 'a client that wants to know what there is, and TLS, needs no server for it',
    options: { hidesLogin: true },
    talk: `
      COME
      c: * OK [CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED] ready
      C: a CAPABILITY
      c: * CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED
      c: a OK Done
      C: b NOOP
      c: b OK Done
      C: c STARTTLS
      c: c OK Begin TLS negotiation now
      => tls
      TLS
      C: d LOGIN u p
      => connect
      S= * OK [CAPA
      S: BILITY IMAP4rev1] ready
      s: d LOGIN u p
      S: d OK in
      c: d OK in
      => copy`,
  },
  {
    why: 'nor does one that only comes and goes, within TLS or before it',
    options: { tls: 'required' },
    talk: `
      COME
      c: * OK [CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED] ready
      C: a STARTTLS
      c: a OK Begin TLS negotiation now
      => tls
      TLS
      C: b LOGOUT
      c: * BYE Good-bye
      c: b OK Done
      => end quit`,
  },
  {
    why: 'where TLS has to come first the server hears nothing before, whatever is said',
    options: { tls: 'required' },
    talk: `
      COME
      c: * OK [CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED] ready
      C: a ID ("name" "x")
      c: * ID NIL
      c: a OK Done
      C: b CAPABILITY x
      c: b BAD This is not a command
      C: c LOGIN u p
      c: c NO [PRIVACYREQUIRED] Say STARTTLS first`,
  },
  {
    why: 'in the clear the server is asked what was announced in its name, and then hears the rest, literals too',
    talk: `
      COME
      c: * OK [CAPABILITY IMAP4rev1 ID AUTH=PLAIN STARTTLS] ready
      C: a CAPABILITY
      c: * CAPABILITY IMAP4rev1 ID AUTH=PLAIN STARTTLS
      c: a OK Done
      C: b LOGIN {1+}
      C: u {1+}
      C= p
      => connect
      S: * OK [CAPABILITY IMAP4rev1 ID STARTTLS AUTH=PLAIN] ready
      s: p1 CAPABILITY
      S: * CAPABILITY IMAP4rev1 ID STARTTLS AUTH=PLAIN IDLE
      S: p1 OK done
      s: b LOGIN {1+}
      s: u {1+}
      s= p
      C:
      s:
      S: b OK in
      c: b OK in
      => copy`,
  },
  {
    why: 'a server that greets with less than was announced serves the client another time',
    talk: `
      COME
      c: * OK [CAPABILITY IMAP4rev1 ID AUTH=PLAIN STARTTLS] ready
      C: b LOGIN u p
      => connect
      S: * OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready
      c: * BYE [UNAVAILABLE] The server cannot be reached, try again later
      => end server-misbehaves`,
  },
  {
    why: 'so does one that answers with less',
    talk: `
      COME
      c: * OK [CAPABILITY IMAP4rev1 ID AUTH=PLAIN STARTTLS] ready
      C: a CAPABILITY
      c: * CAPABILITY IMAP4rev1 ID AUTH=PLAIN STARTTLS
      c: a OK Done
      C: b LOGIN u p
      => connect
      S: * OK [CAPABILITY IMAP4rev1 ID STARTTLS AUTH=PLAIN] ready
      s: p1 CAPABILITY
      S: * CAPABILITY IMAP4rev1
      S: p1 OK done
      c: * BYE [UNAVAILABLE] The server cannot be reached, try again later
      => end server-misbehaves`,
  },
  {
    why: 'and one that has the client logged in already, RFC 9051 §7.1.4',
    options: { tls: 'required' },
    talk: `
      COME
      c: * OK [CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED] ready
      C: a STARTTLS
      c: a OK Begin TLS negotiation now
      => tls
      TLS
      C: b SELECT INBOX
      => connect
      S: * PREAUTH ready
      c: * BYE [UNAVAILABLE] The server cannot be reached, try again later
      => end server-misbehaves`,
  },
  {
    why: 'a server that does not want the client says so in its own words',
    talk: `
      COME
      c: * OK [CAPABILITY IMAP4rev1 ID AUTH=PLAIN STARTTLS] ready
      C: a STARTTLS
      c: a OK Begin TLS negotiation now
      => tls
      TLS
      C: b CAPABILITY
      => connect
      S: * BYE too many
      c: * BYE too many
      => end quit`,
  },
  {
    why: 'a server that cannot be reached is told of where the client waits for it',
    talk: `
      COME
      c: * OK [CAPABILITY IMAP4rev1 ID AUTH=PLAIN STARTTLS] ready
      C: b LOGIN u p
      => connect
      LOST
      c: * BYE [UNAVAILABLE] The server cannot be reached, try again later
      => end server-lost`,
  },
  {
    why: 'who is turned away needs no server to hear so',
    options: { tls: 'required' },
    talk: `
      COME
      c: * OK [CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED] ready
      C: a STARTTLS
      c: a OK Begin TLS negotiation now
      => tls
      TLS
      AWAY Too old
      C: b LOGIN u p
      c: b NO [PRIVACYREQUIRED] Too old`,
  },
]

const NOOPS = (count: number, text: string): string => Array.from({ length: count }, () => text).join('\n')

const ASKING: readonly Conversation[] = [
  {
    why: 'who asks and asks costs no more than a few answers: where TLS has to come first that ends it',
    options: { tls: 'required' },
    talk: `
      COME
      c: * OK [CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED] ready
      ${NOOPS(21, 'C: a NOOP')}
      ${NOOPS(20, 'c: a OK Done')}
      c: * BYE Too many commands before TLS
      => end too-many-errors`,
  },
  {
    why: 'and elsewhere it is led to the server',
    talk: `
      COME
      c: * OK [CAPABILITY IMAP4rev1 ID AUTH=PLAIN STARTTLS] ready
      ${NOOPS(22, 'C: a NOOP')}
      ${NOOPS(20, 'c: a OK Done')}
      => connect
      S: * OK [CAPABILITY IMAP4rev1 ID STARTTLS AUTH=PLAIN] ready
      s: a NOOP
      S: a OK
      c: a OK
      s: a NOOP`,
  },
]

const SMTP: readonly Conversation[] = [
  {
    why: 'EHLO, NOOP and RSET lead to TLS without a server, and what is for the gate is not shown',
    options: { hidesLogin: true },
    talk: `
      COME
      c: 220 mail.example ESMTP
      C: EHLO client.example
      c: 250-mail.example
      c: 250-STARTTLS
      c: 250-PIPELINING
      c: 250 CHUNKING
      C: NOOP
      C: RSET
      C: STARTTLS
      c: 250 2.0.0 Ok
      c: 250 2.0.0 Ok
      c: 220 2.0.0 Ready to start TLS
      => tls
      TLS
      C: EHLO client.example
      => connect
      S: 220-mail.example
      S: 220 ESMTP
      s: EHLO client.example
      S: 250-mail.example Hello
      S: 250 AUTH PLAIN
      c: 250-mail.example Hello
      c: 250 AUTH PLAIN`,
  },
  {
    why: 'where TLS has to come first the server hears nothing before, whatever is said',
    options: { tls: 'required', hidesLogin: true },
    talk: `
      COME
      c: 220 mail.example ESMTP
      C: EHLO
      c: 501 5.5.4 Syntax: EHLO hostname
      C: EHLO HP/LaserJet (2nd floor)
      c: 250-mail.example
      c: 250-STARTTLS
      c: 250-PIPELINING
      c: 250 CHUNKING
      C: HELO printer#2
      c: 250 mail.example
      C: HELO \xfc.example
      c: 250 mail.example
      C: HELO [192.0.2.1]
      c: 250 mail.example
      C: LHLO x
      c: 502 5.5.2 Command not recognized
      C: MAIL FROM:<a@example.org>
      c: 530 5.7.0 Must issue a STARTTLS command first
      C: QUIT
      c: 221 2.0.0 Bye
      => end quit`,
  },
  {
    why: 'where TLS may be left out the server says whether it likes an unusual name',
    talk: `
      COME
      c: 220 mail.example ESMTP
      C: EHLO HP/LaserJet (2nd floor)
      => connect
      S: 220 mail.example ESMTP
      s: EHLO HP/LaserJet (2nd floor)
      S: 250 mail.example
      c: 250-mail.example
      c: 250 STARTTLS`,
  },
  {
    why: 'in the clear the server hears what the client said of itself, and its answer is checked',
    talk: `
      COME
      c: 220 mail.example ESMTP
      C: EHLO client.example
      c: 250-mail.example
      c: 250-STARTTLS
      c: 250-PIPELINING
      c: 250-CHUNKING
      c: 250 AUTH PLAIN
      C: NOOP
      C: MAIL FROM:<a@example.org>
      C: RCPT TO:<b@example.org>
      c: 250 2.0.0 Ok
      => connect
      S: 220 mail.example ESMTP
      s: EHLO client.example
      S: 250-mail.example
      S: 250-PIPELINING
      S: 250-CHUNKING
      S: 250-STARTTLS
      S: 250-XCLIENT ADDR
      S: 250 AUTH PLAIN
      s: MAIL FROM:<a@example.org>
      s: RCPT TO:<b@example.org>
      S: 250 ok
      S: 250 ok
      c: 250 ok
      c: 250 ok`,
  },
  {
    why: 'a server that can do less by now is for another time',
    talk: `
      COME
      c: 220 mail.example ESMTP
      C: EHLO client.example
      c: 250-mail.example
      c: 250-STARTTLS
      c: 250-PIPELINING
      c: 250-CHUNKING
      c: 250 AUTH PLAIN
      C: MAIL FROM:<a@example.org>
      => connect
      S: 220 mail.example ESMTP
      s: EHLO client.example
      S: 250 mail.example
      c: 421 4.3.0 gate.example is not available, try again later
      => end server-misbehaves`,
  },
  {
    why: 'HELO is heard by the server, and has no answer to check',
    talk: `
      COME
      c: 220 mail.example ESMTP
      C: HELO client.example
      c: 250 mail.example
      C: VRFY x
      => connect
      S: 220 mail.example ESMTP
      s: HELO client.example
      S: 250 mail.example
      s: VRFY x
      S: 252 maybe
      c: 252 maybe`,
  },
  {
    why: 'a greeting that refuses the client answers its first question, RFC 5321 §3.1',
    talk: `
      COME
      c: 220 mail.example ESMTP
      C: STARTTLS
      c: 220 2.0.0 Ready to start TLS
      => tls
      TLS
      C: EHLO client.example
      => connect
      S: 554 5.7.1 go away
      c: 554 5.7.1 go away
      C: QUIT
      s: QUIT
      S: 221 bye
      c: 221 bye
      => end quit`,
  },
  {
    why: 'and so does an answer to EHLO that refuses it in the clear',
    talk: `
      COME
      c: 220 mail.example ESMTP
      C: EHLO client.example
      c: 250-mail.example
      c: 250-STARTTLS
      c: 250-PIPELINING
      c: 250-CHUNKING
      c: 250 AUTH PLAIN
      C: MAIL FROM:<a@example.org>
      C: RCPT TO:<b@example.org>
      => connect
      S: 220 mail.example ESMTP
      s: EHLO client.example
      S: 550 5.7.1 not with this name
      c: 550 5.7.1 not with this name
      => end quit`,
  },
  {
    why: 'smuggling: what stands behind a line that the server has not heard is never heard as commands',
    talk: `
      COME
      c: 220 mail.example ESMTP
      C: EHLO client.example
      c: 250-mail.example
      c: 250-STARTTLS
      c: 250-PIPELINING
      c: 250-CHUNKING
      c: 250 AUTH PLAIN
      C: BDAT 26 LAST
      C: XCLIENT ADDR=192.0.2.1
      => connect
      S: 220 mail.example ESMTP
      s: EHLO client.example
      S: 450 4.7.1 not yet
      c: 450 4.7.1 not yet
      => end quit`,
  },
  {
    why: 'a server that goes away for now ends it, RFC 5321 §3.8',
    talk: `
      COME
      c: 220 mail.example ESMTP
      C: VRFY x
      => connect
      S: 421 4.3.2 shutting down
      c: 421 4.3.2 shutting down
      => end quit`,
  },
  {
    why: 'one that speaks another protocol is not for clients',
    talk: `
      COME
      c: 220 mail.example ESMTP
      C: VRFY x
      => connect
      S: * OK ready
      c: 421 4.3.0 gate.example is not available, try again later
      => end server-misbehaves`,
  },
  {
    why: 'within TLS one that cannot be reached is told of in place of an answer',
    talk: `
      COME
      c: 220 mail.example ESMTP
      C: STARTTLS
      c: 220 2.0.0 Ready to start TLS
      => tls
      TLS
      C: NOOP
      c: 250 2.0.0 Ok
      C: EHLO client.example
      => connect
      LOST
      c: 421 4.3.0 gate.example is not available, try again later
      => end server-lost`,
  },
  {
    why: 'plain text behind the request for TLS ends it here as everywhere',
    talk: `
      COME
      c: 220 mail.example ESMTP
      C: STARTTLS
      C: MAIL FROM:<a@example.org>
      c: 554 5.5.1 Nothing may follow STARTTLS but TLS
      => end starttls-injection`,
  },
]

const LMTP: readonly Conversation[] = [
  {
    why: 'LHLO stands in place of EHLO, RFC 2033 §4.1, and takes any name where the server does not hear it',
    options: { tls: 'required', hidesLogin: true },
    talk: `
      COME
      c: 220 mail.example ESMTP
      C: LHLO a/b
      c: 250-mail.example
      c: 250-STARTTLS
      c: 250-PIPELINING
      c: 250 CHUNKING
      C: EHLO x
      c: 502 5.5.2 Command not recognized
      C: STARTTLS
      c: 220 2.0.0 Ready to start TLS
      => tls
      TLS
      C: MAIL FROM:<a@example.org>
      c: 503 5.5.1 Say LHLO first: TLS has begun
      C: LHLO x
      => connect
      S: 220 mail.example LMTP
      s: LHLO x
      S: 250 mail.example
      c: 250 mail.example`,
  },
]

const POP3: readonly Conversation[] = [
  {
    why: 'the timestamp of another connection is not shown where nobody can use it, RFC 1939 §7',
    options: { hidesLogin: true },
    talk: `
      COME
      c: +OK ready
      C: CAPA
      c: +OK
      c: TOP
      c: STLS
      c: .
      C: STLS
      c: +OK Begin TLS negotiation now
      => tls
      TLS
      C: USER u
      => connect
      S: +OK ready <3.4@mail.example>
      s: USER u
      S: +OK
      c: +OK`,
  },
  {
    why: 'where TLS has to come first the server hears nothing before, whatever is said',
    options: { tls: 'required' },
    talk: `
      COME
      c: +OK ready
      C: NOOP
      c: -ERR Unknown command
      C: QUIT
      c: +OK Good-bye
      => end quit`,
  },
  {
    why: 'a hello that nobody waits for ends it behind the answer that is due, however both came',
    options: { hidesLogin: true },
    talk: `
      COME
      c: +OK ready
      C: CAPA
      C< 16 03
      c: +OK
      c: TOP
      c: STLS
      c: .
      => end not-the-protocol`,
  },
  {
    why: 'a greeting that refuses the client answers its first command',
    options: { tls: 'required' },
    talk: `
      COME
      c: +OK ready
      C: STLS
      c: +OK Begin TLS negotiation now
      => tls
      TLS
      C: CAPA
      => connect
      S: -ERR [SYS/TEMP] busy
      c: -ERR [SYS/TEMP] busy
      => end quit`,
  },
]

const SIEVE: readonly Conversation[] = [
  {
    why: 'within TLS the capabilities are said anew, by the server itself, RFC 5804 §2.2',
    options: { tls: 'required' },
    talk: `
      COME
      c: "IMPLEMENTATION" "x"
      c: "SASL" ""
      c: "STARTTLS"
      c: OK "ready"
      C: NOOP "t"
      c: OK (TAG "t") "Done"
      C: CAPABILITY
      c: "IMPLEMENTATION" "x"
      c: "SASL" ""
      c: "STARTTLS"
      c: OK "ready"
      C: CAPABILITY x
      c: NO "This is not a command"
      C: STARTTLS
      c: OK "Begin TLS negotiation now"
      => tls
      TLS
      => connect
      S: "SASL" "PLAIN EXTERNAL"
      S: "STARTTLS"
      S: OK "ready"
      s: CAPABILITY
      S: "SASL" "PLAIN EXTERNAL"
      S: "STARTTLS"
      S: OK
      c: "SASL" "PLAIN EXTERNAL"
      c: OK`,
  },
  {
    why: 'in the clear its greeting is compared with what was said in its name',
    talk: `
      COME
      c: "IMPLEMENTATION" "x"
      c: "SASL" "PLAIN"
      c: "STARTTLS"
      c: OK "ready"
      C: AUTHENTICATE "PLAIN" "AHUAcA=="
      => connect
      S: "IMPLEMENTATION" "x"
      S: OK "ready"
      c: BYE (TRYLATER) "The server cannot be reached, try again later"
      => end server-misbehaves`,
  },
]

const NEVER = /^$/

describeRelay('deferred imap', maker('imap'), [...IMAP, ...ASKING], {
  floods: ['a', 'a NOOP\r\n', '* OK x\r\n', '{9999999999+}\r\n', 'a LOGIN {99999999+}\r\n', '\r\n', '\x16'],
  beforeTls: NEVER,
})
const FLOODS = [
  'a',
  'NOOP\r\n',
  'MAIL FROM:<a@x>\r\n',
  'BDAT 99999999999\r\n',
  'BDAT 1\r\nx',
  'AUTH PLAIN\r\n',
  '250 x\r\n',
  '220-x\r\n',
  '\r\n',
  '\x16',
]
describeRelay('deferred smtp', maker('smtp'), SMTP, { floods: [...FLOODS, 'EHLO x\r\n'], heedsFull: true, beforeTls: NEVER })
describeRelay('deferred lmtp', maker('lmtp'), LMTP, { floods: [...FLOODS, 'LHLO x\r\n'], heedsFull: true, beforeTls: NEVER })
describeRelay('deferred pop3', maker('pop3'), POP3, { floods: ['a', 'CAPA\r\n', '+OK x\r\n', '\r\n', '\x16'], beforeTls: NEVER })
describeRelay('deferred sieve', maker('sieve'), SIEVE, {
  floods: ['a', 'NOOP\r\n', 'OK\r\n', '"x"\r\n', 'AUTHENTICATE {9999999999+}\r\n', '"X" {99999999999}\r\n'],
  beforeTls: NEVER,
})

describe('a relay that may begin without a server', () => {
  const rows: readonly (readonly [
    why: string,
    name: Name,
    options: Partial<RelayOptions>,
    tellsApart: boolean,
    greeting: RegExp | undefined,
  ])[] = [
    ['no TLS leads anywhere without one', 'imap', { tls: 'none' }, false, undefined],
    ['within TLS a client hears from it at once', 'imap', { tls: 'begun' }, false, undefined],
    ['a timestamp that could be used is of one connection', 'pop3', { hidesLogin: false }, false, undefined],
    ['its list of capabilities may be another for this client', 'sieve', {}, true, undefined],
    ['or it is left out', 'imap', {}, true, /^\* OK ready\r\n$/],
    ['a list with which nobody can do anything is good for all', 'sieve', { tls: 'required' }, true, /^"IMPLEMENTATION"/],
  ]
  for (const [why, name, options, tellsApart, greeting] of rows) {
    test(`${name}: ${why}`, () => {
      const relay = relayOf(name, { ...OPTIONS, ...options }, tellsApart)
      if (greeting === undefined) assert.equal(relay, undefined)
      else assert.match(latin1(relay?.greet?.().toClient ?? octets('')), greeting)
    })
  }

  test('where the server tells its clients apart it is asked what it can do', () => {
    const relay = relayOf('smtp', OPTIONS, true)
    relay?.greet?.()
    assert.equal(relay?.fromClient(octets('EHLO x\r\n')).connect, true)
  })

  test('TLS that nobody asked for changes nothing', () => {
    const relay = relayOf('smtp', { ...OPTIONS, tls: 'required' })
    relay?.greet?.()
    assert.deepEqual(relay?.secured(), {})
    const { toClient = octets('') } = relay?.fromClient(octets('MAIL FROM:<a@example.org>\r\n')) ?? {}
    assert.match(latin1(toClient), /^530 /)
  })

  test('a dialect without one has none', () => {
    const known: Known = { introduction: INTRODUCTIONS.smtp, tellsApart: false }
    const make = RELAYS['ftp']
    assert.ok(make !== undefined)
    assert.equal(deferred('ftp', make, OPTIONS, known), undefined)
  })
})
