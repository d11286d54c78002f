import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { latin1, octets } from '../relays/lines.ts'
import type { Outlet, OutletStep } from './outlet.ts'
import type { HopAbilities } from './smtp-hop.ts'
import { smtpOutlet } from './smtp-outlet.ts'

const ABLE: HopAbilities = new Map([
  ['PIPELINING', ''],
  ['8BITMIME', ''],
  ['SIZE', '1000'],
])

/** What was done, one line for each thing: `C:` and `H:` said to client and next hop, `reach`, `leave`, `end`. */
function told(step: OutletStep): readonly string[] {
  const lines = (who: string, bytes: Uint8Array | undefined): readonly string[] =>
    bytes === undefined
      ? []
      : latin1(bytes)
          .match(/[^\n]*\n|[^\n]+$/g)!
          .map((line) => `${who}: ${line.replace(/\r\n$/, '')}`)
  return [
    ...lines('H', step.toHop),
    ...(step.leave === undefined ? [] : [`leave ${step.leave}`]),
    ...(step.reach === undefined
      ? []
      : [
          `reach ${step.reach.domain}${step.reach.requiresTls ? ' with REQUIRETLS' : ''}${step.reach.failed === undefined ? '' : ` behind ${step.reach.failed}`}`,
        ]),
    ...lines('C', step.toClient),
    ...(step.end === true ? ['end'] : []),
  ]
}

/** One word of a talk: `c` and `h` say a line, `b` octets, the others happen. */
function happen(outlet: Outlet, line: string): readonly string[] {
  const [, who = '', words = ''] = /^(\S+) ?(.*)$/s.exec(line) ?? []
  switch (who) {
    case 'c':
      return told(outlet.fromClient(octets(`${words.replaceAll('|', '\r\n')}\r\n`)))
    case 'h':
      return told(outlet.fromHop(octets(`${words.replaceAll('|', '\r\n')}\r\n`)))
    case 'reached':
      return told(outlet.reached(words === 'bare' ? new Map() : words !== '' ? new Map([...ABLE, [words.toUpperCase(), '']]) : ABLE))
    case 'unreached':
      return told(outlet.unreached(words))
    case 'lost':
      return told(outlet.hopLost('it has closed the connection'))
    case 'done':
      return told(outlet.clientDone())
    case 'b':
      return told(outlet.fromClient(octets(words.replaceAll('|', '\r\n'))))
    default:
      throw new Error(line)
  }
}

function play(talk: readonly string[], oneHop = false, lmtp = false, dsn = false): readonly string[] {
  const outlet = smtpOutlet({ name: 'gate.example', lmtp, oneHop, dsn, longestLine: 1000 })
  outlet.start()
  return talk.map((line) => happen(outlet, line)).at(-1) ?? []
}

const MAIL = ['c EHLO old.example', 'c MAIL FROM:<a@b.example> SIZE=9']
const ASKED = [...MAIL, 'c RCPT TO:<c@d.example>']
const OPEN = [...ASKED, 'reached', 'h 250 2.1.0 Ok|250 2.1.5 Ok']
const DATA = [...OPEN, 'c DATA', 'h 354 go']
const SENT = [...DATA, 'c ..x|.']
const STRICT = [
  'c EHLO x',
  'c MAIL FROM:<a@b.example> REQUIRETLS',
  'c RCPT TO:<c@d.example>',
  'reached requiretls',
  'h 250 Ok|250 Ok',
  'c DATA',
  'h 354 go',
  'c .',
  'h 250 Ok',
]

