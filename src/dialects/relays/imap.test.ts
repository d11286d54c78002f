import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import fc from 'fast-check'

import { imapRelay } from './imap.ts'
import { showResponse } from './imap-capabilities.ts'
import { describeRelay, type Conversation } from './relay-laws.test.ts'

const GREETING = `
  S: * OK ready
  c: * OK ready`

const LOGIN_IN_THE_CLEAR: readonly Conversation[] = [
  {
    why: 'STARTTLS is put into a greeting, and nothing is hidden that need not be, RFC 9051 §7.1',
    talk: `
      S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
      c: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN STARTTLS] ready`,
  },
  {
    why: 'the STARTTLS of the server is not the STARTTLS of the gate',
    options: { tls: 'none' },
    talk: `
      S: * OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready
      c: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
      C: a CAPABILITY
      s: a CAPABILITY
      S: * CAPABILITY IMAP4rev1 starttls
      S: a OK done
      c: * CAPABILITY IMAP4rev1
      c: a OK done
      C: b STARTTLS
      c: b BAD STARTTLS is not offered`,
  },
  {
    why: 'logging in is hidden in a greeting, in a response and in a tagged code, RFC 9051 §6.2.3',
    options: { hidesLogin: true },
    talk: `
      S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN ID] ready
      c: * OK [CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED] ready
      C: a CAPABILITY
      s: a CAPABILITY
      S: * CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN
      S: a OK [CAPABILITY AUTH=PLAIN IMAP4rev1] done
      c: * CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED
      c: a OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] done`,
  },
  {
    why: 'what is bound to the TLS of the server is not shown, RFC 5802 §4',
    options: { tls: 'none' },
    talk: `
      S: * OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256 X-PLUS] ready
      c: * OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256 X-PLUS] ready
      C: a CAPABILITY
      s: a CAPABILITY
      S: * CAPABILITY auth=scram-sha-1-plus AUTH=PLAIN
      S: a OK done
      c: * CAPABILITY AUTH=PLAIN
      c: a OK done`,
  },
  {
    why: 'LOGIN and AUTHENTICATE are refused where they are hidden, and what else there is is passed on',
    options: { hidesLogin: true },
    talk: `${GREETING}
      C: a login u p
      c: a NO [PRIVACYREQUIRED] Say STARTTLS first
      C: b AUTHENTICATE PLAIN AHUAcA==
      c: b NO [PRIVACYREQUIRED] Say STARTTLS first
      C: c LANGUAGE de
      s: c LANGUAGE de
      S: c NO none
      c: c NO none`,
  },
  {
    why: 'where TLS is not to be had nobody is told to ask for it',
    options: { hidesLogin: true, tls: 'none' },
    talk: `${GREETING}
      C: a LOGIN u p
      c: a NO [PRIVACYREQUIRED] Nobody can log in here without TLS`,
  },
  {
    why: 'a login in the clear is passed on, and then nothing is looked at any more, RFC 9051 §6.2.1',
    talk: `${GREETING}
      C: a LOGIN u p
      C: b SELECT INBOX
      s: a LOGIN u p
      S: a OK [CAPABILITY IMAP4rev1 STARTTLS IDLE] in
      c: a OK [CAPABILITY IMAP4rev1 IDLE] in
      s: b SELECT INBOX
      => copy
      S< 00 01 02
      c= \0\x01\x02
      C: x STARTTLS
      s: x STARTTLS`,
  },
  {
    why: 'AUTHENTICATE: lines of SASL are no commands, whatever they look like, RFC 9051 §6.2.2',
    talk: `${GREETING}
      C: a AUTHENTICATE LOGIN
      s: a AUTHENTICATE LOGIN
      C: b STARTTLS
      S: + VXNlcm5hbWU6
      c: + VXNlcm5hbWU6
      s: b STARTTLS
      S: + UGFzc3dvcmQ6
      c: + UGFzc3dvcmQ6
      C: cA==
      s: cA==
      S: a OK in
      c: a OK in
      => copy`,
  },
  {
    why: 'what was said ahead of a refusal of AUTHENTICATE is a command',
    talk: `${GREETING}
      C: a AUTHENTICATE NONE
      s: a AUTHENTICATE NONE
      C: b STARTTLS
      S: a NO what
      c: a NO what
      c: b OK Begin TLS negotiation now
      => tls`,
  },
  {
    why: 'only AUTHENTICATE makes a continuation request a question for SASL',
    talk: `${GREETING}
      C: a NOOP
      s: a NOOP
      C: b STARTTLS
      S: + go on
      c: + go on
      S: a OK done
      c: a OK done
      c: b OK Begin TLS negotiation now
      => tls`,
  },
  {
    why: 'PREAUTH is passed on, RFC 9051 §7.1.4',
    talk: `
      S: * PREAUTH [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] in
      c: * PREAUTH [CAPABILITY IMAP4rev1 AUTH=PLAIN] in
      => copy`,
  },
  {
    why: 'PREAUTH where TLS is required would never come to TLS',
    options: { tls: 'required' },
    talk: `
      S: * PREAUTH in
      c: * BYE [UNAVAILABLE] The server cannot be understood, try again later
      => end server-misbehaves`,
  },
]

