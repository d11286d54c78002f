import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Relay, RelayOptions, RelayStep } from '../relay.ts'
import { latin1, octets } from './lines.ts'
import { lmtpRelay, smtpRelay } from './smtp.ts'

const OPTIONS: RelayOptions = { tls: 'offered', hidesLogin: true, longestLine: 1000, gateName: 'gate.example' }

/** A strict server, written without a look at the relay: what it is told, and what it says to it. */
class Server {
  #held = ''
  #mode: 'command' | 'exchange' | 'content' | { chunk: number } = 'command'
  readonly commands: string[] = []
  readonly messages: string[] = []
  #message = ''

  hear(text: string): string {
    this.#held += text
    let said = ''
    for (let reply = this.#one(); reply !== undefined; reply = this.#one()) said += reply
    return said
  }

  #one(): string | undefined {
    if (typeof this.#mode === 'object') return this.#chunk(this.#mode.chunk)
    const end = this.#held.indexOf('\r\n')
    if (end < 0) return undefined
    const line = this.#held.slice(0, end)
    this.#held = this.#held.slice(end + 2)
    if (this.#mode === 'content') return this.#content(line)
    if (this.#mode === 'exchange') {
      this.#mode = 'command'
      this.commands.push(`exchange ${line}`)
      return '235 in\r\n'
    }
    return this.#command(line)
  }

  #chunk(size: number): string | undefined {
    if (this.#held.length < size) return undefined
    this.messages.push(this.#held.slice(0, size))
    this.#held = this.#held.slice(size)
    this.#mode = 'command'
    return `250 ${size} octets\r\n`
  }

  #content(line: string): string {
    if (line !== '.') {
      this.#message += `${line}\r\n`
      return ''
    }
    this.messages.push(this.#message)
    this.#message = ''
    this.#mode = 'command'
    return '250 queued\r\n'
  }

  #command(line: string): string {
    this.commands.push(line)
    const [verb = '', size = ''] = line
      .toUpperCase()
      .split(/[ \t]+/)
      .filter(Boolean)
    if (verb === 'EHLO') return '250-a\r\n250-AUTH LOGIN\r\n250-STARTTLS\r\n250-XCLIENT NAME\r\n250 CHUNKING\r\n'
    if (verb === 'DATA') this.#mode = 'content'
    if (verb === 'AUTH') this.#mode = 'exchange'
    if (verb === 'BDAT') this.#mode = { chunk: Number(size) }
    if (verb === 'BDAT') return ''
    if (verb === 'DATA') return '354 go\r\n'
    if (verb === 'AUTH') return '334 YQ==\r\n'
    return verb === 'QUIT' ? '221 bye\r\n' : `250 ${verb}\r\n`
  }
}

/** What came of a client's octets, in these segments, with a server that answers at once, or later. */
function converse(segments: readonly string[], options: RelayOptions, late: boolean) {
  const relay = smtpRelay(options)
  const server = new Server()
  let client = ''
  let told = ''
  let pending = '220 a\r\n'
  const ends: string[] = []
  const go = (step: RelayStep): void => {
    client += latin1(step.toClient ?? octets(''))
    told += latin1(step.toServer ?? octets(''))
    pending += server.hear(latin1(step.toServer ?? octets('')))
    if (step.tls !== undefined) ends.push('tls')
    if (step.end !== undefined) ends.push(step.end)
  }
  const answer = (): void => {
    while (pending !== '' && ends.length === 0) {
      const said = pending
      pending = ''
      go(relay.fromServer(octets(said)))
    }
  }
  if (!late) answer()
  for (const segment of segments) {
    if (ends.length > 0) break
    go(relay.fromClient(octets(segment)))
    if (!late) answer()
  }
  answer()
  return { client, told, ends, commands: server.commands, messages: server.messages, relay }
}

const LINES = [
  'EHLO a\r\n',
  'MAIL FROM:<a>\r\n',
  'RCPT TO:<b>\n',
  'DATA\r\n',
  'text\r\n',
  '..\r\n',
  '.\r\n',
  '\n.\n',
  '\r.\r',
  'a\r\n.\r\nMAIL FROM:<x>\r\n.\r\n',
  'BDAT 7\r\n',
  'BDAT 3 LAST\r\n',
  'AUTH LOGIN\r\n',
  'Y29udA==\r\n',
  ' XCLIENT ADDR=127.0.0.1\r\n',
  'RSET\r\n',
  'NOOP\r\n',
  'NOOP\rXFORWARD a\r\n',
  'GET / HTTP/1.1\r\n',
  'QUIT\r\n',
  'X',
  '\r\n',
  '\x16\x03\x01',
  '\xff\0',
]
const soup = fc.array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...LINES) }, fc.string({ unit: 'binary-ascii', maxLength: 6 })), {
  maxLength: 25,
})
const options: fc.Arbitrary<RelayOptions> = fc.record({
  tls: fc.constantFrom('offered', 'required', 'begun', 'none'),
  hidesLogin: fc.boolean(),
  bareLineFeeds: fc.constant(false),
  longestLine: fc.constantFrom(40, 512),
  gateName: fc.constant('gate'),
})

