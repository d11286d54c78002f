import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { imapRelay } from './imap.ts'
import { octets } from './lines.ts'
import { OPTIONS } from './relay-laws.test.ts'
import { Responses } from './responses.ts'

const FRAMING = { answer: /^(?:\* |OK|NO)/, part: /^"/, text: /^\* OK / }

describe('Responses', () => {
  const rows: readonly (readonly [why: string, said: string, isReady: boolean])[] = [
    ['nothing', '', true],
    ['an answer', '* 1 EXISTS\r\n', true],
    ['a part of one', '"a"\r\n', false],
    ['and its end', '"a"\r\nOK\r\n', true],
    ['half a line', '* 1 EXISTS\r\n* 2', false],
    ['a line of a literal that looks like an answer', '* 1 FETCH {12}\r\n* 1 EXISTS\r\n', false],
    ['behind a literal its response goes on', '* 1 FETCH {2}\r\nab', false],
    ['and has an end', '* 1 FETCH {2}\r\nab)\r\n', true],
    ['in which anything stands', '* 1 FETCH {2}\r\nabc OK {2}\r\nab)\r\n', true],
    ['an empty literal', '* 1 FETCH {0}\r\n', false],
    ['and its response', '* 1 FETCH {0}\r\n)\r\n', true],
    ['nobody asks for a literal of a server', '* 1 FETCH {2+}\r\nab)\r\n', true],
    ['text is no literal', '* OK {2}\r\n', true],
    ['a literal in an answer behind parts of it', 'NO {4}\r\n* 1\r\n', false],
    ['that ends', 'NO {4}\r\n* 1\r\r\n', true],
    ['what is no response', '\x4a\x00\r\n', false],
    ['what looks like one behind it: RFC 4978 §3', '\x4a\x00\r\n* 1 EXISTS\r\n', false],
    ['a line feed alone', '* 1 EXISTS\n', false],
    ['a long line', `* ${'x'.repeat(70_000)}\r\n`, true],
    ['a literal behind a long line', `* ${'x'.repeat(70_000)} {70000}\r\n${'* \r\n'.repeat(17_500)}`, false],
  ]
  for (const [why, said, isReady] of rows)
    test(why, () => {
      for (const cut of [said.length + 1, 1, 3]) {
        const responses = new Responses(FRAMING)
        for (let at = 0; at < said.length; at += cut) responses.push(octets(said.slice(at, at + cut)))
        assert.equal(responses.isReady, isReady, `in pieces of ${cut}`)
      }
    })

  test('however it is cut, and whatever comes', () => {
    const some = fc.constantFrom('* 1 EXISTS', 'OK', '"', '{2}', '{13}', '\r\n', '\r\n', '\n', 'x', '* OK ')
    fc.assert(
      fc.property(fc.array(some), fc.array(fc.nat(40)), (words, cuts) => {
        const bytes = octets(words.join(''))
        const [whole, cut] = [new Responses(FRAMING), new Responses(FRAMING)]
        whole.push(bytes)
        let at = 0
        for (const length of [...cuts, bytes.length]) {
          cut.push(bytes.subarray(at, at + length))
          at = Math.min(at + length, bytes.length)
        }
        assert.equal(cut.isReady, whole.isReady)
      }),
    )
  })

  test('of IMAP each response stands for itself, RFC 9051 §7', () => {
    for (const [said, isReady] of [
      ['+ idling', true],
      ['+', true],
      ['* 23 EXISTS', true],
      ['* 1 FETCH (FLAGS (\\Seen) UID 7)', true],
      ['* LIST () "/" {5}', false],
      ['* OK [PERMANENTFLAGS ()] {5}', true],
      ['A142 OK [READ-WRITE] SELECT completed', true],
      ['a.1 no {5}', true],
      ['a1 FETCH done', false],
      ['* (', false],
      ['*', false],
    ] as const) {
      const relay = imapRelay({ ...OPTIONS, tls: 'begun' })
      relay.fromServer(octets('* PREAUTH in\r\n'))
      relay.overheard?.(octets(`${said}\r\n`))
      assert.equal(relay.lastWords?.('idle') !== undefined, isReady, said)
    }
  })
})
