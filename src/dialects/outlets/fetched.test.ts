import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { latin1, octets } from '../relays/lines.ts'
import { FETCHED, type FetchedDialect } from './fetched.ts'
import type { OnwardOutcome } from './onward.ts'
import type { Login } from './sasl.ts'

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
const utf8 = (text: string): string => latin1(Buffer.from(text, 'utf8'))

function dialect(name: string): FetchedDialect {
  const found = FETCHED[name]
  assert.ok(found)
  return found
}

/** What is said, and whom the client claims to be. */
function play(name: string, pieces: readonly string[]): { readonly said: string; readonly claim: string; readonly ended: boolean } {
  const door = dialect(name).door('gate.example')
  let [said, claim, ended] = ['', '', false]
  for (const piece of pieces) {
    const step = door.push(octets(piece))
    said += step.toClient
    if (step.claim !== undefined) claim += `${step.claim.user}/${step.claim.password}`
    ended ||= step.end === true
  }
  return { said, claim, ended }
}

type DoorRow = readonly [why: string, text: string, said: RegExp, claim: string]

const POP3: readonly DoorRow[] = [
  ['USER and PASS', 'USER a b\r\nPASS c d \r\n', /^\+OK\r\n$/, 'a b/c d '],
  ['in UTF-8', 'USER \xc3\xa4\r\nPASS \xc3\xb6\r\n', /^\+OK\r\n$/, '\xe4/\xf6'],
  ['AUTH PLAIN at once', `AUTH PLAIN ${base64('\0a\0b')}\r\n`, /^$/, 'a/b'],
  ['AUTH PLAIN with a question', `AUTH PLAIN\r\n${base64('a\0a\0b')}\r\n`, /^\+ \r\n$/, 'a/b'],
  ['for somebody else', `AUTH PLAIN ${base64('x\0a\0b')}\r\n`, /^-ERR bad PLAIN/, ''],
  ['AUTH LOGIN', `auth login\r\n${base64('a')}\r\n${base64('b')}\r\n`, /^\+ VXNlcm5hbWU6\r\n\+ UGFzc3dvcmQ6\r\n$/, 'a/b'],
  ['given up', 'AUTH LOGIN\r\n*\r\n', /-ERR given up/, ''],
  ['PASS alone', 'PASS x\r\n', /^-ERR USER comes first/, ''],
  ['what it can', 'CAPA\r\n', /\r\nSASL PLAIN LOGIN\r\n(?:[A-Z-]+\r\n)+\.\r\n$/, ''],
  ['mail before the login', 'STAT\r\n', /^-ERR log in first/, ''],
  ['good-bye', 'QUIT\r\n', /^\+OK gate\.example closes/, ''],
]

const IMAP: readonly DoorRow[] = [
  ['LOGIN with atoms', 'a LOGIN me secret\r\n', /^$/, 'me/secret'],
  ['LOGIN with quotes', 'a login "m e" "s\\"e\\\\"\r\n', /^$/, 'm e/s"e\\'],
  ['LOGIN with literals that wait', 'a LOGIN {2}\r\nme {3}\r\ns"\\\r\n', /^\+ go on\r\n\+ go on\r\n$/, 'me/s"\\'],
  ['LOGIN with literals that do not, RFC 7888 §4', 'a LOGIN {2+}\r\nme {2+}\r\ns)\r\n', /^$/, 'me/s)'],
  ['LOGIN with a literal of UTF-8 and an atom', 'a LOGIN {2+}\r\n\xc3\xa4 s\r\n', /^$/, '\xe4/s'],
  ['LOGIN with an empty password', 'a LOGIN me {0}\r\n\r\n', /^\+ go on\r\n$/, 'me/'],
  ['LOGIN that would not be read the same everywhere', 'a LOGIN {3+}\r\nm\ne s\r\n', /^a BAD log in first/, ''],
  ['LOGIN of too many', 'a LOGIN me secret more\r\n', /^a BAD a user and a password/, ''],
  ['LOGIN with a literal longer than anybody has a password', 'a LOGIN me {99999}\r\n', /^\* BYE the line is too long/, ''],
  ['AUTHENTICATE PLAIN at once, RFC 4959 §3', `a AUTHENTICATE PLAIN ${base64('\0a\0b')}\r\n`, /^$/, 'a/b'],
  ['AUTHENTICATE PLAIN with a go-ahead', `a AUTHENTICATE PLAIN\r\n${base64('\0a\0b')}\r\n`, /^\+ \r\n$/, 'a/b'],
  ['AUTHENTICATE LOGIN', `a authenticate login\r\n${base64('a')}\r\n${base64('b')}\r\n`, /^\+ VXNl\w+:?\r\n|\+ /, 'a/b'],
  ['for somebody else', `a AUTHENTICATE PLAIN ${base64('x\0a\0b')}\r\n`, /^a BAD bad PLAIN/, ''],
  ['given up', 'a AUTHENTICATE PLAIN\r\n*\r\n', /^\+ \r\na BAD given up/, ''],
  ['with a mechanism of today', 'a AUTHENTICATE XOAUTH2 abc\r\n', /^a BAD no such mechanism/, ''],
  ['what it can', 'a CAPABILITY\r\n', /^\* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN\r\na OK/, ''],
  ['who it is', 'a ID ("name" {3+}\r\nold)\r\n', /^\* ID NIL\r\na OK/, ''],
  ['nothing', 'a NOOP\r\n', /^a OK/, ''],
  ['mail before the login', 'a SELECT INBOX\r\n', /^a BAD log in first/, ''],
  ['good-bye', 'a LOGOUT\r\n', /^\* BYE gate\.example closes\r\na OK/, ''],
  ['another protocol', 'GET / HTTP/1.0\r\n', /^GET BAD|^\* BAD/, ''],
]

