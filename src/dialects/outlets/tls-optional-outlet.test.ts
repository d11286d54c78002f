import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { latin1, octets } from '../relays/lines.ts'
import type { Outlet, OutletStep } from './outlet.ts'
import { tlsOptionalOutlet } from './tls-optional-outlet.ts'
import { saysTlsOptional } from './tls-required-field.ts'

const SAYS: readonly (readonly [why: string, header: string, says: boolean])[] = [
  ['as RFC 8689 §3 writes it', 'Subject: x\r\nTLS-Required: No\r\n', true],
  ['in any letters', 'tls-required:no\r\n', true],
  ['folded', 'TLS-Required:\r\n No\r\nSubject: x\r\n', true],
  ['another word', 'TLS-Required: Yes\r\n', false],
  ['a word more', 'TLS-Required: No, please\r\n', false],
  ['more than once', 'TLS-Required: No\r\nTLS-Required: No\r\n', false],
  ['in the line of another field', 'Subject: x\r\n TLS-Required: No\r\n', false],
  ['in the text', 'Subject: x\r\n\r\nTLS-Required: No\r\n', false],
  ['in a text without header', '\r\nTLS-Required: No\r\n', false],
  ['nothing', '', false],
]
describe('saysTlsOptional()', () => {
  for (const [why, header, says] of SAYS) test(why, () => assert.equal(saysTlsOptional(header), says))
})

const ABLE = new Map([['PIPELINING', '']])
const REFUSAL = '451 4.7.4 mx offers no STARTTLS'

function outletOf(): Outlet {
  const outlet = tlsOptionalOutlet({ name: 'gate.example', lmtp: false, oneHop: false, dsn: false, longestLine: 1000 }, REFUSAL)
  outlet.start()
  return outlet
}

function told({ toHop, leave, reach, toClient, end }: OutletStep): readonly string[] {
  const lines = (who: string, bytes: Uint8Array | undefined): readonly string[] =>
    bytes === undefined ? [] : (latin1(bytes).match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line) => `${who}: ${line.replace(/\r\n$/, '')}`)
  return [
    ...lines('H', toHop),
    ...(leave === undefined ? [] : [`leave ${leave}`]),
    ...(reach === undefined ? [] : [`reach ${reach.domain}`]),
    ...lines('C', toClient),
    ...(end === true ? ['end'] : []),
  ]
}

/** One word of a talk: `c` and `h` say lines, the others happen. */
function happen(outlet: Outlet, word: string): OutletStep {
  const [, who = '', words = ''] = /^(\S+) ?(.*)$/.exec(word) ?? []
  const bytes = octets(`${words.replaceAll('|', '\r\n')}\r\n`)
  switch (who) {
    case 'c':
      return outlet.fromClient(bytes)
    case 'h':
      return outlet.fromHop(bytes)
    case 'reached':
      return outlet.reached(words === 'bare' ? new Map() : ABLE)
    case 'unreached':
      return outlet.unreached(words)
    case 'lost':
      return outlet.hopLost('it has closed the connection')
    default:
      return outlet.clientDone()
  }
}

const ASKED = ['c MAIL FROM:<a@b.example>|RCPT TO:<c@d.example>', 'c DATA']
const HEADER = [...ASKED, 'c TLS-Required: No|']
const WHOLE = [...HEADER, 'c x|.']
const TAKEN = 'h 250 Ok|250 Ok|354 go'

