import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { judge, parseChunk, parseCommand, type Situation } from './smtp-command.ts'

const PLAIN: Situation = {
  tls: 'offered',
  secure: false,
  hidesLogin: true,
  helloDue: false,
  hello: 'EHLO',
  chunking: true,
  loggedIn: false,
  refusal: undefined,
}
const TURNED_AWAY: Situation = { ...PLAIN, refusal: { words: 'TLS 1.2 is needed', temporary: false } }

/** The code of a refusal, `end` and its code, or the kind. */
function verdict(line: string, situation: Situation): string {
  const judgement = judge(parseCommand(line), situation)
  if (judgement.kind === 'end') return `end ${judgement.said.slice(0, 3)} ${judgement.ending}`
  return judgement.kind === 'refuse' ? judgement.said.slice(0, judgement.said.indexOf(' ', 4)) : judgement.kind
}

describe('parseCommand()', () => {
  const table: readonly (readonly [why: string, line: string, verb: string, rest: string])[] = [
    ['a verb in any case', 'ehlo client.example', 'EHLO', 'client.example'],
    ['what stands behind it stays', 'MAIL  FROM:<a@b>  SIZE=1 ', 'MAIL', 'FROM:<a@b>  SIZE=1 '],
    ['servers skip blanks before the verb, so we do', ' \t XCLIENT ADDR=127.0.0.1', 'XCLIENT', 'ADDR=127.0.0.1'],
    ['a tab is a blank', 'AUTH\tPLAIN', 'AUTH', 'PLAIN'],
    ['UTF-8 in a mailbox is fine, RFC 6531 §3.3', 'RCPT TO:<\xc3\xbc@b>', 'RCPT', 'TO:<\xc3\xbc@b>'],
    ['an empty line is no command', '', '', ''],
    ['neither is what begins with a blank of another alphabet', '\xc2\xa0XCLIENT a', '', ''],
    ['nor a verb with a sign in it, which servers read in different ways', 'XCLIENT:a', '', ''],
    ['a carriage return in the line would end it for some servers', 'NOOP\rXCLIENT a', '', 'XCLIENT a'],
    ['a NUL would end it for others', 'NOOP \0XCLIENT a', '', '\0XCLIENT a'],
    ['DEL is no text', 'NOOP \x7f', '', '\x7f'],
  ]
  for (const [why, line, verb, rest] of table)
    test(why, () => {
      const command = parseCommand(line)
      assert.equal(command.verb, verb)
      if (verb !== '') assert.equal(command.rest, rest)
    })

  test('any line has a verb of letters, digits and hyphens, or none', () => {
    const line = fc
      .array(fc.constantFrom('MAIL', ' ', '\t', ':', '\r', '\xa0', 'a', '-', '\0'), { maxLength: 8 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(line, (text) => {
        const { verb } = parseCommand(text)
        assert.match(verb, /^(?:[A-Z][A-Z0-9-]*)?$/)
        if (verb !== '') assert.equal(text.trim().split(/[ \t]/)[0]?.toUpperCase(), verb)
      }),
    )
  })
})

describe('parseChunk()', () => {
  const good: readonly (readonly [rest: string, size: number, last: boolean])[] = [
    ['86', 86, false],
    ['0 LAST', 0, true],
    ['67 last ', 67, true],
    ['2147483647\tLAST', 2_147_483_647, true],
  ]
  for (const [rest, size, last] of good) test(`BDAT ${JSON.stringify(rest)}`, () => assert.deepEqual(parseChunk(rest), { size, last }))

  const bad: readonly (readonly [why: string, rest: string])[] = [
    ['there is no number', ''],
    ['a leading zero may mean an octal number', '010'],
    ['so may a sign mean something', '+5'],
    ['2147483648 does not fit into 32 bits', '2147483648'],
    ['a number that 32 bits turn into 5', '4294967301'],
    ['hexadecimal', '0x10'],
    ['a word that is not LAST', '5 FIRST'],
    ['a blank of another alphabet', '5\xa0'],
  ]
  for (const [why, rest] of bad) test(`refused: ${why}`, () => assert.equal(parseChunk(rest), undefined))
})

describe('judge()', () => {
  const table: readonly (readonly [why: string, line: string, situation: Situation, expected: string])[] = [
    ['what the server knows is passed on', 'MAIL FROM:<>', PLAIN, 'pass'],
    ['so is what nobody here knows', 'XYZZY', PLAIN, 'pass'],
    ['STARTTLS is ours', 'starttls', PLAIN, 'starttls'],
    ['RFC 3207 §4: no parameters', 'STARTTLS now', PLAIN, '501 5.5.4'],
    ['blanks are no parameters', 'STARTTLS  ', PLAIN, 'starttls'],
    ['RFC 3207 §4.2: not twice', 'STARTTLS', { ...PLAIN, secure: true }, '503 5.5.1'],
    ['nor within TLS that was there from the first octet', 'STARTTLS', { ...PLAIN, tls: 'begun', secure: true }, '503 5.5.1'],
    ['nor where there is none', 'STARTTLS', { ...PLAIN, tls: 'none' }, '502 5.5.1'],
    ['nor behind a login, which the server could not forget', 'STARTTLS', { ...PLAIN, loggedIn: true }, '503 5.5.1'],
    ['RFC 3207 §4: mail needs TLS where it is required', 'MAIL FROM:<>', { ...PLAIN, tls: 'required' }, '530 5.7.0'],
    ['and so does all else', 'XYZZY', { ...PLAIN, tls: 'required' }, '530 5.7.0'],
    ['and AUTH', 'AUTH PLAIN', { ...PLAIN, tls: 'required' }, '530 5.7.0'],
    ['but not EHLO', 'EHLO a', { ...PLAIN, tls: 'required' }, 'pass'],
    ['nor HELO', 'HELO a', { ...PLAIN, tls: 'required' }, 'pass'],
    ['nor LHLO', 'LHLO a', { ...PLAIN, tls: 'required' }, 'pass'],
    ['nor NOOP', 'NOOP', { ...PLAIN, tls: 'required' }, 'pass'],
    ['nor RSET', 'RSET', { ...PLAIN, tls: 'required' }, 'pass'],
    ['nor QUIT', 'QUIT', { ...PLAIN, tls: 'required' }, 'pass'],
    ['within TLS nothing does', 'MAIL FROM:<>', { ...PLAIN, tls: 'required', secure: true }, 'pass'],
    ['RFC 4954 §6: no login that others can hear', 'AUTH PLAIN AGEAYg==', PLAIN, '538 5.7.11'],
    ['nor the one of Exchange', 'X-EXPS LOGIN', PLAIN, '538 5.7.11'],
    ['unless nobody minds', 'AUTH PLAIN', { ...PLAIN, hidesLogin: false }, 'pass'],
    ['within TLS they do not', 'AUTH PLAIN', { ...PLAIN, secure: true }, 'pass'],
    ['RFC 8689 §2: TLS on the way is asked for in TLS', 'MAIL FROM:<a@b> SIZE=1 requiretls', PLAIN, '530 5.7.10'],
    ['before another parameter, too', 'MAIL FROM:<a@b>\tREQUIRETLS AUTH=<>', PLAIN, '530 5.7.10'],
    ['which is there', 'MAIL FROM:<a@b> REQUIRETLS', { ...PLAIN, secure: true }, 'pass'],
    ['a mailbox may have that name', 'MAIL FROM:<requiretls@b>', PLAIN, 'pass'],
    ['RFC 3207 §4.2: what was said in the clear is void', 'MAIL FROM:<>', { ...PLAIN, secure: true, helloDue: true }, '503 5.5.1'],
    ['and so for a login', 'AUTH PLAIN', { ...PLAIN, secure: true, helloDue: true }, '503 5.5.1'],
    ['but a question may be asked', 'NOOP', { ...PLAIN, secure: true, helloDue: true }, 'pass'],
    ['nobody but the gate says who the client is', ' xclient ADDR=127.0.0.1', PLAIN, '502 5.5.1'],
    ['XFORWARD likewise', 'XFORWARD ADDR=127.0.0.1', PLAIN, '502 5.5.1'],
    ['PROXY likewise', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2', PLAIN, '502 5.5.1'],
    ['the ends do not change places', 'ATRN example.com', PLAIN, '502 5.5.1'],
    ['another way to begin TLS would begin it with the server', 'X-ANONYMOUSTLS', PLAIN, '502 5.5.1'],
    ['a browser', 'POST / HTTP/1.1', PLAIN, 'end 554 not-the-protocol'],
    ['HTTP/2', 'PRI * HTTP/2.0', PLAIN, 'end 554 not-the-protocol'],
    ['a browser that was turned away', 'GET / HTTP/1.1', TURNED_AWAY, 'end 554 not-the-protocol'],
    ['no command', '\xff\xff', PLAIN, '500 5.5.2'],
    ['a chunk', 'BDAT 5', PLAIN, 'pass'],
    ['content where the server would read commands', 'BDAT 5', { ...PLAIN, chunking: false }, 'end 503 not-the-protocol'],
    ['content whose end nobody knows', 'BDAT 05', PLAIN, 'end 501 not-the-protocol'],
    ['a chunk before TLS is refused like all else', 'BDAT 5', { ...PLAIN, tls: 'required' }, '530 5.7.0'],
    ['who is turned away hears it of MAIL', 'MAIL FROM:<>', TURNED_AWAY, '550 5.7.10'],
    ['and of AUTH, before TLS too', 'AUTH PLAIN', TURNED_AWAY, '550 5.7.10'],
    ['and of VRFY', 'VRFY a', TURNED_AWAY, '550 5.7.10'],
    ['not of EHLO', 'EHLO a', TURNED_AWAY, 'pass'],
    ['not of QUIT', 'QUIT', TURNED_AWAY, 'pass'],
    ['TLS may still be begun', 'STARTTLS', TURNED_AWAY, 'starttls'],
    ['it may be for a while', 'RCPT TO:<a>', { ...PLAIN, refusal: { words: 'later', temporary: true } }, '450 4.7.10'],
  ]
  for (const [why, line, situation, expected] of table) test(why, () => assert.equal(verdict(line, situation), expected))

  test('the words of a refusal are the words that were given', () => {
    const judgement = judge(parseCommand('MAIL FROM:<>'), TURNED_AWAY)
    assert.deepEqual(judgement, { kind: 'refuse', said: '550 5.7.10 TLS 1.2 is needed', because: 'turned-away' })
  })
})
