import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Parting } from '../relay.ts'
import { latin1, octets } from './lines.ts'
import { RELAYS } from './list.ts'
import { OPTIONS } from './relay-laws.test.ts'

interface Row {
  readonly why: string
  readonly dialect: string
  /** `S` said by the server, `C` by the client; `copied`: by the server since nothing is looked at any more. */
  readonly said: readonly (readonly ['S' | 'C' | 'copied', string])[]
  readonly parting?: Parting
  /** The last words; undefined where there can be none. */
  readonly hears: string | undefined
}

const IMAP: Row['said'] = [
  ['S', '* OK IMAP4rev1\r\n'],
  ['C', 'a LOGIN u p\r\n'],
  ['S', 'a OK Logged in\r\n'],
]
const SIEVE: Row['said'] = [
  ['S', '"SIEVE" ""\r\nOK\r\n'],
  ['C', 'AUTHENTICATE "PLAIN" "x"\r\n'],
  ['S', 'OK\r\n'],
]
const XMPP: Row['said'] = [['S', "<stream:stream version='1.0'><stream:features/>"]]
const XMPP_LOGIN: Row['said'] = [...XMPP, ['S', "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"]]
const IDLE = 'Nothing was said for too long'
const CLOSES = 'The gate closes, try again later'
const bye = `* BYE ${IDLE}\r\n`
const in421 = `421 4.4.2 gate.example closes: ${IDLE}\r\n`
const timeout = `<stream:error><connection-timeout xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>${IDLE}</text></stream:error></stream:stream>`

