import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import fc from 'fast-check'

import { Lines, beginsHello, hasControls, latin1, octets, textOf } from './lines.ts'

/** Text that is full of ends of lines. */
const text = fc
  .array(fc.constantFrom('a', 'b', '\r', '\n', '\r\n', 'long line of words', '\xff', '\0'), { maxLength: 30 })
  .map((parts) => parts.join(''))

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 })

function cutBy(whole: string, parts: readonly number[]): string[] {
  const found: string[] = []
  for (let at = 0, index = 0; at < whole.length; index++) {
    const size = parts[index % parts.length]!
    found.push(whole.slice(at, at + size))
    at += size
  }
  return found
}

/** What `line()` gives of segments, up to the first line that is too long. */
function linesOf(segments: readonly string[], longest: number): unknown[] {
  const lines = new Lines(longest)
  const given: unknown[] = []
  for (const segment of segments) {
    lines.push(octets(segment))
    for (let line = lines.line(); line !== undefined; line = lines.line()) {
      if (line === 'too-long') return [...given, line]
      given.push([textOf(line), line.end])
    }
  }
  return given
}

describe('Lines', () => {
  const table: readonly (readonly [why: string, text: string, expected: readonly unknown[]])[] = [
    ['CRLF ends a line', 'a\r\nb\r\n', [['a', 'crlf'], ['b', 'crlf']]],
    ['so does LF, and it is known', 'a\nb\r\n', [['a', 'lf'], ['b', 'crlf']]],
    ['CR alone does not', 'a\rb\n', [['a\rb', 'lf']]],
    ['only one CR belongs to the end', 'a\r\r\n', [['a\r', 'crlf']]],
    ['an empty line is a line', '\r\n\n', [['', 'crlf'], ['', 'lf']]],
    ['what has no end yet is no line', 'a\r\nb', [['a', 'crlf']]],
    ['a line of exactly the limit is let through', '12345678\r\n', [['12345678', 'crlf']]],
    ['one octet more is too long', 'a\r\n123456789\r\n', [['a', 'crlf'], 'too-long']],
    ['a line that cannot but become too long is so without its end', '1234567890', ['too-long']],
    ['a line that may still end in time is not', '123456789', []],
  ] // prettier-ignore
  for (const [why, whole, expected] of table)
    test(why, () => {
      assert.deepEqual(linesOf([whole], 10), expected)
      assert.deepEqual(linesOf(whole.split(''), 10), expected, 'octet by octet')
    })

  test('lines are the same however the octets come', () => {
    fc.assert(fc.property(text, sizes, (whole, parts) => assert.deepEqual(linesOf(cutBy(whole, parts), 12), linesOf([whole], 12))))
  })

  test('what is taken between two lines is not looked at', () => {
    const lines = new Lines(10)
    lines.push(octets('{5}\r\nab\n'))
    assert.equal(textOf(lines.line() as { bytes: Uint8Array; end: 'crlf' }), '{5}')
    assert.equal(latin1(lines.take(5)), 'ab\n')
    lines.push(octets('cd end\r\n'))
    assert.equal(latin1(lines.peek(2)), 'cd')
    assert.equal(latin1(lines.take(2)), 'cd')
    assert.equal(textOf(lines.line() as { bytes: Uint8Array; end: 'crlf' }), ' end')
    assert.equal(lines.left, 0)
  })

  test('long content is given as the view that came', () => {
    const content = octets('x'.repeat(100_000))
    const lines = new Lines(10)
    lines.push(content)
    const taken = lines.take(99_999)
    assert.equal(taken.buffer, content.buffer)
    assert.equal(taken.byteOffset, content.byteOffset)
  })

  test('a view that was given stays as it is, whatever comes later', () => {
    fc.assert(
      fc.property(text, sizes, (whole, parts) => {
        const lines = new Lines(1000)
        const given: { bytes: Uint8Array; was: string }[] = []
        for (const segment of cutBy(whole, parts)) {
          lines.push(octets(segment))
          for (let line = lines.line(); line !== undefined && line !== 'too-long'; line = lines.line())
            given.push({ bytes: line.bytes, was: latin1(line.bytes) })
        }
        for (const { bytes, was } of given) assert.equal(latin1(bytes), was)
      }),
    )
  })

  test('a line that comes octet by octet is read in a time that grows with its length', () => {
    const lines = new Lines(1_000_000)
    const octet = octets('a')
    for (let count = 0; count < 300_000; count++) {
      lines.push(octet)
      assert.equal(lines.line(), undefined)
    }
    assert.equal(lines.left, 300_000)
  })
})

describe('beginsHello()', () => {
  const table: readonly (readonly [why: string, hex: string, expected: boolean])[] = [
    ['a TLS record of the type handshake', '16 0301', true],
    ['its first octet, when no more has come', '16', true],
    ['an SSLv2 header', '80 2e 01', true],
    ['a command', '4e 4f 4f 50', false],
    ['an alert', '15 0301', false],
    ['an end of line', '0d 0a', false],
    ['nothing', '', false],
  ]
  for (const [why, hex, expected] of table)
    test(why, () => assert.equal(beginsHello(Buffer.from(hex.replaceAll(' ', ''), 'hex')), expected))
})

describe('hasControls()', () => {
  const table: readonly (readonly [why: string, text: string, expected: boolean])[] = [
    ['a carriage return, at which some servers end a line', 'a\rb', true],
    ['NUL, at which others do', 'a\0', true],
    ['DEL', 'a\x7f', true],
    ['a tab is a blank', 'a\tb', false],
    ['octets of UTF-8', 'gr\xc3\x9f\x85', false],
  ]
  for (const [why, text, expected] of table) test(why, () => assert.equal(hasControls(text), expected))
})
