import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { MAX_REPLY_LENGTH } from '../cutter.ts'
import { octets } from './lines.ts'
import { Replies } from './smtp-reply.ts'

/** Each reply as its code and its lines; `...` behind a part of one. */
function replies(segments: readonly string[], inParts: boolean): string[] {
  const all = new Replies()
  const found: string[] = []
  for (const segment of segments) {
    all.push(octets(segment))
    for (let reply = all.next(inParts); reply !== undefined; reply = all.next(inParts)) {
      if (reply === 'nonsense') return [...found, reply]
      found.push(`${reply.code} ${JSON.stringify(reply.lines.join(''))}${reply.whole ? '' : '...'}`)
    }
  }
  return found
}

describe('Replies', () => {
  const table: readonly (readonly [why: string, text: string, expected: readonly string[], inParts?: true])[] = [
    ['a reply of one line', '250 ok\r\n', ['250 "250 ok\\r\\n"']],
    ['of several', '250-a\r\n250-b\r\n250 c\r\n354 go', ['250 "250-a\\r\\n250-b\\r\\n250 c\\r\\n"']],
    ['RFC 5321 §4.2: the code alone', '250\r\n', ['250 "250\\r\\n"']],
    ['line by line where somebody waits for the first', '220-a\r\n521 no\r\n', ['220 "220-a\\r\\n"...', '521 "521 no\\r\\n"'], true],
    ['the last line decides', '220-a\r\n421 later\r\n', ['421 "220-a\\r\\n421 later\\r\\n"']],
    ['LF alone ends a line', '250-a\n250 b\n', ['250 "250-a\\n250 b\\n"']],
    ['another protocol', '* OK IMAP\r\n', ['nonsense']],
    ['a number that is no code', '2500 ok\r\n', ['nonsense']],
    ['a code that there is not', '150 go\r\n', ['nonsense']],
    ['nothing', '\r\n', ['nonsense']],
  ]
  for (const [why, text, expected, inParts = false] of table)
    test(why, () => {
      assert.deepEqual(replies([text], inParts), expected)
      assert.deepEqual(replies(text.split(''), inParts), expected)
    })

  test('a reply ends within MAX_REPLY_LENGTH, whether as a line or as lines, given whole or in parts', () => {
    const line = `250-${'a'.repeat(994)}\r\n`
    const many = line.repeat(Math.floor(MAX_REPLY_LENGTH / line.length))
    assert.equal(replies([`${many}250 b\r\n`], false).length, 1)
    assert.deepEqual(replies([many, line], false), ['nonsense'])
    assert.equal(replies([many, line], true).at(-1), 'nonsense')
    assert.deepEqual(replies([`250 ${'a'.repeat(MAX_REPLY_LENGTH)}`], false), ['nonsense'])
  })

  test('replies are the same however they come, and what is no reply is known as such', () => {
    const line = fc.constantFrom('250-a\r\n', '250 b\r\n', '354\r\n', '421 c\n', '220-', 'x\r\n', '\xff', '\0\r\n')
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.boolean(), (lines, inParts) => {
        assert.deepEqual(replies(lines.join('').split(''), inParts), replies([lines.join('')], inParts))
      }),
    )
  })
})
