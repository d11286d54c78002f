import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { latin1, octets } from './lines.ts'
import { SmtpInput, type Heard, type Reading } from './smtp-input.ts'

/** A thing that was heard, in short. */
function short(heard: Heard): string {
  switch (heard.kind) {
    case 'command':
      return `${heard.command.verb}: ${JSON.stringify(latin1(heard.line))}`
    case 'exchange':
      return JSON.stringify(latin1(heard.line))
    case 'octets':
      return `${latin1(heard.bytes)}${heard.isLast ? ' end' : ''}`
    case 'broken':
      return heard.ending
  }
}

/** What is heard of a text that is read in this way, up to what breaks it. */
function hear(reading: Reading, text: string, isBusy: boolean): string[] {
  const input = new SmtpInput({ tls: 'offered', hidesLogin: true, longestLine: 100, gateName: 'gate' })
  input.read(reading)
  input.push(octets(text))
  const found: string[] = []
  for (let heard = input.next(isBusy); heard !== undefined; heard = input.next(isBusy)) {
    found.push(short(heard))
    if (heard.kind === 'broken' || (heard.kind === 'octets' && heard.isLast)) break
  }
  return found
}

describe('SmtpInput', () => {
  const table: readonly (readonly [why: string, reading: Reading, text: string, expected: readonly string[], isBusy?: true])[] = [
    ['commands are lines', { kind: 'command' }, 'EHLO a\r\nnoop\nQ', ['EHLO: "EHLO a\\r\\n"', 'NOOP: "noop\\r\\n"']],
    ['they wait while there are enough', { kind: 'command' }, 'NOOP\r\n', [], true],
    ['lines of a login are no commands', { kind: 'exchange' }, 'QUIT\n*\r\n', ['"QUIT\\r\\n"', '"*\\r\\n"']],
    ['nor are they two', { kind: 'exchange' }, 'a\rb\r\n', ['not-the-protocol']],
    ['a chunk is counted', { kind: 'chunk', left: 3 }, '\n.\nNOOP', ['\n.\n end']],
    ['so is a part of one', { kind: 'chunk', left: 9 }, 'abc', ['abc']],
    ['and nothing', { kind: 'chunk', left: 0 }, '', [' end']],
    ['content has an end', { kind: 'content' }, 'a\r\n.\r\nNOOP\r\n', ['a\r\n.\r\n end']],
    ['and no other', { kind: 'content' }, 'a\n.\n', ['a', 'smuggling']],
    ['content goes on while commands wait', { kind: 'content' }, 'abc', ['abc'], true],
    ['nobody knows what it is', { kind: 'wait' }, 'NOOP\r\n', []],
    ['behind STARTTLS a hello waits', { kind: 'upgrade' }, '\x16\x03', []],
    ['and nothing else does', { kind: 'upgrade' }, 'N', ['starttls-injection']],
    ['TLS in place of a command', { kind: 'command' }, '\x16', ['not-the-protocol']],
    ['nobody listens', { kind: 'nothing' }, 'NOOP\r\n', []],
  ]
  for (const [why, reading, text, expected, isBusy = false] of table)
    test(why, () => assert.deepEqual(hear(reading, text, isBusy), expected))

  test('what stands in a line of one message is forgotten in the next', () => {
    const input = new SmtpInput({ tls: 'none', hidesLogin: false, longestLine: 100, gateName: 'gate' })
    for (const text of ['a\r\n.', '.\r\n']) {
      input.take()
      input.read({ kind: 'content' })
      input.push(octets(text))
      const heard = input.next(false)
      assert.equal(heard?.kind === 'octets' && heard.isLast, text === '.\r\n')
    }
  })
})