const STARTTLS: readonly Conversation[] = [
  {
    why: 'a server that goes away during the handshake is not missed where there is another, and half a line of it is forgotten',
    talk: `${GREETING}
      C: a STARTTLS
      c: a OK Begin TLS negotiation now
      => tls
      S= * OK still h
      LOST
      TLS another
      C: b CAPABILITY
      s: b CAPABILITY
      S: * CAPABILITY IMAP4rev1
      S: b OK done
      c: * CAPABILITY IMAP4rev1
      c: b OK done`,
  },
  {
    why: 'STARTTLS is answered by the gate, and behind it nothing of before counts',
    options: { hidesLogin: true },
    talk: `${GREETING}
      C: a StartTLS
      c: a OK Begin TLS negotiation now
      => tls
      TLS
      C: b CAPABILITY
      s: b CAPABILITY
      S: * CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN
      S: b OK done
      c: * CAPABILITY IMAP4rev1 AUTH=PLAIN
      c: b OK done
      C: c STARTTLS
      c: c BAD TLS has begun already
      C: d LOGIN u p
      s: d LOGIN u p
      S: d OK in
      c: d OK in
      => copy`,
  },
  {
    why: 'a hello in a hurry belongs to TLS',
    talk: `${GREETING}
      C: a STARTTLS
      C< 16 03 01
      c: a OK Begin TLS negotiation now
      => tls 16 03 01
      TLS
      C: b NOOP
      s: b NOOP`,
  },
  {
    why: 'a command behind STARTTLS ends the connection: CVE-2011-0411',
    talk: `${GREETING}
      C: a STARTTLS
      C: b NOOP
      c: * BYE Nothing may follow the request for TLS before TLS
      => end starttls-injection`,
  },
  {
    why: 'so does one behind the answer',
    talk: `${GREETING}
      C: a STARTTLS
      c: a OK Begin TLS negotiation now
      => tls
      C: b NOOP
      => end starttls-injection`,
  },
  {
    why: 'TLS begins when what was asked before is answered',
    talk: `${GREETING}
      C: a NOOP
      C: b STARTTLS
      s: a NOOP
      S: a OK
      c: a OK
      c: b OK Begin TLS negotiation now
      => tls`,
  },
  {
    why: 'what the server says during the handshake is said in TLS',
    talk: `${GREETING}
      C: a STARTTLS
      c: a OK Begin TLS negotiation now
      => tls
      S: * OK [CAPABILITY IMAP4rev1 STARTTLS] still here
      TLS
      c: * OK [CAPABILITY IMAP4rev1] still here`,
  },
  {
    why: 'STARTTLS takes no arguments, and a literal behind it is no command',
    talk: `${GREETING}
      C: a STARTTLS {12+}
      C: b STARTTLS
      C: c STARTTLS
      C: d STARTTLS
      c: a BAD STARTTLS takes no arguments
      c: d OK Begin TLS negotiation now
      => tls`,
  },
  {
    why: 'TLS from the first octet on: STARTTLS is neither shown nor taken',
    options: { tls: 'begun', hidesLogin: true },
    talk: `
      S: * OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready
      c: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
      C: a STARTTLS
      c: a BAD TLS has begun already`,
  },
  {
    why: 'where TLS is required five commands are taken before it',
    options: { tls: 'required' },
    talk: `${GREETING}
      C: a NOOP
      s: a NOOP
      S: a OK
      c: a OK
      C: b ID NIL
      s: b ID NIL
      S: * ID ("name" "x")
      S: b OK
      c: * ID ("name" "x")
      c: b OK
      C: c SELECT INBOX
      C: d LOGIN u p
      c: c NO [PRIVACYREQUIRED] Say STARTTLS first
      c: d NO [PRIVACYREQUIRED] Say STARTTLS first
      C: e LOGOUT
      s: e LOGOUT
      S: * BYE good-bye
      S: e OK
      c: * BYE good-bye
      c: e OK
      => end quit`,
  },
]