describe('a message that may do without TLS', () => {
  const rows: readonly (readonly [why: string, talk: readonly string[], last: readonly string[]])[] = [
    [
      'has one recipient',
      [...ASKED.slice(0, 1), 'c RCPT TO:<e@d.example>'],
      ['C: 452 4.5.3 One recipient in each transaction where TLS fails with their domain: send the others in another'],
    ],
    ['is looked for a next hop when its header says so', HEADER, ['reach d.example']],
    ['and not before that has ended', [...ASKED, 'c TLS-Required: No'], []],
    ['one that says nothing is read to its end', [...ASKED, 'c Subject: x||x'], []],
    ['and then refused', [...ASKED, 'c Subject: x||x', 'c .'], [`C: ${REFUSAL}`, 'end']],
    ['as is one without an end of its header', [...ASKED, 'c Subject: x|.'], [`C: ${REFUSAL}`, 'end']],
    ['one that is all header may say so', [...ASKED, 'c TLS-Required: No|.'], ['reach d.example']],
    ['waits for who takes it', [...HEADER, 'c x'], []],
    ['is said to it', [...HEADER, 'reached'], ['H: MAIL FROM:<a@b.example>', 'H: RCPT TO:<c@d.example>']],
    ['line by line where it must be', [...HEADER, 'reached bare', 'h 250 Ok'], ['H: RCPT TO:<c@d.example>']],
    ['goes on as far as it has come', [...HEADER, 'reached', TAKEN], ['H: DATA', 'H: TLS-Required: No', 'H: ']],
    ['and as it comes', [...HEADER, 'reached', TAKEN, 'c x|.'], ['H: x', 'H: .']],
    ['or whole', [...WHOLE, 'reached', TAKEN], ['H: DATA', 'H: TLS-Required: No', 'H: ', 'H: x', 'H: .']],
    ['is answered by the next hop', [...WHOLE, 'reached', TAKEN, 'h 250 2.0.0 queued'], ['leave keep', 'C: 250 2.0.0 queued', 'end']],
    ['or refused by it', [...WHOLE, 'reached', TAKEN, 'h 554 5.7.1 spam'], ['leave keep', 'C: 554 5.7.1 spam', 'end']],
    ['whose word on the sender counts', [...WHOLE, 'reached', 'h 552 5.2.2 no'], ['H: QUIT', 'leave quit', 'C: 554 5.2.2 no', 'end']],
    ['on the recipient', [...WHOLE, 'reached', 'h 250 Ok|550 5.1.1 who'], ['H: QUIT', 'leave quit', 'C: 550 5.1.1 who', 'end']],
    [
      'and on the data, at the end of the message',
      [...HEADER, 'reached', 'h 250 Ok|250 Ok|451 4.3.1 full', 'c x|.'],
      ['C: 451 4.3.1 full', 'end'],
    ],
    ['is refused where there is none', [...WHOLE, 'unreached 451 4.4.1 nobody'], ['C: 451 4.4.1 nobody', 'end']],
    ['or at its end', [...HEADER, 'unreached 451 4.4.1 nobody', 'c x|.'], ['C: 451 4.4.1 nobody', 'end']],
    [
      'stays with the sender where that is lost',
      [...WHOLE, 'reached', TAKEN, 'lost'],
      ['leave abort', 'C: 451 4.4.2 The connection to the next hop was lost: it has closed the connection', 'end'],
    ],
    [
      'where it says that it has what has not come',
      [...HEADER, 'reached', TAKEN, 'h 250 Ok', 'c x|.'],
      ['C: 451 4.5.0 The next hop said what it may not say here', 'end'],
    ],
    [
      'where it cannot take its octets',
      ['c MAIL FROM:<a@b.example> BODY=8BITMIME|RCPT TO:<c@d.example>', ...WHOLE.slice(1), 'reached'],
      ['H: QUIT', 'leave quit', 'C: 554 5.6.3 The next hop takes no 8-bit content (8BITMIME), and nothing is converted here', 'end'],
    ],
    ['without an end has none for the next hop', [...HEADER, 'reached', TAKEN, 'done'], ['leave abort', 'end']],
    ['that nobody wants any more needs nobody', [...HEADER, 'done'], ['end']],
  ]
  for (const [why, talk, last] of rows)
    test(why, () => {
      const outlet = outletOf()
      assert.deepEqual(talk.map((word) => told(happen(outlet, word))).at(-1), last)
    })

  test('is the same however it is cut, and is held in bounds', () => {
    const field = fc.constantFrom('TLS-Required: No\r\n', 'Subject: x\r\n', ' folded\r\n', '\r\n', 'x\r\n', '..\r\n')
    const message = fc.array(field, { maxLength: 12 }).map((lines) => `${lines.join('')}.\r\n`)
    const play = (content: string, size: number): string => {
      const outlet = outletOf()
      for (const word of ASKED) happen(outlet, word)
      let said = ''
      for (let at = 0; at < content.length; at += size) {
        const step = outlet.fromClient(octets(content.slice(at, at + size)))
        said += told(step).join('\n')
        if (step.reach === undefined) continue
        said += told(outlet.reached(ABLE)).join('\n')
        said += told(happen(outlet, TAKEN)).join('')
      }
      return said.replaceAll(/H: |\n/g, '')
    }
    fc.assert(fc.property(message, fc.integer({ min: 1, max: 30 }), (content, size) => play(content, size) === play(content, 1000)))
    const outlet = outletOf()
    for (const word of [...ASKED, 'c TLS-Required: No|']) happen(outlet, word)
    assert.equal(outlet.isFull(), false)
    outlet.fromClient(octets('x'.repeat(64 * 1024)))
    assert.equal(outlet.isFull(), true)
  })

  test('is not looked for in a header without end', () => {
    const outlet = outletOf()
    for (const word of ASKED) happen(outlet, word)
    const long = `TLS-Required: No\r\n${'Subject: x\r\n'.repeat(5500)}`
    assert.deepEqual(told(outlet.fromClient(octets(long))), [])
    assert.deepEqual(told(outlet.fromClient(octets('\r\nx\r\n.\r\n'))), [`C: ${REFUSAL}`, 'end'])
  })
})
