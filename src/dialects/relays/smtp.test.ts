import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Relay, RelayOptions, RelayStep } from '../relay.ts'
import { latin1, octets } from './lines.ts'
import { lmtpRelay, smtpRelay } from './smtp.ts'

const OPTIONS: RelayOptions = { tls: 'offered', hidesLogin: true, longestLine: 1000, gateName: 'gate.example' }

/** A conversation, and why it is worth a test. */
interface Talk {
  readonly why: string
  readonly options?: Partial<RelayOptions>
  readonly lmtp?: true
  /** What is in one segment matters. */
  readonly whole?: true
  /**
   * A line each. In: `C text` and `S text` come from client and server, with CRLF behind them, `C= text` and `S= text` without, with `\r`, `\n` and
   * `\xff` for what they mean; lines of one side that follow each other come in one segment. `! secured`, `! secured another`, `! lost`, `! away words`, `! later words`.
   * Out, what came of all in before: `c text` and `s text` go to client and server, `t tls`, `t end`.
   */
  readonly talk: string
}

interface Turn {
  readonly from: string
  text: string
  out: { client: string; server: string; after: string[] }
}

function unescape(text: string): string {
  return text.replaceAll(/\\(?:x([0-9a-f]{2})|([rn0]))/g, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? { r: '\r', n: '\n', 0: '\0' }[letter]! : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

function turns(talk: string): Turn[] {
  const found: Turn[] = []
  for (const line of talk
    .split('\n')
    .map((one) => one.trimStart())
    .filter(Boolean)) {
    const [, side = '', sign, rest = ''] = /^([CScst!])(=?) ?(.*)$/.exec(line) ?? assert.fail(line)
    const text = side === '!' || side === 't' ? rest : unescape(rest) + (sign === '=' ? '' : '\r\n')
    const last = found.at(-1)
    const fresh = last === undefined || last.from !== side || last.out.client + last.out.server + last.out.after.join('') !== ''
    if (side === 'c') last!.out.client += text
    else if (side === 's') last!.out.server += text
    else if (side === 't') last!.out.after.push(text)
    else if (fresh || side === '!') found.push({ from: side, text, out: { client: '', server: '', after: [] } })
    else last.text += text
  }
  return found
}

/** What has come of some steps. `rest` of TLS counts as part of its own line. */
function outcome(steps: readonly RelayStep[]): Turn['out'] {
  const after = steps.flatMap(({ end }) => (end === undefined ? [] : [`end ${end}`]))
  const tls = steps.flatMap((step) => (step.tls === undefined ? [] : [latin1(step.tls.rest)]))
  return {
    client: steps.map(({ toClient }) => latin1(toClient ?? new Uint8Array())).join(''),
    server: steps.map(({ toServer }) => latin1(toServer ?? new Uint8Array())).join(''),
    after: [...(tls.length > 0 ? [`tls ${JSON.stringify(tls.join(''))}`] : []), ...after],
  }
}

function take(relay: Relay, { from, text }: Turn, cut: (text: string) => readonly string[]): RelayStep[] {
  if (from === 'C') return cut(text).map((segment) => relay.fromClient(octets(segment)))
  if (from === 'S') return cut(text).map((segment) => relay.fromServer(octets(segment)))
  const [event = '', ...words] = text.split(' ')
  if (event === 'secured') return [relay.secured(words[0] === 'another' ? 'another' : 'same')]
  if (event === 'lost') return [relay.serverLost()]
  return [relay.turnAway({ words: words.join(' '), temporary: event === 'later' })]
}

function run({ talk, options, lmtp }: Talk, cut: (text: string) => readonly string[]): void {
  const relay = (lmtp === true ? lmtpRelay : smtpRelay)({ ...OPTIONS, ...options })
  for (const turn of turns(talk)) {
    const { client, server, after } = turn.out
    const expected = { client, server, after: after.map((one) => (one === 'tls' ? 'tls ""' : one)) }
    assert.deepEqual(outcome(take(relay, turn, cut)), expected, `${turn.from} ${turn.text}`)
  }
}

const GREETING = `S 220 mail.example ESMTP
  c 220 mail.example ESMTP
  `
const HELLO = `${GREETING}C EHLO client.example
  s EHLO client.example
  S 250-mail.example
  S 250-PIPELINING
  S 250-STARTTLS
  S 250-AUTH PLAIN
  S 250 CHUNKING
  c 250-mail.example
  c 250-STARTTLS
  c 250-PIPELINING
  c 250 CHUNKING
  `
const SECURE = `${HELLO}C STARTTLS
  c 220 2.0.0 Ready to start TLS
  t tls
  ! secured
  C EHLO client.example
  s EHLO client.example
  S 250-mail.example
  S 250-STARTTLS
  S 250-AUTH PLAIN
  S 250 CHUNKING
  c 250-mail.example
  c 250-AUTH PLAIN
  c 250 CHUNKING
  `
const MAIL = `C MAIL FROM:<a@example.net>
  s MAIL FROM:<a@example.net>
  S 250 2.1.0 Ok
  c 250 2.1.0 Ok
  C RCPT TO:<b@example.com>
  s RCPT TO:<b@example.com>
  S 250 2.1.5 Ok
  c 250 2.1.5 Ok
  `
const DATA = `${MAIL}C DATA
  s DATA
  S 354 Go
  c 354 Go
  `

const mail: readonly Talk[] = [
  {
    why: 'a message over TLS, from the greeting to QUIT',
    talk: `${SECURE}${DATA}C Subject: hello
           C
           C ..
           C .
           s Subject: hello
           s
           s ..
           s .
           S 250 2.0.0 Ok: queued as 12345
           c 250 2.0.0 Ok: queued as 12345
           C QUIT
           s QUIT
           S 221 2.0.0 Bye
           c 221 2.0.0 Bye
           t end quit`,
  },
  {
    why: 'RFC 2920 §3.1: a group of commands goes to the server as it is',
    talk: `${SECURE}C MAIL FROM:<a>
           C RCPT TO:<b>
           C RCPT TO:<c>
           C DATA
           s MAIL FROM:<a>
           s RCPT TO:<b>
           s RCPT TO:<c>
           s DATA
           S 250 ok
           S 550-no
           S 550 such user
           S 250 ok
           S 354 go
           c 250 ok
           c 550-no
           c 550 such user
           c 250 ok
           c 354 go
           C .
           s .
           S 250 ok
           c 250 ok`,
  },
  {
    why: 'what comes behind DATA is content only when the server has said so',
    talk: `${SECURE}${MAIL}C DATA
           C RSET
           C .
           s DATA
           S 354 go
           c 354 go
           s RSET
           s .
           S 250 ok
           c 250 ok`,
  },
  {
    why: 'and commands when it has not',
    talk: `${SECURE}${MAIL}C DATA
           C XCLIENT ADDR=127.0.0.1
           C RSET
           s DATA
           S 554 no
           c 554 no
           c 502 5.5.1 Command not implemented
           s RSET
           S 250 ok
           c 250 ok`,
  },
  {
    why: 'RFC 3030 §4.2: chunks are counted, whatever is in them, and may come with their commands',
    talk: `${SECURE}${MAIL}C BDAT 9
           C= STARTTLS\\nBDAT 12 LAST\\r\\n\\n.\\n\\r.\\r\\r\\n.\\r\\nNOOP\\r\\n
           s BDAT 9
           s= STARTTLS\\nBDAT 12 LAST\\r\\n\\n.\\n\\r.\\r\\r\\n.\\r\\nNOOP\\r\\n
           S 250 9 octets
           S 250 done
           S 250 noop
           c 250 9 octets
           c 250 done
           c 250 noop`,
  },
  {
    why: 'an empty last chunk',
    talk: `${SECURE}${MAIL}C BDAT 0 LAST
           C NOOP
           s BDAT 0 LAST
           s NOOP
           S 250 done
           S 250 noop
           c 250 done
           c 250 noop`,
  },
  {
    why: 'a refused chunk is read past, and is no command',
    options: { tls: 'required' },
    talk: `${HELLO}C BDAT 10 LAST
           C= STARTTLS\\r\\nNOOP\\r\\n
           c 530 5.7.0 Must issue a STARTTLS command first
           s NOOP
           S 250 ok
           c 250 ok`,
  },
  {
    why: 'a chunk where the server would read commands ends it',
    talk: `${GREETING}C HELO client.example
           s HELO client.example
           S 250 mail.example
           c 250 mail.example
           C BDAT 6
           C NOOP
           c 503 5.5.1 CHUNKING is not offered
           t end not-the-protocol`,
  },
  {
    why: 'what was offered before TLS is not offered behind it',
    talk: `${HELLO}C STARTTLS
           c 220 2.0.0 Ready to start TLS
           t tls
           ! secured
           C BDAT 6
           c 503 5.5.1 CHUNKING is not offered
           t end not-the-protocol`,
  },
  {
    why: 'RFC 2033 §4.2: an answer for each recipient',
    lmtp: true,
    options: { tls: 'none' },
    talk: `S 220 foo.edu LMTP server ready
           c 220 foo.edu LMTP server ready
           C LHLO client.example
           s LHLO client.example
           S 250-foo.edu
           S 250 PIPELINING
           c 250-foo.edu
           c 250 PIPELINING
           C MAIL FROM:<a>
           C RCPT TO:<pat>
           C RCPT TO:<jones>
           C RCPT TO:<green>
           C DATA
           s MAIL FROM:<a>
           s RCPT TO:<pat>
           s RCPT TO:<jones>
           s RCPT TO:<green>
           s DATA
           S 250 OK
           S 250 OK
           S 550 No such user here
           S 250 OK
           S 354 Start
           c 250 OK
           c 250 OK
           c 550 No such user here
           c 250 OK
           c 354 Start
           C x
           C .
           C MAIL FROM:<c>
           s x
           s .
           s MAIL FROM:<c>
           S 250 OK
           S 452 <green> is temporarily over quota
           S 250 OK
           c 250 OK
           c 452 <green> is temporarily over quota
           c 250 OK
           C RCPT TO:<pat>
           C DATA
           s RCPT TO:<pat>
           s DATA
           S 250 OK
           S 354 go
           c 250 OK
           c 354 go
           C .
           s .
           S 250 OK
           c 250 OK
           S 250 OK
           c 421 4.3.0 gate.example is not available, try again later
           t end server-misbehaves`,
  },
  {
    why: 'a sender that was refused begins nothing, and forgets no recipients',
    lmtp: true,
    talk: `${HELLO}${MAIL}C RCPT TO:<c@example.com>
           C MAIL FROM:<x>
           C DATA
           s RCPT TO:<c@example.com>
           s MAIL FROM:<x>
           s DATA
           S 250 ok
           S 503 nested
           S 354 go
           c 250 ok
           c 503 nested
           c 354 go
           C .
           s .
           S 250 b
           S 250 c
           c 250 b
           c 250 c`,
  },
  {
    why: 'RFC 4954 §4: lines of a login are no commands',
    talk: `${SECURE}C AUTH LOGIN
           s AUTH LOGIN
           S 334 VXNlcm5hbWU6
           c 334 VXNlcm5hbWU6
           C STARTTLS
           s STARTTLS
           S 334 UGFzc3dvcmQ6
           c 334 UGFzc3dvcmQ6
           C *
           s *
           S 501 cancelled
           c 501 cancelled
           C AUTH PLAIN AGEAYg==
           s AUTH PLAIN AGEAYg==
           S 235 2.7.0 in
           c 235 2.7.0 in`,
  },
  {
    why: 'what comes behind AUTH in a hurry waits until it is known what it is',
    talk: `${SECURE}C AUTH LOGIN
           C GET
           C BDAT
           C NOOP
           s AUTH LOGIN
           S 334 a
           c 334 a
           s GET
           S 334 b
           c 334 b
           s BDAT
           S 235 in
           c 235 in
           s NOOP
           S 250 ok
           c 250 ok`,
  },
  {
    why: 'a command that nobody here knows may lead to either',
    talk: `${SECURE}C XSECRET
           C STARTTLS
           C XMESSAGE
           C STARTTLS
           C .
           s XSECRET
           S 334 say it
           c 334 say it
           s STARTTLS
           S 250 ok
           c 250 ok
           s XMESSAGE
           S 354 say it
           c 354 say it
           s STARTTLS
           s .
           S 250 ok
           c 250 ok`,
  },
  {
    why: 'a line that ends with LF goes to the server as one that ends with CRLF, which every server takes for one line',
    talk: `${SECURE}C= NOOP\\nNOOP a\\r\\n
           s NOOP
           s NOOP a
           S 250 1
           S 250 2
           c 250 1
           c 250 2`,
  },
  {
    why: 'a refusal of the server before the content has ended is the answer to it',
    talk: `${SECURE}${DATA}C a
           s a
           S 552 too big
           c 552 too big
           C .
           s .
           C NOOP
           s NOOP
           S 250 ok
           c 250 ok`,
  },
]

const refusals: readonly Talk[] = [
  {
    why: 'RFC 3207 §4: where TLS is required nothing but the way to it goes to the server',
    options: { tls: 'required' },
    talk: `${HELLO}C MAIL FROM:<a>
           C RCPT TO:<b>
           C DATA
           C NOOP
           C VRFY a
           c 530 5.7.0 Must issue a STARTTLS command first
           c 530 5.7.0 Must issue a STARTTLS command first
           c 530 5.7.0 Must issue a STARTTLS command first
           s NOOP
           S 250 ok
           c 250 ok
           c 530 5.7.0 Must issue a STARTTLS command first`,
  },
  {
    why: 'RFC 4954 §6: no login in the clear',
    talk: `${HELLO}C AUTH PLAIN AGEAYg==
           c 538 5.7.11 Encryption required for requested authentication mechanism`,
  },
  {
    why: 'replies of ours stand where the commands stood',
    talk: `${HELLO}C NOOP 1
           C STARTTLS x
           C NOOP 2
           C XCLIENT a
           s NOOP 1
           s NOOP 2
           S 250 1
           c 250 1
           c 501 5.5.4 Syntax error (no parameters allowed)
           S 250 2
           c 250 2
           c 502 5.5.1 Command not implemented`,
  },
  {
    why: 'before the server has greeted nothing goes to it',
    talk: `C EHLO a
           C STARTTLS x
           ${GREETING}s EHLO a
           S 500 what?
           c 500 what?
           c 501 5.5.4 Syntax error (no parameters allowed)`,
  },
  {
    why: 'a browser that was led here',
    talk: `${HELLO}C POST / HTTP/1.1
           C MAIL FROM:<a>
           c 554 5.5.1 This is no web server
           t end not-the-protocol
           C MAIL FROM:<a>`,
  },
  {
    why: 'TLS where none is due, and no line ever ends',
    talk: `${HELLO}C= \\x16\\x03\\x01
           c 554 5.5.1 TLS does not begin here
           t end not-the-protocol`,
  },
  {
    why: 'ends come when what was asked before is answered',
    talk: `${SECURE}C NOOP
           C GET / HTTP/1.1
           s NOOP
           S 250 ok
           c 250 ok
           c 554 5.5.1 This is no web server
           t end not-the-protocol`,
  },
  {
    why: 'a line that no server reads in the same way',
    talk: `${HELLO}C= NOOP\\rXCLIENT ADDR=127.0.0.1\\r\\n
           c 500 5.5.2 Syntax error`,
  },
  {
    why: 'and such a line in a login',
    talk: `${SECURE}C AUTH LOGIN
           s AUTH LOGIN
           S 334 a
           c 334 a
           C= YQ==\\rMAIL FROM:<a>\\r\\n
           c 500 5.5.2 Syntax error
           t end not-the-protocol`,
  },
  ...[
    ['LF.LF', '\\n.\\n'],
    ['LF.CRLF, CVE-2023-51764', '\\n.\\r\\n'],
    ['CRLF.LF, CVE-2023-51765', '\\r\\n.\\n'],
    ['CR.CRLF', '\\r.\\r\\n'],
    ['CRLF.CR', '\\r\\n.\\r'],
    ['CR.CR', '\\r.\\r'],
  ].map(([name = '', end = '']): Talk => {
    const before = end.startsWith('\\r\\n') ? 'a\\r\\n.' : 'a'
    return {
      why: `no message is smuggled in behind ${name}`,
      talk: `${SECURE}${DATA}C= a${end}MAIL FROM:<admin@example.com>\\r\\n
             s= ${before}
             c 550 5.5.2 Bare CR or LF in the message: lines end with CRLF
             t end smuggling
             S 250 queued
             C .`,
    }
  }),
  {
    why: 'where bare line feeds are allowed they end nothing',
    options: { bareLineFeeds: true },
    talk: `${SECURE}${DATA}C= a\\n.\\nb\\r\\n.\\r\\n
           s= a\\n.\\nb\\r\\n.\\r\\n
           S 250 ok
           c 250 ok`,
  },
  {
    why: 'a server that takes them for an end is found out by its answer, which the client never sees',
    options: { bareLineFeeds: true },
    talk: `${SECURE}${DATA}C= a\\n.\\nMAIL FROM:<admin@example.com>\\r\\n
           s= a\\n.\\nMAIL FROM:<admin@example.com>\\r\\n
           S 250 queued
           c 421 4.3.0 gate.example is not available, try again later
           t end server-misbehaves`,
  },
]

const upgrades: readonly Talk[] = [
  {
    why: 'a ClientHello in a hurry belongs to TLS',
    talk: `${HELLO}C STARTTLS
           C= \\x16\\x03\\x01\\x02
           c 220 2.0.0 Ready to start TLS
           t tls "\\u0016\\u0003\\u0001\\u0002"
           C= \\x00\\x01
           t tls "\\u0000\\u0001"
           ! secured`,
  },
  {
    why: 'and one in the form of SSLv2 too',
    talk: `${HELLO}C STARTTLS
           C= \\x80\\x2e\\x01\\x03\\x01
           c 220 2.0.0 Ready to start TLS
           t tls "\x80.\\u0001\\u0003\\u0001"`,
  },
  {
    why: 'CVE-2011-0411: a command behind STARTTLS in the same segment',
    whole: true,
    talk: `${HELLO}C STARTTLS
           C RSET
           c 554 5.5.1 Nothing may follow STARTTLS but TLS
           t end starttls-injection`,
  },
  {
    why: 'CVE-2011-0411: one octet of it',
    whole: true,
    talk: `${HELLO}C STARTTLS
           C= R
           c 554 5.5.1 Nothing may follow STARTTLS but TLS
           t end starttls-injection`,
  },
  {
    why: 'CVE-2011-0411: in a later segment, before replies to what came before',
    talk: `${HELLO}C NOOP
           C STARTTLS
           s NOOP
           C MAIL FROM:<a>
           S 250 ok
           c 250 ok
           c 554 5.5.1 Nothing may follow STARTTLS but TLS
           t end starttls-injection`,
  },
  {
    why: 'CVE-2011-0411: behind the go-ahead, where somebody hands it to the relay',
    talk: `${HELLO}C STARTTLS
           c 220 2.0.0 Ready to start TLS
           t tls
           C= MAIL
           c 554 5.5.1 Nothing may follow STARTTLS but TLS
           t end starttls-injection`,
  },
  {
    why: 'the go-ahead comes behind the replies to what came before',
    talk: `${GREETING}C EHLO a
           C STARTTLS
           s EHLO a
           S 250-b
           S 250 DSN
           c 250-b
           c 250-STARTTLS
           c 250 DSN
           c 220 2.0.0 Ready to start TLS
           t tls`,
  },
  {
    why: 'a transaction of before ends, and the client hears nothing of it',
    talk: `${HELLO}${MAIL}C STARTTLS
           s RSET
           c 220 2.0.0 Ready to start TLS
           t tls
           S 250 2.0.0 Ok
           ! secured
           C EHLO a
           s EHLO a
           S 250 b
           c 250 b`,
  },
  {
    why: 'also where the server answers later',
    talk: `${HELLO}${MAIL}C STARTTLS
           s RSET
           c 220 2.0.0 Ready to start TLS
           t tls
           ! secured
           C EHLO a
           s EHLO a
           S 250 2.0.0 Ok
           S 250 b
           c 250 b`,
  },
  {
    why: 'nor where it goes on with another connection, on which nobody has answered that yet',
    talk: `${HELLO}${MAIL}C STARTTLS
           s RSET
           c 220 2.0.0 Ready to start TLS
           t tls
           S= 250 2.0
           ! secured another
           C EHLO a
           s EHLO a
           S 250 b
           c 250 b`,
  },
  {
    why: 'a server that goes away meanwhile is not missed where there is another',
    talk: `${HELLO}C STARTTLS
           c 220 2.0.0 Ready to start TLS
           t tls
           ! lost
           ! secured another
           C EHLO a
           s EHLO a
           S 250 b
           c 250 b`,
  },
  {
    why: 'a transaction that has ended does not',
    talk: `${HELLO}${DATA}C .
           s .
           S 250 ok
           c 250 ok
           C STARTTLS
           c 220 2.0.0 Ready to start TLS
           t tls`,
  },
  {
    why: 'nor does one that the client has ended',
    talk: `${HELLO}${MAIL}C RSET
           s RSET
           S 250 ok
           c 250 ok
           C STARTTLS
           c 220 2.0.0 Ready to start TLS
           t tls`,
  },
  {
    why: 'LMTP has a word of its own for it, RFC 2033 §4.1',
    lmtp: true,
    talk: `S 220 mail.example LMTP
           c 220 mail.example LMTP
           C STARTTLS
           c 220 2.0.0 Ready to start TLS
           t tls
           ! secured
           C MAIL FROM:<a>
           c 503 5.5.1 Say LHLO first: TLS has begun`,
  },
  {
    why: 'RFC 3207 §4.2: the client has to say anew who it is',
    talk: `${HELLO}C STARTTLS
           c 220 2.0.0 Ready to start TLS
           t tls
           ! secured
           C MAIL FROM:<a>
           C STARTTLS
           c 503 5.5.1 Say EHLO first: TLS has begun
           c 503 5.5.1 TLS already active
           C HELO a
           C MAIL FROM:<a>
           s HELO a
           S 501 no such name
           c 501 no such name
           c 503 5.5.1 Say EHLO first: TLS has begun
           C HELO b
           C MAIL FROM:<a>
           s HELO b
           S 250 mail.example
           c 250 mail.example
           s MAIL FROM:<a>`,
  },
  {
    why: 'a login of before would outlive the handshake',
    options: { hidesLogin: false },
    talk: `${GREETING}C AUTH PLAIN AGEAYg==
           s AUTH PLAIN AGEAYg==
           S 235 in
           c 235 in
           C STARTTLS
           c 503 5.5.1 STARTTLS comes before AUTH`,
  },
  {
    why: 'TLS from the first octet',
    options: { tls: 'begun' },
    talk: `! secured
           ${GREETING}C EHLO a
           s EHLO a
           S 250-b
           S 250-STARTTLS
           S 250 AUTH PLAIN
           c 250-b
           c 250 AUTH PLAIN
           C MAIL FROM:<a>
           s MAIL FROM:<a>`,
  },
]

const TURNED = Array.from(
  { length: 10 },
  () => `C RCPT TO:<a>
         c 550 5.7.10 TLS 1.2 is needed
         `,
).join('')

const ends: readonly Talk[] = [
  {
    why: 'who is turned away before the greeting is told in its place',
    talk: `! away TLS 1.2 is needed
           c 554 5.7.10 TLS 1.2 is needed
           S 220 mail.example
           C EHLO a
           c 503 5.5.1 TLS 1.2 is needed
           ! lost
           C QUIT
           c 221 2.0.0 gate.example closes
           t end turned-away`,
  },
  {
    why: 'what it had said by then is answered too',
    talk: `C EHLO a
           C QUIT
           ! away TLS 1.2 is needed
           c 554 5.7.10 TLS 1.2 is needed
           c 503 5.5.1 TLS 1.2 is needed
           c 221 2.0.0 gate.example closes
           t end turned-away`,
  },
  {
    why: 'for a while only, RFC 5321 §3.8',
    talk: `! later too many connections
           c 421 4.7.10 too many connections
           t end turned-away
           ! away again
           S 220 mail.example
           ! lost`,
  },
  {
    why: 'who is turned away behind STARTTLS hears it of MAIL, and not of EHLO',
    talk: `${HELLO}C STARTTLS
           c 220 2.0.0 Ready to start TLS
           t tls
           ! away TLS 1.2 is needed
           ! secured
           C EHLO a
           s EHLO a
           S 250-b
           S 250 AUTH PLAIN
           c 250-b
           c 250 AUTH PLAIN
           C MAIL FROM:<a>
           C RCPT TO:<b>
           C DATA
           c 550 5.7.10 TLS 1.2 is needed
           c 550 5.7.10 TLS 1.2 is needed
           c 550 5.7.10 TLS 1.2 is needed
           C RSET
           s RSET
           S 250 ok
           c 250 ok
           C QUIT
           s QUIT
           S 221 bye
           c 221 bye
           t end turned-away`,
  },
  {
    why: 'a transaction that is open ends at the server',
    talk: `${SECURE}${MAIL}! away TLS 1.2 is needed
           s RSET
           C RCPT TO:<c>
           S 250 ok
           c 550 5.7.10 TLS 1.2 is needed`,
  },
  {
    why: 'a message that is under way is not cut off',
    talk: `${SECURE}${DATA}! away TLS 1.2 is needed
           C a
           C .
           C MAIL FROM:<a>
           s a
           s .
           S 250 queued
           c 250 queued
           c 550 5.7.10 TLS 1.2 is needed`,
  },
  {
    why: 'of one in chunks the next is refused, and read past',
    talk: `${SECURE}${MAIL}C BDAT 4
           C= ab
           s BDAT 4
           s= ab
           ! later come again
           C= cd
           C BDAT 6 LAST
           C NOOP
           s= cd
           s RSET
           S 250 ok
           c 250 ok
           S 250 reset
           c 450 4.7.10 come again`,
  },
  {
    why: 'who does not listen is let go after ten refusals',
    talk: `${SECURE}! away TLS 1.2 is needed
           ${TURNED}C RCPT TO:<a>
           c 421 4.7.10 TLS 1.2 is needed
           t end turned-away`,
  },
  {
    why: 'errors have an end',
    talk: `${HELLO}${'C XCLIENT a\n'.repeat(21)}${'c 502 5.5.1 Command not implemented\n'.repeat(20)}c 421 4.7.0 Too many errors
           t end too-many-errors`,
  },
  {
    why: 'a server that is not there',
    talk: `! lost
           c 421 4.3.0 gate.example is not available, try again later
           t end server-lost`,
  },
  {
    why: 'a server that goes while somebody waits for it',
    talk: `${SECURE}${DATA}C .
           s .
           ! lost
           c 421 4.3.0 gate.example is not available, try again later
           t end server-lost`,
  },
  {
    why: 'a half reply acknowledges nothing',
    talk: `${SECURE}${DATA}C .
           s .
           S= 250 2.0.0 Ok: que
           ! lost
           c 421 4.3.0 gate.example is not available, try again later
           t end server-lost`,
  },
  {
    why: 'nothing is said behind an acknowledged message',
    talk: `${SECURE}${DATA}C .
           s .
           S 250 queued
           c 250 queued
           ! lost
           t end server-lost`,
  },
  {
    why: 'but to what was asked behind it',
    talk: `${SECURE}${DATA}C .
           s .
           S 250 queued
           c 250 queued
           C MAIL FROM:<a>
           s MAIL FROM:<a>
           ! lost
           c 421 4.3.0 gate.example is not available, try again later
           t end server-lost`,
  },
  {
    why: 'whatever it was',
    talk: `${SECURE}${DATA}C .
           s .
           S 250 queued
           c 250 queued
           C NOOP
           s NOOP
           ! lost
           c 421 4.3.0 gate.example is not available, try again later
           t end server-lost`,
  },
  {
    why: 'and where the next message was begun',
    talk: `${SECURE}${DATA}C .
           s .
           S 250 queued
           c 250 queued
           C MAIL FROM:<a>
           s MAIL FROM:<a>
           S 250 ok
           c 250 ok
           ! lost
           c 421 4.3.0 gate.example is not available, try again later
           t end server-lost`,
  },
  {
    why: 'a server that goes on QUIT has nothing against it',
    talk: `${SECURE}C QUIT
           s QUIT
           ! lost
           c 221 2.0.0 gate.example closes
           t end quit`,
  },
  {
    why: 'a server that goes during the handshake is missed behind it',
    talk: `${HELLO}C STARTTLS
           c 220 2.0.0 Ready to start TLS
           t tls
           ! lost
           ! secured
           c 421 4.3.0 gate.example is not available, try again later
           t end server-lost`,
  },
  {
    why: 'and what it says then is heard behind it',
    talk: `${HELLO}C STARTTLS
           c 220 2.0.0 Ready to start TLS
           t tls
           S 421 timeout
           ! lost
           ! secured
           c 421 timeout
           t end quit`,
  },
  {
    why: 'an end that was due comes before the loss',
    talk: `${SECURE}C NOOP
           C GET / HTTP/1.1
           s NOOP
           ! lost
           c 554 5.5.1 This is no web server
           t end not-the-protocol`,
  },
  {
    why: 'RFC 5321 §3.8: 421 ends it, whenever it comes',
    talk: `${SECURE}${DATA}C a
           s a
           S 421 4.4.2 timeout
           c 421 4.4.2 timeout
           t end quit`,
  },
  {
    why: 'a server that greets with a refusal may go',
    talk: `S 554 no
           c 554 no
           ! lost
           t end server-lost`,
  },
  {
    why: "the lines of postscreen's greeting are as far apart as it says them",
    talk: `S 220-mail.example
           c 220-mail.example
           S 220 mail.example ESMTP
           c 220 mail.example ESMTP
           C NOOP
           s NOOP`,
  },
  {
    why: 'a refusal that nobody asked for is passed on, and is the end: what follows would answer the wrong commands',
    talk: `${SECURE}S 451 4.7.0 Timeout waiting for client input
           c 451 4.7.0 Timeout waiting for client input
           t end server-misbehaves`,
  },
  {
    why: 'no other answer to nothing is passed on',
    talk: `${SECURE}S 250 ok
           c 421 4.3.0 gate.example is not available, try again later
           t end server-misbehaves`,
  },
  {
    why: 'nor one that acknowledges what has not been said',
    talk: `${SECURE}${MAIL}C BDAT 4 LAST
           C= abc
           s BDAT 4 LAST
           s= abc
           S 250 queued
           c 421 4.3.0 gate.example is not available, try again later
           t end server-misbehaves`,
  },
  {
    why: 'another protocol',
    talk: `S * OK IMAP4rev1
           c 421 4.3.0 gate.example is not available, try again later
           t end server-misbehaves`,
  },
  {
    why: 'what comes behind QUIT is nothing',
    talk: `${SECURE}C QUIT
           C NOOP
           s QUIT
           C NOOP
           S 221 bye
           c 221 bye
           t end quit`,
  },
]

for (const [name, talks] of Object.entries({ mail, refusals, upgrades, ends })) {
  describe(`the SMTP relay: ${name}`, () => {
    for (const talk of talks)
      test(talk.why, () => {
        run(talk, (text) => [text])
        if (talk.whole !== true) run(talk, (text) => text.split(''))
      })
  })
}