for (const [name, rows] of [
  ['pop3', POP3],
  ['imap', IMAP],
] as const)
  describe(`whoever logs in at the gate by ${name}`, () => {
    for (const [why, text, said, claim] of rows)
      test(why, () => {
        const played = play(name, [text])
        assert.match(played.said, said)
        assert.equal(played.claim, claim)
        assert.deepEqual(play(name, text.split('')), played)
      })

    test('whatever comes, it does not throw, and it ends', () => {
      const words = ['USER a', 'PASS b', 'AUTH ', 'a AUTHENTICATE ', 'PLAIN', 'a LOGIN ', ' {3}', ' {2+}', ' "', '\\', 'QUIT', 'LOGOUT']
      const soup = fc.array(fc.constantFrom(...words, '\r\n', '\n', '*', '\0', 'x'.repeat(20_000))).map((all) => all.join(''))
      fc.assert(
        fc.property(fc.array(soup), (pieces) => {
          const whole = play(name, [pieces.join('')])
          // Nothing behind a claim is for the door.
          if (whole.claim === '') assert.deepEqual(play(name, pieces), whole)
        }),
      )
      assert.equal(play(name, ['x\r\n'.repeat(30)]).ended, true)
    })
  })

test('nothing behind a claim is read before it is answered, and a claim may be wrong three times', () => {
  for (const [name, text, behind, refused, welcome] of [
    ['pop3', 'USER a\r\nPASS b\r\n', 'STAT\r\n', /^-ERR \[(?:AUTH|SYS\/TEMP)\] no\r\n/, '+OK logged in\r\n'],
    [
      'imap',
      't LOGIN a b\r\n',
      'u SELECT INBOX\r\n',
      /^t NO \[(?:AUTHENTICATIONFAILED|UNAVAILABLE)\] no\r\n/,
      '* OK hi\r\nt OK [ALERT] x\r\n',
    ],
  ] as const) {
    const door = dialect(name).door('g')
    assert.deepEqual(door.push(octets(text + behind)).claim, { user: 'a', password: 'b' })
    assert.equal(latin1(door.rest()), behind)
    assert.equal(door.welcome({ kind: 'ready', before: '* OK hi\r\n', words: '[ALERT] x', behind: '' }), welcome)
    for (const kind of ['wrong', 'unavailable', 'wrong'] as const) {
      const step = door.refuse('no', kind)
      assert.match(step.toClient, refused)
      assert.equal(step.end === true, door.push(octets(text)).claim === undefined)
    }
  }
})

const TOKEN: Login = { user: 'u', kind: 'token', secret: 't' }
const PASSWORD: Login = { user: 'u', kind: 'password', secret: 'p\xe4"' }
const XOAUTH2 = base64('user=u\x01auth=Bearer t\x01\x01')
const OAUTHBEARER = base64('n,a=u,\x01auth=Bearer t\x01\x01')
const PLAIN = base64('\0u\0p\xe4"')

type Turn = readonly [hears: string, says: string]
type OnwardRow = readonly [why: string, login: Login, turns: readonly Turn[], outcome: OnwardOutcome]

