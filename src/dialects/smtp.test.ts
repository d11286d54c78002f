import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeDialect, type Transcript } from './laws.test.ts'
import { Opening } from './opening.ts'
import { lmtp, smtp, submission } from './smtp.ts'

const transcripts: readonly Transcript[] = [
  {
    why: 'the example of RFC 3207 §5',
    talk: `S: 220 mail.imc.org SMTP service ready
           C: EHLO client.example
           S: 250-mail.imc.org offers a warm hug of welcome
           S: 250-8BITMIME
           S: 250-STARTTLS
           S: 250 DSN
           C: STARTTLS
           S: 220 Go ahead`,
    outcome: { kind: 'ready' },
    clear: {
      banner: 'mail.imc.org SMTP service ready',
      capabilities: ['8BITMIME', 'STARTTLS', 'DSN'],
      starttls: 'offered',
      authBeforeTls: [],
      authComplete: true,
      textAfterGoAhead: false,
    },
  },
  {
    why: 'a greeting in two parts, as postscreen sends it, and log-ins before TLS, one list in each spelling',
    talk: `S: 220-mx.example.net ESMTP
           S: 220 mx.example.net ESMTP Postfix
           C: EHLO client.example
           S: 250-mx.example.net
           S: 250-AUTH PLAIN LOGIN
           S: 250-AUTH=LOGIN CRAM-MD5
           S: 250 starttls
           C: STARTTLS
           S: 220 2.0.0 Ready to start TLS`,
    outcome: { kind: 'ready' },
    clear: { banner: 'mx.example.net ESMTP\nmx.example.net ESMTP Postfix', authBeforeTls: ['PLAIN', 'LOGIN', 'CRAM-MD5'] },
  },
  {
    why: 'codes without text and lines that end with LF alone',
    talk: `S; 220
           C: EHLO client.example
           S; 250-x
           S; 250 STARTTLS
           C: STARTTLS
           S; 220`,
    outcome: { kind: 'ready' },
  },
  {
    why: 'no STARTTLS, or a filter that has overwritten it',
    talk: `S: 220 a
           C: EHLO client.example
           S: 250-a
           S: 250-XXXXXXXA
           S: 250 PIPELINING`,
    outcome: { kind: 'not-offered', heard: '250 a\nXXXXXXXA\nPIPELINING' },
    clear: { starttls: 'missing', capabilities: ['XXXXXXXA', 'PIPELINING'], textAfterGoAhead: 'not-applicable' },
  },
  {
    why: 'a server from before RFC 1869 §4.1 does not know EHLO',
    talk: `S: 220 a
           C: EHLO client.example
           S: 500 Command unrecognized
           C: HELO client.example
           S: 250 a`,
    outcome: { kind: 'not-offered', heard: '500 Command unrecognized' },
  },
  {
    why: 'a banner that refuses for good, RFC 5321 §3.1',
    talk: 'S: 554 No SMTP service here',
    outcome: { kind: 'refused', heard: '554 No SMTP service here', temporary: false },
    clear: { banner: 'No SMTP service here', starttls: 'unknown', textAfterGoAhead: 'unknown' },
  },
  {
    why: 'a banner that refuses for now',
    talk: 'S: 421 4.7.0 Too many connections from 192.0.2.1',
    outcome: { kind: 'refused', heard: '421 4.7.0 Too many connections from 192.0.2.1', temporary: true },
  },
  {
    why: 'postscreen has made up its mind after the first part of its greeting',
    talk: `S: 220-mx.example.net ESMTP
           S: 421 4.3.2 All server ports are busy`,
    outcome: { kind: 'refused', heard: '421 mx.example.net ESMTP\n4.3.2 All server ports are busy', temporary: true },
  },
  {
    why: 'a policy against us in answer to EHLO',
    talk: `S: 220 a
           C: EHLO client.example
           S: 550 5.7.1 Access denied`,
    outcome: { kind: 'refused', heard: '550 5.7.1 Access denied', temporary: false },
  },
  {
    why: 'TLS is not available for now, RFC 3207 §4',
    talk: `S: 220 a
           C: EHLO client.example
           S: 250-a
           S: 250 STARTTLS
           C: STARTTLS
           S: 454 4.7.0 TLS not available due to temporary reason`,
    outcome: { kind: 'refused', heard: '454 4.7.0 TLS not available due to temporary reason', temporary: true },
    clear: { starttls: 'offered' },
  },
  {
    why: 'STARTTLS is announced and then refused for good',
    talk: `S: 220 a
           C: EHLO client.example
           S: 250-a
           S: 250 STARTTLS
           C: STARTTLS
           S: 554 5.7.3 Security failure`,
    outcome: { kind: 'refused', heard: '554 5.7.3 Security failure', temporary: false },
    clear: { starttls: 'refused' },
  },
  {
    why: 'an FTP server wants a login before anything else',
    talk: `S: 220 (vsFTPd 3.0.3)
           C: EHLO client.example
           S: 530 Please login with USER and PASS.
           C: HELO client.example
           S: 530 Please login with USER and PASS.`,
    outcome: { kind: 'wrong-protocol', heard: '530 Please login with USER and PASS.' },
  },
  {
    why: 'an LMTP server must refuse EHLO, RFC 2033 §4.1',
    talk: `S: 220 mail.example.net Dovecot ready.
           C: EHLO client.example
           S: 500 5.5.1 Unknown command
           C: HELO client.example
           S: 500 5.5.1 Unknown command`,
    outcome: { kind: 'wrong-protocol', heard: '500 5.5.1 Unknown command' },
  },
  {
    why: 'out of patience between EHLO and HELO',
    talk: `S: 220 a
           C: EHLO client.example
           S: 502 what?
           C: HELO client.example
           S: 421 enough`,
    outcome: { kind: 'refused', heard: '421 enough', temporary: true },
  },
  { why: 'NNTP speaks here', talk: 'S: 201 news.example.net', outcome: { kind: 'wrong-protocol', heard: '201 news.example.net' } },
  {
    why: 'a web server',
    talk: 'S: HTTP/1.1 400 Bad Request',
    outcome: { kind: 'wrong-protocol', heard: 'HTTP/1.1 400 Bad Request' },
  },
  {
    why: 'a TLS alert in place of a greeting: no line ever ends',
    talk: 'S< 15 03 01 00 02 02 46',
    outcome: { kind: 'wrong-protocol', heard: '\\x15\\x03\\x01' },
  },
  {
    why: 'what would move a cursor or turn text around is escaped, UTF-8 is read',
    talk: `S< 35 35 34 20 c3 bc 1b 5b 32 4a e2 80 ae 0d 0a`,
    outcome: { kind: 'refused', heard: '554 ü\\x1b[2J\\u{202e}', temporary: false },
    clear: { banner: 'ü\\x1b[2J\\u{202e}' },
  },
]

