import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Dialect } from './dialect.ts'
import { imap } from './imap.ts'
import { introducing, introductionOf, introduces, questionOf, stillHolds } from './introduction.ts'
import { irc } from './irc.ts'
import { Opening } from './opening.ts'
import { pop3 } from './pop3.ts'
import { sieve } from './sieve.ts'
import { lmtp, smtp } from './smtp.ts'

const NAMES = { clientName: 'gate.example', serverName: 'server.example' }

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

describe('introductionOf()', () => {
  const kept: readonly (readonly [why: string, dialect: Dialect, greeting: string, answer: string, capabilities: string])[] = [
    [
      'of SMTP without what the server says to the gate by name',
      smtp,
      '220-a\r\n220 b\r\n',
      '250-mail.example Hello gate.example [192.0.2.1]\r\n250-SIZE 9\r\n250 HELP\r\n',
      '250-mail.example\r\n250-SIZE 9\r\n250 HELP\r\n',
    ],
    ['of LMTP without any extension', lmtp, '220 a\r\n', '250 mail.example\r\n', '250 mail.example\r\n'],
    [
      'of IMAP without the tag of the gate',
      imap,
      '* OK [CAPABILITY A] b\r\n',
      '* 1 X\r\n* CAPABILITY A B\r\np1 OK C\r\n',
      '* CAPABILITY A B\r\n',
    ],
    ['of POP3 as it is', pop3, '+OK <1@x>\r\n', '+OK\r\nTOP\r\n.\r\n', '+OK\r\nTOP\r\n.\r\n'],
    ['of POP3 of a server that knows no CAPA', pop3, '+OK\r\n', '-ERR what?\r\n', '-ERR what?\r\n'],
    ['of ManageSieve its greeting', sieve, '"SASL" {5}\r\nPLAIN\r\nOK\r\n', '', '"SASL" {5}\r\nPLAIN\r\nOK\r\n'],
  ]
  for (const [why, dialect, greeting, answer, capabilities] of kept)
    test(`keeps ${why}`, () => assert.deepEqual(introductionOf(dialect, greeting, answer), { greeting, capabilities }))

  const LONG = `250-${'X'.repeat(100)}\r\n`.repeat(100)
  const others: readonly (readonly [why: string, dialect: Dialect, greeting: string, answer: string])[] = [
    ['a refusal', smtp, '554 5.7.1 no\r\n', '250 a\r\n'],
    ['two greetings', smtp, '220 a\r\n220 b\r\n', '250 a\r\n'],
    ['half a greeting', smtp, '220-a\r\n', '250 a\r\n'],
    ['another protocol', smtp, '* OK a\r\n', '250 a\r\n'],
    ['a server that knows no EHLO', smtp, '220 a\r\n', '502 what?\r\n'],
    ['a name that is none', smtp, '220 a\r\n', '250-<x>\r\n250 HELP\r\n'],
    ['more than anybody needs', smtp, '220 a\r\n', `250-a\r\n${LONG}250 HELP\r\n`],
    ['a client that is logged in, RFC 9051 §7.1.4', imap, '* PREAUTH a\r\n', '* CAPABILITY A\r\np1 OK\r\n'],
    ['a good-bye', imap, '* BYE a\r\n', '* CAPABILITY A\r\np1 OK\r\n'],
    ['an answer without capabilities', imap, '* OK a\r\n', 'p1 OK\r\n'],
    ['a refusal of POP3', pop3, '-ERR [SYS/TEMP] a\r\n', '+OK\r\n.\r\n'],
    ['a good-bye of ManageSieve', sieve, 'BYE "a"\r\n', ''],
    ['a dialect that has none', irc, ':x 001\r\n', ''],
  ]
  for (const [why, dialect, greeting, answer] of others)
    test(`keeps nothing of ${why}`, () => assert.equal(introductionOf(dialect, greeting, answer), undefined))

  test('keeps of anything no more than was said, and throws nothing', () => {
    const text = fc.array(
      fc.oneof(fc.constantFrom('220 ', '250-', '250 ', '* OK ', '* CAPABILITY ', '+OK', 'OK', '\r\n', '\n', '"x"', '{3}\r\n'), fc.string()),
    )
    fc.assert(
      fc.property(fc.constantFrom(smtp, lmtp, imap, pop3, sieve), text, text, (dialect, one, other) => {
        const [greeting, answer] = [one.join(''), other.join('')]
        const found = introductionOf(dialect, greeting, answer)
        if (found === undefined) return
        assert.equal(found.greeting, greeting)
        assert.ok(`${greeting}${answer}`.length + 2 >= found.capabilities.length)
      }),
    )
  })
})