function tell(relay: Relay, from: string, text: string): RelayStep {
  if (from === 'C') return relay.fromClient(octets(text))
  if (from === 'S') return relay.fromServer(octets(text))
  if (text === 'secured') return relay.secured()
  return text === 'lost' ? relay.serverLost() : relay.turnAway({ words: 'no', temporary: text === 'later' })
}

function cutBy(text: string, sizes: readonly number[]): string[] {
  const found: string[] = []
  for (let at = 0, index = 0; at < text.length; index++) {
    found.push(text.slice(at, at + sizes[index % sizes.length]!))
    at += sizes[index % sizes.length]!
  }
  return found
}

describe('the SMTP relay, whatever comes', () => {
  test('of a client: the same comes of it in any segments and however late the server is, and the server is told nothing that is not for it', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(soup, sizes, options, (parts, cuts, chosen) => {
        const text = parts.join('')
        const { relay: _, ...whole } = converse([text], chosen, false)
        for (const late of [false, true]) {
          const { relay: __, ...cut } = converse(cutBy(text, cuts), chosen, late)
          assert.deepEqual(cut, whole)
        }
        for (const command of whole.commands) assert.doesNotMatch(command, /^\s*(?:STARTTLS|XCLIENT|XFORWARD|GET)|[\r\n\0]/i)
        for (const message of whole.messages) assert.ok(text.includes(message))
        if (chosen.tls === 'required') assert.ok(whole.commands.every((command) => /^\s*(?:EHLO|NOOP|RSET|QUIT)/i.test(command)))
        // The gate accepts nothing of its own accord: whatever was queued, the server has queued.
        assert.ok((whole.client.match(/250 queued/g) ?? []).length <= whole.messages.length)
      }),
      { numRuns: 1500 },
    )
  })

  test('behind STARTTLS: it is the beginning of TLS, or an injection, and never a command', () => {
    const behind = fc.oneof(
      fc.constantFrom(...LINES),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).map((text) => text.replaceAll(/[^\0-\xff]/g, '\xff')),
    )
    fc.assert(
      fc.property(behind, fc.boolean(), fc.constantFrom<RelayOptions['tls']>('offered', 'required'), (text, late, tls) => {
        const relay = smtpRelay({ ...OPTIONS, tls })
        relay.fromServer(octets('220 a\r\n'))
        if (late) relay.fromClient(octets('NOOP\r\n'))
        let step = relay.fromClient(octets(late ? 'STARTTLS\r\n' : `STARTTLS\r\n${text}`))
        if (late) {
          assert.deepEqual(step, {})
          assert.deepEqual(relay.fromClient(octets(text)), {})
          step = relay.fromServer(octets('250 ok\r\n'))
        }
        const isHello = text.startsWith('\x16') || text.charCodeAt(0) >= 0x80
        assert.equal(step.toServer, undefined)
        assert.equal(step.end, isHello ? undefined : 'starttls-injection')
        assert.equal(step.tls === undefined ? undefined : latin1(step.tls.rest), isHello ? text : undefined)
        assert.equal(latin1(step.toClient!).includes('220 2.0.0'), isHello)
      }),
    )
  })

  test('of a server: it is passed on as it is, rewritten, swallowed, or the end, and never an error', () => {
    const said = fc.constantFrom(
      '220 a\r\n',
      '250 ok\r\n',
      '250-a\r\n',
      '334 b\r\n',
      '354 go\r\n',
      '421 bye\r\n',
      '550 no\r\n',
      '\r\n',
      'x',
      '\xff\n',
    )
    const event = fc.oneof(
      fc.record({ from: fc.constant('C'), text: fc.constantFrom(...LINES, 'STARTTLS\r\n') }),
      fc.record({ from: fc.constant('S'), text: said }),
      fc.record({ from: fc.constant('!'), text: fc.constantFrom('secured', 'lost', 'away', 'later') }),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), options, fc.boolean(), (events, chosen, lmtp) => {
        const relay = (lmtp ? lmtpRelay : smtpRelay)(chosen)
        let heard = ''
        let isOver = false
        for (const { from, text } of events) {
          const step = tell(relay, from, text)
          if (isOver) assert.deepEqual(step, {}, 'nothing comes behind an end')
          if (from === 'S') heard += text
          const acknowledged = latin1(step.toClient ?? octets('')).match(/^250 ok/gm) ?? []
          assert.ok(acknowledged.length <= (heard.match(/250 ok/g) ?? []).length)
          isOver ||= step.end !== undefined
        }
      }),
      { numRuns: 1500 },
    )
  })
})
