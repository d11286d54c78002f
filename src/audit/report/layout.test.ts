import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import * as fc from 'fast-check'
import { GLUE, gradeBadge, lineWidth, printLines, span, table, width, wrap, type Line } from './layout.ts'

function text(lines: readonly Line[]): readonly string[] {
  return printLines(lines, { colour: false, unicode: true }).split('\n').slice(0, -1)
}

describe('width()', () => {
  const rows: readonly (readonly [why: string, text: string, columns: number])[] = [
    ['letters', 'abc', 3],
    ['ideographs are two columns wide', '株式会社', 8],
    ['full-width forms too', 'Ａ', 2],
    ['emoji too', '🙂', 2],
    ['a combining accent takes none', 'e\u0301', 1],
    ['our signs take one', '✗!?✓━·', 6],
  ]
  for (const [why, of, columns] of rows) test(why, () => assert.equal(width(of), columns))
})

describe('wrap()', () => {
  const rows: readonly (readonly [why: string, line: Line, columns: number, lead: Line, lines: readonly string[]])[] = [
    ['fits', [span('one two')], 10, [], ['one two']],
    ['breaks between words', [span('one two three')], 10, [], ['one two', 'three']],
    ['indents what follows as far as the lead', [span('one two three')], 12, [span('ab ')], ['ab one two', '   three']],
    ['breaks a word that is longer than a line', [span('abcdefghijkl')], 10, [], ['abcdefghij', 'kl']],
    ['does not break at glue', [span(`12345 ✗${GLUE}nist`)], 10, [], ['12345', '✗ nist']],
    ['joins spans that no blank parts', [span('a', 'bad'), span('b c')], 10, [], ['ab c']],
    ['many blanks are one', [span('a   b')], 10, [], ['a b']],
    ['keeps the lead of an empty text', [], 10, [span('ab ')], ['ab']],
    ['a newline from the network is no newline', [span('a\nb')], 10, [], ['a\\nb']],
  ]
  for (const [why, line, columns, lead, lines] of rows) test(why, () => assert.deepEqual(text(wrap(line, columns, lead)), lines))

  test('never makes a line too wide, and loses no letter', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 10, max: 80 }), (words, columns) => {
        const lines = wrap([span(words)], columns)
        for (const line of lines) assert.ok(lineWidth(line) <= columns)
        const letters = (of: string): string => of.replace(/ /g, '')
        assert.equal(letters(lines.flatMap((line) => line.map((one) => one.text)).join('')), letters(span(words).text))
      }),
    )
  })
})

describe('table()', () => {
  const rows = [
    [[span('a')], [span('one two three four five six')]],
    [[span('long')], [span('seven')]],
  ]
  test('columns are as wide as their widest cell, and the last wraps', () => {
    assert.deepEqual(text(table(rows, 34, 2)), ['  a     one two three four five', '        six', '  long  seven'])
  })
  test('the last column goes below where there is no room', () => {
    assert.deepEqual(text(table(rows, 25, 2)), ['  a', '    one two three four', '    five six', '  long', '    seven'])
  })
  test('no rows, no lines', () => assert.deepEqual(table([], 40, 2), []))
})

describe('printLines()', () => {
  test('without colours there is no escape, and no blank at the end of a line', () => {
    assert.equal(printLines([[span('a', 'bad'), span('   ')]], { colour: false, unicode: true }), 'a\n')
  })
  test('with colours the text is the same', () => {
    const out = printLines([[span('a', 'bad'), span(' b', 'dim'), ...gradeBadge('A+')]], { colour: true, unicode: true })
    assert.notEqual(out, stripVTControlCharacters(out))
    assert.equal(stripVTControlCharacters(out), 'a b A+ \n')
  })
  test('a terminal for ASCII gets ASCII of the same width', () => {
    assert.equal(printLines([[span('✗ ✓ ━ · § ü')]], { colour: false, unicode: false }), 'x + = - S ?\n')
  })
  test('nothing that a terminal obeys gets through, even when no span() made it harmless', () => {
    assert.equal(printLines([[{ text: '\u001b[2J', style: 'plain' }]], { colour: false, unicode: true }), '\\x1b[2J\n')
  })
})