describe('stillHolds()', () => {
  const rows: readonly (readonly [
    why: string,
    dialect: Dialect,
    holds: boolean,
    before: string,
    greeting: string,
    answer: string | undefined,
  ])[] = [
    ['the same', smtp, true, '250-a\r\n250-SIZE 9\r\n250 AUTH PLAIN\r\n', '220 a\r\n', '250-a\r\n250-SIZE 9\r\n250 AUTH PLAIN\r\n'],
    ['more, in another order', smtp, true, '250-a\r\n250 SIZE 9\r\n', '220 a\r\n', '250-a\r\n250-DSN\r\n250 SIZE 10\r\n'],
    ['smaller messages', smtp, false, '250-a\r\n250 SIZE 9\r\n', '220 a\r\n', '250-a\r\n250 SIZE 8\r\n'],
    ['RFC 1870 §4: any size is more than some', smtp, true, '250-a\r\n250 SIZE 9\r\n', '220 a\r\n', '250-a\r\n250 SIZE 0\r\n'],
    ['and some is less than any', smtp, false, '250-a\r\n250 SIZE 0\r\n', '220 a\r\n', '250-a\r\n250 SIZE 9\r\n'],
    ['nothing was said of a size', smtp, true, '250-a\r\n250 SIZE\r\n', '220 a\r\n', '250-a\r\n250 SIZE 9\r\n'],
    ['fewer ways to log in', smtp, false, '250-a\r\n250 AUTH PLAIN LOGIN\r\n', '220 a\r\n', '250-a\r\n250 AUTH LOGIN\r\n'],
    ['more of them, in another order', smtp, true, '250-a\r\n250 AUTH PLAIN LOGIN\r\n', '220 a\r\n', '250-a\r\n250 AUTH=LOGIN X PLAIN\r\n'],
    ['less', smtp, false, '250-a\r\n250-DSN\r\n250 SIZE\r\n', '220 a\r\n', '250-a\r\n250 SIZE\r\n'],
    ['no extensions at all', smtp, false, '250-b\r\n250 DSN\r\n', '220 a\r\n', '500 what?\r\n'],
    ['less, and nobody has asked', smtp, true, '250-a\r\n250 DSN\r\n', '220 a\r\n', undefined],
    ['IMAP: the same in another case', imap, true, '* CAPABILITY A B\r\n', '* OK\r\n', '* capability b a\r\np1 OK\r\n'],
    ['IMAP: less', imap, false, '* CAPABILITY A B\r\n', '* OK\r\n', '* CAPABILITY A\r\np1 OK\r\n'],
    ['POP3: fewer ways to log in', pop3, false, '+OK\r\nSASL PLAIN LOGIN\r\n.\r\n', '+OK\r\n', '+OK\r\nSASL PLAIN\r\n.\r\n'],
    ['ManageSieve: fewer extensions', sieve, false, '"SIEVE" "fileinto copy"\r\nOK\r\n', '', '"SIEVE" "copy"\r\nOK\r\n'],
    ['ManageSieve: more of them', sieve, true, '"SIEVE" "copy"\r\nOK\r\n', '', '"SIEVE" "Fileinto Copy"\r\nOK\r\n'],
    ['POP3: less', pop3, false, '+OK\r\nTOP\r\nUIDL\r\n.\r\n', '+OK\r\n', '+OK\r\nTOP\r\n.\r\n'],
  ]
  for (const [why, dialect, holds, capabilities, greeting, answer] of rows)
    test(why, () => assert.equal(stillHolds(dialect, { greeting: '', capabilities }, greeting, answer), holds))

  test('what a greeting says counts, too', () => {
    const announced = { greeting: '* OK [CAPABILITY A B] x\r\n', capabilities: '' }
    assert.equal(stillHolds(imap, announced, '* OK [CAPABILITY B A C] y\r\n', undefined), true)
    assert.equal(stillHolds(imap, announced, '* OK [CAPABILITY A] y\r\n', undefined), false)
    assert.equal(stillHolds(imap, announced, '* OK y\r\n', undefined), false)
  })
})

describe('introducing()', () => {
  const ends = (dialect: Dialect, greeted: boolean, said: string): string | undefined => {
    const opening = new Opening(introducing(dialect, questionOf(dialect, 'gate.example'), greeted), NAMES)
    opening.start()
    for (const line of said.match(/[^\n]*\n/g) ?? []) if (opening.outcome === undefined) opening.push(bytes(line))
    return opening.outcome?.kind
  }
  const rows: readonly (readonly [why: string, dialect: Dialect, greeted: boolean, said: string, kind: string | undefined])[] = [
    ['a greeting and an answer', smtp, false, '220 a\r\n250-a\r\n250 b\r\n', 'ready'],
    ['a greeting alone', smtp, false, '220 a\r\n', undefined],
    ['an answer where the greeting was heard', smtp, true, '250 a\r\n', 'ready'],
    ['a refusal in place of a greeting', smtp, false, '421 a\r\n', 'refused'],
    ['a refusal in place of an answer', smtp, true, '550 a\r\n', 'refused'],
    ['several responses of IMAP', imap, true, '* CAPABILITY A\r\n* OK x\r\np1 OK\r\n', 'ready'],
    ['a good-bye in their midst', imap, true, '* CAPABILITY A\r\n* BYE x\r\n', 'refused'],
    ['a list of POP3', pop3, true, '+OK\r\nTOP\r\n.\r\n', 'ready'],
    ['a server that knows no CAPA', pop3, true, '-ERR x\r\n', 'ready'],
    ['a greeting of ManageSieve, which is its list', sieve, false, '"SASL" "X"\r\nOK\r\n', 'ready'],
  ]
  for (const [why, dialect, greeted, said, kind] of rows) test(why, () => assert.equal(ends(dialect, greeted, said), kind))

  test('has questions for the dialects in which servers say what they can do before they know the client', () => {
    assert.deepEqual(
      ['smtp', 'submission', 'lmtp', 'imap', 'pop3', 'sieve', 'ftp', 'tls'].map((name) => introduces(name)),
      [true, true, true, true, true, true, false, false],
    )
    assert.equal(questionOf(irc, 'x'), '')
    assert.equal(introducing(irc, '', false), irc)
  })
})