const POP3_ONWARD: readonly OnwardRow[] = [
  [
    'in a line of its own for the token, RFC 5034 §4',
    TOKEN,
    [
      ['+OK hi\r\n', 'CAPA\r\n'],
      ['+OK\r\nTOP\r\nSASL PLAIN XOAUTH2\r\n.\r\n', 'AUTH XOAUTH2\r\n'],
      ['+ \r\n', `${XOAUTH2}\r\n`],
      ['+OK in\r\n', ''],
    ],
    { kind: 'ready', before: '', words: 'in', behind: '' },
  ],
  [
    'by RFC 7628 §3 where that is offered, and a refusal is heard to its end',
    TOKEN,
    [
      ['+OK hi\r\n', 'CAPA\r\n'],
      ['+OK\r\nSASL XOAUTH2 OAUTHBEARER\r\n.\r\n', 'AUTH OAUTHBEARER\r\n'],
      ['+ \r\n', `${OAUTHBEARER}\r\n`],
      ['+ e30=\r\n', 'AQ==\r\n'],
      ['-ERR no\r\n', ''],
    ],
    { kind: 'refused', words: 'no' },
  ],
  [
    'where nobody knows CAPA',
    TOKEN,
    [
      ['+OK hi\r\n', 'CAPA\r\n'],
      ['-ERR what\r\n', 'AUTH XOAUTH2\r\n'],
      ['-ERR what\r\n', ''],
    ],
    { kind: 'refused', words: 'what' },
  ],
  [
    'with a password by PLAIN',
    PASSWORD,
    [
      ['+OK hi\r\n', 'CAPA\r\n'],
      ['+OK\r\nSASL PLAIN\r\n.\r\n', 'AUTH PLAIN\r\n'],
      ['+ \r\n', `${PLAIN}\r\n`],
      ['+OK in\r\n', ''],
    ],
    { kind: 'ready', before: '', words: 'in', behind: '' },
  ],
  [
    'with a password by USER and PASS',
    PASSWORD,
    [
      ['+OK hi\r\n', 'CAPA\r\n'],
      ['+OK\r\nUSER\r\n.\r\n', 'USER u\r\n'],
      ['+OK\r\n', `PASS ${utf8('p\xe4"')}\r\n`],
      ['-ERR [AUTH] no\r\n', ''],
    ],
    { kind: 'refused', words: '[AUTH] no' },
  ],
  [
    'with a token where there is no way',
    TOKEN,
    [
      ['+OK hi\r\n', 'CAPA\r\n'],
      ['+OK\r\nSASL PLAIN\r\n.\r\n', ''],
    ],
    { kind: 'no-way' },
  ],
  ['that says no', TOKEN, [['-ERR busy\r\n', '']], { kind: 'refused', words: 'busy' }],
  [
    'that repeats what it was told',
    TOKEN,
    [
      ['+OK hi\r\n', 'CAPA\r\n'],
      ['-ERR what\r\n', 'AUTH XOAUTH2\r\n'],
      ['+ \r\n', `${XOAUTH2}\r\n`],
      [`-ERR not ${XOAUTH2}\r\n`, ''],
    ],
    { kind: 'refused', words: 'not ***' },
  ],
]