describeDialect(smtp, transcripts)
describeDialect(submission, transcripts)

describeDialect(lmtp, [
  {
    why: 'the example of RFC 2033 §4.2, with STARTTLS',
    talk: `S: 220 foo.edu LMTP server ready
           C: LHLO client.example
           S: 250-foo.edu
           S: 250-PIPELINING
           S: 250-STARTTLS
           S: 250 SIZE
           C: STARTTLS
           S: 220 go ahead`,
    outcome: { kind: 'ready' },
    clear: { banner: 'foo.edu LMTP server ready', capabilities: ['PIPELINING', 'STARTTLS', 'SIZE'] },
  },
  {
    why: 'an SMTP server does not know LHLO',
    talk: `S: 220 mail.example.net ESMTP
           C: LHLO client.example
           S: 500 5.5.2 Error: command not recognized`,
    outcome: { kind: 'wrong-protocol', heard: '500 5.5.2 Error: command not recognized' },
  },
])

test('a reply that is no reply, after the greeting, is an error of the peer', () => {
  const opening = new Opening(smtp, { clientName: 'c', serverName: 's' })
  opening.start()
  opening.push(Buffer.from('220 a\r\n'))
  assert.throws(() => opening.push(Buffer.from('hello\x1b\r\n')), {
    code: 'REPLY_MALFORMED',
    fault: 'peer',
    message: 'Cannot read SMTP reply: "hello\\u001b"',
  })
})

test('the smuggled command rides with STARTTLS in one piece, and its answer inside TLS is told from silence', () => {
  const opening = new Opening(smtp, { clientName: 'c', serverName: 's', smuggle: true })
  opening.start()
  opening.push(Buffer.from('220 a\r\n'))
  assert.equal(opening.push(Buffer.from('250-a\r\n250 STARTTLS\r\n')).send, 'STARTTLS\r\nNOOP\r\n')
  opening.push(Buffer.from('220 go\r\n'))
  assert.deepEqual(opening.outcome, { kind: 'ready' })
  assert.equal(smtp.injection?.answered('250 2.0.0 Ok\r\n'), true)
  assert.equal(smtp.injection?.answered('503 5.5.1 EHLO first\r\n'), true)
  assert.equal(smtp.injection?.answered(''), false)
})