describe('the outlet', () => {
  const table: readonly (readonly [why: string, talk: readonly string[], expected: readonly string[]])[] = [
    [
      'announces what it keeps whoever the next hop is',
      ['c EHLO x'],
      [
        'C: 250-gate.example',
        'C: 250-PIPELINING',
        'C: 250-SIZE',
        'C: 250-8BITMIME',
        'C: 250-SMTPUTF8',
        'C: 250-CHUNKING',
        'C: 250-REQUIRETLS',
        'C: 250 ENHANCEDSTATUSCODES',
      ],
    ],
    ['and to HELO nothing', ['c HELO x'], ['C: 250 gate.example']],
    ['asks nobody for a sender', MAIL, ['C: 250 2.1.0 Ok']],
    ['looks for a next hop with the first recipient', ASKED, ['reach d.example']],
    [
      'tells sender and recipient at once where that is taken',
      [...ASKED, 'reached'],
      ['H: MAIL FROM:<a@b.example> SIZE=9', 'H: RCPT TO:<c@d.example>'],
    ],
    ['and one by one where not, without what is not understood', [...ASKED, 'reached bare'], ['H: MAIL FROM:<a@b.example>']],
    ['the recipient behind the sender', [...ASKED, 'reached bare', 'h 250 Ok'], ['H: RCPT TO:<c@d.example>']],
    ['says of a recipient what the next hop says', OPEN, ['C: 250 2.1.5 Ok']],
    ['in all its lines', [...ASKED, 'reached', 'h 250 Ok|550-5.1.1 no|550 5.1.1 such user'], ['C: 550-5.1.1 no', 'C: 550 5.1.1 such user']],
    ['gives a code to a reply without one, RFC 2034 §4', [...ASKED, 'reached', 'h 250 Ok|550 no'], ['C: 550 5.0.0 no']],
    ['prints no control characters', [...ASKED, 'reached', 'h 250 Ok|550 5.1.1 \x1b[31mno\0'], ['C: 550 5.1.1 ?[31mno?']],
    [
      'says of each recipient that the sender is refused',
      [...ASKED, 'reached', 'h 553 5.7.1 not you', 'h 503 no mail', 'c RCPT TO:<e@d.example>'],
      ['C: 553 5.7.1 not you'],
    ],
    ['does not answer twice then', [...ASKED, 'reached', 'h 553 5.7.1 not you', 'h 503 no mail'], []],
    [
      'says for good to a recipient that the message is too large, RFC 5321 §4.5.3.1.10',
      [...ASKED, 'reached', 'h 552-5.3.4 too|552 5.3.4 large'],
      ['C: 554-5.3.4 too', 'C: 554 5.3.4 large'],
    ],
    [
      'tells a second recipient at once',
      [...OPEN, 'c RCPT TO:<e@d.example>|RCPT TO:<f@D.example>'],
      ['H: RCPT TO:<e@d.example>', 'H: RCPT TO:<f@D.example>'],
    ],
    [
      'sends one domain at a time, RFC 5321 §4.5.3.1.10',
      [...OPEN, 'c RCPT TO:<e@other.example>'],
      ['C: 452 4.5.3 One domain in each transaction: this one is for d.example, send other.example in another'],
    ],
    ['lets the data wait for the recipients', [...OPEN, 'c RCPT TO:<e@d.example>|DATA'], ['H: RCPT TO:<e@d.example>']],
    ['and sends it then', [...OPEN, 'c RCPT TO:<e@d.example>|DATA', 'h 250 2.1.5 Ok'], ['H: DATA', 'C: 250 2.1.5 Ok']],
    ['sends no data without a recipient', [...ASKED, 'reached', 'h 250 Ok|550 5.1.1 no', 'c DATA'], ['C: 554 5.5.1 No valid recipients']],
    ['passes the go-ahead on', DATA, ['C: 354 go']],
    ['passes content on as it is, dots with it', SENT, ['H: ..x', 'H: .']],
    [
      'acknowledges nothing that is not acknowledged',
      [...SENT, 'lost'],
      ['leave abort', 'C: 451 4.4.2 The connection to the next hop was lost: it has closed the connection'],
    ],
    ['says what the next hop says in the end', [...SENT, 'h 250 2.0.0 queued as X'], ['C: 250 2.0.0 queued as X']],
    ['and that it refuses', [...SENT, 'h 554 5.7.1 spam'], ['C: 554 5.7.1 spam']],
    [
      'takes 421 for 451, since it stays itself, RFC 5321 §3.8',
      [...SENT, 'h 421 4.3.2 going down'],
      ['leave abort', 'C: 451 4.3.2 going down'],
    ],
    [
      'an acknowledgement before the end is none',
      [...DATA, 'c x', 'h 250 2.0.0 Ok', 'c y|.'],
      ['C: 451 4.5.0 The next hop said what it may not say here'],
    ],
    [
      'a refusal before the end counts, and nothing more is sent',
      [...DATA, 'c x', 'h 552 5.3.4 too big', 'c y|.'],
      ['C: 552 5.3.4 too big'],
    ],
    ['the next hop is left then, before the end', [...DATA, 'c x', 'h 552 5.3.4 too big'], ['leave abort']],
    [
      'a go-ahead is no acknowledgement',
      [...SENT, 'h 354 go on'],
      ['leave abort', 'C: 451 4.5.0 The next hop said what it may not say here'],
    ],
    ['nor is what is no reply', [...SENT, 'h OK'], ['leave abort', 'C: 451 4.5.0 The next hop said what it may not say here']],
    [
      'a next hop that is lost in the content is heard of behind it',
      [...DATA, 'c x', 'lost', 'c y|.'],
      ['C: 451 4.4.2 The connection to the next hop was lost: it has closed the connection'],
    ],
    ['a message without an end has none for the next hop', [...DATA, 'c x', 'done'], ['leave abort', 'end']],
    [
      'a bare line feed ends nothing, CVE-2023-51764',
      [...DATA, 'c x\n.\n'],
      ['leave abort', 'C: 550 5.5.2 Bare CR or LF in the message: lines end with CRLF', 'end'],
    ],
    [
      'another is asked where one goes before it took anything',
      [...ASKED, 'reached', 'h 421 4.7.0 busy'],
      ['leave abort', 'reach d.example behind 451 4.7.0 busy'],
    ],
    [
      'and where it closes the connection',
      [...ASKED, 'reached', 'h 250 Ok', 'lost'],
      ['leave abort', 'reach d.example behind 451 4.4.2 The connection to the next hop was lost: it has closed the connection'],
    ],
    [
      'not where it took a recipient',
      [...OPEN, 'c RCPT TO:<e@d.example>', 'lost'],
      ['leave abort', 'C: 451 4.4.2 The connection to the next hop was lost: it has closed the connection'],
    ],
    [
      'whose transaction is over',
      [...OPEN, 'lost', 'c DATA'],
      ['C: 451 4.4.2 The connection to the next hop was lost: it has closed the connection'],
    ],
    ['says why there is no next hop', [...ASKED, 'unreached 451 4.4.1 nobody there'], ['C: 451 4.4.1 nobody there']],
    [
      'says what the next hop cannot keep',
      ['c EHLO x', 'c MAIL FROM:<a@b.example> BODY=8BITMIME', 'c RCPT TO:<c@d.example>', 'reached bare'],
      ['C: 554 5.6.3 The next hop takes no 8-bit content (8BITMIME), and nothing is converted here'],
    ],
    [
      'and of addresses in UTF-8',
      ['c EHLO x', 'c MAIL FROM:<\xc3\xa4@b.example> SMTPUTF8', 'c RCPT TO:<c@d.example>', 'reached'],
      ['C: 550 5.6.7 The next hop takes no addresses in UTF-8 (SMTPUTF8)'],
    ],
    [
      'takes every letter of UTF-8 for one',
      ['c EHLO x', 'c MAIL FROM:<\xc3\xa0@b.example>', 'c RCPT TO:<\xc3\xa0@d.example>'],
      ['reach d.example'],
    ],
    [
      'looks for the domain that is meant, in whatever letters and with a dot behind it',
      [...MAIL, 'c RCPT TO:<c@B\xc3\x9ccher.example.>'],
      ['reach b\xfccher.example'],
    ],
    [
      'and for none that is not in UTF-8',
      [...MAIL, 'c RCPT TO:<c@b\xfccher.example>'],
      ['C: 501 5.1.3 Bad address syntax of the recipient'],
    ],
    [
      'shows of a domain what is ASCII: the letter would be a line feed',
      [...OPEN, 'c RCPT TO:<c@\xe0\xb4\x8a.example>'],
      ['C: 452 4.5.3 One domain in each transaction: this one is for d.example, send ?.example in another'],
    ],
    [
      'takes up the connection again for the same domain',
      [...SENT, 'h 250 Ok', 'c MAIL FROM:<>', 'c RCPT TO:<x@d.example>'],
      ['H: MAIL FROM:<>', 'H: RCPT TO:<x@d.example>'],
    ],
    [
      'and looks anew where that is gone, blaming nobody',
      [...SENT, 'h 250 Ok', 'c MAIL FROM:<>', 'c RCPT TO:<x@d.example>', 'lost'],
      ['leave abort', 'reach d.example'],
    ],
    ['leaves it for another domain', [...SENT, 'h 250 Ok', 'c MAIL FROM:<>', 'c RCPT TO:<x@e.example>'], ['leave keep', 'reach e.example']],
    ['looks for one that keeps REQUIRETLS, RFC 8689 §4.2.1', STRICT.slice(0, 3), ['reach d.example with REQUIRETLS']],
    ['which hears of it', STRICT.slice(0, 4), ['H: MAIL FROM:<a@b.example> REQUIRETLS', 'H: RCPT TO:<c@d.example>']],
    [
      'and keeps it for the next message',
      [...STRICT, 'c MAIL FROM:<> REQUIRETLS', 'c RCPT TO:<c@d.example>'],
      ['H: MAIL FROM:<> REQUIRETLS', 'H: RCPT TO:<c@d.example>'],
    ],
    ['or for one without', [...STRICT, 'c MAIL FROM:<>', 'c RCPT TO:<c@d.example>'], ['H: MAIL FROM:<>', 'H: RCPT TO:<c@d.example>']],
    [
      'and not the other way round',
      [...SENT, 'h 250 Ok', 'c MAIL FROM:<> REQUIRETLS', 'c RCPT TO:<c@d.example>'],
      ['leave keep', 'reach d.example with REQUIRETLS'],
    ],
    ['a reset is for both', [...OPEN, 'c RSET'], ['H: RSET', 'C: 250 2.0.0 Ok']],
    ['and its answer nobody’s business', [...OPEN, 'c RSET', 'h 250 2.0.0 reset'], []],
    ['so is another hello', [...OPEN, 'c HELO x'], ['H: RSET', 'C: 250 gate.example']],
    ['says good-bye to both', [...OPEN, 'c QUIT'], ['H: QUIT', 'leave quit', 'C: 221 2.0.0 gate.example closes', 'end']],
    ['ends behind a client that says no more', ['c EHLO x', 'done'], ['end']],
    ['knows no chunk without a size', [...OPEN, 'c BDAT x'], ['leave abort', 'C: 501 5.5.4 Syntax: BDAT size [LAST]', 'end']],
    ['nor content that is no lines', ['c EHLO x', 'c MAIL FROM:<> BODY=BINARYMIME'], ['C: 555 5.5.4 MAIL takes no BODY here']],
    [
      'ignores routes, RFC 5321 §4.1.2',
      [...MAIL, 'c RCPT TO:<@x.example,@y.example:c@d.example>', 'reached'],
      ['H: MAIL FROM:<a@b.example> SIZE=9', 'H: RCPT TO:<c@d.example>'],
    ],
    [
      'understands quoted names',
      [...MAIL, 'c RCPT TO:<"a@b> c"@d.example>', 'reached'],
      ['H: MAIL FROM:<a@b.example> SIZE=9', 'H: RCPT TO:<"a@b> c"@d.example>'],
    ],
    ['takes no sender without hello', ['c MAIL FROM:<a@b>'], ['C: 503 5.5.1 Say EHLO first']],
    ['takes no parameter that it has not offered', ['c EHLO x', 'c MAIL FROM:<a@b> RET=HDRS'], ['C: 555 5.5.4 MAIL takes no RET here']],
    ['nor of recipients', [...MAIL, 'c RCPT TO:<c@d.example> NOTIFY=NEVER'], ['C: 555 5.5.4 RCPT takes no NOTIFY here']],
    [
      'takes nobody without a domain',
      [...MAIL, 'c RCPT TO:<postmaster>'],
      ['C: 550 5.1.2 This outlet has no domain of its own: write the address in full'],
    ],
    ['and nothing that is no address', [...MAIL, 'c RCPT TO:<c@@d>'], ['C: 501 5.1.3 Bad address syntax of the recipient']],
  ]
  for (const [why, talk, expected] of table) test(why, () => assert.deepEqual(play(talk), expected))

  test('with one next hop for all, takes recipients of any domain', () => {
    assert.deepEqual(play([...MAIL, 'c RCPT TO:<postmaster>'], true), ['reach '])
    assert.deepEqual(play([...OPEN, 'c RCPT TO:<e@other.example>'], true), ['H: RCPT TO:<e@other.example>'])
  })

  describe('notifications, RFC 3461 §4', () => {
    const RCPT = 'c RCPT TO:<c@d.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;c+2Bx@d.example'
    const ENVELOPE = ['c EHLO x', 'c MAIL FROM:<a@b.example> RET=HDRS ENVID=QQ+3D314', RCPT]
    const ON = [...ENVELOPE, 'reached dsn', 'h 250 Ok|250 Ok']
    const rows: readonly (readonly [why: string, talk: readonly string[], expected: readonly string[]])[] = [
      [
        'are passed on',
        ON.slice(0, 4),
        [
          'H: MAIL FROM:<a@b.example> RET=HDRS ENVID=QQ+3D314',
          'H: RCPT TO:<c@d.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;c+2Bx@d.example',
        ],
      ],
      ['of each recipient', [...ON, 'c RCPT TO:<e@d.example> NOTIFY=NEVER'], ['H: RCPT TO:<e@d.example> NOTIFY=NEVER']],
      [
        'or not offered any more',
        [...ENVELOPE, 'reached'],
        ['C: 451 4.5.4 The next hop takes care of no notifications any more (DSN): send again'],
      ],
      [
        'in the middle of a transaction, too',
        ['c EHLO x', 'c MAIL FROM:<>', 'c RCPT TO:<c@d.example>', 'reached', 'h 250 Ok|250 Ok', RCPT],
        ['C: 451 4.5.4 The next hop takes care of no notifications any more (DSN): send again'],
      ],
      [
        'behind what is still to be answered',
        ['c EHLO x', 'c MAIL FROM:<>', 'c RCPT TO:<c@d.example>', 'reached', 'h 250 Ok|250 Ok', `c RCPT TO:<e@d.example>|${RCPT.slice(2)}`],
        ['H: RCPT TO:<e@d.example>'],
      ],
      ['want words that there are', ['c EHLO x', 'c MAIL FROM:<> RET=ALL'], ['C: 555 5.5.4 MAIL takes no RET here']],
      [
        'never and always are two things',
        ['c EHLO x', 'c MAIL FROM:<>', 'c RCPT TO:<c@d.example> NOTIFY=NEVER,SUCCESS'],
        ['C: 555 5.5.4 RCPT takes no NOTIFY here'],
      ],
      ['and what is in hex is in hex', ['c EHLO x', 'c MAIL FROM:<> ENVID=a+'], ['C: 555 5.5.4 MAIL takes no ENVID here']],
    ]
    for (const [why, talk, expected] of rows) test(why, () => assert.deepEqual(play(talk, true, false, true), expected))

    test('are offered where they are known to be taken care of', () => {
      assert.equal(play(['c EHLO x'], true, false, true).at(-1), 'C: 250 DSN')
    })
  })

  test('in LMTP passes on a reply for each recipient, RFC 2033 §4.2', () => {
    const two = [
      'c LHLO x',
      'c MAIL FROM:<a@b>',
      'c RCPT TO:<c@d>',
      'reached',
      'h 250 Ok|250 Ok',
      'c RCPT TO:<e@d>',
      'h 250 Ok',
      'c DATA',
      'h 354 go',
      'c x|.',
    ]
    assert.deepEqual(play([...two, 'h 250 2.0.0 one|452 4.2.2 full'], true, true), ['C: 250 2.0.0 one', 'C: 452 4.2.2 full'])
    assert.equal(play([...two, 'h 250 2.0.0 one', 'lost'], true, true).length, 2)
  })

  test('twenty errors are enough', () => {
    const said = play(['c EHLO x', ...Array.from({ length: 21 }, () => 'c XYZZY')])
    assert.deepEqual(said, ['C: 502 5.5.1 Command not implemented', 'C: 421 4.7.0 Too many errors', 'end'])
  })

  test('every talk is the same however it is cut', () => {
    for (const [why, talk] of table) {
      const whole = smtpOutlet({ name: 'g', lmtp: false, oneHop: false, dsn: false, longestLine: 1000 })
      const cut = smtpOutlet({ name: 'g', lmtp: false, oneHop: false, dsn: false, longestLine: 1000 })
      assert.deepEqual(told(whole.start()), told(cut.start()))
      for (const line of talk) {
        const [, who = '', words = ''] = /^([ch]) (.*)$/s.exec(line) ?? []
        const expected = happen(whole, line)
        if (who === '') {
          assert.deepEqual(happen(cut, line), expected, why)
          continue
        }
        const steps = `${words.replaceAll('|', '\r\n')}\r\n`
          .split('')
          .flatMap((octet) => told(who === 'c' ? cut.fromClient(octets(octet)) : cut.fromHop(octets(octet))))
        const sides = (all: readonly string[], side: string): string =>
          all
            .filter((one) => one.startsWith(side))
            .map((one) => one.slice(3))
            .join('')
        // What is on its way may have gone before it is known that all of it is for nothing.
        for (const side of expected.includes('leave abort') ? ['C: '] : ['C: ', 'H: '])
          assert.equal(sides(steps, side), sides(expected, side), `${why}: ${line}`)
      }
    }
  })
})

