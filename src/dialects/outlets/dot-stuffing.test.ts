import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { latin1, octets } from '../relays/lines.ts'
import { ContentScanner } from '../relays/smtp-content.ts'
import { DotStuffing } from './dot-stuffing.ts'

/** What goes out of it, or why it does not. */
function stuffed(pieces: readonly string[]): { readonly out: string; readonly fault: string | undefined } {
  const stuffing = new DotStuffing()
  let out = ''
  for (const piece of pieces) {
    const fault = stuffing.write(octets(piece), (some) => void (out += latin1(some)))
    if (fault !== undefined) return { out, fault }
  }
  return { out, fault: stuffing.end() }
}

describe('DotStuffing', () => {
  const table: readonly (readonly [why: string, content: string, expected: string | RegExp])[] = [
    ['nothing', '', ''],
    ['lines without dots', 'a.\r\nb\r\n', 'a.\r\nb\r\n'],
    ['a dot at the beginning gets another, RFC 5321 §4.5.2', '.\r\n', '..\r\n'],
    ['so does each', '.a\r\n..\r\n.\r\n', '..a\r\n...\r\n..\r\n'],
    ['a bare line feed, CVE-2023-51764', 'a\n.\r\n', /^554 5\.6\.3 Bare CR or LF/],
    ['a bare carriage return', 'a\r.\r\n', /^554 5\.6\.3 Bare CR or LF/],
    ['two of them', 'a\r\r\n', /^554 5\.6\.3 Bare CR or LF/],
    ['NUL before a dot, which some servers drop', '\0.\r\n', /^554 5\.6\.3 NUL/],
    ['no end of the last line', 'a', /^554 5\.6\.3 The last line/],
    ['half of one', 'a\r', /^554 5\.6\.3 The last line/],
  ]
  for (const [why, content, expected] of table)
    test(why, () => {
      const { out, fault } = stuffed([content])
      if (typeof expected === 'string') assert.deepEqual([out, fault], [expected, undefined])
      else assert.match(fault ?? '', expected)
    })

  test('however it is cut it is the same, comes out as it was, and nowhere ends before its end', () => {
    const piece = fc.array(fc.constantFrom('\r\n', '\r', '\n', '.', '..', 'x', '\0'), { maxLength: 5 }).map((all) => all.join(''))
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const whole = stuffed([pieces.join('')])
        const cut = stuffed(pieces)
        assert.equal(cut.fault, whole.fault)
        const scanner = new ContentScanner(false)
        assert.notEqual(scanner.scan(octets(cut.out)).found, 'end')
        if (cut.fault !== undefined) return
        assert.equal(cut.out, whole.out)
        assert.equal(cut.out.replaceAll(/(^|\r\n)\./g, '$1'), pieces.join(''))
      }),
      { numRuns: 1000 },
    )
  })
})