const LITERALS: readonly Conversation[] = [
  {
    why: 'a refused literal never comes when the client waits for leave, RFC 9051 §4.3',
    options: { hidesLogin: true },
    talk: `${GREETING}
      C: a LOGIN {4}
      c: a NO [PRIVACYREQUIRED] Say STARTTLS first
      C: b NOOP
      s: b NOOP`,
  },
  {
    why: 'and is read past when it does not, RFC 7888 §3',
    options: { hidesLogin: true },
    talk: `${GREETING}
      C: a LOGIN {12+}
      C: b STARTTLS
      C: {3+}
      C: !
      C: {2}
      C: d NOOP
      c: a NO [PRIVACYREQUIRED] Say STARTTLS first
      s: d NOOP`,
  },
  {
    why: 'a literal without an end, of a refused command, ends the connection',
    options: { hidesLogin: true },
    talk: `${GREETING}
      C: a LOGIN {999999999+}
      c: a NO [PRIVACYREQUIRED] Say STARTTLS first
      c: * BYE The line is too long
      => end line-too-long`,
  },
  {
    why: 'where logging in is hidden a literal could hide it from the gate',
    options: { hidesLogin: true },
    talk: `${GREETING}
      C: a NOOP {11+}
      C: b LOGIN u p
      C: c NOOP
      c: a BAD No literals here
      s: c NOOP`,
  },
  {
    why: 'a literal that the server wants is passed on, and is no command',
    talk: `${GREETING}
      C: a LOGIN {12}
      s: a LOGIN {12}
      S: + go on
      c: + go on
      C: x STARTTLS
      C: {3+}
      C: !
      C: STARTTLS
      s: x STARTTLS
      s: {3+}
      s: !
      s: STARTTLS
      S: a OK in
      c: a OK in
      => copy`,
  },
  {
    why: 'a literal that the server does not want is not awaited',
    talk: `${GREETING}
      C: a LOGIN {10}
      s: a LOGIN {10}
      S: a NO not so
      c: a NO not so
      C: b STARTTLS
      c: b OK Begin TLS negotiation now
      => tls`,
  },
  {
    why: 'a literal of the server is no response',
    talk: `${GREETING}
      C: a ID NIL
      s: a ID NIL
      S: * ID ("x" {31}
      S: a OK
      S: * CAPABILITY AUTH=X
      S: "y")
      c: * ID ("x" {31}
      c: a OK
      c: * CAPABILITY AUTH=X
      c: "y")
      S: a OK done
      c: a OK done`,
  },
  {
    why: 'nor is what stands behind it',
    talk: `${GREETING}
      C: a ID NIL
      s: a ID NIL
      S: * ID ("x" {2}
      S= ()
      S: a OK
      c: * ID ("x" {2}
      c= ()
      c: a OK
      C: b NOOP
      S: a OK done
      c: a OK done
      s: b NOOP`,
  },
  {
    why: 'a literal that comes all the same, behind an answer that came early, is no command',
    talk: `${GREETING}
      C: a LOGIN {12+}
      s: a LOGIN {12+}
      S: a NO not so
      c: a NO not so
      C: b STARTTLS
      s: b STARTTLS
      C: {2}
      s: {2}
      C: c NOOP
      s: c NOOP`,
  },
  {
    why: 'the text of a status response does not announce a literal',
    talk: `${GREETING}
      S: * OK see {25}
      S: * CAPABILITY IMAP4rev1
      c: * OK see {25}
      c: * CAPABILITY IMAP4rev1 STARTTLS`,
  },
]

