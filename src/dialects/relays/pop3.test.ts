import { pop3Relay } from './pop3.ts'
import { describeRelay, type Conversation } from './relay-laws.test.ts'

const GREETING = `
  S: +OK ready
  c: +OK ready`

const CONVERSATIONS: readonly Conversation[] = [
  {
    why: 'STLS is put into the list, and nothing is hidden that need not be, RFC 2449 §5',
    talk: `
      S: +OK ready <1.2@server.example>
      c: +OK ready <1.2@server.example>
      C: CAPA
      s: CAPA
      S: +OK list
      S: USER
      S: SASL PLAIN
      S: .
      c: +OK list
      c: USER
      c: SASL PLAIN
      c: STLS
      c: .`,
  },
  {
    why: 'the STLS of the server is not the STLS of the gate',
    options: { tls: 'none' },
    talk: `${GREETING}
      C: CAPA
      s: CAPA
      S: +OK list
      S: STLS
      S: TOP
      S: XCLIENT
      S: .
      c: +OK list
      c: TOP
      c: .
      C: STLS
      c: -ERR STLS is not offered`,
  },
  {
    why: 'what is bound to the TLS of the server is not shown, neither by CAPA nor by AUTH, RFC 5802 §4',
    options: { tls: 'none' },
    talk: `
      S: +OK ready
      c: +OK ready
      C: CAPA
      s: CAPA
      S: +OK list
      S: SASL SCRAM-SHA-1-PLUS PLAIN
      S: SASL SCRAM-SHA-256-PLUS
      S: X-PLUS
      S: .
      c: +OK list
      c: SASL PLAIN
      c: X-PLUS
      c: .
      C: AUTH
      s: AUTH
      S: +OK mechanisms
      S: SCRAM-SHA-1-PLUS
      S: PLAIN
      S: .
      c: +OK mechanisms
      c: PLAIN
      c: .`,
  },
  {
    why: 'logging in is hidden in the list and in the greeting, RFC 1939 §7, and refused',
    options: { hidesLogin: true },
    talk: `
      S: +OK ready <1896.697170952@server.example>
      c: +OK ready
      C: CAPA
      s: CAPA
      S: +OK list
      S: USER
      S: UIDL
      S: SASL PLAIN LOGIN
      S: .
      c: +OK list
      c: UIDL
      c: STLS
      c: .
      C: USER u
      C: PASS p
      C: apop u c4c9334bac560ecc979e58001b3e22fb
      C: AUTH PLAIN AHUAcA==
      c: -ERR [SYS/PERM] Say STLS first
      c: -ERR [SYS/PERM] Say STLS first
      c: -ERR [SYS/PERM] Say STLS first
      c: -ERR [SYS/PERM] Say STLS first
      C: LANG
      s: LANG
      S: +OK languages
      S: en English
      S: .
      c: +OK languages
      c: en English
      c: .`,
  },
  {
    why: 'where TLS is not to be had nobody is told to ask for it',
    options: { hidesLogin: true, tls: 'none' },
    talk: `${GREETING}
      C: USER u
      c: -ERR [SYS/PERM] Nobody can log in here without TLS`,
  },
  {
    why: 'a server without CAPA, of before RFC 2449 §5: the gate has a list',
    talk: `${GREETING}
      C: CAPA
      s: CAPA
      S: -ERR what
      c: +OK
      c: USER
      c: STLS
      c: .`,
  },
  {
    why: 'the same where logging in is hidden',
    options: { tls: 'required' },
    talk: `${GREETING}
      C: CAPA
      s: CAPA
      S: -ERR what
      c: +OK
      c: STLS
      c: .`,
  },
  {
    why: 'and where there is no TLS the server speaks for itself',
    options: { tls: 'begun' },
    talk: `${GREETING}
      C: CAPA
      s: CAPA
      S: -ERR what
      c: -ERR what`,
  },
  {
    why: 'a login in the clear is passed on, and then nothing is looked at any more, RFC 2595 §4',
    talk: `${GREETING}
      C: USER u
      C: PASS p
      C: STAT
      s: USER u
      S: +OK u
      c: +OK u
      s: PASS p
      S: +OK in
      c: +OK in
      s: STAT
      => copy
      S< 00 0a
      c; \0
      C: STLS
      s: STLS`,
  },
  {
    why: 'a login that fails is none',
    talk: `${GREETING}
      C: PASS p
      C: STLS
      s: PASS p
      S: -ERR no
      c: -ERR no
      c: +OK Begin TLS negotiation now
      => tls`,
  },
  {
    why: 'lines of SASL are no commands, whatever they look like, RFC 5034 §4',
    talk: `${GREETING}
      C: AUTH LOGIN
      C: STLS
      s: AUTH LOGIN
      S: + VXNlcm5hbWU6
      c: + VXNlcm5hbWU6
      s: STLS
      S: + 
      c: + 
      C: cA==
      s: cA==
      S: +OK in
      c: +OK in
      => copy`,
  },
  {
    why: 'what was said ahead of a refusal of AUTH is a command',
    talk: `${GREETING}
      C: AUTH NONE
      C: STLS
      s: AUTH NONE
      S: -ERR what
      c: -ERR what
      c: +OK Begin TLS negotiation now
      => tls`,
  },
  {
    why: 'only AUTH makes a plus a question for SASL',
    talk: `${GREETING}
      C: USER u
      C: STLS
      s: USER u
      S: + go on
      c: + go on
      S: +OK
      c: +OK
      c: +OK Begin TLS negotiation now
      => tls`,
  },
  {
    why: 'AUTH alone asks for a list, and nobody is logged in by it',
    talk: `${GREETING}
      C: AUTH
      C: STLS
      s: AUTH
      S: +OK list
      S: PLAIN
      S: .
      c: +OK list
      c: PLAIN
      c: .
      c: +OK Begin TLS negotiation now
      => tls`,
  },
  {
    why: 'STLS is answered by the gate, and behind it the list is the server’s, without STLS',
    options: { hidesLogin: true },
    talk: `${GREETING}
      C: stls
      c: +OK Begin TLS negotiation now
      => tls
      TLS
      C: CAPA
      s: CAPA
      S: +OK list
      S: STLS
      S: USER
      S: .
      c: +OK list
      c: USER
      c: .
      C: STLS
      c: -ERR TLS has begun already
      C: PASS p
      s: PASS p
      S: +OK in
      c: +OK in
      => copy`,
  },
  {
    why: 'a hello in a hurry belongs to TLS',
    talk: `${GREETING}
      C: STLS
      C< 16 03 01
      c: +OK Begin TLS negotiation now
      => tls 16 03 01`,
  },
  {
    why: 'a command behind STLS ends the connection: CVE-2011-0411',
    talk: `${GREETING}
      C: STLS
      C: USER u
      c: -ERR [SYS/PERM] Nothing may follow the request for TLS before TLS
      => end starttls-injection`,
  },
  {
    why: 'STLS takes no arguments',
    talk: `${GREETING}
      C: STLS now
      c: -ERR STLS takes no arguments`,
  },
  {
    why: 'TLS begins when what was asked before is answered',
    talk: `${GREETING}
      C: CAPA
      C: STLS
      s: CAPA
      S: +OK
      S: .
      c: +OK
      c: STLS
      c: .
      c: +OK Begin TLS negotiation now
      => tls`,
  },
  {
    why: 'where TLS is required three commands are taken before it',
    options: { tls: 'required' },
    talk: `${GREETING}
      C: NOOP
      s: NOOP
      S: -ERR later
      c: -ERR later
      C: STAT
      C: USER u
      c: -ERR [SYS/PERM] Say STLS first
      c: -ERR [SYS/PERM] Say STLS first
      C: QUIT
      s: QUIT
      S: +OK bye
      c: +OK bye
      => end quit`,
  },
  {
    why: 'turned away before the greeting',
    options: { tls: 'begun' },
    talk: `
      AWAY Your TLS is too old
      c: -ERR [SYS/PERM] Your TLS is too old
      => end turned-away`,
  },
  {
    why: 'turned away after it, in the answer to the next login, and before a password is shown',
    talk: `${GREETING}
      C: STLS
      c: +OK Begin TLS negotiation now
      => tls
      TLS
      AWAY Your TLS is too old
      C: CAPA
      c: +OK
      c: USER
      c: RESP-CODES
      c: .
      C: USER u
      c: -ERR [SYS/PERM] Your TLS is too old
      S: -ERR idle
      LOST
      C: QUIT
      c: +OK Good-bye
      => end turned-away`,
  },
  {
    why: 'turned away for now: another time may be better, RFC 3206 §4',
    talk: `${GREETING}
      AWAY? Too many are here
      C: USER u
      c: -ERR [SYS/TEMP] Too many are here`,
  },
  {
    why: 'a login that is under way when its client is turned away comes to nothing',
    talk: `${GREETING}
      C: PASS p
      s: PASS p
      AWAY Too old
      S: +OK in
      c: -ERR [SYS/PERM] Too old
      => end turned-away`,
  },
  {
    why: 'a server that cannot be reached: come again',
    talk: `
      LOST
      c: -ERR [SYS/TEMP] The server cannot be reached, try again later
      => end server-lost`,
  },
  {
    why: 'a server that is lost in the middle of a list',
    talk: `${GREETING}
      C: CAPA
      s: CAPA
      S: +OK
      S: TOP
      c: +OK
      c: TOP
      LOST
      c: .
      c: -ERR [SYS/TEMP] The server cannot be reached, try again later
      => end server-lost`,
  },
  {
    why: 'a server that refused to greet is not lost',
    talk: `
      S: -ERR too many
      c: -ERR too many
      LOST
      => end quit`,
  },
  {
    why: 'nor is one that was told good-bye',
    talk: `${GREETING}
      C: QUIT
      s: QUIT
      LOST
      => end quit`,
  },
  {
    why: 'a server that greets in another language',
    talk: `
      S: * OK IMAP
      c: -ERR [SYS/TEMP] The server cannot be understood, try again later
      => end server-misbehaves`,
  },
  {
    why: 'a browser that was led here says nothing more',
    talk: `${GREETING}
      C: GET / HTTP/1.1
      C: USER u
      c: -ERR [SYS/PERM] This is another protocol
      => end not-the-protocol`,
  },
  {
    why: 'a hello where none is due',
    talk: `${GREETING}
      C< 16 03 01
      => end not-the-protocol`,
  },
  {
    why: 'lines that are no commands, and the address of a client that is not the client’s to say, are not passed on',
    talk: `${GREETING}
      C:
      C: USER u\rPASS p
      C: XCLIENT ADDR=192.0.2.1
      c: -ERR This is not a command
      c: -ERR This is not a command
      c: -ERR Unknown command`,
  },
  {
    why: 'a line of SASL with the end of a line in it',
    talk: `${GREETING}
      C: AUTH PLAIN
      s: AUTH PLAIN
      S: + 
      c: + 
      C: AHUAcA==\rSTLS
      c: -ERR [SYS/PERM] This is another protocol
      => end not-the-protocol`,
  },
  {
    why: 'a line that ends with LF alone is passed on with CRLF: servers do not agree on what it is',
    talk: `${GREETING}
      C; USER u
      s: USER u`,
  },
  {
    why: 'a client that does not give up is left',
    options: { tls: 'required' },
    talk: `${GREETING}
      ${'C: USER u\n'.repeat(25)}
      ${'c: -ERR [SYS/PERM] Say STLS first\n'.repeat(20)}
      c: -ERR [SYS/PERM] Too many errors
      => end too-many-errors`,
  },
  {
    why: 'a line beyond the limit ends the connection',
    options: { longestLine: 20 },
    talk: `${GREETING}
      C: USER a-name-that-is-long
      c: -ERR [SYS/PERM] The line is too long
      => end line-too-long`,
  },
]

describeRelay('pop3', pop3Relay, CONVERSATIONS, {
  floods: ['a', 'CAPA\r\n', 'AUTH PLAIN\r\n', '+OK x\r\n', '+ \r\n', '.\r\n', '\r\n', '\x16'],
  beforeTls: /^(?:CAPA|NOOP|QUIT)(?: |$)/i,
})
