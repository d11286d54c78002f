import { describeRelay, type Conversation } from './relay-laws.test.ts'
import { sieveRelay } from './sieve.ts'

const GREETING = `
  S: "SIEVE" "fileinto"
  S: OK
  c: "SIEVE" "fileinto"
  c: "STARTTLS"
  c: OK`

const SECURED = `${GREETING}
  C: STARTTLS
  c: OK "Begin TLS negotiation now"
  => tls`

const CONVERSATIONS: readonly Conversation[] = [
  {
    why: 'STARTTLS is put into the greeting, and nothing is hidden that need not be, RFC 5804 §1.7',
    talk: `
      S: "IMPLEMENTATION" "x"
      S: "SASL" "PLAIN"
      S: OK "ready"
      c: "IMPLEMENTATION" "x"
      c: "SASL" "PLAIN"
      c: "STARTTLS"
      c: OK "ready"`,
  },
  {
    why: 'the STARTTLS of the server is not the STARTTLS of the gate',
    options: { tls: 'none' },
    talk: `
      S: "starttls"
      S: "XCLIENT" "ADDR"
      S: "SASL" "PLAIN"
      S: OK
      c: "SASL" "PLAIN"
      c: OK
      C: CAPABILITY
      s: CAPABILITY
      S: "STARTTLS"
      S: OK
      c: OK
      C: STARTTLS
      c: NO "STARTTLS is not offered"`,
  },
  {
    why: 'what is bound to the TLS of the server is not shown, RFC 5802 §4',
    options: { tls: 'none' },
    talk: `
      S: "SASL" "SCRAM-SHA-1-PLUS PLAIN SCRAM-SHA-256-PLUS"
      S: OK
      c: "SASL" "PLAIN"
      c: OK`,
  },
  {
    why: 'the mechanisms are hidden, whatever string they are in, and AUTHENTICATE is refused, RFC 5804 §1.3',
    options: { hidesLogin: true },
    talk: `
      S: "SASL" {13}
      S: PLAIN
      S: OK f
      S:
      S: "SIEVE" ""
      S: OK
      c: "SASL" ""
      c: "SIEVE" ""
      c: "STARTTLS"
      c: OK
      C: CAPABILITY
      s: CAPABILITY
      S: "sasl" "PLAIN LOGIN"
      S: OK "done"
      c: "SASL" ""
      c: "STARTTLS"
      c: OK "done"
      C: AUTHENTICATE "PLAIN" "AHUAcA=="
      c: NO (ENCRYPT-NEEDED) "Say STARTTLS first"
      C: HAVESPACE "x" 1
      s: HAVESPACE "x" 1
      S: NO "later"
      c: NO "later"`,
  },
  {
    why: 'where TLS is not to be had nobody is told to ask for it',
    options: { hidesLogin: true, tls: 'none' },
    talk: `
      S: OK
      c: OK
      C: AUTHENTICATE "PLAIN"
      c: NO (ENCRYPT-NEEDED) "Nobody can log in here without TLS"`,
  },
  {
    why: 'a login in the clear is passed on, and then nothing is looked at any more, RFC 5804 §2.2',
    talk: `${GREETING}
      C: AUTHENTICATE "PLAIN" "AHUAcA=="
      C: LISTSCRIPTS
      s: AUTHENTICATE "PLAIN" "AHUAcA=="
      S: OK (SASL "x")
      c: OK (SASL "x")
      s: LISTSCRIPTS
      => copy
      C: STARTTLS
      s: STARTTLS`,
  },
  {
    why: 'strings of SASL are no commands, whatever they look like, RFC 5804 §2.1',
    talk: `${GREETING}
      C: AUTHENTICATE "LOGIN" {10+}
      C: STARTTLS
      C:
      s: AUTHENTICATE "LOGIN" {10+}
      s: STARTTLS
      s:
      C: STARTTLS
      S: {9}
      S: OK fine
      S:
      c: {9}
      c: OK fine
      c:
      s: STARTTLS
      S: "UGFzc3dvcmQ6"
      c: "UGFzc3dvcmQ6"
      C: {4+}
      C: OK
      C:
      s: {4+}
      s: OK
      s:
      S: NO "wrong"
      c: NO "wrong"
      C: STARTTLS
      c: OK "Begin TLS negotiation now"
      => tls`,
  },
  {
    why: 'only AUTHENTICATE makes a string of the server a question for SASL',
    talk: `${GREETING}
      C: NOOP
      s: NOOP
      C: STARTTLS
      S: "x"
      c: "x"
      S: OK
      c: OK
      c: OK "Begin TLS negotiation now"
      => tls`,
  },
  {
    why: 'the capabilities are said anew behind TLS, RFC 5804 §2.2: the server is asked for them, and commands wait',
    options: { hidesLogin: true },
    talk: `${SECURED}
      TLS
      s: CAPABILITY
      C: AUTHENTICATE "PLAIN" "AHUAcA=="
      S: "SASL" "PLAIN"
      S: "STARTTLS"
      S: OK "ready"
      c: "SASL" "PLAIN"
      c: OK "ready"
      s: AUTHENTICATE "PLAIN" "AHUAcA=="
      S: OK
      c: OK
      => copy`,
  },
  {
    why: 'a server that does not say them',
    talk: `${SECURED}
      TLS
      s: CAPABILITY
      S: NO
      c: BYE (TRYLATER) "The server cannot be understood, try again later"
      => end server-misbehaves`,
  },
  {
    why: 'STARTTLS is not taken twice',
    talk: `${SECURED}
      TLS
      s: CAPABILITY
      S: OK
      c: OK
      C: STARTTLS
      c: NO "TLS has begun already"`,
  },
  {
    why: 'TLS from the first octet on: nothing has to be said anew',
    options: { tls: 'begun' },
    talk: `
      TLS
      S: "STARTTLS"
      S: "SASL" "PLAIN"
      S: OK
      c: "SASL" "PLAIN"
      c: OK`,
  },
  {
    why: 'a hello in a hurry belongs to TLS',
    talk: `${GREETING}
      C: STARTTLS
      C< 16 03 01
      c: OK "Begin TLS negotiation now"
      => tls 16 03 01`,
  },
  {
    why: 'a command behind STARTTLS ends the connection: CVE-2011-0411',
    talk: `${GREETING}
      C: STARTTLS
      C: NOOP
      c: BYE "Nothing may follow the request for TLS before TLS"
      => end starttls-injection`,
  },
  {
    why: 'STARTTLS takes no arguments, and a literal behind it is no command',
    talk: `${GREETING}
      C: STARTTLS {10+}
      C: STARTTLS
      C:
      C: NOOP
      c: NO "STARTTLS takes no arguments"
      s: NOOP`,
  },
  {
    why: 'where TLS is required three commands are taken before it, without literals',
    options: { tls: 'required' },
    talk: `${GREETING}
      C: LISTSCRIPTS
      c: NO "Say STARTTLS first"
      C: NOOP {13+}
      C: LISTSCRIPTS
      C:
      C: AUTHENTICATE "PLAIN" {3+}
      C: abc
      c: NO "No literals here"
      c: NO (ENCRYPT-NEEDED) "Say STARTTLS first"
      C: LOGOUT
      s: LOGOUT
      S: OK
      c: OK
      => end quit`,
  },
  {
    why: 'a literal without an end, of a refused command, ends the connection',
    options: { hidesLogin: true },
    talk: `${GREETING}
      C: AUTHENTICATE {99999999+}
      c: NO (ENCRYPT-NEEDED) "Say STARTTLS first"
      c: BYE "The line is too long"
      => end line-too-long`,
  },
  {
    why: 'turned away before the greeting',
    options: { tls: 'begun' },
    talk: `
      AWAY Your "TLS" is too old
      c: BYE "Your \\"TLS\\" is too old"
      => end turned-away`,
  },
  {
    why: 'turned away instead of the capabilities that follow TLS',
    talk: `${SECURED}
      TLS
      s: CAPABILITY
      AWAY Too old
      c: BYE "Too old"
      => end turned-away`,
  },
  {
    why: 'the same when it was known before the handshake was over: the server is not asked',
    talk: `${SECURED}
      AWAY Too old
      TLS
      c: BYE "Too old"
      => end turned-away`,
  },
  {
    why: 'turned away later, in the answer to the next command, for now: RFC 5804 §1.3',
    talk: `${GREETING}
      AWAY? Too many
      C: CAPABILITY
      c: "IMPLEMENTATION" "Postern"
      c: "SASL" "PLAIN"
      c: "SIEVE" ""
      c: "VERSION" "1.0"
      c: OK
      C: NOOP "a\\"b"
      c: OK (TAG "a\\"b") "Done"
      C: NOOP
      c: OK
      C: STARTTLS
      c: NO (TRYLATER) "Too many"
      S: BYE "idle"
      LOST
      C: LOGOUT
      c: OK
      => end turned-away`,
  },
  {
    why: 'a login that is under way when its client is turned away comes to nothing',
    talk: `${GREETING}
      C: AUTHENTICATE "PLAIN" "x"
      s: AUTHENTICATE "PLAIN" "x"
      AWAY Too old
      S: OK
      c: BYE "Too old"
      => end turned-away`,
  },
  {
    why: 'a server that cannot be reached: come again',
    talk: `
      LOST
      c: BYE (TRYLATER) "The server cannot be reached, try again later"
      => end server-lost`,
  },
  {
    why: 'in the middle of a literal nothing can be said',
    talk: `
      S: "SIEVE" {10}
      S= abc
      c: "SIEVE" {10}
      c= abc
      LOST
      => end server-lost`,
  },
  {
    why: 'a server that said BYE is not lost',
    talk: `
      S: BYE (TRYLATER) "full"
      c: BYE (TRYLATER) "full"
      LOST
      => end quit`,
  },
  {
    why: 'nor is one that was told good-bye',
    talk: `${GREETING}
      C: LOGOUT
      s: LOGOUT
      LOST
      => end quit`,
  },
  {
    why: 'a server that greets in another language',
    talk: `
      S: * OK IMAP
      c: BYE (TRYLATER) "The server cannot be understood, try again later"
      => end server-misbehaves`,
  },
  {
    why: 'a server that never comes to the end of what is hidden',
    options: { hidesLogin: true },
    talk: `
      S: "SASL" {99999}
      c: "SASL" ""
      => end server-misbehaves`,
  },
  {
    why: 'a browser that was led here says nothing more',
    talk: `${GREETING}
      C: GET / HTTP/1.1
      C: LOGOUT
      c: BYE "This is another protocol"
      => end not-the-protocol`,
  },
  {
    why: 'a hello where none is due',
    talk: `${GREETING}
      C< 80 2e 01
      => end not-the-protocol`,
  },
  {
    why: 'lines that are no commands, and the address of a client that is not the client’s to say, are not passed on',
    talk: `${GREETING}
      C:
      C: NOOP\rLISTSCRIPTS
      C: XCLIENT ADDR=192.0.2.1
      c: NO "This is not a command"
      c: NO "This is not a command"
      c: NO "Unknown command"`,
  },
  {
    why: 'a string of SASL with the end of a line in it',
    talk: `${GREETING}
      C: AUTHENTICATE "X"
      s: AUTHENTICATE "X"
      S: ""
      c: ""
      C: "a"\rSTARTTLS
      c: BYE "This is another protocol"
      => end not-the-protocol`,
  },
  {
    why: 'a line that ends with LF alone is passed on with CRLF: servers do not agree on what it is',
    talk: `${GREETING}
      C; NOOP
      s: NOOP`,
  },
  {
    why: 'a client that does not give up is left',
    options: { tls: 'required' },
    talk: `${GREETING}
      ${'C: LISTSCRIPTS\n'.repeat(25)}
      ${'c: NO "Say STARTTLS first"\n'.repeat(20)}
      c: BYE "Too many errors"
      => end too-many-errors`,
  },
  {
    why: 'a line beyond the limit ends the connection',
    options: { longestLine: 20 },
    talk: `${GREETING}
      C: AUTHENTICATE "PLAIN"
      c: BYE "The line is too long"
      => end line-too-long`,
  },
]

describeRelay('sieve', sieveRelay, CONVERSATIONS, {
  floods: [
    'a',
    'NOOP\r\n',
    'OK\r\n',
    '"x"\r\n',
    'AUTHENTICATE {9999999999+}\r\n',
    '"X" {99999999999}\r\n',
    '"SASL" {99999999}\r\n',
    '\r\n',
    '\x16',
  ],
  beforeTls: /^(?:CAPABILITY|NOOP|LOGOUT)(?: |$)/i,
})