const TURNED_AWAY: readonly Conversation[] = [
  {
    why: 'before the greeting good-bye is said with the words, RFC 9051 §7.1.5',
    options: { tls: 'begun' },
    talk: `
      AWAY Your TLS is too old
      c: * BYE Your TLS is too old
      => end turned-away`,
  },
  {
    why: 'after it the next login hears them, RFC 5530 §3, and the server behind nothing of it',
    talk: `${GREETING}
      C: a STARTTLS
      c: a OK Begin TLS negotiation now
      => tls
      TLS
      AWAY Your TLS is too old
      C: b CAPABILITY
      c: * CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN
      c: b OK Done
      C: c ID NIL
      c: * ID NIL
      c: c OK Done
      C: d NOOP
      c: d OK Done
      C: e LOGIN u {1}
      c: e NO [PRIVACYREQUIRED] Your TLS is too old
      C: f LOGIN u {1+}
      C: p
      C: g AUTHENTICATE PLAIN
      c: f NO [PRIVACYREQUIRED] Your TLS is too old
      c: g NO [PRIVACYREQUIRED] Your TLS is too old
      S: * BYE idle
      LOST
      C: h LOGOUT
      c: * BYE Good-bye
      c: h OK Done
      => end turned-away`,
  },
  {
    why: 'for now: another time may be better',
    talk: `${GREETING}
      AWAY? Too many are here
      C: a SELECT INBOX
      c: a NO [UNAVAILABLE] Too many are here
      C: b STARTTLS
      c: b NO [UNAVAILABLE] Too many are here`,
  },
  {
    why: 'during the handshake: said behind it',
    talk: `${GREETING}
      C: a STARTTLS
      c: a OK Begin TLS negotiation now
      => tls
      AWAY Too old
      TLS
      C: b LOGIN u p
      c: b NO [PRIVACYREQUIRED] Too old`,
  },
  {
    why: 'a login that is under way comes to nothing',
    talk: `${GREETING}
      C: a LOGIN u p
      s: a LOGIN u p
      AWAY Too old
      S: a OK in
      c: a NO Too old
      c: * BYE Too old
      => end turned-away`,
  },
  {
    why: 'a server that is lost under a login of a client that is turned away',
    talk: `${GREETING}
      C: a LOGIN u p
      s: a LOGIN u p
      AWAY Too old
      LOST
      c: * BYE Too old
      => end turned-away`,
  },
  {
    why: 'words are ASCII and cannot end a line',
    talk: `
      AWAY? a\r\u{e4}b
      c: * BYE [UNAVAILABLE] a b
      => end turned-away`,
  },
]

const BROKEN: readonly Conversation[] = [
  {
    why: 'a server that cannot be reached: come again',
    talk: `
      LOST
      c: * BYE [UNAVAILABLE] The server cannot be reached, try again later
      => end server-lost`,
  },
  {
    why: 'a server that is lost in the middle of a login',
    talk: `${GREETING}
      C: a LOGIN u p
      s: a LOGIN u p
      LOST
      c: * BYE [UNAVAILABLE] The server cannot be reached, try again later
      => end server-lost`,
  },
  {
    why: 'in the middle of a literal nothing can be said',
    talk: `${GREETING}
      S: * X {10}
      S= abc
      c: * X {10}
      c= abc
      LOST
      => end server-lost`,
  },
  {
    why: 'a server that said BYE is not lost',
    talk: `
      S: * BYE too many
      c: * BYE too many
      LOST
      => end quit`,
  },
  {
    why: 'nor is one that says it later',
    talk: `${GREETING}
      S: * BYE idle
      c: * BYE idle
      LOST
      => end quit`,
  },
  {
    why: 'and one that is told it',
    talk: `${GREETING}
      C: a LOGOUT
      s: a LOGOUT
      LOST
      => end quit`,
  },
  {
    why: 'one that said something else is',
    talk: `${GREETING}
      S: * NO [ALERT] soon
      c: * NO [ALERT] soon
      LOST
      c: * BYE [UNAVAILABLE] The server cannot be reached, try again later
      => end server-lost`,
  },
  {
    why: 'a line of SASL with the end of a line in it',
    talk: `${GREETING}
      C: a AUTHENTICATE X
      s: a AUTHENTICATE X
      S: + 
      c: + 
      C: eA==\rb STARTTLS
      c: * BYE This is another protocol
      => end not-the-protocol`,
  },
  {
    why: 'behind the login nobody knows what may be said',
    talk: `${GREETING}
      C: a LOGIN u p
      s: a LOGIN u p
      S: a OK in
      c: a OK in
      => copy
      LOST
      => end server-lost`,
  },
  {
    why: 'a server that greets in another language',
    talk: `
      S: +OK POP3
      c: * BYE [UNAVAILABLE] The server cannot be understood, try again later
      => end server-misbehaves`,
  },
  {
    why: 'a browser that was led here says nothing more',
    talk: `${GREETING}
      C: POST / HTTP/1.1
      C: Host: x
      C:
      C: a LOGIN u p
      c: * BYE This is another protocol
      => end not-the-protocol`,
  },
  {
    why: 'a hello where none is due',
    talk: `${GREETING}
      C< 16 03 01
      => end not-the-protocol`,
  },
  {
    why: 'lines that are no commands are not passed on',
    talk: `${GREETING}
      C:
      C: a
      C: * NOOP
      C: a NOOP\r b LOGIN u p
      C< 61 20 4e 4f 4f 50 00 0d 0a
      c: * BAD This is not a command
      c: * BAD This is not a command
      c: * BAD This is not a command
      c: * BAD This is not a command
      c: * BAD This is not a command`,
  },
  {
    why: 'a line that ends with LF alone is passed on with CRLF: servers do not agree on what it is',
    talk: `${GREETING}
      C; a NOOP
      s: a NOOP`,
  },
  {
    why: 'compression before the login would hide the login',
    talk: `${GREETING}
      C: a COMPRESS DEFLATE
      c: a BAD Log in first`,
  },
  {
    why: 'a client that does not give up is left',
    options: { tls: 'required' },
    talk: `${GREETING}
      ${'C: a LOGIN u p\n'.repeat(25)}
      ${'c: a NO [PRIVACYREQUIRED] Say STARTTLS first\n'.repeat(20)}
      c: * BYE Too many errors
      => end too-many-errors`,
  },
  {
    why: 'a line beyond the limit ends the connection',
    options: { longestLine: 20 },
    talk: `${GREETING}
      C: a LOGIN username password
      c: * BYE The line is too long
      => end line-too-long`,
  },
  {
    why: 'the address of a client is not the client’s to say: what Dovecot believes of a gate',
    talk: `${GREETING}
      C: a ID ("name" "x" "X-\\Originating-IP" "192.0.2.1")
      s: a ID NIL
      S: a OK
      c: a OK
      C: b ID ("name" "max-x")
      s: b ID ("name" "max-x")
      S: b OK
      c: b OK
      C: c ID (x-originating-ip "192.0.2.1")
      s: c ID NIL
      S: c OK
      c: c OK
      C: d ID ({16+}
      C: x-originating-ip "192.0.2.1")
      c: d BAD No literals here`,
  },
]

