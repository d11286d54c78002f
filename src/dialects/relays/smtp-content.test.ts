import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { latin1, octets } from './lines.ts'
import { ContentScanner } from './smtp-content.ts'

/** What is passed on of a text that comes in these segments, and what was found. */
function scan(segments: readonly string[], bareLineFeeds: boolean): { readonly passed: string; readonly found: string } {
  const scanner = new ContentScanner(bareLineFeeds)
  let passed = ''
  let held = ''
  for (const segment of segments) {
    held += segment
    const { length, found } = scanner.scan(octets(held))
    passed += held.slice(0, length)
    held = held.slice(length)
    if (found !== 'more') return { passed, found }
  }
  return { passed, found: 'more' }
}

/** Every end of a message that some server was ever seen to take, CRLF.CRLF among them. */
const ANY_END = /(?:^|\r\n|\n|\r)\0*\.(?:\r\n|\n|\r|\0)/

const soup = fc
  .array(fc.constantFrom('a', '.', '..', '\r', '\n', '\r\n', '\r\n.', '\r\n.\r\n', 'text\r\n', '\0', '\xff'), { maxLength: 20 })
  .map((parts) => parts.join(''))

describe('ContentScanner', () => {
  const table: readonly (readonly [why: string, text: string, passed: string, found: string])[] = [
    ['a message', 'a\r\nb\r\n.\r\nNOOP\r\n', 'a\r\nb\r\n.\r\n', 'end'],
    ['an empty one', '.\r\n', '.\r\n', 'end'],
    ['RFC 5321 §4.5.2: a dot more is content', 'a\r\n..\r\n.b\r\n', 'a\r\n..\r\n.b\r\n', 'more'],
    ['dots in a line are nothing', 'a.\r\nb . \r\n', 'a.\r\nb . \r\n', 'more'],
    ['a CR waits for its LF', 'a\r\n.\r', 'a\r\n.', 'more'],
    ['LF.LF', 'a\n.\nMAIL', 'a', 'bare'],
    ['LF.CRLF, CVE-2023-51764', 'a\n.\r\nMAIL', 'a', 'bare'],
    ['CRLF.LF', 'a\r\n.\nMAIL', 'a\r\n.', 'bare'],
    ['CR.CRLF', 'a\r.\r\nMAIL', 'a', 'bare'],
    ['CRLF.CR', 'a\r\n.\rMAIL', 'a\r\n.', 'bare'],
    ['CRLF.CRCRLF', 'a\r\n.\r\r\nMAIL', 'a\r\n.', 'bare'],
    ['LF.CR', 'a\n.\rMAIL', 'a', 'bare'],
    ['a bare line feed that ends nothing', 'a\nb\r\n', 'a', 'bare'],
    ['a bare carriage return that ends nothing', 'a\rb\r\n', 'a', 'bare'],
    ['a bare line feed at once', '\n', '', 'bare'],
    ['NUL before a lone dot, for servers that drop it', 'a\r\n\0\0.\r\nMAIL', 'a\r\n\0\0', 'nul'],
    ['NUL behind a lone dot, for servers in which it ends the line', 'a\r\n.\0b\r\nMAIL', 'a\r\n.', 'nul'],
    ['NUL anywhere else', 'a\0.\r\n\0\r\n\0a.\r\n', 'a\0.\r\n\0\r\n\0a.\r\n', 'more'],
  ]
  for (const [why, text, passed, found] of table)
    test(why, () => {
      assert.deepEqual(scan([text], false), { passed, found })
      assert.deepEqual(scan(text.split(''), false), { passed, found })
    })

  test('bare line feeds are passed on where they may be, and end nothing', () => {
    assert.deepEqual(scan(['a\n.\nb\r.\r\n.\r\r\n\r\n.\r\nMAIL'], true), { passed: 'a\n.\nb\r.\r\n.\r\r\n\r\n.\r\n', found: 'end' })
  })

  test('of whatever comes, in whatever segments, nothing is passed on that ends a message for any server, but its end', () => {
    fc.assert(
      fc.property(soup, fc.integer({ min: 1, max: 5 }), (text, size) => {
        const segments = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
        const { passed, found } = scan(segments, false)
        assert.deepEqual({ passed, found }, scan([text], false))
        assert.ok(text.startsWith(passed))
        const before = found === 'end' ? passed.slice(0, -3) : passed
        assert.doesNotMatch(before, ANY_END)
        assert.doesNotMatch(passed, /\r(?!\n)|(?<!\r)\n/)
        if (found === 'end') assert.match(passed, /(?:^|\r\n)\.\r\n$/)
        if (found === 'more') assert.equal(passed, text.replace(/\r$/, ''))
      }),
      { numRuns: 1000 },
    )
  })

  test('with bare line feeds the end is the first CRLF.CRLF and nothing else', () => {
    fc.assert(
      fc.property(soup, fc.integer({ min: 1, max: 5 }), (text, size) => {
        const segments = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
        const end = /(?:^|\r\n)\.\r\n/.exec(text)
        const { passed, found } = scan(segments, true)
        if (found === 'nul') return
        assert.equal(found, end === null ? 'more' : 'end')
        assert.equal(passed, end === null ? text.replace(/\r$/, '') : text.slice(0, end.index + end[0].length))
      }),
      { numRuns: 1000 },
    )
  })

  test('octets are octets', () => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index).filter((octet) => octet !== 10 && octet !== 13)
    assert.equal(scan([latin1(all)], false).passed, latin1(all))
  })
})