describe('chunks, RFC 3030 §2', () => {
  const asked = (domain: string): readonly string[] => ['c EHLO x', 'c MAIL FROM:<a@b.example>', `c RCPT TO:<c@${domain}>`]
  const TAKEN = [...asked('d.example'), 'reached chunking', 'h 250 Ok|250 Ok']
  const NOT = [...asked('d.example'), 'reached', 'h 250 Ok|250 Ok']
  const BEGUN = [...NOT, 'b BDAT 3|.|', 'h 354 go']
  const table: readonly (readonly [why: string, talk: readonly string[], expected: readonly string[]])[] = [
    ['go on as they come', [...TAKEN, 'b BDAT 3|.|'], ['H: BDAT 3', 'H: .']],
    ['with the reply of the next hop', [...TAKEN, 'b BDAT 3|.|', 'h 250 2.0.0 three'], ['C: 250 2.0.0 three']],
    ['and the last', [...TAKEN, 'b BDAT 1|x', 'h 250 Ok', 'b BDAT 0 LAST|'], ['H: BDAT 0 LAST']],
    ['ends the message', [...TAKEN, 'b BDAT 0 LAST|', 'h 250 2.0.0 queued', 'c MAIL FROM:<>'], ['C: 250 2.1.0 Ok']],
    ['whatever is in them', [...TAKEN, 'b BDAT 9 LAST|\n.\nQUIT\r\n'], ['H: BDAT 9 LAST', 'H: \n', 'H: .\n', 'H: QUIT']],
    ['a refusal is passed on', [...TAKEN, 'b BDAT 1|x', 'h 552 5.3.4 big'], ['H: RSET', 'C: 552 5.3.4 big']],
    ['and said again of what follows', [...TAKEN, 'b BDAT 1|x', 'h 552 5.3.4 big', 'h 250 Ok', 'b BDAT 1 LAST|x'], ['C: 552 5.3.4 big']],
    [
      'the transaction is over then',
      [...TAKEN, 'b BDAT 1|x', 'h 552 5.3.4 big', 'h 250 Ok', 'b BDAT 1 LAST|x', 'c MAIL FROM:<>'],
      ['C: 250 2.1.0 Ok'],
    ],
    [
      'a refusal in the middle of one counts, and nothing more is sent',
      [...TAKEN, 'b BDAT 3|x', 'h 552 5.3.4 big', 'b xx'],
      ['C: 552 5.3.4 big'],
    ],
    [
      'an acknowledgement in the middle is none',
      [...TAKEN, 'b BDAT 3 LAST|x', 'h 250 Ok', 'b xx'],
      ['C: 451 4.5.0 The next hop said what it may not say here'],
    ],
    [
      'a next hop that is lost in one is heard of behind it',
      [...TAKEN, 'b BDAT 3 LAST|x', 'lost', 'b xx'],
      ['C: 451 4.4.2 The connection to the next hop was lost: it has closed the connection'],
    ],
    [
      'and one that is lost between two behind the next',
      [...TAKEN, 'b BDAT 1|x', 'h 250 Ok', 'lost', 'b BDAT 1|x'],
      ['C: 451 4.4.2 The connection to the next hop was lost: it has closed the connection'],
    ],
    ['one that does not end has none for the next hop', [...TAKEN, 'b BDAT 3|x', 'done'], ['leave abort', 'end']],
    ['nor has a message without its last', [...TAKEN, 'b BDAT 1|x', 'h 250 Ok', 'done'], ['H: QUIT', 'leave quit', 'end']],
    ['are content where nobody wants them', ['c EHLO x', 'b BDAT 8|QUIT||'], ['C: 503 5.5.1 MAIL comes first']],
    [
      'or nobody takes the recipient',
      [...asked('d.example'), 'reached chunking', 'h 250 Ok|550 5.1.1 no', 'b BDAT 8 LAST|QUIT||'],
      ['H: RSET', 'C: 554 5.5.1 No valid recipients'],
    ],
    ['begin content where the next hop takes none', [...NOT, 'b BDAT 3|.|'], ['H: DATA']],
    ['with its leave, and dots', BEGUN, ['H: ..', 'C: 250 2.0.0 3 octets']],
    ['which end it', [...BEGUN, 'b BDAT 3 LAST|x|'], ['H: x', 'H: .']],
    ['with the word of the next hop', [...BEGUN, 'b BDAT 3 LAST|x|', 'h 250 2.0.0 queued'], ['C: 250 2.0.0 queued']],
    ['without its leave, nothing goes', [...NOT, 'b BDAT 3|.|', 'h 451 4.3.1 full'], ['H: RSET', 'C: 451 4.3.1 full']],
    [
      'nor where it is lost',
      [...NOT, 'b BDAT 3|.|', 'lost'],
      ['leave abort', 'C: 451 4.4.2 The connection to the next hop was lost: it has closed the connection'],
    ],
    [
      'an end without its CRLF cannot go so',
      [...BEGUN, 'b BDAT 1 LAST|x'],
      ['leave abort', 'C: 554 5.6.3 The last line of the message does not end with CRLF, and the next hop takes no CHUNKING'],
    ],
    [
      'nor a bare line feed, CVE-2023-51764',
      [...BEGUN, 'b BDAT 4|x\n.\n'],
      ['leave abort', 'C: 554 5.6.3 Bare CR or LF in the message, and the next hop takes no CHUNKING: lines end with CRLF'],
    ],
    ['what is in content cannot be reset', [...BEGUN, 'c RSET'], ['leave abort', 'C: 250 2.0.0 Ok']],
    ['nor told good-bye', [...BEGUN, 'c QUIT'], ['leave abort', 'C: 221 2.0.0 gate.example closes', 'end']],
    ['nor left as if all was said', [...BEGUN, 'done'], ['leave abort', 'end']],
    ['a refusal between two is heard behind the next', [...BEGUN, 'h 552 5.3.4 big', 'b BDAT 1|x'], ['C: 552 5.3.4 big']],
    ['nobody is added behind one', [...BEGUN, 'c RCPT TO:<e@d.example>'], ['C: 503 5.5.1 A chunk came before: BDAT or RSET is next']],
    ['nor does DATA follow', [...BEGUN, 'c DATA'], ['C: 503 5.5.1 A chunk came before: BDAT or RSET is next']],
  ]
  for (const [why, talk, expected] of table) test(why, () => assert.deepEqual(play(talk), expected))

  test('in LMTP each recipient hears something', () => {
    const two = ['c LHLO x', 'c MAIL FROM:<a@b>', 'c RCPT TO:<c@d>', 'reached', 'h 250 Ok|250 Ok', 'c RCPT TO:<e@d>', 'h 250 Ok']
    const sent = [...two, 'b BDAT 3 LAST|x|', 'h 354 go']
    assert.deepEqual(play([...sent, 'h 250 2.0.0 one|452 4.2.2 full'], true, true), ['C: 250 2.0.0 one', 'C: 452 4.2.2 full'])
    assert.deepEqual(play([...two, 'b BDAT 3 LAST|x|', 'h 451 4.3.1 no'], true, true), ['H: RSET', 'C: 451 4.3.1 no', 'C: 451 4.3.1 no'])
  })

  /** What the next hop has got, by what it was told to read: the octets of a message, undefined where it did not end. */
  function received(toHop: string): string | undefined {
    const data = /DATA\r\n((?:.*\r\n)*?)\.\r\n/.exec(toHop)?.[1]
    if (toHop.includes('DATA\r\n')) return data?.replaceAll(/^\./gm, '')
    let content = ''
    for (let rest = toHop.slice(toHop.indexOf('BDAT ')); ;) {
      const [line = '', size = '', last] = /^BDAT (\d+)( LAST)?\r\n/.exec(rest) ?? []
      if (line === '') return undefined
      content += rest.slice(line.length, line.length + Number(size))
      rest = rest.slice(line.length + Number(size))
      if (last !== undefined) return content
    }
  }

  test('any message in any chunks, cut anywhere, arrives octet for octet', () => {
    const line = fc.array(fc.constantFrom('.', '..', 'x', 'BDAT 3', '\xe4', ' ')).map((all) => `${all.join('')}\r\n`)
    const message = fc.array(line, { maxLength: 8 }).map((lines) => lines.join(''))
    const sizes = fc.array(fc.nat(9), { maxLength: 6 })
    fc.assert(
      fc.property(message, sizes, sizes, fc.boolean(), (content, chunks, cuts, takesChunks) => {
        const outlet = smtpOutlet({ name: 'gate.example', lmtp: false, oneHop: false, dsn: false, longestLine: 1000 })
        outlet.start()
        for (const word of takesChunks ? TAKEN : NOT) happen(outlet, word)
        const pieces: string[] = []
        let rest = content
        for (const size of chunks) {
          pieces.push(rest.slice(0, size))
          rest = rest.slice(size)
        }
        let said = ''
        let answers = 0
        /** What the next hop hears and says to it. */
        const talk = (step: OutletStep): void => {
          const heard = step.toHop === undefined ? '' : latin1(step.toHop)
          said += heard
          answers += step.toClient === undefined ? 0 : 1
          if (heard.startsWith('DATA\r\n')) talk(outlet.fromHop(octets('354 go\r\n')))
        }
        for (const [index, piece] of [...pieces, rest].entries()) {
          const command = `BDAT ${piece.length}${index === pieces.length ? ' LAST' : ''}\r\n${piece}`
          let [from, turn] = [0, 0]
          while (from < command.length) {
            const to = Math.min(from + Math.max(cuts[turn % cuts.length] ?? command.length, 1), command.length)
            talk(outlet.fromClient(octets(command.slice(from, to))))
            ;[from, turn] = [to, turn + 1]
          }
          if (takesChunks || index === pieces.length) talk(outlet.fromHop(octets('250 2.0.0 Ok\r\n')))
        }
        assert.equal(received(said), content)
        assert.equal(answers, pieces.length + 1)
      }),
    )
  })
})

