import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { octets } from '../relays/lines.ts'
import { HopOpening, type HopOptions, type HopOutcome } from './smtp-hop.ts'

const OPTIONS: HopOptions = { clientName: 'gate.example', lmtp: false, tls: 'try' }

/** What is said to what a next hop says, and the outcome in a word. `TLS`: it stands. */
function play(says: readonly string[], options: Partial<HopOptions> = {}): readonly string[] {
  const opening = new HopOpening({ ...OPTIONS, ...options })
  return says.flatMap((text) => {
    if (text === 'TLS') return [opening.secured()]
    const { send, outcome } = opening.push(octets(text))
    return [...(send === '' ? [] : [send]), ...(outcome === undefined ? [] : [word(outcome)])]
  })
}

function word(outcome: HopOutcome): string {
  if (outcome.kind === 'ready')
    return `ready ${[...outcome.abilities].map(([name, rest]) => `${name}${rest === '' ? '' : ` ${rest}`}`).join(', ')}`
  return outcome.kind === 'refused' ? `refused to ${outcome.to} ${outcome.reply.code}` : outcome.kind
}

const HELLO = '250-mx\r\n250-SIZE 99\r\n250-starttls\r\n250 8BITMIME\r\n'
const PLAIN = '250-mx\r\n250 SIZE 99\r\n'

describe('HopOpening', () => {
  const table: readonly (readonly [why: string, says: readonly string[], expected: readonly string[], options?: Partial<HopOptions>])[] = [
    ['asks for TLS where it is offered', ['220 mx\r\n', HELLO, '220 go\r\n'], ['EHLO gate.example\r\n', 'STARTTLS\r\n', 'starttls']],
    [
      'believes nothing that was said before it, RFC 3207 §4.2',
      ['220 mx\r\n', HELLO, '220 go\r\n', 'TLS', PLAIN],
      ['EHLO gate.example\r\n', 'STARTTLS\r\n', 'starttls', 'EHLO gate.example\r\n', 'ready SIZE 99'],
    ],
    ['goes on without it where it may', ['220 mx\r\n', PLAIN], ['EHLO gate.example\r\n', 'ready SIZE 99']],
    ['and not where it has to be', ['220 mx\r\n', PLAIN], ['EHLO gate.example\r\n', 'no-tls'], { tls: 'require' }],
    [
      'does not ask where it may not be',
      ['220 mx\r\n', HELLO],
      ['EHLO gate.example\r\n', 'ready SIZE 99, STARTTLS, 8BITMIME'],
      { tls: 'never' },
    ],
    ['nor in TLS', ['220 mx\r\n', HELLO], ['EHLO gate.example\r\n', 'ready SIZE 99, STARTTLS, 8BITMIME'], { tls: 'begun' }],
    [
      'hears that TLS is not to be had now',
      ['220 mx\r\n', HELLO, '454 4.7.0 no\r\n'],
      ['EHLO gate.example\r\n', 'STARTTLS\r\n', 'refused to starttls 454'],
    ],
    [
      'uses nothing behind the go-ahead, CVE-2011-0411',
      ['220 mx\r\n', HELLO, '220 go\r\n250 x\r\n'],
      ['EHLO gate.example\r\n', 'STARTTLS\r\n', 'injection'],
    ],
    [
      'says HELO to who does not know EHLO, RFC 5321 §3.2',
      ['220 mx\r\n', '502 what\r\n', '250 mx\r\n'],
      ['EHLO gate.example\r\n', 'HELO gate.example\r\n', 'ready '],
    ],
    ['and in LMTP nothing else', ['220 mx\r\n', '502 what\r\n'], ['LHLO gate.example\r\n', 'refused to hello 502'], { lmtp: true }],
    ['hears a refusal to greet', ['554 no\r\n'], ['refused to greeting 554']],
    ['in several lines', ['220-mx\r\n220 mx\r\n'], ['EHLO gate.example\r\n']],
    ['knows what is no SMTP', ['SSH-2.0-x\r\n'], ['nonsense']],
    ['and what never ends', ['2'.repeat(300_000)], ['nonsense']],
  ]
  for (const [why, says, expected, options] of table)
    test(why, () => {
      assert.deepEqual(play(says, options), expected)
      const cut = says.flatMap((text) => (text === 'TLS' ? [text] : text.length > 1000 ? [text] : text.split('')))
      if (!expected.includes('injection')) assert.deepEqual(play(cut, options), expected)
    })

  test('whatever comes, it does not throw', () => {
    const soup = fc.array(fc.constantFrom('220 ', '250-', '250 ', '5', '\r\n', '\n', 'STARTTLS', 'x', '\0', ' ')).map((all) => all.join(''))
    fc.assert(fc.property(fc.array(soup), (says) => void play(says)))
  })
})