const ROWS: readonly Row[] = [
  { why: 'before a command', dialect: 'imap', said: [['S', '* OK IMAP4rev1\r\n']], hears: bye },
  { why: 'in place of a greeting, RFC 9051 §7.1.5', dialect: 'imap', said: [], hears: bye },
  { why: 'in the middle of a response before the login', dialect: 'imap', said: [['S', '* OK x\r\n* X {5}\r\nab']], hears: undefined },
  { why: 'behind the login', dialect: 'imap', said: IMAP, hears: bye },
  { why: 'in IDLE', dialect: 'imap', said: [...IMAP, ['copied', '+ idling\r\n']], hears: bye },
  { why: 'behind news of the mailbox', dialect: 'imap', said: [...IMAP, ['copied', '+ idling\r\n* 23 EXISTS\r\n']], hears: bye },
  { why: 'behind an answer', dialect: 'imap', said: [...IMAP, ['copied', '* 1 FETCH (FLAGS ())\r\nb1 ok done\r\n']], hears: bye },
  { why: 'a literal is due', dialect: 'imap', said: [...IMAP, ['copied', '* 1 FETCH (BODY[] {100}\r\n']], hears: undefined },
  { why: 'a line of a message', dialect: 'imap', said: [...IMAP, ['copied', 'Subject: x\r\n\r\nSo it goes\r\n']], hears: undefined },
  {
    why: 'a line of a message that looks like a response',
    dialect: 'imap',
    said: [...IMAP, ['copied', '* 1 FETCH (BODY[] {100}\r\n'], ['copied', 'To do:\r\n* 23 EXISTS\r\n']],
    hears: undefined,
  },
  {
    why: 'behind a message',
    dialect: 'imap',
    said: [...IMAP, ['copied', '* 1 FETCH (BODY[] {9}\r\nTo do'], ['copied', '\r\n* '], ['copied', ' UID 7)\r\n']],
    hears: bye,
  },
  {
    why: 'behind what came with the login',
    dialect: 'imap',
    said: [...IMAP.slice(0, 2), ['S', 'a OK in\r\n* 1 FETCH (BODY[] {9}\r\n']],
    hears: undefined,
  },
  { why: 'half a line', dialect: 'imap', said: [...IMAP, ['copied', '* 23 EXI']], hears: undefined },
  { why: 'what was compressed, RFC 4978 §3', dialect: 'imap', said: [...IMAP, ['copied', '\x4a\x00\x13\r\n']], hears: undefined },
  {
    why: 'a gate that ends says so, RFC 5530 §3',
    dialect: 'imap',
    said: IMAP,
    parting: 'drained',
    hears: `* BYE [UNAVAILABLE] ${CLOSES}\r\n`,
  },
  { why: 'behind the login', dialect: 'sieve', said: SIEVE, hears: `BYE "${IDLE}"\r\n` },
  { why: 'before it', dialect: 'sieve', said: SIEVE.slice(0, 1), parting: 'drained', hears: `BYE (TRYLATER) "${CLOSES}"\r\n` },
  { why: 'a script is due', dialect: 'sieve', said: [...SIEVE, ['copied', '{30}\r\nOK (X) {30}\r\n']], hears: undefined },
  { why: 'in a script', dialect: 'sieve', said: [...SIEVE, ['copied', '{30}\r\nkeep;\r\nOK\r\n']], hears: undefined },
  { why: 'in a list', dialect: 'sieve', said: [...SIEVE, ['copied', '"vacation"\r\n']], hears: undefined },
  { why: 'never, RFC 1939 §3', dialect: 'pop3', said: [['S', '+OK hello\r\n']], hears: undefined },
  { why: 'before a command, RFC 5321 §3.8', dialect: 'smtp', said: [['S', '220 mx\r\n']], hears: in421 },
  {
    why: 'in place of an answer',
    dialect: 'lmtp',
    said: [
      ['S', '220 mx\r\n'],
      ['C', 'LHLO a\r\n'],
    ],
    hears: in421,
  },
  { why: 'in the middle of a greeting', dialect: 'smtp', said: [['S', '220-mx waits\r\n']], hears: undefined },
  {
    why: 'a day long',
    dialect: 'smtp',
    said: [],
    parting: 'total',
    hears: '421 4.4.2 gate.example closes: The connection has lasted too long\r\n',
  },
  { why: 'a gate that ends', dialect: 'submission', said: [], parting: 'drained', hears: `421 4.3.2 gate.example closes: ${CLOSES}\r\n` },
  { why: 'before a command', dialect: 'ftp', said: [['S', '220 x\r\n']], hears: `421 ${IDLE}\r\n` },
  { why: 'in the middle of an answer', dialect: 'ftp', said: [['S', '220-x\r\n']], hears: `220 Incomplete\r\n421 ${IDLE}\r\n` },
  { why: 'behind the features, RFC 6120 §4.9.3.4', dialect: 'xmpp', said: XMPP, hears: timeout },
  { why: 'behind a stanza', dialect: 'xmpp', said: [...XMPP_LOGIN, ['copied', "<iq type='result'/>\n"]], hears: timeout },
  { why: 'in the middle of another', dialect: 'xmpp', said: [...XMPP, ['S', '<challenge>so it']], hears: undefined },
  { why: 'in the middle of one', dialect: 'xmpp', said: [...XMPP_LOGIN, ['copied', '<message><body>so it']], hears: undefined },
]

describe('what a client hears last that is parted from', () => {
  for (const { why, dialect, said, parting = 'idle', hears } of ROWS)
    test(`${dialect}: ${why}`, () => {
      const relay = RELAYS[dialect]?.({ ...OPTIONS, tls: 'begun' })
      assert.ok(relay)
      for (const [who, text] of said) {
        if (who === 'copied') relay.overheard?.(octets(text))
        else if (who === 'S') relay.fromServer(octets(text))
        else relay.fromClient(octets(text))
      }
      const words = relay.lastWords?.(parting)
      assert.equal(words === undefined ? undefined : latin1(words), hears)
    })

  test('between the go-ahead and TLS nobody says anything', () => {
    for (const [dialect, greeting, request] of [
      ['imap', '* OK IMAP4rev1\r\n', 'a STARTTLS\r\n'],
      ['smtp', '220 mx\r\n', 'STARTTLS\r\n'],
    ] as const) {
      const relay = RELAYS[dialect]?.(OPTIONS)
      relay?.fromServer(octets(greeting))
      if (dialect === 'smtp') {
        relay?.fromClient(octets('EHLO a\r\n'))
        relay?.fromServer(octets('250 mx\r\n'))
      }
      assert.ok(relay?.fromClient(octets(request)).tls !== undefined)
      assert.equal(relay?.lastWords?.('idle'), undefined)
    }
  })
})