describe('whatever comes', () => {
  const client = fc.constantFrom(
    'EHLO x',
    'HELO x',
    'MAIL FROM:<a@b>',
    'RCPT TO:<c@d>',
    'RCPT TO:<e@f>',
    'DATA',
    'x',
    '.',
    '..',
    'RSET',
    'NOOP',
    'QUIT',
    'BDAT 3',
    'BDAT 3 LAST',
    'VRFY',
    '\0',
  )
  const hop = fc.constantFrom('250 Ok', '250-a', '354 go', '421 bye', '550 5.1.1 no', '451 later', '220 x', 'nonsense', '250 2.0.0 queued')
  const event = fc.oneof(
    { weight: 6, arbitrary: client.map((text) => ['c', text] as const) },
    { weight: 5, arbitrary: hop.map((text) => ['h', text] as const) },
    fc.constantFrom(
      ['reached', ''] as const,
      ['reached', 'bare'] as const,
      ['reached', 'chunking'] as const,
      ['unreached', '451 4.4.1 no'] as const,
      ['lost', ''] as const,
    ),
  )

  test('nothing is thrown, a message is acknowledged only behind its last dot by the next hop, and nothing follows the end', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const outlet = smtpOutlet({ name: 'gate.example', lmtp: false, oneHop: false, dsn: false, longestLine: 1000 })
        outlet.start()
        let reaching = false
        let connected = false
        let ended = false
        for (const [who, text] of events) {
          if ((who === 'reached' || who === 'unreached') && !reaching) continue
          if ((who === 'h' || who === 'lost') && !connected) continue
          if (who === 'reached') connected = true
          if (who === 'reached' || who === 'unreached') reaching = false
          const done = happen(outlet, `${who} ${text}`)
          assert.ok(!ended || done.length === 0)
          ended ||= done.includes('end')
          if (done.some((one) => one.startsWith('leave'))) connected = false
          if (done.some((one) => one.startsWith('reach'))) reaching = true
          const queued = done.filter((one) => one === 'C: 250 2.0.0 queued')
          // Only what the next hop has just said.
          assert.ok(queued.length === 0 || (who === 'h' && text === '250 2.0.0 queued'))
        }
      }),
      { numRuns: 2000 },
    )
  })
})