const IMAP_ONWARD: readonly OnwardRow[] = [
  [
    'at once where it may, RFC 4959 §3; and the client sees what is of use to it',
    TOKEN,
    [
      ['* OK wait\r\n* OK hi\r\n', 'P1 CAPABILITY\r\n'],
      ['* OK [ALERT] late\r\n* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2\r\nP1 OK\r\n', `P2 AUTHENTICATE XOAUTH2 ${XOAUTH2}\r\n`],
      ['* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR IDLE UNAUTHENTICATE\r\n* OK [ALERT] full\r\nP2 OK in\r\n* OK x\r\n', ''],
    ],
    {
      kind: 'ready',
      before: '* OK [ALERT] late\r\n* CAPABILITY IMAP4rev1 IDLE\r\n* OK [ALERT] full\r\n',
      words: 'in',
      behind: '* OK x\r\n',
    },
  ],
  [
    'in a line of its own where it must be, by RFC 7628 §3',
    TOKEN,
    [
      ['* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n', 'P1 CAPABILITY\r\n'],
      ['* CAPABILITY IMAP4rev1 auth=xoauth2 auth=oauthbearer\r\nP1 OK\r\n', 'P2 AUTHENTICATE OAUTHBEARER\r\n'],
      ['+ \r\n', `${OAUTHBEARER}\r\n`],
      ['P2 OK [CAPABILITY IMAP4rev1 LOGINDISABLED MOVE STARTTLS] in\r\n', ''],
    ],
    { kind: 'ready', before: '', words: '[CAPABILITY IMAP4rev1 MOVE] in', behind: '' },
  ],
  [
    'and a refusal is heard to its end',
    TOKEN,
    [
      ['* OK hi\r\n', 'P1 CAPABILITY\r\n'],
      ['* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2\r\nP1 OK\r\n', `P2 AUTHENTICATE XOAUTH2 ${XOAUTH2}\r\n`],
      ['+ e30=\r\n', '\r\n'],
      ['P2 NO [AUTHENTICATIONFAILED] no\r\n', ''],
    ],
    { kind: 'refused', words: '[AUTHENTICATIONFAILED] no' },
  ],
  [
    'with a password by PLAIN',
    PASSWORD,
    [
      ['* OK hi\r\n', 'P1 CAPABILITY\r\n'],
      ['* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nP1 OK\r\n', 'P2 AUTHENTICATE PLAIN\r\n'],
      ['+ \r\n', `${PLAIN}\r\n`],
      ['P2 NO no\r\n', ''],
    ],
    { kind: 'refused', words: 'no' },
  ],
  [
    'with a password by LOGIN',
    PASSWORD,
    [
      ['* OK hi\r\n', 'P1 CAPABILITY\r\n'],
      ['* CAPABILITY IMAP4rev1\r\nP1 OK\r\n', `P2 LOGIN "u" "${utf8('p\xe4\\"')}"\r\n`],
      ['* BYE go away\r\n', ''],
    ],
    { kind: 'refused', words: 'go away' },
  ],
  [
    'with a password where LOGIN is not taken, RFC 9051 §6.2.3',
    PASSWORD,
    [
      ['* OK hi\r\n', 'P1 CAPABILITY\r\n'],
      ['* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nP1 OK\r\n', ''],
    ],
    { kind: 'no-way' },
  ],
  ['that says good-bye', TOKEN, [['* BYE busy\r\n', '']], { kind: 'refused', words: 'busy' }],
  ['that has let in somebody already', TOKEN, [['* PREAUTH hi\r\n', '']], { kind: 'nonsense', words: '* PREAUTH hi' }],
  [
    'that says more than anybody reads',
    TOKEN,
    [
      ['* OK hi\r\n', 'P1 CAPABILITY\r\n'],
      ['* OK x\r\n'.repeat(100), ''],
    ],
    { kind: 'nonsense', words: 'it says too much' },
  ],
]

for (const [name, rows] of [
  ['pop3', POP3_ONWARD],
  ['imap', IMAP_ONWARD],
] as const)
  describe(`the gate logs in by ${name} at a server`, () => {
    for (const [why, login, turns, outcome] of rows)
      test(why, () => {
        for (const cut of ['', '\n'] as const) {
          const onward = dialect(name).onward(login)
          let found: OnwardOutcome | undefined
          for (const [hears, says] of turns) {
            // In one breath, and line by line.
            const pieces = cut === '' ? [hears] : hears.split(/(?<=\n)/)
            const steps = pieces.slice(0, found === undefined ? undefined : 0).map((piece) => onward.push(octets(piece)))
            assert.equal(steps.map(({ send }) => send).join(''), says)
            found = steps.find((step) => step.outcome !== undefined)?.outcome
          }
          assert.deepEqual(found, cut !== '' && outcome.kind === 'ready' ? { ...outcome, behind: '' } : outcome)
        }
      })

    test('whatever comes, it does not throw, and holds no more than a line', () => {
      const words = [
        '+OK',
        '-ERR',
        '+ ',
        '* OK',
        '* BYE',
        'P1 OK',
        'P2 OK',
        '* CAPABILITY AUTH=XOAUTH2',
        'SASL XOAUTH2',
        '.',
        '{3}',
        '\0',
        ' ',
      ]
      const soup = fc.array(fc.constantFrom(...words, '\r\n', '\n', 'x'.repeat(20_000))).map((all) => all.join(''))
      fc.assert(
        fc.property(fc.array(soup), (pieces) => {
          const onward = dialect(name).onward(TOKEN)
          for (const piece of pieces) if (onward.push(octets(piece)).outcome !== undefined) return
        }),
      )
    })
  })