describeRelay('imap', imapRelay, [...LOGIN_IN_THE_CLEAR, ...STARTTLS, ...LITERALS, ...TURNED_AWAY, ...BROKEN], {
  floods: ['a', 'a NOOP\r\n', '* OK x\r\n', '{9999999999+}\r\n', 'a NOOP {1}\r\n', '* X {99999999999}\r\n', '\r\n', '\x16'],
  beforeTls: /^[^ ]+ (?:CAPABILITY|NOOP|LOGOUT|ID)(?: |$)/i,
})

describe('showResponse()', () => {
  const names = fc.array(
    fc.constantFrom('IMAP4rev1', 'STARTTLS', 'StartTLS', 'AUTH=PLAIN', 'auth=X', 'LOGINDISABLED', 'IDLE', 'STARTTLSX', ''),
  )
  const places = fc.constantFrom<(list: string) => string>(
    (list) => `* CAPABILITY ${list}`,
    (list) => `* OK [CAPABILITY ${list}] STARTTLS AUTH=X`,
    (list) => `tag.1 ok [capability ${list}]`,
    (list) => `* PREAUTH [CAPABILITY ${list}] hello [CAPABILITY STARTTLS]`,
  )
  const inside = (text: string) => (/CAPABILITY ([^\]]*)/i.exec(text)?.[1] ?? '').split(' ').filter(Boolean)

  test('shows what is to be had, once, and everything else as it was, wherever a list stands', () => {
    fc.assert(
      fc.property(names, places, fc.boolean(), fc.boolean(), (list, place, starttls, hidesLogin) => {
        const shown = showResponse(place(list.join(' ')), { starttls, hidesLogin })
        const words = inside(shown)
        assert.equal(words.filter((word) => /^starttls$/i.test(word)).length, starttls ? 1 : 0)
        if (hidesLogin)
          assert.deepEqual(
            words.filter((word) => /^(?:auth=.*|logindisabled)$/i.test(word)),
            ['LOGINDISABLED'],
          )
        const others = (all: readonly string[]) => all.filter((word) => word !== '' && !/^(?:starttls|auth=.*|logindisabled)$/i.test(word))
        assert.deepEqual(others(words), others(list))
        assert.equal(shown.replace(/CAPABILITY [^\]]*/i, ''), place('').replace(/CAPABILITY [^\]]*/i, ''))
      }),
    )
  })

  test('leaves what is no list as it is', () => {
    const showing = { starttls: true, hidesLogin: true }
    for (const text of [
      '* OK CAPABILITY AUTH=X',
      '* CAPABILITYX AUTH=X',
      '* OK [ALERT] [CAPABILITY AUTH=X]',
      '* LIST () NIL AUTH=X',
      '+ AUTH=X',
      '',
    ])
      assert.equal(showResponse(text, showing), text)
  })
})
